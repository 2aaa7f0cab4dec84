//! The two sources and the truth, as tables.

use crate::config::People;
use crate::family::{Child, REFERENCE, year_group};
use crate::names::{Names, Sex};
use crate::place::Place;
use crate::random::{Random, Weighted};
use crate::record::{Clerk, Record, Site};
use plait_types::{Column, Interner, NULL, PartialDate, Table};

/// Name of the source that schools fill.
pub(crate) const SCHOOL_CENSUS: &str = "school_census";
/// Name of the source that social workers fill.
pub(crate) const SOCIAL_CARE: &str = "social_care";

/// A table and the child of each of its rows.
pub(crate) struct Source {
    pub(crate) table: Table,
    children: Vec<usize>,
}

/// The spring school census: names in full, dates year first, most pupils with their UPN.
pub(crate) fn school_census(config: &People, names: &Names, place: &Place, children: &[Child]) -> Source {
    let mut random = Random::new(config.seed, "census rows");
    let mut pupils: Vec<usize> = (0..children.len()).filter(|&at| children[at].in_census).collect();
    random.shuffle(&mut pupils);
    let sites: Vec<Site> = (0..place.primaries.len() + place.secondaries.len())
        .map(|_| Site::draw(0.12, 0.4, &mut random))
        .collect();
    let site_of = |child: &Child| match place.schools_near(child.home) {
        (primary, _) if is_primary(child) => primary,
        (_, secondary) => place.primaries.len() + secondary,
    };
    let carelessness = carelessness(config, names, children, &pupils, |at| &sites[site_of(&children[at])]);
    let mut clerk =
        Clerk::new(names, place, config.school_census, Random::new(config.seed, "census"), REFERENCE);
    let mut rows = Rows::new(
        SCHOOL_CENSUS,
        &[
            "pupil_id",
            "upn",
            "surname",
            "forename",
            "middle_names",
            "preferred_surname",
            "former_surname",
            "date_of_birth",
            "sex",
            "year_group",
            "address_line",
            "town",
            "postcode",
            "school",
        ],
    );
    for (row, &at) in pupils.iter().enumerate() {
        let child = &children[at];
        let site = &sites[site_of(child)];
        let record = clerk.write(&child.subject(sibling_of(children, at)), child.home, carelessness[row]);
        let preferred = (random.chance(0.7) && child.goes_by_other).then(|| child.other_surname.clone());
        let former = (random.chance(0.02) && !child.goes_by_other).then(|| child.other_surname.clone());
        let surname = |name: Option<String>| name.map(|name| Clerk::keep_name(name, site, true));
        let forename = |name: Option<String>| name.map(|name| Clerk::keep_name(name, site, false));
        let school = match place.schools_near(child.home) {
            (primary, _) if is_primary(child) => &place.primaries[primary],
            (_, secondary) => &place.secondaries[secondary],
        };
        rows.push(&[
            Some(&format!("P{:06}", row + 1)),
            record.upn.as_deref(),
            surname(record.surname).as_deref(),
            forename(record.forename).as_deref(),
            forename(child.middle.clone()).as_deref(),
            surname(preferred).as_deref(),
            surname(former).as_deref(),
            record.born.map(PartialDate::iso).as_deref(),
            record.sex.map(sex_letter),
            Some(&year_group(child.born)),
            record.address.as_deref(),
            record.town,
            record.postcode.as_deref(),
            Some(school),
        ]);
    }
    Source { table: rows.into_table(), children: pupils }
}

/// The case management system of social care: dates day first, own identifiers, some children twice.
pub(crate) fn social_care(config: &People, names: &Names, place: &Place, children: &[Child]) -> Source {
    let mut random = Random::new(config.seed, "social care rows");
    let cases = draw_cases(config, children, &mut random);
    let teams: Vec<(String, Site)> = (0..8 + children.len() / 20_000)
        .map(|team| (team_name(team), Site::draw(0.3, 0.7, &mut random)))
        .collect();
    let team_of: Vec<usize> = cases.iter().map(|_| random.below(teams.len())).collect();
    let known: Vec<usize> = cases.iter().map(|case| case.child).collect();
    let mut teams_in_order = team_of.iter();
    let carelessness = carelessness(config, names, children, &known, |_| {
        &teams[*teams_in_order.next().expect("a team for every case")].1
    });
    let statuses = Weighted::new(STATUSES.iter().map(|status| status.1));
    let mut clerk =
        Clerk::new(names, place, config.social_care, Random::new(config.seed, "social care"), REFERENCE);
    let mut rows = Rows::new(
        SOCIAL_CARE,
        &[
            "child_id",
            "forename",
            "surname",
            "dob",
            "gender",
            "address",
            "postcode",
            "nhs_number",
            "upn",
            "team",
            "status",
        ],
    );
    let mut child_id = 204_117;
    for (row, case) in cases.iter().enumerate() {
        let child = &children[case.child];
        let (team, site) = &teams[team_of[row]];
        let home = child.other_home.filter(|_| !case.at_first_home).unwrap_or(child.home);
        let mut record =
            clerk.write(&child.subject(sibling_of(children, case.child)), home, carelessness[row]);
        if child.age == 0 && random.chance(config.unnamed) {
            record.forename = Some(random.pick(&["Unborn", "Baby"]).to_owned());
        }
        child_id += 1 + random.below(7);
        let status = if child.looked_after { "Looked after" } else { STATUSES[statuses.draw(&mut random)].0 };
        let spaced = random.chance(0.3);
        rows.push(&[
            Some(&child_id.to_string()),
            record.forename.take().map(|name| Clerk::keep_name(name, site, false)).as_deref(),
            record.surname.take().map(|name| Clerk::keep_name(name, site, true)).as_deref(),
            record.born.map(day_first).as_deref(),
            Some(record.sex.map_or("Unknown", sex_word)),
            whole_address(&record).as_deref(),
            record.postcode.as_deref(),
            record.nhs_number.map(|number| if spaced { in_groups(&number) } else { number }).as_deref(),
            record.upn.as_deref(),
            Some(team),
            Some(status),
        ]);
    }
    Source { table: rows.into_table(), children: known }
}

/// Which records are of one child, and what is needed to judge quality by group.
pub(crate) fn truth(names: &Names, children: &[Child], sources: &[Source]) -> Table {
    let mut rows = Rows::new(
        "truth",
        &["source", "record", "entity", "family", "naming_community", "twin", "looked_after", "sex", "age"],
    );
    let yes_no = |yes: bool| if yes { "yes" } else { "no" };
    for source in sources {
        for (row, &at) in source.children.iter().enumerate() {
            let child = &children[at];
            rows.push(&[
                Some(&source.table.name),
                source.table.columns[0].get(row),
                Some(&format!("E{:07}", at + 1)),
                Some(&format!("F{:07}", child.family)),
                Some(names.communities[child.community].name),
                Some(yes_no(child.born_together > 1)),
                Some(yes_no(child.looked_after)),
                Some(sex_letter(child.sex)),
                Some(&child.age.to_string()),
            ]);
        }
    }
    rows.into_table()
}

const STATUSES: [(&str, f64); 4] =
    [("Child in need", 0.5), ("Child protection plan", 0.12), ("Early help", 0.2), ("Closed", 0.18)];

/// One file of social care.
struct Case {
    child: usize,
    /// Entered before the family moved.
    at_first_home: bool,
}

fn draw_cases(config: &People, children: &[Child], random: &mut Random) -> Vec<Case> {
    let mut cases = Vec::new();
    for (child, _) in children.iter().enumerate().filter(|(_, child)| child.in_social_care) {
        cases.push(Case { child, at_first_home: false });
        if random.chance(config.social_care_duplicates) {
            cases.push(Case { child, at_first_home: random.chance(0.5) });
        }
    }
    random.shuffle(&mut cases);
    cases
}

/// How much likelier mistakes are in each record, 1 on average over the source.
fn carelessness<'a>(
    config: &People,
    names: &Names,
    children: &[Child],
    rows: &[usize],
    mut site_of: impl FnMut(usize) -> &'a Site,
) -> Vec<f64> {
    if !config.clustered {
        return vec![1.0; rows.len()];
    }
    let raw: Vec<f64> = rows
        .iter()
        .map(|&at| {
            let child = &children[at];
            let group =
                names.communities[child.community].mistakes * if child.looked_after { 2.0 } else { 1.0 };
            site_of(at).mistakes * child.mistakes * group
        })
        .collect();
    let mean = raw.iter().sum::<f64>() / raw.len() as f64;
    raw.into_iter().map(|carelessness| carelessness / mean).collect()
}

/// A brother or sister next in age; families stand together.
fn sibling_of(children: &[Child], at: usize) -> Option<&Child> {
    let family = children[at].family;
    [at.checked_sub(1), at.checked_add(1)]
        .into_iter()
        .flatten()
        .filter_map(|near| children.get(near))
        .find(|near| near.family == family)
}

fn is_primary(child: &Child) -> bool {
    (crate::family::school_year_of_birth(REFERENCE) - crate::family::school_year_of_birth(child.born)) < 12
}

fn team_name(team: usize) -> String {
    const AREAS: [&str; 4] = ["North", "South", "East", "West"];
    const KINDS: [&str; 4] =
        ["Assessment Team", "Children in Need Team", "Early Help Team", "Care Planning Team"];
    format!("{} {} {}", AREAS[team % 4], KINDS[team / 4 % 4], team / 16 + 1)
}

fn sex_letter(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "F",
        Sex::Male => "M",
    }
}

fn sex_word(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "Female",
        Sex::Male => "Male",
    }
}

/// `23/04/2015`
fn day_first(born: PartialDate) -> String {
    let iso = born.iso();
    iso.rsplit('-').collect::<Vec<_>>().join("/")
}

/// `999 123 4567`
fn in_groups(number: &str) -> String {
    format!("{} {} {}", &number[..3], &number[3..6], &number[6..])
}

/// Line and town in one field.
fn whole_address(record: &Record) -> Option<String> {
    let line = record.address.as_deref()?;
    Some(match record.town {
        Some(town) if line.starts_with(|c: char| c.is_ascii_digit()) || line.starts_with("Flat") => {
            format!("{line}, {town}")
        }
        _ => line.to_owned(),
    })
}

/// A table that grows row by row.
struct Rows {
    name: &'static str,
    columns: Vec<(&'static str, Interner, Vec<u32>)>,
}

impl Rows {
    fn new(name: &'static str, columns: &[&'static str]) -> Self {
        let columns = columns.iter().map(|&column| (column, Interner::default(), Vec::new())).collect();
        Self { name, columns }
    }

    fn push(&mut self, cells: &[Option<&str>]) {
        assert_eq!(cells.len(), self.columns.len(), "a cell for every column");
        for ((_, interner, codes), cell) in self.columns.iter_mut().zip(cells) {
            codes.push(cell.map_or(NULL, |text| interner.intern(text)));
        }
    }

    fn into_table(self) -> Table {
        let n_rows = self.columns.first().map_or(0, |column| column.2.len());
        let columns = self
            .columns
            .into_iter()
            .map(|(name, interner, codes)| Column {
                name: name.to_owned(),
                codes,
                values: interner.into_values(),
            })
            .collect();
        Table { name: self.name.to_owned(), columns, n_rows }
    }
}
