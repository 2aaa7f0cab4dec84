use super::*;
use crate::blocking::routes;
use crate::clustering::{Clustered, cluster};
use crate::conflicts::Conflicts;
use crate::constraints::Constraints;
use crate::fixture::{
    DATE, FORENAME, POSTCODE, SURNAME, any_blocking_rules, any_deterministic_rules, any_link_type,
    any_records, comparison, fixed, model,
};
use crate::model::{
    Clustering, Comparison, Condition, LinkType, Model, ModelFile, TermFrequency, read, write,
};
use crate::quality::{Decided, of_one_person};
use crate::records::{InputColumn, SOURCE_OF_RECORD, SourceInput};
use crate::training::tests::borough;
use crate::training::{TrainingOptions, train, two_classes};
use proptest::prelude::*;
use proptest::sample::select;

/// How work is cut up.
#[derive(Clone, Debug)]
struct Cut {
    home_bits: u32,
    n_counting: u32,
    n_parts: u32,
    n_deciding: u32,
    /// Rows that are standardised together.
    rows: usize,
    /// Into how many shares blocks are cut.
    shares: u32,
    /// Whether rules may have a route in common.
    is_routed: bool,
}

fn any_cut() -> impl Strategy<Value = Cut> {
    (0..5u32, 1..4u32, 1..6u32, 1..4u32, 1..12usize, 1..5u32, any::<bool>()).prop_map(
        |(home_bits, n_counting, n_parts, n_deciding, rows, shares, is_routed)| Cut {
            home_bits,
            n_counting,
            n_parts,
            n_deciding,
            rows,
            shares,
            is_routed,
        },
    )
}

/// The records as they were before they were standardised, with further columns.
fn inputs(records: &Records, more: &[(&str, Role, &[Option<&str>])]) -> Vec<SourceInput> {
    // what says of which source a record is, records get again
    let own = || records.fields.iter().filter(|field| field.role != Role::Source);
    let of_source = |source: &crate::records::Source| {
        let rows = source.start..source.end;
        let mut columns: Vec<Column> = own()
            .map(|field| Column::from_rows(field.name.clone(), rows.clone().map(|record| field.get(record))))
            .collect();
        for (name, _, values) in more {
            columns.push(Column::from_rows(*name, rows.clone().map(|record| values[record as usize])));
        }
        let roles = own().map(|field| field.role).chain(more.iter().map(|(_, role, _)| *role));
        let column = |(index, role)| InputColumn { index, role, date_order: None };
        SourceInput {
            columns: roles.enumerate().map(column).collect(),
            table: Table { name: source.name.clone(), columns, n_rows: rows.len() },
        }
    };
    records.sources.iter().map(of_source).collect()
}

fn copied(inputs: &[SourceInput]) -> Vec<SourceInput> {
    let copy =
        |input: &SourceInput| SourceInput { table: input.table.clone(), columns: input.columns.clone() };
    inputs.iter().map(copy).collect()
}

/// Everything but the running of it: what each step sends is kept by part, in an order that nobody should rely on.
#[derive(Default)]
struct Post(BTreeMap<u32, Vec<Vec<u8>>>);

impl Post {
    fn send(&mut self, messages: Vec<Message>) {
        messages.into_iter().for_each(|(to, bytes)| self.0.entry(to).or_default().insert(0, bytes));
    }

    fn of(&self, part: u32) -> impl Iterator<Item = &[u8]> {
        self.0.get(&part).into_iter().flatten().map(Vec::as_slice)
    }
}

/// The rows of some columns, with their places and names.
fn rows(table: &Table, from: usize, to: usize) -> Table {
    let column =
        |column: &Column| Column::from_rows(column.name.clone(), (from..to).map(|row| column.get(row)));
    Table { name: table.name.clone(), columns: table.columns.iter().map(column).collect(), n_rows: to - from }
}

/// Records that have come to the parts that compare them.
struct Exploded {
    setup: Setup,
    pieces: Post,
    replies: Post,
    to_compare: Post,
}

fn exploded(sources: &[SourceInput], model: &Model, options: TrainingOptions, cut: &Cut) -> Exploded {
    let n_records: Vec<u64> = sources.iter().map(|source| source.table.n_rows as u64).collect();
    let records = Records::new(copied(sources));
    let planned = Plan::of(copied(sources), &records, model, &n_records, 1);
    let most_alike = if cut.is_routed { 1.0 } else { 0.0 };
    let plan = Plan {
        routes: routes(&records, &rules_of(model, &planned.fields), most_alike),
        home_bits: cut.home_bits,
        n_counting: cut.n_counting,
        n_deciding: cut.n_deciding,
        ..planned
    };
    let (mut pieces, mut asked) = (Post::default(), Post::default());
    for (at, source) in sources.iter().enumerate() {
        for from in (0..source.table.n_rows).step_by(cut.rows) {
            let to = source.table.n_rows.min(from + cut.rows);
            let places = plan.starts[at] + from as u64..plan.starts[at] + to as u64;
            let names = Column::from_rows("name", (from..to).map(|row| Some(format!("{at}/{row}"))));
            let (of_homes, of_counting) =
                plan.prepare(model, at, rows(&source.table, from, to), places.collect(), names);
            pieces.send(of_homes);
            asked.send(of_counting);
        }
    }
    let mut replies = Post::default();
    let mut counts = Counts::none(&plan);
    let mut common = Vec::new();
    for part in 0..plan.n_counting {
        let counted = count(&plan, model, part, asked.of(part)).unwrap();
        replies.send(counted.replies);
        counts.add(&counted.counts);
        common.push(counted.common);
    }
    assert!(counts.n_names_twice.iter().all(|&n| n == 0));
    let from = counts.implausible_from(&plan);
    let spikes: Vec<Spike> = common.iter().flat_map(|common| spikes(common, &from).unwrap()).collect();
    let totals = counts.totals(&plan, model.link_type, &spikes);
    let setup = |split| Setup {
        plan: plan.clone(),
        totals: totals.clone(),
        split,
        model: model.clone(),
        options,
        asked: Asked::default(),
    };
    let whole = setup(Arc::new(Split { n_parts: cut.n_parts, shares: BTreeMap::new() }));
    // every other route is shared
    let mut shares = BTreeMap::new();
    for home in 0..plan.n_homes() {
        for part in whole.restore(pieces.of(home), replies.of(home)).unwrap() {
            for (rule, route) in model.blocking.iter().enumerate().zip(&plan.routes) {
                for_each_key(&part.records, rule, route, |key| {
                    if key.route % 2 == 0 {
                        shares.insert(key.route, cut.shares);
                    }
                });
            }
        }
    }
    let setup = setup(Arc::new(Split { n_parts: cut.n_parts, shares }));
    let mut to_compare = Post::default();
    for home in 0..plan.n_homes() {
        to_compare.send(setup.explode(pieces.of(home), replies.of(home)).unwrap());
    }
    Exploded { setup, pieces, replies, to_compare }
}

/// What learning asked for on its way.
#[derive(Debug, Default)]
struct AskedFor {
    n_together: usize,
    n_records: usize,
    looked_again: bool,
}

/// Learns the model and settles it, as a driver would.
fn learned(exploded: &mut Exploded, cut: &Cut) -> AskedFor {
    let Exploded { setup, pieces, replies, to_compare } = exploded;
    let look = |setup: &Setup| {
        let seen: Vec<Vec<u8>> =
            (0..cut.n_parts).map(|part| setup.see(part, to_compare.of(part)).unwrap()).collect();
        setup.lesson(seen.iter().map(Vec::as_slice)).unwrap()
    };
    let mut looked_again = false;
    let lesson = loop {
        match look(setup) {
            Heard::Enough(lesson) => break lesson,
            Heard::TooLittle(n_pairs) => {
                assert!(!looked_again, "what is known is not looked for again");
                looked_again = true;
                setup.totals.least_pairs = n_pairs;
            }
        }
    };
    setup.asked = lesson.asks();
    let mut values = Post::default();
    for home in 0..setup.plan.n_homes() {
        values.send(setup.pair_values(pieces.of(home), replies.of(home)).unwrap());
    }
    let counted: Vec<CountedPairs> =
        (0..cut.n_counting).map(|part| setup.count_pairs(values.of(part)).unwrap()).collect();
    let n_together = setup.asked.together.len();
    let Taught { classes, asked, unsettled, .. } = lesson.teach(setup, &counted).unwrap();
    (setup.model.classes, setup.asked) = (classes, asked);
    let told: Vec<Vec<u8>> =
        (0..cut.n_parts).map(|part| setup.compare(part, to_compare.of(part)).unwrap().asked).collect();
    if let Some(unsettled) = unsettled {
        unsettled.settle(&mut setup.model, told.iter().map(Vec::as_slice)).unwrap();
    }
    AskedFor { n_together, n_records: setup.asked.pairs_of.len(), looked_again }
}

fn in_parts(exploded: Exploded, cut: &Cut) -> (Setup, Vec<Undecided>, Vec<Alone>) {
    let Exploded { setup, pieces, replies, to_compare } = exploded;
    let plan = setup.plan.clone();
    let mut pairs = Post::default();
    let mut connected = Vec::new();
    for part in 0..cut.n_parts {
        let compared = setup.compare(part, to_compare.of(part)).unwrap();
        pairs.send(compared.pairs);
        connected.push(compared.connected);
    }
    let mut labels = Post::default();
    labels.send(components(&plan, connected.iter().map(Vec::as_slice)).unwrap());
    let (mut members, mut gathered, mut alone) = (Post::default(), Post::default(), Vec::new());
    for home in 0..plan.n_homes() {
        let of_home =
            setup.gather(pieces.of(home), replies.of(home), labels.of(home), pairs.of(home)).unwrap();
        members.send(of_home.members);
        gathered.send(of_home.pairs);
        alone.extend(of_home.alone);
    }
    let undecided =
        (0..plan.n_deciding).map(|part| setup.undecided(members.of(part), gathered.of(part)).unwrap());
    let undecided = undecided.filter(|undecided| !undecided.part.records.is_empty()).collect();
    (setup, undecided, alone)
}

/// Of a pair: the bits of its weight, its blocking rule, what deterministic rules say, whether it is a link, and the bits of its
/// probability.
type Said = (u64, u16, Option<crate::deterministic::Ruling>, bool, u64);

/// What is decided of some records, by their places.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// By the places of their records.
    pairs: BTreeMap<(u64, u64), Said>,
    /// Per record, the first of its person.
    first_of: BTreeMap<u64, u64>,
}

fn decide(
    records: &Records,
    model: &Model,
    mut pairs: ScoredPairs,
    rulings: &Rulings,
    outcome: &mut Outcome,
) {
    let blocks = Blocks::for_model(records, model).unwrap();
    let comparer = Comparer::beside(records, model, &blocks).unwrap();
    let scorer = Scorer::new(&comparer, model).unwrap();
    rulings.apply(&comparer, &scorer, &mut pairs);
    let constraints = Constraints::default();
    let conflicts =
        Conflicts::of(records, &constraints).with_identities(records).with_dates_of_birth(records, model);
    let compared: Vec<String> = model.comparisons.iter().flat_map(Comparison::named_fields).collect();
    let cut = model.accept.link_bits();
    let mut clustered: Clustered =
        cluster(records, &pairs, cut, model.clustering, &conflicts, &compared, &scorer.weigher(&blocks));
    if model.clustering == Clustering::Correlation {
        clustered.forget_settled(&mut pairs, cut);
    }
    let probability = of_one_person(&Decided {
        records,
        model,
        comparer: &comparer,
        blocks: &blocks,
        scorer: &scorer,
        pairs: &pairs,
        clustered: &clustered,
        constraints: &constraints,
        conflicts: &conflicts,
        cut,
        seed: 1,
    });
    for (pair, probability) in probability.into_iter().enumerate() {
        let ends = (records.place(pairs.left[pair]), records.place(pairs.right[pair]));
        let said = (
            pairs.weight[pair].to_bits(),
            pairs.rule[pair],
            pairs.ruling[pair],
            clustered.is_link[pair],
            probability.to_bits(),
        );
        assert!(outcome.pairs.insert(ends, said).is_none(), "a pair is decided once");
    }
    let firsts = clustered.persons.firsts();
    for record in 0..records.len() as u32 {
        let first = firsts[clustered.persons.person_of[record as usize] as usize];
        let known = outcome.first_of.insert(records.place(record), records.place(first));
        assert!(known.is_none(), "a record is in one part");
    }
}

fn in_one(sources: Vec<SourceInput>, model: &Model) -> Outcome {
    let records = Records::new(sources);
    let blocks = Blocks::for_model(&records, model).unwrap();
    let comparer = Comparer::beside(&records, model, &blocks).unwrap();
    let scorer = Scorer::new(&comparer, model).unwrap();
    let cut = model.accept.review_bits();
    let pairs = score(&scorer, &blocks, cut, &Silent).unwrap();
    let rulings = Rulings::of(&records, &model.deterministic, model.link_type);
    let mut outcome = Outcome::default();
    decide(&records, model, pairs, &rulings, &mut outcome);
    outcome
}

fn a_model(link_type: LinkType, clustering: Clustering, blocking: Vec<BlockingRule>) -> Model {
    let adjusted = |field: &str, conditions: Vec<Condition>| {
        let mut comparison = comparison(field, conditions);
        comparison.levels[0].term_frequency = Some(TermFrequency { field: None, strength: 1.0, floor: 0.0 });
        comparison
    };
    let alike = "jaro_winkler >= 0.8".parse().unwrap();
    let comparisons = vec![
        adjusted(FORENAME, vec![Condition::exact(), alike]),
        comparison(SURNAME, [Condition::exact()]),
        comparison(DATE, [Condition::exact()]),
        comparison(POSTCODE, [Condition::exact()]),
        comparison("uln", [Condition::exact()]),
    ];
    let m = vec![vec![0.8, 0.1, 0.1], vec![0.9, 0.1], vec![0.9, 0.1], vec![0.7, 0.3], vec![0.95, 0.05]];
    let u = vec![vec![0.05, 0.1, 0.85], vec![0.05, 0.95], vec![0.02, 0.98], vec![0.1, 0.9], vec![0.1, 0.9]];
    let mut model =
        Model { blocking, clustering, classes: two_classes(0.05, m, u), ..model(link_type, comparisons) };
    model.accept.review = 0.1;
    model.accept.link = 0.6;
    model
}

fn more<'a>(
    ulns: &'a [Option<&'a str>],
    numbers: &'a [Option<&'a str>],
) -> [(&'static str, Role, &'a [Option<&'a str>]); 2] {
    [("uln", Role::Uln, ulns), ("nhs_number", Role::NhsNumber, numbers)]
}

/// The classes that one process learns, in words that tell every bit.
fn learned_in_one(sources: Vec<SourceInput>, model: &Model, options: &TrainingOptions) -> String {
    let records = Records::new(sources);
    let blocks = Blocks::for_model(&records, model).unwrap();
    let comparer = Comparer::beside(&records, model, &blocks).unwrap();
    let mut model = model.clone();
    train(&comparer, &blocks, &mut model, &[], options, &Silent).unwrap();
    format!("{:?}", model.classes)
}

/// Relatives, matches with errors, and findings that go together.
#[test]
fn parts_learn_of_a_borough_what_one_process_learns() {
    let cut =
        Cut { home_bits: 7, n_counting: 3, n_parts: 5, n_deciding: 2, rows: 150, shares: 3, is_routed: true };
    let mut all = AskedFor::default();
    for (link_type, candidate_pairs) in [
        (LinkType::LinkOnly, 1_000_000),
        (LinkType::LinkAndDedupe, 1_000_000),
        (LinkType::LinkAndDedupe, 900),
    ] {
        let borough = borough(500, 2, 11);
        let names = ["forename", "surname", "date_of_birth", "postcode", "sex"];
        // an address that changes with the postcode, and a status that nearly nobody has
        let postcode = borough.records.field("postcode").unwrap();
        let address: Vec<Option<String>> = (0..1_000)
            .map(|record| borough.records.fields[postcode].get(record).map(|code| format!("1 {code} road")))
            .collect();
        let address: Vec<Option<&str>> = address.iter().map(Option::as_deref).collect();
        let status: Vec<Option<&str>> =
            (0..1_000).map(|record| Some(if record % 9 == 4 { "unborn" } else { "born" })).collect();
        let more = [("address", Role::Address, &address[..]), ("status", Role::Other, &status[..])];
        let sources = inputs(&borough.records, &more);
        let mut comparisons: Vec<Comparison> =
            names.iter().chain(&["address"]).map(|name| comparison(name, [Condition::exact()])).collect();
        comparisons.push(comparison("status", ["both are \"Unborn\"".parse().unwrap()]));
        let of_sources = borough.records.sources.iter();
        let both_are = of_sources.map(|source| format!("both are \"{}\"", source.name).parse().unwrap());
        comparisons.push(comparison(SOURCE_OF_RECORD, both_are.collect::<Vec<Condition>>()));
        let rule = |fields: &[&str]| BlockingRule {
            keys: fields.iter().map(|field| BlockingKey::same(*field, KeyPart::Whole)).collect(),
        };
        let blocking = vec![rule(&["date_of_birth"]), rule(&["postcode"]), rule(&["forename", "surname"])];
        let model = Model { blocking, ..model(link_type, comparisons) };
        let options = TrainingOptions { candidate_pairs, random_pairs: 20_000, ..TrainingOptions::default() };
        let expected = learned_in_one(copied(&sources), &model, &options);
        let mut exploded = exploded(&sources, &model, options, &cut);
        if candidate_pairs < 1_000 {
            // far too many
            exploded.setup.totals.least_pairs = 1_000_000;
        }
        let AskedFor { n_together, n_records, looked_again } = learned(&mut exploded, &cut);
        assert_eq!(format!("{:?}", exploded.setup.model.classes), expected);
        all.n_together += n_together;
        all.n_records += n_records;
        all.looked_again |= looked_again;
    }
    assert!(all.n_together > 0 && all.n_records > 0 && all.looked_again, "{all:?}");
}

#[test]
fn records_that_come_in_another_order_when_they_are_read_again_are_refused() {
    let cut =
        Cut { home_bits: 4, n_counting: 2, n_parts: 2, n_deciding: 1, rows: 5, shares: 1, is_routed: true };
    let sources = inputs(&borough(10, 2, 1).records, &[]);
    let same = BlockingRule { keys: vec![BlockingKey::same("postcode", KeyPart::Whole)] };
    let compared = vec![comparison("forename", [Condition::exact()])];
    let model = Model { blocking: vec![same], ..model(LinkType::LinkOnly, compared) };
    let Exploded { setup, replies, .. } = exploded(&sources, &model, TrainingOptions::default(), &cut);
    let is_taken = |read: [usize; 10]| {
        let mut pieces = Post::default();
        for (at, source) in sources.iter().enumerate() {
            for from in [0, 5] {
                let first = setup.plan.starts[at] + from as u64;
                let names = read[from..from + 5].iter().map(|row| Some(format!("{at}/{row}")));
                let (table, names) = (rows(&source.table, from, from + 5), Column::from_rows("name", names));
                let places = (first..first + 5).collect();
                pieces.send(setup.plan.prepare(&model, at, table, places, names).0);
            }
        }
        (0..setup.plan.n_homes()).all(|home| setup.explode(pieces.of(home), replies.of(home)).is_ok())
    };
    assert!(is_taken([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    assert!(!is_taken([1, 0, 2, 3, 4, 5, 6, 7, 8, 9]));
    assert!(!is_taken([9, 1, 2, 3, 4, 5, 6, 7, 8, 0]));
}

proptest! {
    #![proptest_config(fixed(400))]

    #[test]
    fn parts_learn_what_one_process_learns(
        records in any_records(),
        rules in any_blocking_rules(),
        ulns in prop::collection::vec(prop::option::weighted(0.5, select(vec!["1000000019", "1000000027"])), 27),
        link_type in any_link_type(),
        candidate_pairs in select(vec![4, 20, 1_000]),
        cut in any_cut(),
    ) {
        let learned_of = a_model(link_type, Clustering::BestLink, rules);
        let model = Model { classes: Vec::new(), ..learned_of };
        let sources = inputs(&records, &more(&ulns, &[None; 27]));
        let options = TrainingOptions { candidate_pairs, random_pairs: 40, ..TrainingOptions::default() };
        let expected = learned_in_one(copied(&sources), &model, &options);
        let mut exploded = exploded(&sources, &model, options, &cut);
        learned(&mut exploded, &cut);
        prop_assert_eq!(format!("{:?}", exploded.setup.model.classes), &*expected);
        // what has been learned goes from a driver to all parts as the text of a model
        let text = write(&ModelFile::from(exploded.setup.model));
        let read = read(&text, "model.toml").unwrap_or_else(|faults| panic!("{faults:?}\n{text}"));
        prop_assert_eq!(format!("{:?}", read.model.classes), expected);
    }

    #[test]
    fn parts_decide_what_one_process_decides(
        records in any_records(),
        rules in any_blocking_rules(),
        deterministic in any_deterministic_rules(),
        numbers in prop::collection::vec(prop::option::weighted(0.3, select(vec!["9990000018", "9990000026"])), 27),
        ulns in prop::collection::vec(prop::option::weighted(0.5, select(vec!["1000000019", "1000000027"])), 27),
        clustering in select(vec![
            Clustering::OneToOne, Clustering::BestLink, Clustering::Correlation, Clustering::ConnectedComponents,
        ]),
        is_link_only in any::<bool>(),
        cut in any_cut(),
    ) {
        let link_type = if is_link_only { LinkType::LinkOnly } else { LinkType::LinkAndDedupe };
        let model = Model { deterministic, ..a_model(link_type, clustering, rules) };
        let sources = inputs(&records, &more(&ulns, &numbers));
        let expected = in_one(copied(&sources), &model);
        let (setup, undecided, alone) = in_parts(exploded(&sources, &model, TrainingOptions::default(), &cut), &cut);
        let mut found = Outcome::default();
        for Alone { place, source, name } in alone {
            let start = setup.plan.starts[source];
            prop_assert!((start..setup.plan.starts[source + 1]).contains(&place));
            prop_assert_eq!(name, format!("{source}/{}", place - start));
            prop_assert!(found.first_of.insert(place, place).is_none());
        }
        for undecided in undecided {
            let rulings = undecided.rulings(&setup);
            let Undecided { part, pairs, .. } = undecided;
            for (row, &place) in part.records.places.iter().enumerate() {
                let source = part.records.source_of(row as u32);
                let name = format!("{source}/{}", place - setup.plan.starts[source]);
                prop_assert_eq!(part.names.get(row), Some(&*name));
            }
            decide(&part.records, &model, pairs, &rulings, &mut found);
        }
        prop_assert_eq!(found, expected);
    }
}
