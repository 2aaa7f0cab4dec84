//! Runs in which a published method decides what is linked.

use crate::details::{self, Detail};
use crate::faults::Faults;
use crate::link::Findings;
use crate::run::{RunMethod, RunStep};
use crate::summary::list;
use plait_engine::methods::{Method, StepsLeftOut};
use plait_engine::model::{LinkType, Model};
use plait_engine::records::Records;
use plait_types::{Fault, FaultCode, Issue, IssueKind, counted};

/// The last step of a method that ends with probabilities.
const BY_PROBABILITY: &str = "match probability";

/// The model of a method for these records, and the steps that cannot run; or the fault that none can.
pub(crate) fn model(
    method: Method,
    records: &Records,
    link_type: LinkType,
) -> Result<(Model, Vec<StepsLeftOut>), Faults> {
    let (model, left_out) = method.for_records(records, link_type);
    if !model.deterministic.is_empty() || links_by_probability(&model) {
        return Ok((model, left_out));
    }
    let fault = |steps: &StepsLeftOut| {
        Fault::new(
            FaultCode::UnknownColumn,
            format!("the method {} needs {}", method.name(), lacking(steps, records, link_type)),
            "say which column it is with --role \"HEADER=ROLE\", or use another --method; plait look FILE shows what was understood",
        )
        .because("a method without its columns links nobody")
    };
    Err(Faults(left_out.iter().map(fault).collect()))
}

/// A warning for every column for want of which steps cannot run.
pub(crate) fn issues(
    method: Method,
    left_out: &[StepsLeftOut],
    records: &Records,
    link_type: LinkType,
) -> Vec<Issue> {
    let issue = |steps: &StepsLeftOut| {
        let names: Vec<String> = steps.steps.iter().map(|step| format!("\"{step}\"")).collect();
        let message = format!(
            "{} cannot run: {} {}; the method links without. If a column holds it, say so with --role",
            list("and", &names),
            if names.len() == 1 { "it needs" } else { "they need" },
            lacking(steps, records, link_type)
        );
        Issue::new(IssueKind::StepLeftOut, format!("method {}", method.name()), message)
    };
    left_out.iter().map(issue).collect()
}

/// `nhs_number, which no two sources have`
fn lacking(steps: &StepsLeftOut, records: &Records, link_type: LinkType) -> String {
    let fields = list("and", &steps.without);
    let who = if link_type == LinkType::LinkOnly && records.sources.len() > 1 {
        "no two sources have"
    } else {
        "no source has"
    };
    let together = if steps.without.len() > 1 { " together" } else { "" };
    format!("{fields}, which {who}{together}")
}

fn links_by_probability(model: &Model) -> bool {
    model.accept.link < 1.0
}

/// What the steps linked, as `run.json` has it.
pub(crate) fn run_method(method: Method, left_out: &[StepsLeftOut], findings: &Findings<'_>) -> RunMethod {
    let rules = &findings.model.deterministic;
    let mut links = vec![0u64; rules.len() + 1];
    for pair in findings.links().filter(|&pair| !findings.pairs.is_constrained(pair)) {
        links[findings.pairs.linked_by_rule(pair).map_or(rules.len(), usize::from)] += 1;
    }
    let by_probability = links_by_probability(findings.model).then(|| BY_PROBABILITY.to_owned());
    let names = rules.iter().map(plait_engine::model::DeterministicRule::words).chain(by_probability);
    RunMethod {
        name: method.name().to_owned(),
        steps: names.zip(links).map(|(step, links)| RunStep { step, links }).collect(),
        steps_left_out: left_out.iter().flat_map(|steps| steps.steps.iter().cloned()).collect(),
    }
}

/// The lines about the method and its steps.
pub(crate) fn details(method: Method, run: &RunMethod) -> Vec<Detail> {
    let about = format!("{}: {}.", method.name(), method.words());
    let steps = run.steps.iter().map(|step| format!("{}: {}.", step.step, counted(step.links, "link")));
    std::iter::once(about).chain(steps).map(|text| details::detail("Method", text)).collect()
}
