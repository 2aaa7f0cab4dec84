//! The children in need census of 2025/26: XML without names and without postcodes.

use super::calendar::{Day, EXTRACT_DAY};
use super::care::{Case, Referral};
use super::life::{Child, Life};
use super::settings::Borough;
use super::sheet::write_text;
use super::social_care::CaseFile;
use super::truth::{Truth, Who, sex_letter};
use super::write::Folder;
use super::xml::Xml;
use crate::identifiers::{Enrolment, NO_AUTHORITY};
use crate::random::Random;
use plait_types::{Fault, PartialDate};

/// The stem of the file, and the source in the truth tables. A record is named by its `LAchildID`.
pub(super) const CHILDREN_IN_NEED: &str = "children_in_need_2026";

/// Writes the return, made from the files of everybody who was in need at some time of the year.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    files: &[CaseFile],
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut xml = Xml::new();
    xml.open("Message");
    header(&mut xml);
    xml.open("Children");
    let mut random = Random::new(settings.seed, "children in need census");
    for file in files.iter().filter(|file| !file.is_duplicate) {
        let Some(case) = life.case_of(file.who).filter(|case| case.in_census().next().is_some()) else {
            continue;
        };
        truth.add(CHILDREN_IN_NEED, &file.person_id, file.who, &[]);
        child(&mut xml, life, file, case, &mut random);
    }
    let path = write_text(folder.path(), &format!("{CHILDREN_IN_NEED}.xml"), &xml.finish())?;
    folder.wrote(path);
    Ok(())
}

fn header(xml: &mut Xml) {
    xml.open("Header");
    xml.open("CollectionDetails");
    xml.element("Collection", "CIN");
    xml.element("Year", "2026");
    xml.element("ReferenceDate", &EXTRACT_DAY.iso());
    xml.close();
    xml.open("Source");
    xml.element("SourceLevel", "L");
    xml.element("LEA", &format!("{NO_AUTHORITY:03}"));
    xml.element("SoftwareCode", "Made up");
    xml.element("Release", "1");
    xml.element("SerialNo", "001");
    xml.element("DateTime", &format!("{}T09:00:00", (EXTRACT_DAY + 60).iso()));
    xml.close();
    xml.close();
}

fn child(xml: &mut Xml, life: &Life, file: &CaseFile, case: &Case, random: &mut Random) {
    let child = &life.children[file.who.child().expect("mothers are not in need here")];
    xml.open("Child");
    identifiers(xml, life, file, child, case);
    xml.open("ChildCharacteristics");
    xml.element("Ethnicity", file.ethnicity);
    xml.open("Disabilities");
    if case.disabilities.is_empty() {
        xml.element("Disability", "NONE");
    }
    for code in &case.disabilities {
        xml.element("Disability", code);
    }
    xml.close();
    xml.close();
    for referral in case.in_census() {
        details(xml, referral, random);
    }
    xml.close();
}

fn identifiers(xml: &mut Xml, life: &Life, file: &CaseFile, child: &Child, case: &Case) {
    xml.open("ChildIdentifiers");
    xml.element("LAchildID", &file.person_id);
    match file.upn_or_reason(life) {
        Ok(upn) => {
            xml.element("UPN", upn);
            if let (true, Who::Child(_), Some(enrolment)) = (child.had_temporary_upn, file.who, child.upn) {
                xml.element("FormerUPN", &Enrolment::temporary_upn(enrolment));
            }
        }
        // nobody asks for the number of a child that was not followed up
        Err(_) if case.in_census().all(|referral| referral.no_further_action) => {
            xml.element("UPNunknown", "UN7");
        }
        Err(reason) => xml.element("UPNunknown", reason),
    }
    if let Some(expected) = file.expected {
        xml.element("ExpectedPersonBirthDate", &expected.iso());
    } else {
        xml.element("PersonBirthDate", &file.record.born.map(PartialDate::iso).unwrap_or_default());
    }
    xml.element("Sex", file.record.sex.map_or("U", sex_letter));
    xml.element("PersonDeathDate", &iso(child.died.filter(|died| *died <= EXTRACT_DAY)));
    xml.close();
}

fn details(xml: &mut Xml, referral: &Referral, random: &mut Random) {
    let conference = referral.section_47.and_then(|(_, conference)| conference);
    let closed = referral.closed.filter(|(day, _)| *day <= EXTRACT_DAY);
    xml.open("CINdetails");
    xml.element("CINreferralDate", &referral.day.iso());
    xml.element("ReferralSource", referral.source);
    if !referral.no_further_action {
        xml.element("PrimaryNeedCode", referral.need);
    }
    xml.element("CINclosureDate", &iso(closed.map(|(day, _)| day)));
    xml.element("ReasonForClosure", closed.map_or("", |(_, reason)| reason));
    xml.element("DateOfInitialCPC", &iso(conference));
    if let Some((start, done)) = referral.assessment {
        xml.open("Assessments");
        xml.element("AssessmentActualStartDate", &start.iso());
        let review = start + 8 + random.below(6) as i32;
        let was_reviewed = done.is_some_and(|done| review < done);
        xml.element("AssessmentInternalReviewDate", &iso(was_reviewed.then_some(review)));
        xml.element("AssessmentAuthorisationDate", &iso(done));
        if done.is_some() {
            xml.open("FactorsIdentifiedAtAssessment");
            for factor in &referral.factors {
                xml.element("AssessmentFactors", factor);
            }
            xml.close();
        }
        xml.close();
    }
    if let Some((start, end)) = referral.plan {
        xml.open("CINPlanDates");
        xml.element("CINPlanStartDate", &start.iso());
        xml.element("CINPlanEndDate", &iso(end));
        xml.close();
    }
    if let Some((start, conference)) = referral.section_47 {
        xml.open("Section47");
        xml.element("S47ActualStartDate", &start.iso());
        xml.element("InitialCPCtarget", &iso(conference.map(|_| start + 21)));
        xml.element("DateOfInitialCPC", &iso(conference));
        xml.element("ICPCnotRequired", if conference.is_some() { "0" } else { "1" });
        xml.close();
    }
    xml.element("ReferralNFA", if referral.no_further_action { "1" } else { "0" });
    if let Some(plan) = &referral.protection {
        xml.open("ChildProtectionPlans");
        xml.element("CPPstartDate", &plan.start.iso());
        xml.element("CPPendDate", &iso(plan.end));
        xml.element("InitialCategoryOfAbuse", plan.first_category);
        xml.element("LatestCategoryOfAbuse", plan.latest_category);
        xml.element("NumberOfPreviousCPP", &plan.previous.to_string());
        if !plan.reviews.is_empty() {
            xml.open("Reviews");
            for day in &plan.reviews {
                xml.element("CPPreviewDate", &day.iso());
            }
            xml.close();
        }
        xml.close();
    }
    xml.close();
}

fn iso(day: Option<Day>) -> String {
    day.map(Day::iso).unwrap_or_default()
}
