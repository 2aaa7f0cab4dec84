//! What a clerk writes down about a child: the truth with the mistakes of a source.

use crate::config::Rates;
use crate::family::{Child, REFERENCE};
use crate::identifiers::Enrolment;
use crate::mistake;
use crate::names::{Names, Sex};
use crate::place::{Home, Place};
use crate::random::Random;
use plait_types::PartialDate;

/// No mistake is made more often than this, however bad site, family and group are together.
const WORST: f64 = 0.6;

/// A school or a team: how careful it is and how its system keeps names.
pub(crate) struct Site {
    pub(crate) mistakes: f64,
    /// Surnames in capitals.
    pub(crate) capitals: bool,
    /// No letters outside ASCII.
    pub(crate) plain_letters: bool,
}

impl Site {
    pub(crate) fn draw(capitals: f64, plain_letters: f64, random: &mut Random) -> Self {
        Self {
            mistakes: random.pick(&[0.3, 0.5, 0.7, 0.7, 1.0, 1.0, 1.0, 1.3, 1.5, 2.5]),
            capitals: random.chance(capitals),
            plain_letters: random.chance(plain_letters),
        }
    }
}

/// One record before it is put into columns.
pub(crate) struct Record {
    pub(crate) forename: Option<String>,
    pub(crate) surname: Option<String>,
    pub(crate) born: Option<PartialDate>,
    pub(crate) sex: Option<Sex>,
    pub(crate) postcode: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) town: Option<&'static str>,
    pub(crate) upn: Option<String>,
    pub(crate) nhs_number: Option<String>,
}

/// Somebody who writes records in one source.
pub(crate) struct Clerk<'a> {
    pub(crate) names: &'a Names,
    pub(crate) place: &'a Place,
    pub(crate) rates: Rates,
    pub(crate) random: Random,
}

impl Clerk<'_> {
    /// Writes a child down. `carelessness` multiplies the rates of all mistakes; `sibling` is where a
    /// wrong UPN may come from.
    pub(crate) fn write(
        &mut self,
        child: &Child,
        home: Home,
        sibling: Option<&Child>,
        carelessness: f64,
    ) -> Record {
        let rates = self.rates;
        let mut forename = self.forename(child, carelessness);
        let mut surname = self.surname(child, carelessness);
        if self.errs(rates.swapped, carelessness * self.names.communities[child.community].swaps) {
            std::mem::swap(&mut forename, &mut surname);
        }
        let (address, postcode) = self.address(home, carelessness);
        Record {
            forename: self.unless(rates.forename_missing, carelessness, forename),
            surname: self.unless(rates.surname_missing, carelessness, surname),
            born: self.date_of_birth(child, carelessness),
            sex: self.sex(child.sex, carelessness),
            postcode,
            address,
            town: Some(self.place.postcodes[home.postcode as usize].town),
            upn: self.upn(child, sibling, carelessness),
            nhs_number: self.nhs_number(child, carelessness),
        }
    }

    /// The name as the systems of a site keep it.
    pub(crate) fn keep_name(name: String, site: &Site, is_surname: bool) -> String {
        let name = if site.plain_letters { mistake::plain_letters(&name) } else { name };
        if is_surname && site.capitals { name.to_uppercase() } else { name }
    }

    fn errs(&mut self, rate: f64, carelessness: f64) -> bool {
        self.random.chance((rate * carelessness).min(WORST.max(rate)))
    }

    fn unless<T>(&mut self, rate: f64, carelessness: f64, value: T) -> Option<T> {
        (!self.errs(rate, carelessness)).then_some(value)
    }

    fn forename(&mut self, child: &Child, carelessness: f64) -> String {
        let rates = self.rates;
        let mut name = child.forename.clone();
        if self.errs(rates.nickname, carelessness) {
            name = self.names.draw_nickname(&name, &mut self.random).map_or(name, str::to_owned);
        }
        if let Some(middle) = &child.middle {
            // boys named for the Prophet go by their second name
            let by_second =
                if child.forename.starts_with('M') && child.forename.contains("ham") { 8.0 } else { 1.0 };
            if self.errs(rates.middle_as_forename, carelessness * by_second) {
                name.clone_from(middle);
            } else if self.errs(rates.two_forenames, carelessness) {
                name = format!("{name} {middle}");
            }
        }
        if self.errs(rates.initial, carelessness) {
            name = mistake::initial(&name).unwrap_or(name);
        }
        self.spelling(name, rates.forename_respelt, rates.forename_typo, carelessness)
    }

    fn surname(&mut self, child: &Child, carelessness: f64) -> String {
        let rates = self.rates;
        let mut name = child.surname.clone();
        // 8 for 4 % and 0.7 for the others keep the average
        let by_use = if child.goes_by_other { 8.0 } else { 0.7 };
        if self.errs(rates.other_surname, carelessness * by_use) {
            name.clone_from(&child.other_surname);
        }
        if self.errs(rates.half_surname, carelessness) {
            name = mistake::half(&name, &mut self.random).unwrap_or(name);
        }
        self.spelling(name, rates.surname_respelt, rates.surname_typo, carelessness)
    }

    fn spelling(&mut self, mut name: String, respelt: f64, typo: f64, carelessness: f64) -> String {
        let rates = self.rates;
        if self.errs(respelt, carelessness) {
            let known = self.names.draw_spelling(&name, &mut self.random).map(str::to_owned);
            let other = known.filter(|_| self.random.chance(0.7));
            name = other.or_else(|| mistake::respell(&name, &mut self.random)).unwrap_or(name);
        }
        if self.errs(typo, carelessness) {
            name = mistake::typo(&name, &mut self.random).unwrap_or(name);
        }
        if self.errs(rates.repunctuated, carelessness) {
            name = mistake::repunctuate(&name, &mut self.random).unwrap_or(name);
        }
        if self.errs(rates.garbled, carelessness) {
            name = mistake::garble(&name).unwrap_or(name);
        }
        name
    }

    fn date_of_birth(&mut self, child: &Child, carelessness: f64) -> Option<PartialDate> {
        let rates = self.rates;
        let mut born = child.born;
        if self.errs(rates.dob_wrong, carelessness) {
            born = mistake::wrong_date(born, REFERENCE, &mut self.random).unwrap_or(born);
        }
        if self.errs(rates.dob_placeholder, carelessness) {
            born = PartialDate { year: 1900, month: Some(1), day: Some(1) };
        }
        self.unless(rates.dob_missing, carelessness, born)
    }

    fn sex(&mut self, sex: Sex, carelessness: f64) -> Option<Sex> {
        let wrong = self.errs(self.rates.sex_wrong, carelessness);
        let written = match (sex, wrong) {
            (Sex::Female, false) | (Sex::Male, true) => Sex::Female,
            (Sex::Male, false) | (Sex::Female, true) => Sex::Male,
        };
        self.unless(self.rates.sex_missing, carelessness, written)
    }

    /// Address line and postcode.
    fn address(&mut self, home: Home, carelessness: f64) -> (Option<String>, Option<String>) {
        let rates = self.rates;
        if self.errs(rates.postcode_placeholder, carelessness) {
            return (Some("No fixed abode".to_owned()), Some("ZZ99 3VZ".to_owned()));
        }
        let mut line = self.place.address_line(home);
        if self.errs(rates.address_abbreviated, 1.0) {
            line = abbreviate(&line).unwrap_or(line);
        }
        let line = self.unless(rates.address_missing, carelessness, line);
        let mut postcode = self.place.postcodes[home.postcode as usize].text.clone();
        if self.errs(rates.postcode_typo, carelessness) {
            postcode = mistake::postcode_typo(&postcode, &mut self.random).unwrap_or(postcode);
        }
        if self.errs(rates.postcode_form, 1.0) {
            let joined = self.random.chance(0.7);
            postcode = if joined { postcode.replace(' ', "") } else { postcode.to_lowercase() };
        }
        let postcode = self.unless(rates.postcode_missing, carelessness, postcode);
        (line, postcode)
    }

    fn upn(&mut self, child: &Child, sibling: Option<&Child>, carelessness: f64) -> Option<String> {
        let rates = self.rates;
        // schools and virtual school heads follow looked-after children closely
        let missing = self.random.chance(rates.upn_missing * if child.looked_after { 0.5 } else { 1.0 });
        let reason = self.random.chance(rates.upn_reason);
        let wrong = self.errs(rates.upn_wrong, carelessness);
        let kind = self.random.below(3);
        let Some(enrolment) = child.enrolment.filter(|_| !missing) else {
            return reason.then(|| reason_without_upn(child).to_owned());
        };
        let right = enrolment.upn();
        if !wrong {
            return Some(right);
        }
        let siblings = sibling.and_then(|sibling| sibling.enrolment).map(Enrolment::upn);
        match (kind, siblings) {
            (0, Some(siblings)) => Some(siblings),
            (1, _) => Some(enrolment.temporary_upn()),
            _ => mistake::misread_digits(&right, &mut self.random).or(Some(right)),
        }
    }

    fn nhs_number(&mut self, child: &Child, carelessness: f64) -> Option<String> {
        let rates = self.rates;
        let missing =
            self.random.chance(rates.nhs_number_missing * if child.looked_after { 0.5 } else { 1.0 });
        let wrong = self.errs(rates.nhs_number_wrong, carelessness);
        let right = child.nhs_number.clone().filter(|_| !missing)?;
        let misread = if wrong { mistake::misread_digits(&right, &mut self.random) } else { None };
        Some(misread.unwrap_or(right))
    }
}

/// The codes of the children looked after return: not of school age, from abroad, not known.
fn reason_without_upn(child: &Child) -> &'static str {
    match (child.unaccompanied, child.age) {
        (true, _) => "UN3",
        (false, 0..4) => "UN1",
        (false, _) => "UN4",
    }
}

fn abbreviate(line: &str) -> Option<String> {
    const SHORT: [(&str, &str); 8] = [
        ("Road", "Rd"),
        ("Street", "St"),
        ("Avenue", "Ave"),
        ("Close", "Cl"),
        ("Lane", "Ln"),
        ("Drive", "Dr"),
        ("Gardens", "Gdns"),
        ("Crescent", "Cres"),
    ];
    SHORT.iter().find_map(|(long, short)| line.strip_suffix(long).map(|start| format!("{start}{short}")))
}
