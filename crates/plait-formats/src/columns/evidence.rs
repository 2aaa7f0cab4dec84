//! What the values of a column look like, counted over a sample of its rows.

use plait_types::identifier::{NhsNumber, Postcode, Uln, Upn};
use plait_types::{Column, DateOrder, NULL, PartialDate, Role, is_shortened, placeholder};

/// Rows that are looked at: a share is then known to about three percentage points, and the thresholds that
/// decide are coarser than that.
const ROWS: usize = 1_000;

/// The hundred commonest names are a quarter of all people; a column of towns has next to none.
pub(super) const COMMON_NAMES: f64 = 0.08;
const HALF: f64 = 0.5;
const SOME: f64 = 0.2;

/// How many of the sampled rows hold a value of each shape. A value may be of several.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// Rows with a value that is no placeholder; what all other counts are a share of.
    pub rows: u64,
    pub emails: u64,
    pub nhs_numbers: u64,
    pub upns: u64,
    pub ulns: u64,
    pub postcodes: u64,
    /// Of any country: short, with a digit.
    pub postal_codes: u64,
    /// Whole dates that say which day.
    pub whole_dates: u64,
    /// Also a month or only a year.
    pub dates: u64,
    /// Numbers that a spreadsheet shows as a date of 1954 to 2064.
    pub day_numbers: u64,
    /// With a leading 0 or + and as many digits as a telephone number.
    pub phones: u64,
    /// Any five digits or more.
    pub many_digits: u64,
    /// Codes and words for a sex.
    pub sexes: u64,
    /// Of these the ones that are no bare digit.
    pub sex_words: u64,
    pub numbers: u64,
    /// `3.02E+11`
    pub shortened: u64,
    /// Letters, spaces, hyphens, apostrophes; at most five words.
    pub name_like: u64,
    /// With a space or comma inside.
    pub several_words: u64,
    /// Starts like an address: a house number, then a word; or ends with a postcode.
    pub addresses: u64,
    /// Five words or more.
    pub long: u64,
    pub common_forenames: u64,
    pub common_surnames: u64,
    /// `#####`, which a spreadsheet writes where a value does not fit into the column.
    pub hashes: u64,
    /// `Mar-12`: a spreadsheet's short form of a date, which has lost the day or the year.
    pub short_dates: u64,
    /// Of the dates; `u16::MAX` and 0 where there are none.
    pub first_year: u16,
    pub last_year: u16,
}

impl Evidence {
    /// Looks at the values of up to 1,000 rows, spread evenly, the same ones every time.
    pub(super) fn of(column: &Column) -> Self {
        let mut evidence = Self { first_year: u16::MAX, ..Self::default() };
        for (code, rows) in sample(column) {
            evidence.add(column.values.get(code), rows);
        }
        evidence
    }

    /// The share of the rows that have a value, 0..=1.
    pub(super) fn share(&self, count: u64) -> f64 {
        if self.rows == 0 { 0.0 } else { count as f64 / self.rows as f64 }
    }

    /// Whether values are written like names and many of them are some: common ones, or of several words.
    pub(super) fn are_names(&self) -> bool {
        let common = self.common_forenames.max(self.common_surnames);
        self.share(self.name_like) >= HALF
            && (self.share(self.several_words) >= SOME || self.share(common) >= COMMON_NAMES)
    }

    fn add(&mut self, value: &str, rows: u64) {
        let value = value.trim();
        // the placeholders of a UPN are those of every column and the reasons for having none
        if placeholder::is_placeholder(Role::Upn, value) {
            return;
        }
        self.rows += rows;
        let count = |counter: &mut u64, holds: bool| *counter += if holds { rows } else { 0 };
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        if digits == 0 {
            let lower = value.to_lowercase();
            count(&mut self.sex_words, SEX_WORDS.contains(&lower.as_str()));
            count(&mut self.common_forenames, lower.split([' ', '-']).next().is_some_and(is_common_forename));
            count(&mut self.common_surnames, is_common_surname(&lower));
            count(&mut self.name_like, is_name_like(value));
            count(&mut self.sexes, SEX_WORDS.contains(&lower.as_str()));
        } else {
            count(&mut self.sexes, matches!(value, "0" | "1" | "2" | "9"));
            count(&mut self.nhs_numbers, NhsNumber::parse(value).is_some());
            count(&mut self.upns, Upn::parse(value).is_some());
            count(&mut self.ulns, Uln::parse(value).is_some());
            count(&mut self.postcodes, Postcode::parse(value).is_some());
            count(&mut self.postal_codes, is_postal_code(value));
            count(&mut self.phones, is_phone(value, digits));
            count(&mut self.many_digits, digits >= 5);
            let number = value.parse::<f64>();
            count(&mut self.numbers, number.is_ok());
            count(&mut self.day_numbers, number.is_ok_and(|n| (20_000.0..60_000.0).contains(&n)));
            count(&mut self.shortened, is_shortened(value));
            count(&mut self.addresses, is_address(value));
            let date = read_date(value);
            count(&mut self.dates, date.is_some());
            count(&mut self.whole_dates, date.is_some_and(|date| date.day.is_some()));
            if let Some(date) = date {
                self.first_year = self.first_year.min(date.year);
                self.last_year = self.last_year.max(date.year);
            }
        }
        count(&mut self.hashes, is_hashes(value));
        count(&mut self.short_dates, is_short_date(value));
        let words =
            value.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).count();
        count(&mut self.several_words, words >= 2);
        count(&mut self.long, words >= 5);
        count(&mut self.emails, is_email(value));
    }
}

/// A date in any order, in a year that somebody alive or their parents may have been born in.
pub(super) fn read_date(value: &str) -> Option<PartialDate> {
    if !(4..=30).contains(&value.len()) {
        return None;
    }
    let orders = [DateOrder::DayMonthYear, DateOrder::YearMonthDay, DateOrder::MonthDayYear];
    orders.into_iter().filter_map(|order| PartialDate::parse(value, order)).find(|date| is_plausible(*date))
}

/// Whether a date is near enough to now to be somebody's, or a placeholder of a listed kind.
pub(super) fn is_plausible(date: PartialDate) -> bool {
    (1800..=2099).contains(&date.year)
}

/// One mailbox, one `@`, a domain with a dot.
pub(crate) fn is_email(value: &str) -> bool {
    let Some((mailbox, domain)) = value.split_once('@') else { return false };
    let clean =
        |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '@' || c == ',');
    clean(mailbox)
        && clean(domain)
        && domain.split('.').count() >= 2
        && domain.split('.').all(|part| !part.is_empty())
}

/// Nine to fifteen digits with a leading 0 or +, and nothing but what people write between them.
pub(crate) fn is_phone(value: &str, digits: usize) -> bool {
    let starts = value.trim_start_matches('(').starts_with(['0', '+']);
    let written = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '+' | '.' | '/');
    starts && (9..=15).contains(&digits) && value.chars().all(written)
}

/// Whether a value is a code or word for a sex.
pub(super) fn is_sex(value: &str) -> bool {
    let lower = value.trim().to_lowercase();
    matches!(lower.as_str(), "0" | "1" | "2" | "9") || SEX_WORDS.contains(&lower.as_str())
}

#[rustfmt::skip]
const SEX_WORDS: &[&str] = &[
    "m", "f", "u", "x", "male", "female", "boy", "girl", "man", "woman", "a) male", "b) female",
    "c) not stated", "d) neither", "indeterminate", "other", "non-binary", "not specified", "not stated",
    "unknown",
];

/// Whether a value is `#####`, as a spreadsheet writes what does not fit into the column.
pub(crate) fn is_hashes(value: &str) -> bool {
    value.len() >= 2 && value.bytes().all(|byte| byte == b'#')
}

/// Whether a value is `Mar-12` or `12-Mar`, as a spreadsheet shortens a date.
pub(crate) fn is_short_date(value: &str) -> bool {
    let Some((first, second)) = value.split_once('-') else { return false };
    let is_month = |text: &str| {
        let lower = text.to_ascii_lowercase();
        MONTHS.iter().any(|month| lower == *month || (*month == "sep" && lower == "sept"))
    };
    let is_number =
        |text: &str| matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_month(first) && is_number(second)) || (is_number(first) && is_month(second))
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

pub(super) fn is_name_like(value: &str) -> bool {
    let allowed = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’' | '.' | ',' | '`');
    value.len() <= 60
        && value.chars().all(allowed)
        && value.contains(char::is_alphabetic)
        && value.split_whitespace().count() <= 5
}

/// Whether a value could be a postal code of some country: three to ten letters and digits, a digit among them.
pub(super) fn is_postal_code(value: &str) -> bool {
    (3..=10).contains(&value.len())
        && value.contains(|c: char| c.is_ascii_digit())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '-')
}

fn is_address(value: &str) -> bool {
    let mut words = value.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let first_is_number = words.next().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let then_a_word =
        words.next().is_some_and(|word| word.len() >= 3 && word.chars().all(char::is_alphabetic));
    let lines: Vec<&str> =
        value.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()).collect();
    let ends_with_postcode = lines.len() >= 4
        && Postcode::parse(&lines[lines.len() - 2..].concat())
            .or_else(|| Postcode::parse(lines[lines.len() - 1]))
            .is_some();
    (first_is_number && then_a_word) || ends_with_postcode
}

/// Whether a word in small letters is one of the commonest forenames.
pub(super) fn is_common_forename(word: &str) -> bool {
    COMMON_FORENAMES.binary_search(&word).is_ok()
}

/// Whether a word in small letters is one of the commonest surnames.
pub(super) fn is_common_surname(word: &str) -> bool {
    COMMON_SURNAMES.binary_search(&word).is_ok()
}

/// Codes of up to 1,000 rows, spread evenly, with how many of them hold each; the same every time.
pub(super) fn sample(column: &Column) -> Vec<(u32, u64)> {
    let n = column.codes.len();
    let mut codes: Vec<u32> = if n <= ROWS {
        column.codes.clone()
    } else {
        // one row from each of equal stretches, at a place that no rhythm of the file can follow
        (0..ROWS)
            .map(|stretch| {
                let (start, end) = (stretch * n / ROWS, (stretch + 1) * n / ROWS);
                column.codes[start + (scatter(stretch as u64) % (end - start) as u64) as usize]
            })
            .collect()
    };
    codes.retain(|&code| code != NULL);
    if codes.len() < ROWS / 20 && codes.len() < column.values.len() {
        // a column that few rows fill: its distinct values say more than the rows that were hit
        let step = column.values.len().div_ceil(ROWS);
        codes = (0..column.values.len() as u32).step_by(step).collect();
    }
    codes.sort_unstable();
    let runs = codes.chunk_by(|a, b| a == b);
    runs.map(|run| (run[0], run.len() as u64)).collect()
}

/// A fixed mixing of the bits (the finaliser of `SplitMix64`).
fn scatter(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

/// Enough of the commonest names in Britain, of children and of adults, to know a column of them by.
#[rustfmt::skip]
const COMMON_FORENAMES: &[&str] = &[
    "adam", "ahmed", "aisha", "alexander", "alfie", "ali", "alice", "amelia", "amy", "andrew", "anna",
    "anthony", "archie", "arthur", "ava", "barbara", "ben", "benjamin", "callum", "charles", "charlie",
    "charlotte", "chloe", "christine", "christopher", "claire", "daisy", "daniel", "david", "dylan",
    "edward", "elizabeth", "ella", "ellie", "emily", "emma", "erin", "ethan", "evelyn", "evie", "fatima",
    "finley", "florence", "freddie", "freya", "gary", "george", "georgia", "grace", "hannah", "harriet",
    "harry", "henry", "holly", "ibrahim", "isaac", "isabella", "isla", "ivy", "jack", "jacob", "jake",
    "james", "jane", "jasmine", "jennifer", "jessica", "john", "jordan", "joseph", "joshua", "julie",
    "karen", "kate", "katie", "kevin", "kieran", "laura", "lauren", "leah", "leo", "lewis", "liam", "lily",
    "linda", "logan", "louis", "lucas", "lucy", "luke", "margaret", "maria", "mark", "martin", "mary",
    "maryam", "mason", "matthew", "max", "maya", "megan", "mia", "michael", "michelle", "mohamed",
    "mohammad", "mohammed", "molly", "muhammad", "nathan", "nicholas", "nicola", "noah", "oliver", "olivia",
    "omar", "oscar", "owen", "patricia", "paul", "peter", "phoebe", "poppy", "rachel", "rebecca", "richard",
    "robert", "rosie", "ruby", "ryan", "samantha", "samuel", "sarah", "scarlett", "sebastian", "simon",
    "sofia", "sophia", "sophie", "stephen", "steven", "susan", "susanna", "theo", "theodore", "thomas",
    "toby", "victoria", "william", "yusuf", "zachary", "zara",
];

#[rustfmt::skip]
const COMMON_SURNAMES: &[&str] = &[
    "adams", "ahmed", "akhtar", "ali", "allen", "anderson", "bailey", "baker", "begum", "bell", "bennett",
    "brown", "butler", "campbell", "carter", "chapman", "clark", "clarke", "collins", "cook", "cooper",
    "cox", "davies", "davis", "edwards", "ellis", "evans", "foster", "fox", "gibson", "graham", "gray",
    "green", "griffiths", "hall", "harris", "harrison", "hill", "holmes", "hughes", "hunt", "hussain",
    "jackson", "james", "jenkins", "johnson", "jones", "kaur", "kelly", "khan", "king", "knight", "lee",
    "lewis", "lloyd", "marshall", "martin", "mason", "matthews", "miah", "miller", "mills", "mitchell",
    "mohamed", "moore", "morgan", "morris", "murphy", "murray", "palmer", "parker", "patel", "phillips",
    "powell", "price", "reid", "reynolds", "richards", "richardson", "roberts", "robertson", "robinson",
    "rogers", "ross", "russell", "scott", "shah", "shaw", "simpson", "singh", "smith", "stevens", "stewart",
    "taylor", "thomas", "thompson", "thomson", "turner", "walker", "walsh", "ward", "watson", "webb",
    "white", "wilkinson", "williams", "wilson", "wood", "wright", "young",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_lists_are_sorted_for_searching() {
        assert!(COMMON_FORENAMES.is_sorted());
        assert!(COMMON_SURNAMES.is_sorted());
    }

    #[test]
    fn shapes_are_told_apart() {
        assert!(is_email("a.b@example.org"));
        assert!(!is_email("a.b@example"));
        assert!(!is_email("a b@example.org"));
        assert!(is_phone("(020) 7946 0018", 11));
        assert!(is_phone("+44 7700 900018", 12));
        assert!(!is_phone("9990000018", 10));
        assert!(!is_phone("01/02/2014", 8));
        assert!(is_address("12 Mill Lane"));
        assert!(is_address("Flat 2, Rose Court, Hendon, NW9 4EW"));
        assert!(!is_address("2014-02-01"));
    }

    #[test]
    fn the_sample_is_spread_over_a_long_column_and_weighs_values_by_rows() {
        let long =
            Column::from_rows("a", (0..100_000).map(|row| Some(if row % 10 == 0 { "a" } else { "12" })));
        let evidence = Evidence::of(&long);
        assert_eq!(evidence.rows, ROWS as u64);
        assert!((0.87..0.93).contains(&evidence.share(evidence.numbers)));
    }

    #[test]
    fn a_column_that_few_rows_fill_is_judged_by_its_distinct_values() {
        let rows = (0..100_000).map(|row| (row % 5_000 == 0).then(|| format!("a{row}@example.org")));
        let evidence = Evidence::of(&Column::from_rows("a", rows));
        assert_eq!((evidence.rows, evidence.emails), (20, 20));
    }

    #[test]
    fn placeholders_are_not_evidence() {
        let column = Column::from_rows("a", ["UN1", "unknown", "0000000000", "9990000018"].map(Some));
        let evidence = Evidence::of(&column);
        assert_eq!((evidence.rows, evidence.nhs_numbers), (1, 1));
    }
}
