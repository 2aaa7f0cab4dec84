use super::*;
use crate::deterministic::{Ruling, Rulings};
use crate::fixture::records;
use crate::model::{Clustering, ModelFile, write};
use plait_types::Role;

#[test]
fn every_method_reads_as_the_model_of_its_name_and_says_its_source() {
    for method in Method::all() {
        let model = method.rules();
        assert_eq!((model.name.as_str(), model.clustering), (method.name(), Clustering::ConnectedComponents));
        assert_eq!(Method::from_name(method.name()), Some(method));
        assert!(method.row().3.contains("\n# Source: "), "{}", method.name());
        assert!(model.deterministic.iter().all(|rule| rule.name.is_some() && rule.pass.is_some()));
        let by_weight = method == Method::Macral;
        assert_eq!(model.accept.link, if by_weight { 0.5 } else { 1.0 }, "{}", method.name());
        let again =
            read(&write(&ModelFile::from(model.clone())), "again").expect("what is written can be read");
        assert_eq!(again.model, model);
    }
    assert_eq!(Method::Echild.rules().deterministic.len(), 15);
}

/// A child: NHS number, forename, surname, date of birth, sex, postcode.
type Child<'a> = [&'a str; 6];

const FIELDS: [(&str, Role); 6] = [
    ("nhs_number", Role::NhsNumber),
    ("forename", Role::Forename),
    ("surname", Role::Surname),
    ("date_of_birth", Role::DateOfBirth),
    ("sex", Role::Sex),
    ("postcode", Role::Postcode),
];

/// Two sources.
fn two(left: &[Child<'_>], right: &[Child<'_>]) -> Records {
    let cell = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let column = |at: usize| left.iter().chain(right).map(|child| cell(child[at])).collect();
    let columns: Vec<crate::fixture::Column<'_>> =
        FIELDS.iter().enumerate().map(|(at, &(name, role))| (name, role, column(at))).collect();
    records(&[left.len(), right.len()], &columns)
}

/// The step that links two children, if there is one.
#[track_caller]
fn check(method: Method, left: Child<'_>, right: Child<'_>, step: Option<&str>) {
    // others, so that every source has every column
    let other = ["9990000026", "kofi", "mensah", "2001-09-09", "m", "SE1 2AA"];
    let other_again = ["9990000034", "lena", "brandt", "2003-07-08", "f", "SW1A 1AA"];
    let records = two(&[left, other], &[right, other_again]);
    let (model, left_out) = method.for_records(&records, LinkType::LinkOnly);
    let without: Vec<&String> = left_out.iter().flat_map(|steps| &steps.without).collect();
    assert!(
        without.iter().all(|field| matches!(field.as_str(), "upn" | "provider_code" | "local_patient_id"))
    );
    let rulings = Rulings::of(&records, &model.deterministic, LinkType::LinkOnly);
    let linked = match rulings.get(0, 2) {
        Some(Ruling::Link(rule)) => Some(model.deterministic[usize::from(rule)].words()),
        _ => None,
    };
    assert_eq!(linked.as_deref().map(|step| step.split(':').next().unwrap_or(step)), step);
}

const AMARA: Child<'_> = ["9990000018", "amara", "okafor", "2014-03-21", "f", "NW9 4EW"];

fn but(changes: &[(usize, &'static str)]) -> Child<'static> {
    let mut child = AMARA;
    for &(at, value) in changes {
        child[at] = value;
    }
    child
}

#[test]
fn exact_4_asks_for_four_and_for_nothing_else() {
    check(Method::Exact4, AMARA, but(&[(0, ""), (4, "m")]), Some("4 of 4"));
    check(Method::Exact4, AMARA, but(&[(5, "N1 4EW")]), None);
}

#[test]
fn mavis_takes_the_number_or_three_of_four_and_never_two_numbers() {
    check(Method::Mavis, AMARA, but(&[(1, "zoe"), (2, "x"), (5, "")]), Some("NHS number"));
    check(Method::Mavis, AMARA, but(&[(0, "")]), Some("4 of 4"));
    for (at, value) in [(1, "zoe"), (2, "bell"), (3, "2014-03-22"), (5, "N1 4EW")] {
        check(Method::Mavis, AMARA, but(&[(0, ""), (at, value)]), Some("3 of 4"));
        check(Method::Mavis, AMARA, but(&[(0, "9990000042"), (at, value)]), None);
    }
    check(Method::Mavis, AMARA, but(&[(0, ""), (1, "zoe"), (5, "N1 4EW")]), None);
    check(Method::Mavis, AMARA, but(&[(0, "9990000042")]), None);
}

#[test]
fn hesid_has_three_passes_that_ask_for_valid_values() {
    check(Method::Hesid, AMARA, but(&[(5, "N1 4EW"), (1, "")]), Some("pass 1"));
    check(Method::Hesid, AMARA, but(&[(0, ""), (1, ""), (2, "")]), Some("pass 3"));
    check(Method::Hesid, but(&[(0, "9990000019"), (5, "")]), but(&[(0, "9990000019"), (5, "")]), None);
    check(Method::Hesid, but(&[(0, ""), (3, "2014-03")]), but(&[(0, ""), (3, "2014-03")]), None);
    check(Method::Hesid, AMARA, but(&[(4, "m")]), None);
}

#[test]
fn echild_has_its_steps_in_order() {
    let by_names = |changes: &[(usize, &'static str)], step| {
        check(Method::Echild, but(&[(0, "")]), but(&[&[(0, "")], changes].concat()), step);
    };
    by_names(&[], Some("step 1.1"));
    by_names(&[(1, "amarah"), (2, "okaffor")], Some("step 1.2"));
    by_names(&[(1, "abi"), (2, "okan")], Some("step 1.3"));
    by_names(&[(1, "abi"), (2, "okan"), (4, "m")], Some("step 1.4"));
    by_names(&[(1, "zoe"), (2, "bell")], Some("step 1.5"));
    by_names(&[(1, "zoe"), (2, "bell"), (3, "2014-03-12")], Some("step 1.6"));
    by_names(&[(5, "N1 4EW")], Some("step 1.7"));
    by_names(&[(1, "abi"), (2, "okan"), (5, "N1 4EW")], Some("step 1.8"));
    by_names(&[(1, "abi"), (2, "okan"), (4, "m"), (5, "N1 4EW")], None);
    let by_number = |changes: &[(usize, &'static str)], step| {
        let unnamed = [(1, ""), (2, "")];
        check(Method::Echild, but(&unnamed), but(&[&unnamed[..], changes].concat()), step);
    };
    // without names, all but the number is step 1.5 already
    by_number(&[(5, "N1 4EW")], Some("step 2.2"));
    by_number(&[(3, "2014-03-12"), (5, "N1 4EW")], Some("step 2.4"));
    by_number(&[(3, "2009-01-02"), (4, "m")], Some("step 2.5"));
    by_number(&[(3, "2009-01-02"), (5, "N1 4EW")], None);
}

#[test]
fn macral_takes_the_valid_number_and_then_five_fields() {
    check(Method::Macral, AMARA, but(&[(1, "zoe"), (3, "2011-01-09")]), Some("NHS number"));
    check(Method::Macral, AMARA, but(&[(0, "")]), Some("forename, surname, date of birth, sex, postcode"));
    check(Method::Macral, but(&[(0, "9990000019"), (1, "")]), but(&[(0, "9990000019")]), None);
}

#[test]
fn macral_without_its_columns_takes_the_strongest_pair_of_each_record() {
    let unnumbered = but(&[(0, ""), (4, "")]);
    let records = two(&[unnumbered], &[unnumbered]);
    let (model, left_out) = Method::Macral.for_records(&records, LinkType::LinkOnly);
    assert_eq!((model.deterministic.len(), left_out.len()), (0, 2));
    assert_eq!(model.clustering, Clustering::BestLink);
}

#[test]
fn upn_only_takes_valid_upns() {
    let upn = |value: &str| vec![Some(value.to_owned()), Some(value.to_owned())];
    let linked = |value: &str| {
        let records = records(&[1, 1], &[("upn", Role::Upn, upn(value))]);
        let (model, left_out) = Method::UpnOnly.for_records(&records, LinkType::LinkOnly);
        assert_eq!(left_out, []);
        Rulings::of(&records, &model.deterministic, LinkType::LinkOnly).pairs.len()
    };
    assert_eq!((linked("B950000178301"), linked("A950000178301")), (0, 1));
}

#[test]
fn steps_that_cannot_run_are_told_with_what_they_lack() {
    let unnumbered = but(&[(0, ""), (5, "")]);
    let records = two(&[AMARA, unnumbered], &[unnumbered]);
    let (model, left_out) = Method::Mavis.for_records(&records, LinkType::LinkOnly);
    assert_eq!(model.deterministic.len(), 1);
    let told: Vec<(usize, String)> =
        left_out.iter().map(|told| (told.steps.len(), told.without.join(" "))).collect();
    assert_eq!(told, [(1, "nhs_number".to_owned()), (4, "postcode".to_owned())]);
    // within a source one is enough
    let (model, left_out) = Method::Mavis.for_records(&records, LinkType::LinkAndDedupe);
    assert_eq!((model.deterministic.len(), left_out), (6, Vec::new()));
}

#[test]
fn a_source_without_names_is_linked_by_the_stage_for_numbers() {
    let nameless = |changes: &[(usize, &'static str)]| but(&[&[(1, ""), (2, "")], changes].concat());
    let records = two(&[AMARA], &[nameless(&[]), nameless(&[(0, "")]), nameless(&[(0, "9990000042")])]);
    let (model, _) = Method::Echild.for_records(&records, LinkType::LinkOnly);
    let rulings = Rulings::of(&records, &model.deterministic, LinkType::LinkOnly);
    let steps: Vec<Option<String>> = (1..4)
        .map(|right| match rulings.get(0, right) {
            Some(Ruling::Link(rule)) => Some(model.deterministic[usize::from(rule)].words()[..8].to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(steps, ["step 2.1", "step 2.6", "step 2.7"].map(|step| Some(step.to_owned())));
}
