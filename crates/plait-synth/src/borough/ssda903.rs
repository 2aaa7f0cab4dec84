//! The return of looked-after children (SSDA903) of 2025/26: twelve tables without names.

use super::calendar::{Day, EXTRACT_DAY, RETURN_YEAR, day_first};
use super::care::Care;
use super::life::Life;
use super::settings::Borough;
use super::sheet::Sheet;
use super::social_care::CaseFile;
use super::truth::{Truth, Who, sex_letter};
use super::write::Folder;
use crate::names::Sex;
use crate::place::Home;
use crate::random::Random;
use plait_types::Fault;

/// The name of the folder, and of the source in the truth tables. A record is named by its `CHILD`.
pub(super) const LOOKED_AFTER: &str = "ssda903_2026";

const HEADER: &[&str] = &["CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"];
const EPISODES: &[&str] = &[
    "CHILD",
    "DECOM",
    "RNE",
    "LS",
    "CIN",
    "PLACE",
    "PLACE_PROVIDER",
    "DEC",
    "REC",
    "REASON_PLACE_CHANGE",
    "HOME_POST",
    "PL_POST",
    "URN",
];
const UNACCOMPANIED: &[&str] = &["CHILD", "SEX", "DOB", "DUC"];
const OUTCOMES: &[&str] = &[
    "CHILD",
    "DOB",
    "SDQ_SCORE",
    "SDQ_REASON",
    "CONVICTED",
    "HEALTH_CHECK",
    "IMMUNISATIONS",
    "TEETH_CHECK",
    "HEALTH_ASSESSMENT",
    "SUBSTANCE_MISUSE",
    "INTERVENTION_RECEIVED",
    "INTERVENTION_OFFERED",
];
const LEAVERS: &[&str] = &["CHILD", "DOB", "IN_TOUCH", "ACTIV", "ACCOM"];
const ADOPTIONS: &[&str] =
    &["CHILD", "DOB", "DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"];
const PLACED: &[&str] = &["CHILD", "DOB", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"];
const PERMANENCE: &[&str] = &["CHILD", "DOB", "PREV_PERM", "LA_PERM", "DATE_PERM"];
const MISSING: &[&str] = &["CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"];
const REVIEWS: &[&str] = &["CHILD", "DOB", "REVIEW", "REVIEW_CODE"];
const WORKERS: &[&str] = &["CHILD", "DOB", "SW_ID", "SW_DECOM", "SW_DEC", "SW_REASON"];
const LIBERTY: &[&str] = &["CHILD", "DOB", "DOLO_START", "DOLO_END"];

/// Writes the tables, made from the files of everybody who was in care at some time of the year.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    files: &[CaseFile],
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut tables = Tables::new(life, settings);
    for file in files.iter().filter(|file| !file.is_duplicate) {
        let care = life.case_of(file.who).and_then(|case| case.care.as_ref());
        let Some(care) = care.filter(|care| in_year(care)) else { continue };
        truth.add(LOOKED_AFTER, file.care_id(care), file.who, &[]);
        tables.child(file, care);
    }
    let inside = folder.inside(LOOKED_AFTER)?;
    for sheet in tables.into_sheets() {
        folder.wrote(sheet.write(&inside)?);
    }
    Ok(())
}

fn in_year(care: &Care) -> bool {
    care.episodes.last().is_some_and(|last| last.end.is_none_or(|(day, _)| day >= RETURN_YEAR))
}

struct Tables<'a> {
    life: &'a Life,
    random: Random,
    header: Sheet,
    episodes: Sheet,
    unaccompanied: Sheet,
    outcomes: Sheet,
    leavers: Sheet,
    adoptions: Sheet,
    placed: Sheet,
    permanence: Sheet,
    missing: Sheet,
    reviews: Sheet,
    workers: Sheet,
    liberty: Sheet,
}

impl<'a> Tables<'a> {
    fn new(life: &'a Life, settings: &Borough) -> Self {
        Self {
            life,
            random: Random::new(settings.seed, "looked-after return"),
            header: Sheet::new("header.csv", HEADER),
            episodes: Sheet::new("episodes.csv", EPISODES),
            unaccompanied: Sheet::new("uasc.csv", UNACCOMPANIED),
            outcomes: Sheet::new("oc2.csv", OUTCOMES),
            leavers: Sheet::new("oc3.csv", LEAVERS),
            adoptions: Sheet::new("ad1.csv", ADOPTIONS),
            placed: Sheet::new("placed_for_adoption.csv", PLACED),
            permanence: Sheet::new("previous_permanence.csv", PERMANENCE),
            missing: Sheet::new("missing.csv", MISSING),
            reviews: Sheet::new("reviews.csv", REVIEWS),
            workers: Sheet::new("sw_episodes.csv", WORKERS),
            liberty: Sheet::new("DoLo.csv", LIBERTY),
        }
    }

    fn into_sheets(self) -> [Sheet; 12] {
        [
            self.header,
            self.episodes,
            self.unaccompanied,
            self.outcomes,
            self.leavers,
            self.adoptions,
            self.placed,
            self.permanence,
            self.missing,
            self.reviews,
            self.workers,
            self.liberty,
        ]
    }

    fn child(&mut self, file: &CaseFile, care: &Care) {
        let life = self.life;
        let child = &life.children[file.who.child().expect("mothers are not looked after here")];
        let id = file.care_id(care);
        // the return cannot be sent without a date of birth and a sex
        let born = file.record.born.unwrap_or_else(|| child.born.date());
        let born = day_first(born);
        let sex = sex_letter(file.record.sex.unwrap_or(child.sex));
        let upn = match file.upn_or_reason(life) {
            Ok(upn) => upn,
            Err(reason) => reason,
        };
        let is_mother = child.sex == Sex::Female && child.age >= 16 && self.random.chance(0.05);
        let her_child = EXTRACT_DAY - 20 - self.random.below(500) as i32;
        self.header.row(&[
            ("CHILD", id),
            ("SEX", sex),
            ("DOB", &born),
            ("ETHNIC", file.ethnicity),
            ("UPN", upn),
            ("MOTHER", if is_mother { "1" } else { "" }),
            ("MC_DOB", &if is_mother { her_child.day_first() } else { String::new() }),
        ]);
        self.episodes(file, care, id);
        if child.is_unaccompanied {
            self.unaccompanied.row(&[
                ("CHILD", id),
                ("SEX", sex),
                ("DOB", &born),
                ("DUC", &child.born.years_later(18).day_first()),
            ]);
        }
        let is_over = care.episodes.last().is_some_and(|last| last.end.is_some());
        if matches!(file.who, Who::BirthIdentity(_)) {
            self.adoption(care, id, &born);
        } else if is_over {
            self.leavers.row(&[
                ("CHILD", id),
                ("DOB", &born),
                ("IN_TOUCH", self.random.pick(&["YES", "YES", "YES", "NO", "REFU"])),
                ("ACTIV", self.random.pick(&["F1", "F2", "F4", "F5", "G4", "G5", "P2"])),
                ("ACCOM", self.random.pick(&["B1", "C1", "T1", "U1", "V2", "Z1"])),
            ]);
        }
        if !is_over && care.episodes[0].start < EXTRACT_DAY - 365 {
            self.outcomes(care, id, &born, child.age);
        }
        self.permanence.row(&[("CHILD", id), ("DOB", &born), ("PREV_PERM", "Z1")]);
        for (kind, from, until) in &care.missing {
            self.missing.row(&[
                ("CHILD", id),
                ("DOB", &born),
                ("MISSING", kind),
                ("MIS_START", &from.day_first()),
                ("MIS_END", &until.map(Day::day_first).unwrap_or_default()),
            ]);
        }
        for day in care.reviews.iter().filter(|day| **day >= RETURN_YEAR) {
            let code =
                if child.age < 4 { "PN0" } else { self.random.pick(&["PN1", "PN1", "PN2", "PN3", "PN5"]) };
            self.reviews.row(&[
                ("CHILD", id),
                ("DOB", &born),
                ("REVIEW", &day.day_first()),
                ("REVIEW_CODE", code),
            ]);
        }
        self.workers(care, id, &born);
        if child.age >= 13 && !is_over && self.random.chance(0.01) {
            let start = care.episodes.last().map_or(EXTRACT_DAY, |last| last.start).max(EXTRACT_DAY - 60);
            self.liberty.row(&[("CHILD", id), ("DOB", &born), ("DOLO_START", &start.day_first())]);
        }
    }

    /// Episodes of the year; home is where the child lived when it came into care, as far as it is known.
    fn episodes(&mut self, file: &CaseFile, care: &Care, id: &str) {
        let life = self.life;
        let started = care.episodes[0].start;
        let child = &life.children[file.who.child().expect("mothers are not looked after here")];
        let is_birth_identity = matches!(file.who, Who::BirthIdentity(_));
        let home = if is_birth_identity { file.home } else { life.family_of(child).home_on(started) };
        let postcode = |home: Home| life.place.postcodes[home.postcode as usize].text.as_str();
        let is_current = |end: Option<(Day, &str)>| end.is_none_or(|(day, _)| day >= RETURN_YEAR);
        for episode in care.episodes.iter().filter(|episode| is_current(episode.end)) {
            // where prospective adopters live is confidential
            let is_confidential = episode.place.starts_with('A');
            // some systems write postcodes without their space
            let joined = self.random.chance(0.15);
            let shown = |text: &str| if joined { text.replace(' ', "") } else { text.to_owned() };
            let end = episode.end.map(|(day, _)| day.day_first()).unwrap_or_default();
            self.episodes.row(&[
                ("CHILD", id),
                ("DECOM", &episode.start.day_first()),
                ("RNE", episode.reason),
                ("LS", episode.legal),
                ("CIN", episode.need),
                ("PLACE", episode.place),
                ("PLACE_PROVIDER", episode.provider),
                ("DEC", &end),
                ("REC", episode.end.map_or("", |(_, reason)| reason)),
                ("REASON_PLACE_CHANGE", episode.change_reason),
                ("HOME_POST", &if child.is_unaccompanied { String::new() } else { shown(postcode(home)) }),
                (
                    "PL_POST",
                    &if is_confidential { String::new() } else { shown(postcode(episode.placement)) },
                ),
                ("URN", if episode.place == "K2" { "SC990001" } else { "" }),
            ]);
        }
    }

    fn outcomes(&mut self, care: &Care, id: &str, born: &str, age: u8) {
        let random = &mut self.random;
        let scored = (4..=16).contains(&age) && random.chance(0.78);
        let yes = |yes: bool| if yes { "1" } else { "0" };
        self.outcomes.row(&[
            ("CHILD", id),
            ("DOB", born),
            ("SDQ_SCORE", &if scored { care.difficulties_score.to_string() } else { String::new() }),
            ("SDQ_REASON", if scored || !(4..=16).contains(&age) { "" } else { "SDQ1" }),
            ("CONVICTED", yes(age >= 10 && random.chance(0.02))),
            ("HEALTH_CHECK", if age < 5 { yes(random.chance(0.9)) } else { "" }),
            ("IMMUNISATIONS", yes(random.chance(0.83))),
            ("TEETH_CHECK", yes(random.chance(0.8))),
            ("HEALTH_ASSESSMENT", yes(random.chance(0.9))),
            ("SUBSTANCE_MISUSE", yes(age >= 12 && random.chance(0.04))),
            ("INTERVENTION_RECEIVED", "0"),
            ("INTERVENTION_OFFERED", "0"),
        ]);
    }

    fn adoption(&mut self, care: &Care, id: &str, born: &str) {
        let Some(last) = care.episodes.last() else { return };
        let Some((adopted, _)) = last.end else { return };
        let decided = last.start - 60;
        self.adoptions.row(&[
            ("CHILD", id),
            ("DOB", born),
            ("DATE_INT", &decided.day_first()),
            ("DATE_MATCH", &(last.start - 25).day_first()),
            ("FOSTER_CARE", "0"),
            ("NB_ADOPTR", "2"),
            ("SEX_ADOPTR", self.random.pick(&["MF", "MF", "MF", "FF", "MM"])),
            ("LS_ADOPTR", self.random.pick(&["L0", "L11", "L12", "L2"])),
        ]);
        self.placed.row(&[
            ("CHILD", id),
            ("DOB", born),
            ("DATE_PLACED", &last.start.day_first()),
            ("DATE_PLACED_CEASED", &adopted.day_first()),
        ]);
    }

    fn workers(&mut self, care: &Care, id: &str, born: &str) {
        let mut start = care.episodes[0].start.max(RETURN_YEAR - 200);
        let until = care.episodes.last().and_then(|last| last.end).map(|(day, _)| day);
        loop {
            let end = start + 150 + self.random.below(500) as i32;
            let is_last = end >= until.unwrap_or(EXTRACT_DAY);
            let end = if is_last { until } else { Some(end) };
            if end.is_none_or(|end| end >= RETURN_YEAR) {
                self.workers.row(&[
                    ("CHILD", id),
                    ("DOB", born),
                    ("SW_ID", &format!("SW{:04}", self.random.below(400))),
                    ("SW_DECOM", &start.day_first()),
                    ("SW_DEC", &end.map(Day::day_first).unwrap_or_default()),
                    ("SW_REASON", self.random.pick(&["FCONTA", "ORGRST", "LEFTRL", "MANAGE"])),
                ]);
            }
            match end {
                Some(end) if !is_last => start = end,
                _ => break,
            }
        }
    }
}
