//! Prints what a borough is like: sizes, missing values, agreement of true pairs.
//! `cargo run --release -p plait-synth --example figures -- 20000 1`

#![expect(clippy::print_stdout, reason = "an example that prints is the point")]

use plait_synth::{People, TwoSources, two_sources};
use plait_types::{DateOrder, PartialDate, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let (children, seed) = (arguments.next().unwrap_or(20_000), arguments.next().unwrap_or(1));
    let start = Instant::now();
    let borough = two_sources(&People::of(children as usize, seed));
    println!("{children} children, seed {seed}: {:.2} s", start.elapsed().as_secs_f64());
    for source in &borough.sources {
        print_columns(source);
    }
    print_agreement(&borough);
    print_communities(&borough.truth);
}

fn print_columns(source: &Table) {
    println!("{}: {} records", source.name, source.n_rows);
    for column in &source.columns {
        let missing = (0..source.n_rows).filter(|&row| column.get(row).is_none()).count();
        let share = 100.0 * missing as f64 / source.n_rows as f64;
        println!("  {:18} {:>7} distinct  {share:6.2} % missing", column.name, column.values.len());
    }
}

/// The column of the census and that of social care.
const PAIRED: [(&str, &str); 7] = [
    ("forename", "forename"),
    ("surname", "surname"),
    ("date_of_birth", "dob"),
    ("sex", "gender"),
    ("postcode", "postcode"),
    ("address_line", "address"),
    ("upn", "upn"),
];

fn print_agreement(borough: &TwoSources) {
    let pairs = true_pairs(borough);
    println!("true pairs between the sources: {}", pairs.len());
    println!("  {:18} {:>8} {:>10} {:>10}", "", "as is", "folded", "missing");
    for (left, right) in PAIRED {
        let as_is = share(&pairs, |&pair| compare(borough, pair, (left, right), |a, b| a == b) == Some(true));
        let same = share(&pairs, |&pair| agree(borough, pair, (left, right)) == Some(true));
        let missing = share(&pairs, |&pair| agree(borough, pair, (left, right)).is_none());
        println!("  {left:18} {as_is:6.2} % {same:8.2} % {missing:8.2} %");
    }
    let all_four =
        share(&pairs, |&pair| PAIRED[..5].iter().all(|&columns| agree(borough, pair, columns) == Some(true)));
    println!("  names, date of birth, sex and postcode all agree: {all_four:.2} %");
    for group in ["naming_community", "looked_after"] {
        let column = borough.truth.column(group).expect("a column of every truth");
        let mut groups: BTreeMap<Option<&str>, Vec<(usize, usize)>> = BTreeMap::new();
        for &pair in &pairs {
            groups.entry(column.get(pair.0)).or_default().push(pair);
        }
        for (name, pairs) in groups {
            let forename = share(&pairs, |&pair| agree(borough, pair, PAIRED[0]) == Some(true));
            let surname = share(&pairs, |&pair| agree(borough, pair, PAIRED[1]) == Some(true));
            let postcode = share(&pairs, |&pair| agree(borough, pair, PAIRED[4]) == Some(true));
            let name = name.unwrap_or_default();
            println!(
                "  {group} {name:22} {:6} pairs: forename {forename:.1} %, surname {surname:.1} %, postcode {postcode:.1} %",
                pairs.len()
            );
        }
    }
}

fn share<T>(items: &[T], of: impl Fn(&T) -> bool) -> f64 {
    100.0 * items.iter().filter(|item| of(item)).count() as f64 / items.len() as f64
}

fn agree(borough: &TwoSources, pair: (usize, usize), columns: (&str, &str)) -> Option<bool> {
    compare(borough, pair, columns, |a, b| {
        let (a, b) = (folded(columns.0, a), folded(columns.0, b));
        // a letter with an accent may stand for the letter without
        let alike = |(x, y): (char, char)| x == y || x.is_ascii() != y.is_ascii();
        a.chars().count() == b.chars().count() && a.chars().zip(b.chars()).all(alike)
    })
}

/// `None` where one of the values is missing.
fn compare(
    borough: &TwoSources,
    (pupil, child): (usize, usize),
    (left, right): (&str, &str),
    same: impl Fn(&str, &str) -> bool,
) -> Option<bool> {
    let left = borough.sources[0].column(left).expect("a census column").get(pupil)?;
    let right = borough.sources[1].column(right).expect("a social care column").get(child)?;
    Some(same(left, right))
}

/// Case, spaces and the layout of dates taken away.
fn folded(column: &str, text: &str) -> String {
    match column {
        "date_of_birth" => {
            PartialDate::parse(text, DateOrder::DayMonthYear).map_or_else(String::new, PartialDate::iso)
        }
        "sex" => text.chars().take(1).collect(),
        "address_line" => {
            text.split(", ").filter(|part| part.starts_with(|c: char| c.is_ascii_digit())).collect()
        }
        _ => text.to_lowercase().replace(' ', ""),
    }
}

fn true_pairs(borough: &TwoSources) -> Vec<(usize, usize)> {
    let entity = borough.truth.column("entity").expect("a column of every truth");
    let pupils = borough.sources[0].n_rows;
    let census: BTreeMap<Option<&str>, usize> = (0..pupils).map(|row| (entity.get(row), row)).collect();
    (pupils..borough.truth.n_rows)
        .filter_map(|row| Some((*census.get(&entity.get(row))?, row - pupils)))
        .collect()
}

fn print_communities(truth: &Table) {
    let column = |name: &str| truth.column(name).expect("a column of every truth");
    for name in ["naming_community", "twin", "looked_after"] {
        let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in 0..truth.n_rows {
            let group = column(name).get(row).unwrap_or_default();
            groups.entry(group).or_default().extend(column("entity").get(row));
        }
        let sizes: Vec<String> =
            groups.iter().map(|(group, children)| format!("{group} {}", children.len())).collect();
        println!("{name}: {}", sizes.join(", "));
    }
}
