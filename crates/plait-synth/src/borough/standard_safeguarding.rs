//! The case management system as tables of the Standard Safeguarding Dataset: the only files of social care
//! with names and with dated addresses. Column names and their order are those of its version 1; the keys of
//! the address text are recalled.

use super::calendar::{Day, EXTRACT_DAY};
use super::care::Case;
use super::life::{Child, Family, Life};
use super::schooling::Provision;
use super::settings::Borough;
use super::sheet::Sheet;
use super::social_care::{CaseFile, SAFEGUARDING};
use super::truth::{Who, sex_letter};
use super::write::Folder;
use crate::place::{Home, Place};
use crate::random::Random;
use plait_types::{Fault, PartialDate};
use std::collections::BTreeMap;

const PERSON: &[&str] = &[
    "pers_legacy_id",
    "pers_person_id",
    "pers_forename",
    "pers_surname",
    "pers_sex",
    "pers_gender",
    "pers_ethnicity",
    "pers_dob",
    "pers_common_child_id",
    "pers_upn_unknown",
    "pers_send_flag",
    "pers_expected_dob",
    "pers_death_date",
    "pers_is_mother",
    "pers_nationality",
];
const ADDRESS: &[&str] = &[
    "addr_table_id",
    "addr_person_id",
    "addr_address_type",
    "addr_address_start_date",
    "addr_address_end_date",
    "addr_address_postcode",
    "addr_address_json",
];
const LINKED: &[&str] = &[
    "link_table_id",
    "link_person_id",
    "link_identifier_type",
    "link_identifier_value",
    "link_valid_from_date",
    "link_valid_to_date",
];
const FAMILY: &[&str] = &["fami_table_id", "fami_family_id", "fami_person_id"];
const MOTHER: &[&str] = &["moth_table_id", "moth_person_id", "moth_childs_person_id", "moth_childs_dob"];
const SEND: &[&str] = &["send_table_id", "send_person_id", "send_upn", "send_uln", "send_upn_unknown"];
const DISABILITY: &[&str] = &["disa_table_id", "disa_person_id", "disa_disability_code"];
const IMMIGRATION: &[&str] = &[
    "immi_immigration_status_id",
    "immi_person_id",
    "immi_immigration_status_start_date",
    "immi_immigration_status_end_date",
    "immi_immigration_status",
];
const EPISODES: &[&str] = &[
    "cine_referral_id",
    "cine_person_id",
    "cine_referral_date",
    "cine_cin_primary_need_code",
    "cine_referral_source_code",
    "cine_referral_source_desc",
    "cine_referral_outcome_json",
    "cine_referral_nfa",
    "cine_close_reason",
    "cine_close_date",
    "cine_referral_team",
    "cine_referral_worker_id",
];
const ASSESSMENTS: &[&str] = &[
    "cina_assessment_id",
    "cina_person_id",
    "cina_referral_id",
    "cina_assessment_start_date",
    "cina_assessment_child_seen",
    "cina_assessment_auth_date",
    "cina_assessment_outcome_json",
    "cina_assessment_outcome_nfa",
    "cina_assessment_team",
    "cina_assessment_worker_id",
];
const PLANS: &[&str] = &[
    "cinp_cin_plan_id",
    "cinp_referral_id",
    "cinp_person_id",
    "cinp_cin_plan_start_date",
    "cinp_cin_plan_end_date",
    "cinp_cin_plan_team",
    "cinp_cin_plan_worker_id",
];
const PROTECTION: &[&str] = &[
    "cppl_cp_plan_id",
    "cppl_referral_id",
    "cppl_icpc_id",
    "cppl_person_id",
    "cppl_cp_plan_start_date",
    "cppl_cp_plan_end_date",
    "cppl_cp_plan_ola",
    "cppl_cp_plan_initial_category",
    "cppl_cp_plan_latest_category",
];
const CARE: &[&str] = &[
    "clae_cla_episode_id",
    "clae_person_id",
    "clae_cla_placement_id",
    "clae_cla_episode_start_date",
    "clae_cla_episode_start_reason",
    "clae_cla_primary_need_code",
    "clae_cla_episode_ceased_date",
    "clae_cla_episode_ceased_reason",
    "clae_cla_id",
    "clae_referral_id",
    "clae_cla_last_iro_contact_date",
    "clae_entered_care_date",
];
const PLACEMENTS: &[&str] = &[
    "clap_cla_placement_id",
    "clap_cla_id",
    "clap_person_id",
    "clap_cla_placement_start_date",
    "clap_cla_placement_type",
    "clap_cla_placement_urn",
    "clap_cla_placement_distance",
    "clap_cla_placement_provider",
    "clap_cla_placement_postcode",
    "clap_cla_placement_end_date",
    "clap_cla_placement_change_reason",
];
const LEGAL: &[&str] = &[
    "lega_legal_status_id",
    "lega_person_id",
    "lega_legal_status",
    "lega_legal_status_start_date",
    "lega_legal_status_end_date",
];

/// Writes the tables into a folder of their own, one file a table.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    files: &[CaseFile],
    folder: &mut Folder,
) -> Result<(), Fault> {
    let mut tables = Tables::new(life, settings, files);
    for file in files {
        tables.person(file);
    }
    let inside = folder.inside(SAFEGUARDING)?;
    for sheet in tables.into_sheets() {
        folder.wrote(sheet.write(&inside)?);
    }
    Ok(())
}

struct Tables<'a> {
    life: &'a Life,
    random: Random,
    /// The file of each mother that has one.
    mothers: BTreeMap<usize, &'a str>,
    person: Sheet,
    address: Sheet,
    linked: Sheet,
    family: Sheet,
    mother: Sheet,
    send: Sheet,
    disability: Sheet,
    immigration: Sheet,
    episodes: Sheet,
    assessments: Sheet,
    plans: Sheet,
    protection: Sheet,
    care: Sheet,
    placements: Sheet,
    legal: Sheet,
}

impl<'a> Tables<'a> {
    fn new(life: &'a Life, settings: &Borough, files: &'a [CaseFile]) -> Self {
        let mothers = files
            .iter()
            .filter_map(|file| match file.who {
                Who::Mother(family) => Some((family, file.person_id.as_str())),
                _ => None,
            })
            .collect();
        let sheet = |table: &str, columns| Sheet::new(format!("ssd_{table}.csv"), columns);
        Self {
            life,
            random: Random::new(settings.seed, "case management tables"),
            mothers,
            person: sheet("person", PERSON),
            address: sheet("address", ADDRESS),
            linked: sheet("linked_identifiers", LINKED),
            family: sheet("family", FAMILY),
            mother: sheet("mother", MOTHER),
            send: sheet("send", SEND),
            disability: sheet("disability", DISABILITY),
            immigration: sheet("immigration_status", IMMIGRATION),
            episodes: sheet("cin_episodes", EPISODES),
            assessments: sheet("cin_assessments", ASSESSMENTS),
            plans: sheet("cin_plans", PLANS),
            protection: sheet("cp_plans", PROTECTION),
            care: sheet("cla_episodes", CARE),
            placements: sheet("cla_placement", PLACEMENTS),
            legal: sheet("legal_status", LEGAL),
        }
    }

    fn into_sheets(self) -> [Sheet; 15] {
        [
            self.person,
            self.address,
            self.linked,
            self.family,
            self.mother,
            self.send,
            self.disability,
            self.immigration,
            self.episodes,
            self.assessments,
            self.plans,
            self.protection,
            self.care,
            self.placements,
            self.legal,
        ]
    }

    fn person(&mut self, file: &CaseFile) {
        let child = file.who.child().map(|at| &self.life.children[at]);
        let record = &file.record;
        let sex = match child {
            Some(child) if child.is_unborn => "U",
            _ => record.sex.map_or("U", sex_letter),
        };
        let reason = match file.upn_or_reason(self.life) {
            Err(reason) => reason,
            Ok(_) => "",
        };
        let has_plan = child.is_some_and(|child| child.schooling.provision == Provision::Plan);
        let is_mother = matches!(file.who, Who::Mother(_));
        let nationality = if child.is_some_and(|child| child.is_unaccompanied) { "" } else { "GBR" };
        let died = child.and_then(|child| child.died).filter(|died| *died <= EXTRACT_DAY);
        self.person.row(&[
            ("pers_legacy_id", file.legacy_id.as_deref().unwrap_or("")),
            ("pers_person_id", &file.person_id),
            ("pers_forename", record.forename.as_deref().unwrap_or("")),
            ("pers_surname", record.surname.as_deref().unwrap_or("")),
            ("pers_sex", sex),
            ("pers_gender", sex),
            ("pers_ethnicity", file.ethnicity),
            ("pers_dob", &record.born.map(PartialDate::iso).unwrap_or_default()),
            ("pers_common_child_id", record.nhs_number.as_deref().unwrap_or("")),
            ("pers_upn_unknown", if is_mother { "" } else { reason }),
            ("pers_send_flag", if has_plan { "Y" } else { "N" }),
            ("pers_expected_dob", &iso(file.expected)),
            ("pers_death_date", &iso(died)),
            ("pers_is_mother", if is_mother { "Y" } else { "N" }),
            ("pers_nationality", nationality),
        ]);
        self.addresses(file);
        self.identifiers(file);
        self.relatives(file, child);
        if let Some(child) = child {
            self.facts(file, child, reason);
        }
        if let Some(case) = self.life.case_of(file.who).filter(|_| !file.is_duplicate) {
            self.story(file, case);
        }
    }

    /// Homes from three years before the file was opened, then placements; what happened after social care
    /// lost sight is not known.
    fn addresses(&mut self, file: &CaseFile) {
        let life = self.life;
        let case = life.case_of(file.who);
        let opened = case.map_or(file.followed_until, Case::opened);
        let family: Option<&Family> = match file.who {
            Who::Child(at) => Some(life.family_of(&life.children[at])),
            Who::Mother(family) => Some(&life.families[family]),
            Who::BirthIdentity(_) => None,
        };
        let mut stays: Vec<(Day, Option<Day>, Home, &str)> = Vec::new();
        if let Some(family) = family {
            for (nth, (from, home)) in family.homes.iter().enumerate() {
                let until = family.homes.get(nth + 1).map(|(until, _)| *until);
                let is_known =
                    *from <= file.followed_until && until.is_none_or(|until| until > opened - 1_000);
                if is_known {
                    let until = until.filter(|until| *until <= file.followed_until);
                    let born = file.who.child().map_or(*from, |at| life.children[at].born.min(EXTRACT_DAY));
                    stays.push(((*from).max(born), until, *home, "HOME"));
                }
            }
        } else {
            stays.push((opened - 200, None, file.home, "HOME"));
        }
        for episode in case.iter().filter_map(|case| case.care.as_ref()).flat_map(|care| &care.episodes) {
            if episode.place != "P1" && episode.reason != "L" {
                stays.push((episode.start, episode.end.map(|end| end.0), episode.placement, "PLACEMENT"));
            }
        }
        for (from, until, home, kind) in stays {
            // the present one is the one that was written down last, with its mistakes
            let is_present = until.is_none() && home == file.home;
            let (postcode, json) = if is_present {
                (
                    file.record.postcode.clone().unwrap_or_default(),
                    self.json(home, file.record.address.as_deref()),
                )
            } else {
                let line = life.place.address_line(home);
                (life.place.postcodes[home.postcode as usize].text.clone(), self.json(home, Some(&line)))
            };
            self.address.row(&[
                ("addr_table_id", &next_id("A", self.address.rows())),
                ("addr_person_id", &file.person_id),
                ("addr_address_type", kind),
                ("addr_address_start_date", &from.iso()),
                ("addr_address_end_date", &iso(until)),
                ("addr_address_postcode", &postcode),
                ("addr_address_json", &json),
            ]);
        }
    }

    /// The parts of an address as JSON; `written` is the line as the social worker has it.
    fn json(&self, home: Home, written: Option<&str>) -> String {
        let (flat, house, street) = self.life.place.address_parts(home);
        let town = self.life.place.postcodes[home.postcode as usize].town;
        let (flat, house, street, property) = match written {
            None => (String::new(), String::new(), String::new(), String::new()),
            Some("No fixed abode") => {
                (String::new(), String::new(), "No fixed abode".to_owned(), String::new())
            }
            Some(line) => {
                let street = line.rsplit_once(&format!("{house} ")).map_or(street, |(_, street)| street);
                let property = Place::property_reference(home).to_string();
                (flat.unwrap_or_default().replace("Flat ", ""), house, street.to_owned(), property)
            }
        };
        let parts = [
            ("ROOM", ""),
            ("FLOOR", ""),
            ("FLAT", &flat),
            ("BUILDING", ""),
            ("HOUSE", &house),
            ("STREET", &street),
            ("TOWN", if street.is_empty() { "" } else { town }),
            ("UPRN", &property),
            ("EASTING", ""),
            ("NORTHING", ""),
        ];
        let parts: Vec<String> = parts.iter().map(|(key, value)| format!("\"{key}\":\"{value}\"")).collect();
        format!("{{{}}}", parts.join(","))
    }

    fn identifiers(&mut self, file: &CaseFile) {
        let subject = self.life.subject(file.who);
        let child = file.who.child().map(|at| &self.life.children[at]);
        let mut rows: Vec<(&str, String)> = Vec::new();
        if let Ok(upn) = file.upn_or_reason(self.life) {
            rows.push(("Unique Pupil Number", upn.to_owned()));
            if let (Some(enrolment), true) = (subject.upn, child.is_some_and(|child| child.had_temporary_upn))
            {
                rows.push(("Former Unique Pupil Number", enrolment.temporary_upn()));
            }
        }
        if let Some(number) = &file.record.nhs_number {
            let spaced = format!("{} {} {}", &number[..3], &number[3..6], &number[6..]);
            rows.push(("NHS Number", if self.random.chance(0.3) { spaced } else { number.clone() }));
        }
        if child.is_some_and(|child| child.is_unaccompanied) {
            rows.push(("Home Office Registration", format!("ZX{:07}", self.random.below(10_000_000))));
        }
        for (kind, value) in rows {
            self.linked.row(&[
                ("link_table_id", &next_id("L", self.linked.rows())),
                ("link_person_id", &file.person_id),
                ("link_identifier_type", kind),
                ("link_identifier_value", &value),
                ("link_valid_from_date", &file.followed_until.min(EXTRACT_DAY - 30).iso()),
            ]);
        }
    }

    fn relatives(&mut self, file: &CaseFile, child: Option<&Child>) {
        let family = match (file.who, child) {
            (Who::Mother(family), _) => Some(family),
            (Who::Child(_), Some(child)) => Some(child.family),
            _ => None,
        };
        let family_id = match (family, file.who) {
            (Some(family), _) => format!("FAM{family:06}"),
            (None, who) => format!("FAM9{:06}", who.child().unwrap_or(0)),
        };
        self.family.row(&[
            ("fami_table_id", &next_id("F", self.family.rows())),
            ("fami_family_id", &family_id),
            ("fami_person_id", &file.person_id),
        ]);
        let Some((child, Who::Child(_))) = child.map(|child| (child, file.who)) else {
            return;
        };
        if child.before_adoption.is_some() || child.is_unaccompanied {
            return;
        }
        if let Some(mother) = self.mothers.get(&child.family) {
            self.mother.row(&[
                ("moth_table_id", &next_id("M", self.mother.rows())),
                ("moth_person_id", mother),
                ("moth_childs_person_id", &file.person_id),
                ("moth_childs_dob", &file.record.born.map(PartialDate::iso).unwrap_or_default()),
            ]);
        }
    }

    fn facts(&mut self, file: &CaseFile, child: &Child, reason: &str) {
        if child.schooling.provision != Provision::None {
            self.send.row(&[
                ("send_table_id", &next_id("S", self.send.rows())),
                ("send_person_id", &file.person_id),
                ("send_upn", file.upn_or_reason(self.life).unwrap_or("")),
                ("send_uln", child.uln.as_deref().unwrap_or("")),
                ("send_upn_unknown", reason),
            ]);
        }
        let case = self.life.case_of(file.who);
        for code in case.iter().flat_map(|case| &case.disabilities) {
            self.disability.row(&[
                ("disa_table_id", &next_id("D", self.disability.rows())),
                ("disa_person_id", &file.person_id),
                ("disa_disability_code", code),
            ]);
        }
        if child.is_unaccompanied {
            let since = case.map_or(EXTRACT_DAY, Case::opened);
            self.immigration.row(&[
                ("immi_immigration_status_id", &next_id("I", self.immigration.rows())),
                ("immi_person_id", &file.person_id),
                ("immi_immigration_status_start_date", &since.iso()),
                ("immi_immigration_status", "Unaccompanied asylum seeking child"),
            ]);
        }
    }

    fn story(&mut self, file: &CaseFile, case: &Case) {
        let person = file.person_id.as_str();
        let worker = format!("SW{:04}", self.random.below(400));
        let mut last_referral = String::new();
        for referral in &case.referrals {
            let id = next_id("R", self.episodes.rows());
            self.episodes.row(&[
                ("cine_referral_id", &id),
                ("cine_person_id", person),
                ("cine_referral_date", &referral.day.iso()),
                ("cine_cin_primary_need_code", referral.need),
                ("cine_referral_source_code", referral.source),
                ("cine_referral_nfa", if referral.no_further_action { "Y" } else { "N" }),
                ("cine_close_reason", referral.closed.map_or("", |(_, reason)| reason)),
                ("cine_close_date", &iso(referral.closed.map(|(day, _)| day))),
                ("cine_referral_team", &file.team),
                ("cine_referral_worker_id", &worker),
            ]);
            if let Some((start, done)) = referral.assessment {
                self.assessments.row(&[
                    ("cina_assessment_id", &next_id("AS", self.assessments.rows())),
                    ("cina_person_id", person),
                    ("cina_referral_id", &id),
                    ("cina_assessment_start_date", &start.iso()),
                    ("cina_assessment_child_seen", if done.is_some() { "Y" } else { "N" }),
                    ("cina_assessment_auth_date", &iso(done)),
                    ("cina_assessment_outcome_nfa", if referral.plan.is_none() { "Y" } else { "N" }),
                    ("cina_assessment_team", &file.team),
                    ("cina_assessment_worker_id", &worker),
                ]);
            }
            if let Some((start, end)) = referral.plan {
                self.plans.row(&[
                    ("cinp_cin_plan_id", &next_id("CINP", self.plans.rows())),
                    ("cinp_referral_id", &id),
                    ("cinp_person_id", person),
                    ("cinp_cin_plan_start_date", &start.iso()),
                    ("cinp_cin_plan_end_date", &iso(end)),
                    ("cinp_cin_plan_team", &file.team),
                    ("cinp_cin_plan_worker_id", &worker),
                ]);
            }
            if let Some(plan) = &referral.protection {
                self.protection.row(&[
                    ("cppl_cp_plan_id", &next_id("CPP", self.protection.rows())),
                    ("cppl_referral_id", &id),
                    ("cppl_person_id", person),
                    ("cppl_cp_plan_start_date", &plan.start.iso()),
                    ("cppl_cp_plan_end_date", &iso(plan.end)),
                    ("cppl_cp_plan_ola", "N"),
                    ("cppl_cp_plan_initial_category", plan.first_category),
                    ("cppl_cp_plan_latest_category", plan.latest_category),
                ]);
            }
            last_referral = id;
        }
        let Some(care) = &case.care else { return };
        let care_id = format!("CLA{person}");
        let mut placement_id = String::new();
        for (nth, episode) in care.episodes.iter().enumerate() {
            let end = episode.end.map(|end| end.0);
            if episode.reason != "L" {
                placement_id = next_id("PL", self.placements.rows());
                // it goes on where only the legal status changes
                let same = care.episodes[nth + 1..].iter().take_while(|next| next.reason == "L");
                let last = same.last().unwrap_or(episode);
                self.placements.row(&[
                    ("clap_cla_placement_id", &placement_id),
                    ("clap_cla_id", &care_id),
                    ("clap_person_id", person),
                    ("clap_cla_placement_start_date", &episode.start.iso()),
                    ("clap_cla_placement_type", episode.place),
                    ("clap_cla_placement_provider", episode.provider),
                    (
                        "clap_cla_placement_postcode",
                        &self.life.place.postcodes[episode.placement.postcode as usize].text,
                    ),
                    ("clap_cla_placement_end_date", &iso(last.end.map(|end| end.0))),
                    ("clap_cla_placement_change_reason", last.change_reason),
                ]);
            }
            self.care.row(&[
                ("clae_cla_episode_id", &next_id("CE", self.care.rows())),
                ("clae_person_id", person),
                ("clae_cla_placement_id", &placement_id),
                ("clae_cla_episode_start_date", &episode.start.iso()),
                ("clae_cla_episode_start_reason", episode.reason),
                ("clae_cla_primary_need_code", episode.need),
                ("clae_cla_episode_ceased_date", &iso(end)),
                ("clae_cla_episode_ceased_reason", episode.end.map_or("", |end| end.1)),
                ("clae_cla_id", &care_id),
                ("clae_referral_id", &last_referral),
                ("clae_entered_care_date", &care.episodes[0].start.iso()),
            ]);
        }
        for same in care.episodes.chunk_by(|a, b| a.legal == b.legal) {
            let end = same.last().and_then(|episode| episode.end).map(|end| end.0);
            self.legal.row(&[
                ("lega_legal_status_id", &next_id("LS", self.legal.rows())),
                ("lega_person_id", person),
                ("lega_legal_status", same[0].legal),
                ("lega_legal_status_start_date", &same[0].start.iso()),
                ("lega_legal_status_end_date", &iso(end)),
            ]);
        }
    }
}

fn next_id(prefix: &str, rows: usize) -> String {
    format!("{prefix}{:07}", rows + 1)
}

fn iso(day: Option<Day>) -> String {
    day.map(Day::iso).unwrap_or_default()
}
