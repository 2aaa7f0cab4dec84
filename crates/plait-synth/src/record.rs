//! What a clerk writes down about somebody: the truth with the mistakes of a source.

use crate::config::Rates;
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

/// What is true of somebody who is about to be written down.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) forename: &'a str,
    pub(crate) middle: Option<&'a str>,
    pub(crate) surname: &'a str,
    /// Of a parent, a step-parent or of earlier days.
    pub(crate) other_surname: &'a str,
    /// Called by the other surname at home.
    pub(crate) goes_by_other: bool,
    /// Place in [`Names::communities`].
    pub(crate) community: usize,
    pub(crate) sex: Sex,
    pub(crate) born: PartialDate,
    pub(crate) upn: Option<Enrolment>,
    /// Where a wrong UPN may come from.
    pub(crate) sibling_upn: Option<Enrolment>,
    /// UN1 to UN7, where a source has it instead of a UPN.
    pub(crate) reason_without_upn: &'static str,
    pub(crate) nhs_number: Option<&'a str>,
    /// How much likelier than the source's rate it is that the UPN is not recorded.
    pub(crate) upn_missing: f64,
    /// The same for the NHS number.
    pub(crate) nhs_number_missing: f64,
}

/// Somebody who writes records in one source.
pub(crate) struct Clerk<'a> {
    pub(crate) names: &'a Names,
    pub(crate) place: &'a Place,
    pub(crate) rates: Rates,
    pub(crate) random: Random,
    /// The day of the extract: no date of birth is after it.
    pub(crate) latest: PartialDate,
    /// The mistakes in the record written last that changed something, by the names of the [`Rates`].
    pub(crate) made: Vec<&'static str>,
}

impl<'a> Clerk<'a> {
    pub(crate) fn new(
        names: &'a Names,
        place: &'a Place,
        rates: Rates,
        random: Random,
        latest: PartialDate,
    ) -> Self {
        Self { names, place, rates, random, latest, made: Vec::new() }
    }

    /// Writes somebody down. `carelessness` multiplies the rates of all mistakes.
    pub(crate) fn write(&mut self, subject: &Subject<'_>, home: Home, carelessness: f64) -> Record {
        self.made.clear();
        let rates = self.rates;
        let mut forename = self.forename(subject, carelessness);
        let mut surname = self.surname(subject, carelessness);
        let swaps = self.names.communities[subject.community].swaps;
        if self.errs(rates.swapped, carelessness * swaps) {
            self.made.push("swapped");
            std::mem::swap(&mut forename, &mut surname);
        }
        let (address, postcode) = self.address(home, carelessness);
        Record {
            forename: self.unless("forename_missing", rates.forename_missing, carelessness, forename),
            surname: self.unless("surname_missing", rates.surname_missing, carelessness, surname),
            born: self.date_of_birth(subject.born, carelessness),
            sex: self.sex(subject.sex, carelessness),
            postcode,
            address,
            town: Some(self.place.postcodes[home.postcode as usize].town),
            upn: self.upn(subject, carelessness),
            nhs_number: self.nhs_number(subject, carelessness),
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

    /// Makes a mistake at its rate, and takes note of it where it can happen to the value.
    fn perhaps(
        &mut self,
        mistake: &'static str,
        rate: f64,
        carelessness: f64,
        value: String,
        make: impl FnOnce(&str, &Names, &mut Random) -> Option<String>,
    ) -> String {
        if !self.errs(rate, carelessness) {
            return value;
        }
        match make(&value, self.names, &mut self.random) {
            Some(wrong) if wrong != value => {
                self.made.push(mistake);
                wrong
            }
            _ => value,
        }
    }

    fn unless<T>(&mut self, mistake: &'static str, rate: f64, carelessness: f64, value: T) -> Option<T> {
        if self.errs(rate, carelessness) {
            self.made.push(mistake);
            return None;
        }
        Some(value)
    }

    fn forename(&mut self, subject: &Subject<'_>, carelessness: f64) -> String {
        let rates = self.rates;
        let name = subject.forename.to_owned();
        let mut name = self.perhaps("nickname", rates.nickname, carelessness, name, |name, names, random| {
            names.draw_nickname(name, random).map(str::to_owned)
        });
        if let Some(middle) = subject.middle {
            // boys named for the Prophet go by their second name
            let by_second =
                if subject.forename.starts_with('M') && subject.forename.contains("ham") { 8.0 } else { 1.0 };
            if self.errs(rates.middle_as_forename, carelessness * by_second) {
                self.made.push("middle_as_forename");
                middle.clone_into(&mut name);
            } else if self.errs(rates.two_forenames, carelessness) {
                self.made.push("two_forenames");
                name = format!("{name} {middle}");
            }
        }
        let name =
            self.perhaps("initial", rates.initial, carelessness, name, |name, _, _| mistake::initial(name));
        self.spelling(
            name,
            ["forename_respelt", "forename_typo"],
            [rates.forename_respelt, rates.forename_typo],
            carelessness,
        )
    }

    fn surname(&mut self, subject: &Subject<'_>, carelessness: f64) -> String {
        let rates = self.rates;
        let name = subject.surname.to_owned();
        // 8 for 4 % and 0.7 for the others keep the average
        let by_use = if subject.goes_by_other { 8.0 } else { 0.7 };
        let name =
            self.perhaps("other_surname", rates.other_surname, carelessness * by_use, name, |_, _, _| {
                Some(subject.other_surname.to_owned())
            });
        let name = self.perhaps("half_surname", rates.half_surname, carelessness, name, |name, _, random| {
            mistake::half(name, random)
        });
        self.spelling(
            name,
            ["surname_respelt", "surname_typo"],
            [rates.surname_respelt, rates.surname_typo],
            carelessness,
        )
    }

    fn spelling(
        &mut self,
        name: String,
        [respelt, typo]: [&'static str; 2],
        [respelt_rate, typo_rate]: [f64; 2],
        carelessness: f64,
    ) -> String {
        let rates = self.rates;
        let name = self.perhaps(respelt, respelt_rate, carelessness, name, |name, names, random| {
            let known = names.draw_spelling(name, random).map(str::to_owned);
            let other = known.filter(|_| random.chance(0.7));
            other.or_else(|| mistake::respell(name, random))
        });
        let name =
            self.perhaps(typo, typo_rate, carelessness, name, |name, _, random| mistake::typo(name, random));
        let name = self.perhaps("repunctuated", rates.repunctuated, carelessness, name, |name, _, random| {
            mistake::repunctuate(name, random)
        });
        self.perhaps("garbled", rates.garbled, carelessness, name, |name, _, _| mistake::garble(name))
    }

    fn date_of_birth(&mut self, born: PartialDate, carelessness: f64) -> Option<PartialDate> {
        let rates = self.rates;
        let mut written = born;
        if self.errs(rates.dob_wrong, carelessness)
            && let Some(wrong) = mistake::wrong_date(born, self.latest, &mut self.random)
        {
            self.made.push("dob_wrong");
            written = wrong;
        }
        if self.errs(rates.dob_placeholder, carelessness) {
            self.made.push("dob_placeholder");
            written = PartialDate { year: 1900, month: Some(1), day: Some(1) };
        }
        self.unless("dob_missing", rates.dob_missing, carelessness, written)
    }

    fn sex(&mut self, sex: Sex, carelessness: f64) -> Option<Sex> {
        let wrong = self.errs(self.rates.sex_wrong, carelessness);
        if wrong {
            self.made.push("sex_wrong");
        }
        let written = match (sex, wrong) {
            (Sex::Female, false) | (Sex::Male, true) => Sex::Female,
            (Sex::Male, false) | (Sex::Female, true) => Sex::Male,
        };
        self.unless("sex_missing", self.rates.sex_missing, carelessness, written)
    }

    /// Address line and postcode.
    fn address(&mut self, home: Home, carelessness: f64) -> (Option<String>, Option<String>) {
        let rates = self.rates;
        if self.errs(rates.postcode_placeholder, carelessness) {
            self.made.push("postcode_placeholder");
            return (Some("No fixed abode".to_owned()), Some("ZZ99 3VZ".to_owned()));
        }
        let line = self.place.address_line(home);
        let line = self.perhaps("address_abbreviated", rates.address_abbreviated, 1.0, line, |line, _, _| {
            abbreviate(line)
        });
        let line = self.unless("address_missing", rates.address_missing, carelessness, line);
        let postcode = self.postcode(home, carelessness);
        (line, postcode)
    }

    fn postcode(&mut self, home: Home, carelessness: f64) -> Option<String> {
        let rates = self.rates;
        let postcode = self.place.postcodes[home.postcode as usize].text.clone();
        let postcode =
            self.perhaps("postcode_typo", rates.postcode_typo, carelessness, postcode, |right, _, random| {
                mistake::postcode_typo(right, random)
            });
        let postcode =
            self.perhaps("postcode_form", rates.postcode_form, 1.0, postcode, |right, _, random| {
                let joined = random.chance(0.7);
                Some(if joined { right.replace(' ', "") } else { right.to_lowercase() })
            });
        self.unless("postcode_missing", rates.postcode_missing, carelessness, postcode)
    }

    fn upn(&mut self, subject: &Subject<'_>, carelessness: f64) -> Option<String> {
        let rates = self.rates;
        let missing = self.random.chance(rates.upn_missing * subject.upn_missing);
        let reason = self.random.chance(rates.upn_reason);
        let wrong = self.errs(rates.upn_wrong, carelessness);
        let kind = self.random.below(3);
        if missing && subject.upn.is_some() {
            self.made.push("upn_missing");
        }
        let Some(enrolment) = subject.upn.filter(|_| !missing) else {
            return reason.then(|| subject.reason_without_upn.to_owned());
        };
        let right = enrolment.upn();
        if !wrong {
            return Some(right);
        }
        let written = match (kind, subject.sibling_upn.map(Enrolment::upn)) {
            (0, Some(siblings)) => siblings,
            (1, _) => enrolment.temporary_upn(),
            _ => mistake::misread_digits(&right, &mut self.random).unwrap_or_else(|| right.clone()),
        };
        if written != right {
            self.made.push("upn_wrong");
        }
        Some(written)
    }

    fn nhs_number(&mut self, subject: &Subject<'_>, carelessness: f64) -> Option<String> {
        let rates = self.rates;
        let missing = self.random.chance(rates.nhs_number_missing * subject.nhs_number_missing);
        let wrong = self.errs(rates.nhs_number_wrong, carelessness);
        let right = subject.nhs_number?;
        if missing {
            self.made.push("nhs_number_missing");
            return None;
        }
        let misread = if wrong { mistake::misread_digits(right, &mut self.random) } else { None };
        if misread.is_some() {
            self.made.push("nhs_number_wrong");
        }
        Some(misread.unwrap_or_else(|| right.to_owned()))
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
