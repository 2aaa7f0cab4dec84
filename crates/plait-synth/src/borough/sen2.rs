//! The SEN2 return of January 2026, person by person: as the council downloads it from COLLECT and, if that is
//! wanted, as the XML that it sent.

use super::blade::{flag, number, table_id};
use super::calendar::{CENSUS_DAY, Day, EXTRACT_DAY, blade};
use super::life::{Child, Life};
use super::office::Office;
use super::schooling::{Provision, Setting, year_of};
use super::settings::Borough;
use super::sheet::{Sheet, write_text};
use super::truth::{Truth, Who, sex_letter};
use super::write::Folder;
use super::xml::Xml;
use crate::identifiers::NO_AUTHORITY;
use crate::random::Random;
use crate::record::{Clerk, Record, Site};
use plait_types::{Fault, PartialDate};

/// The name of the folder, and of the source in the truth tables. A record is named by its `persontableid`.
pub(super) const SEN2: &str = "sen2_2026";

/// On which the download was made; it stands in the names of the files.
const DOWNLOADED: &str = "17-03-2026";

const RETURN: &[&str] = &[
    "sen2tableid",
    "NativeId",
    "sen2orderseqcolumn",
    "sourceid",
    "collection",
    "year",
    "referencedate",
    "sourcelevel",
    "softwarecode",
    "release",
    "serialno",
    "datetime",
    "lea",
    "dmo",
    "dco",
];
const PERSON: &[&str] = &[
    "persontableid",
    "NativeId",
    "personorderseqcolumn",
    "sourceid",
    "sen2tableid",
    "surname",
    "forename",
    "personbirthdate",
    "sex",
    "ethnicity",
    "postcode",
    "upn",
    "uniquelearnernumber",
    "upnunknown",
];
const REQUESTS: &[&str] = &[
    "requeststableid",
    "NativeId",
    "requestsorderseqcolumn",
    "sourceid",
    "persontableid",
    "receiveddate",
    "requestsource",
    "rya",
    "requestoutcomedate",
    "requestoutcome",
    "requestmediation",
    "requesttribunal",
    "exported",
];
const ASSESSMENT: &[&str] = &[
    "assessmenttableid",
    "NativeId",
    "assessmentorderseqcolumn",
    "sourceid",
    "requeststableid",
    "assessmentoutcome",
    "assessmentoutcomedate",
    "assessmentmediation",
    "assessmenttribunal",
    "othermediation",
    "othertribunal",
    "week20",
];
const NAMED_PLAN: &[&str] = &[
    "namedplantableid",
    "NativeId",
    "namedplanorderseqcolumn",
    "sourceid",
    "assessmenttableid",
    "startdate",
    "planres",
    "planwbp",
    "pb",
    "oa",
    "dp",
    "ceasedate",
    "ceasereason",
];
const PLAN_DETAIL: &[&str] = &[
    "plandetailtableid",
    "NativeId",
    "plandetailorderseqcolumn",
    "sourceid",
    "namedplantableid",
    "urn",
    "ukprn",
    "sensetting",
    "sensettingother",
    "placementrank",
    "senunitindicator",
    "resourcedprovisionindicator",
];
const ACTIVE_PLANS: &[&str] = &[
    "activeplanstableid",
    "NativeId",
    "activeplansorderseqcolumn",
    "sourceid",
    "requeststableid",
    "transferla",
    "reviewmeeting",
    "reviewoutcome",
    "reviewdraft",
    "phasetransferduedate",
    "phasetransferfinaldate",
    "lastreview",
];
const PLACEMENT: &[&str] = &[
    "placementdetailtableid",
    "NativeId",
    "placementdetailorderseqcolumn",
    "sourceid",
    "activeplanstableid",
    "res",
    "wbp",
    "urn",
    "ukprn",
    "sensetting",
    "sensettingother",
    "placementrank",
    "entrydate",
    "leavingdate",
    "senunitindicator",
    "resourcedprovisionindicator",
];
const NEED: &[&str] = &[
    "senneedtableid",
    "NativeId",
    "senneedorderseqcolumn",
    "sourceid",
    "activeplanstableid",
    "sentyperank",
    "sentype",
];

/// Children who were asked for but got no plan, per child with a plan.
const REFUSED_PER_PLAN: f64 = 0.05;
/// Forms that were keyed in twice.
const KEYED_TWICE: f64 = 0.006;
/// Families whose last move the SEN team has not heard of (judgement).
const STALE_ADDRESS: f64 = 0.15;

/// Writes the return.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut random = Random::new(settings.seed, "sen2");
    let mut rows = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        let lives_here = life.family_of(child).lives_here && child.is_alive_on(CENSUS_DAY);
        let support = child.schooling.provision == Provision::Support && year_of(child.born) >= 0;
        let has_plan = lives_here && child.schooling.provision == Provision::Plan;
        let refused = support && lives_here && random.chance(REFUSED_PER_PLAN / 2.6);
        if has_plan || refused {
            rows.push(at);
            if random.chance(KEYED_TWICE) {
                rows.push(at);
            }
        }
    }
    random.shuffle(&mut rows);
    // one team writes them all down, in small letters and with accents
    let site = Site { mistakes: 1.0, capitals: false, plain_letters: false };
    let people = rows.iter().map(|at| (Who::Child(*at), site.mistakes));
    let mut office = Office::new(life, settings, settings.rates.sen2, "sen team", people);
    let mut tables = Tables::new(life, Random::new(settings.seed, "sen2 tables"), settings.sen2_xml);
    for at in rows {
        let home = office.known_home(at, CENSUS_DAY, STALE_ADDRESS, 2.0);
        let who = Who::Child(at);
        let mut record = office.write(who, &life.subject(who), home, site.mistakes);
        record.forename = record.forename.map(|name| Clerk::keep_name(name, &site, false));
        let id = tables.person(at, &record);
        truth.add(SEN2, &id, who, office.mistakes());
    }
    let inside = folder.inside(SEN2)?;
    let (sheets, xml) = tables.finish();
    for sheet in sheets {
        folder.wrote(sheet.write(&inside)?);
    }
    let name = format!("{SEN2}.xml");
    if let Some(xml) = xml {
        folder.wrote(write_text(folder.path(), &name, &xml.finish())?);
    } else {
        // of a borough before, which had other people
        let _ = std::fs::remove_file(folder.path().join(name));
    }
    Ok(())
}

struct Tables<'a> {
    life: &'a Life,
    random: Random,
    native: String,
    source: String,
    return_id: String,
    returned: Sheet,
    person: Sheet,
    requests: Sheet,
    assessment: Sheet,
    named_plan: Sheet,
    plan_detail: Sheet,
    active_plans: Sheet,
    placement: Sheet,
    need: Sheet,
    xml: Option<Xml>,
}

impl<'a> Tables<'a> {
    fn new(life: &'a Life, mut random: Random, with_xml: bool) -> Self {
        let sheet =
            |table: &str, columns| Sheet::new(format!("Blade-Export_{DOWNLOADED}_{table}.csv"), columns);
        let (source, return_id) = (table_id(&mut random), table_id(&mut random));
        let mut tables = Self {
            life,
            random,
            native: format!("{NO_AUTHORITY:03}"),
            source,
            return_id,
            returned: sheet("sen2", RETURN),
            person: sheet("person", PERSON),
            requests: sheet("requests", REQUESTS),
            assessment: sheet("assessment", ASSESSMENT),
            named_plan: sheet("namedplan", NAMED_PLAN),
            plan_detail: sheet("plandetail", PLAN_DETAIL),
            active_plans: sheet("activeplans", ACTIVE_PLANS),
            placement: sheet("placementdetail", PLACEMENT),
            need: sheet("senneed", NEED),
            xml: with_xml.then(Xml::new),
        };
        tables.head();
        tables
    }

    fn finish(self) -> ([Sheet; 9], Option<Xml>) {
        let sheets = [
            self.returned,
            self.person,
            self.requests,
            self.assessment,
            self.named_plan,
            self.plan_detail,
            self.active_plans,
            self.placement,
            self.need,
        ];
        (sheets, self.xml)
    }

    fn head(&mut self) {
        self.returned.row(&[
            ("sen2tableid", &self.return_id),
            ("NativeId", &self.native),
            ("sen2orderseqcolumn", "1"),
            ("sourceid", &self.source),
            ("collection", "SEN2"),
            ("year", "2026.0"),
            ("referencedate", &CENSUS_DAY.blade()),
            ("sourcelevel", "L"),
            ("softwarecode", "Made up"),
            ("release", "1.3"),
            ("serialno", "1.0"),
            ("datetime", &(EXTRACT_DAY - 20).blade()),
            ("lea", &self.native),
        ]);
        let Some(xml) = &mut self.xml else { return };
        xml.open("Message");
        xml.open("Header");
        xml.open("CollectionDetails");
        xml.element("Collection", "SEN2");
        xml.element("Year", "2026");
        xml.element("ReferenceDate", &CENSUS_DAY.iso());
        xml.close();
        xml.open("Source");
        xml.element("SourceLevel", "L");
        xml.element("LEA", &self.native);
        xml.element("SoftwareCode", "Made up");
        xml.element("Release", "1.3");
        xml.element("SerialNo", "001");
        xml.close();
        xml.close();
        xml.open("Persons");
    }

    /// One person with everything below; gives the person's identifier.
    fn person(&mut self, at: usize, record: &Record) -> String {
        let life = self.life;
        let child = &life.children[at];
        let id = table_id(&mut self.random);
        let (upn, reason) = match record.upn.as_deref() {
            Some(upn) if !upn.starts_with("UN") => (upn, ""),
            Some(reason) => ("", reason),
            None => ("", life.subject(Who::Child(at)).reason_without_upn),
        };
        let reason = reason_of_sen2(reason);
        let text = |cell: &'_ Option<String>| cell.clone().unwrap_or_default();
        let uln = child.uln.as_deref().unwrap_or("");
        self.person.row(&[
            ("persontableid", &id),
            ("NativeId", &self.native),
            ("personorderseqcolumn", &(self.person.rows() + 1).to_string()),
            ("sourceid", &self.source),
            ("sen2tableid", &self.return_id),
            ("surname", &text(&record.surname)),
            ("forename", &text(&record.forename)),
            ("personbirthdate", &record.born.map(blade).unwrap_or_default()),
            ("sex", record.sex.map_or("", sex_letter)),
            ("ethnicity", child.ethnicity.main),
            ("postcode", &text(&record.postcode)),
            ("upn", upn),
            ("uniquelearnernumber", uln),
            ("upnunknown", reason),
        ]);
        if let Some(xml) = &mut self.xml {
            xml.open("Person");
            xml.element("Surname", &text(&record.surname));
            xml.element("Forename", &text(&record.forename));
            xml.element("PersonBirthDate", &record.born.map(PartialDate::iso).unwrap_or_default());
            xml.element("Sex", record.sex.map_or("", sex_letter));
            xml.element("Ethnicity", child.ethnicity.main);
            xml.element("PostCode", &text(&record.postcode));
            xml.element("UPN", upn);
            xml.element("UniqueLearnerNumber", uln);
            xml.element("UPNunknown", reason);
        }
        self.request(child, &id);
        if let Some(xml) = &mut self.xml {
            xml.close();
        }
        id
    }

    fn request(&mut self, child: &Child, person: &str) {
        let began = child.schooling.plan_began;
        let decided = began.unwrap_or(CENSUS_DAY - 20 - self.random.below(300) as i32);
        let received = decided - 140 - self.random.below(120) as i32;
        let outcome_day = received + 35 + self.random.below(14) as i32;
        let outcome = if began.is_some() { "Y" } else { "N" };
        let asked_by = self.random.pick(&["8", "1", "8", "3", "8"]);
        let id = table_id(&mut self.random);
        self.requests.row(&[
            ("requeststableid", &id),
            ("NativeId", &self.native),
            ("requestsorderseqcolumn", "1"),
            ("sourceid", &self.source),
            ("persontableid", person),
            ("receiveddate", &received.blade()),
            ("requestsource", asked_by),
            ("rya", "False"),
            ("requestoutcomedate", &outcome_day.blade()),
            ("requestoutcome", outcome),
            ("requestmediation", "False"),
            ("requesttribunal", "False"),
        ]);
        if let Some(xml) = &mut self.xml {
            xml.open("Requests");
            xml.element("ReceivedDate", &received.iso());
            xml.element("RequestSource", asked_by);
            xml.element("RYA", "0");
            xml.element("RequestOutcomeDate", &outcome_day.iso());
            xml.element("RequestOutcome", outcome);
        }
        if let Some(began) = began {
            self.assess(child, &id, began);
            self.place(child, &id, began);
        }
        if let Some(xml) = &mut self.xml {
            xml.close();
        }
    }

    fn assess(&mut self, child: &Child, request: &str, began: Day) {
        let (assessment, plan) = (table_id(&mut self.random), table_id(&mut self.random));
        let late = self.random.chance(0.45);
        let decided = began - 20;
        self.assessment.row(&[
            ("assessmenttableid", &assessment),
            ("NativeId", &self.native),
            ("assessmentorderseqcolumn", "1"),
            ("sourceid", &self.source),
            ("requeststableid", request),
            ("assessmentoutcome", "Y"),
            ("assessmentoutcomedate", &decided.blade()),
            ("assessmentmediation", "False"),
            ("assessmenttribunal", "False"),
            ("week20", flag(late)),
        ]);
        let budget = self.random.chance(0.04);
        self.named_plan.row(&[
            ("namedplantableid", &plan),
            ("NativeId", &self.native),
            ("namedplanorderseqcolumn", "1"),
            ("sourceid", &self.source),
            ("assessmenttableid", &assessment),
            ("startdate", &began.blade()),
            ("planres", "N"),
            ("planwbp", "N"),
            ("pb", flag(budget)),
            ("oa", flag(budget)),
            ("dp", if budget { "Y" } else { "N" }),
        ]);
        let (urn, setting) = self.setting_of(child);
        self.plan_detail.row(&[
            ("plandetailtableid", &table_id(&mut self.random)),
            ("NativeId", &self.native),
            ("plandetailorderseqcolumn", "1"),
            ("sourceid", &self.source),
            ("namedplantableid", &plan),
            ("urn", urn),
            ("sensetting", setting),
            ("placementrank", "1.0"),
            ("senunitindicator", "False"),
            ("resourcedprovisionindicator", "False"),
        ]);
        let Some(xml) = &mut self.xml else { return };
        xml.open("Assessment");
        xml.element("AssessmentOutcome", "Y");
        xml.element("AssessmentOutcomeDate", &decided.iso());
        xml.element("Week20", if late { "1" } else { "0" });
        xml.open("NamedPlan");
        xml.element("StartDate", &began.iso());
        xml.element("PlanRes", "N");
        xml.element("PlanWBP", "N");
        xml.element("PB", if budget { "1" } else { "0" });
        xml.open("PlanDetail");
        xml.element("URN", urn);
        xml.element("SENsetting", setting);
        xml.element("PlacementRank", "1");
        xml.close();
        xml.close();
        xml.close();
    }

    fn place(&mut self, child: &Child, request: &str, began: Day) {
        let active = table_id(&mut self.random);
        let reviewed = (began + 200 < CENSUS_DAY).then(|| {
            let back = self.random.below(((CENSUS_DAY - began - 100) as usize).min(400)) as i32;
            CENSUS_DAY - back - 5
        });
        let reviewed_on = reviewed.map(Day::blade).unwrap_or_default();
        self.active_plans.row(&[
            ("activeplanstableid", &active),
            ("NativeId", &self.native),
            ("activeplansorderseqcolumn", "1"),
            ("sourceid", &self.source),
            ("requeststableid", request),
            ("reviewmeeting", &reviewed_on),
            ("reviewoutcome", if reviewed.is_some() { "M" } else { "" }),
            ("lastreview", &reviewed_on),
        ]);
        let (urn, setting) = self.setting_of(child);
        let entered = child.schooling.entered;
        self.placement.row(&[
            ("placementdetailtableid", &table_id(&mut self.random)),
            ("NativeId", &self.native),
            ("placementdetailorderseqcolumn", "1"),
            ("sourceid", &self.source),
            ("activeplanstableid", &active),
            ("res", "N"),
            ("wbp", "N"),
            ("urn", urn),
            ("sensetting", setting),
            ("placementrank", "1.0"),
            ("entrydate", &entered.blade()),
            ("senunitindicator", "False"),
            ("resourcedprovisionindicator", "False"),
        ]);
        for (nth, need) in child.schooling.needs.iter().enumerate() {
            self.need.row(&[
                ("senneedtableid", &table_id(&mut self.random)),
                ("NativeId", &self.native),
                ("senneedorderseqcolumn", &(nth + 1).to_string()),
                ("sourceid", &self.source),
                ("activeplanstableid", &active),
                ("sentyperank", &number(nth + 1)),
                ("sentype", need),
            ]);
        }
        let Some(xml) = &mut self.xml else { return };
        xml.open("ActivePlans");
        xml.element("ReviewMeeting", &reviewed.map(Day::iso).unwrap_or_default());
        xml.element("LastReview", &reviewed.map(Day::iso).unwrap_or_default());
        xml.open("PlacementDetail");
        xml.element("URN", urn);
        xml.element("SENsetting", setting);
        xml.element("PlacementRank", "1");
        xml.element("EntryDate", &entered.iso());
        xml.close();
        for (nth, need) in child.schooling.needs.iter().enumerate() {
            xml.open("SENneed");
            xml.element("SENtype", need);
            xml.element("SENtypeRank", &(nth + 1).to_string());
            xml.close();
        }
        xml.close();
    }

    /// The school's number, or what there is instead of a school.
    fn setting_of(&self, child: &Child) -> (&'a str, &'static str) {
        match child.schooling.setting {
            Setting::School(school) => (&self.life.schools.list[school].urn, ""),
            Setting::AtHome => ("", "EHE"),
            Setting::Elsewhere | Setting::Independent => ("", "OLA"),
            Setting::Nowhere if child.age < 5 => ("", "EYP"),
            Setting::Nowhere if child.age < 16 => ("", "NIEC"),
            Setting::Nowhere => ("", "NEET"),
        }
    }
}

/// The reason for having no UPN as SEN2 codes it, which has other codes than the censuses.
fn reason_of_sen2(reason: &str) -> &str {
    match reason {
        "UN1" => "UN9",
        "UN4" => "UN8",
        "UN5" => "UN10",
        other => other,
    }
}
