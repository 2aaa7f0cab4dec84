//! When two values are at a level: the vocabulary of comparison levels and blocking keys.

/// A condition on a pair of records. A test of a missing value is false, but for [`Test::EitherRecorded`].
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A test of one field of both records; `None` is the comparison's first field.
    Test(Option<String>, Test),
    /// Every one holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold (a test of a missing value then does).
    Not(Box<Condition>),
    /// Always; the last level of every comparison.
    Else,
}

/// A test of the two values of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The parts are equal.
    Same(Part),
    /// A similarity, 0..=1, is at least this.
    AtLeast(Measure, f64),
    /// A similarity, 0..=1, of this part of both values is at least this; false where a value has no such part.
    PartAtLeast(Part, Measure, f64),
    /// A number of edits is at most this.
    AtMost(Edit, u32),
    /// This field's left value is the other field's right value, and the other way round.
    SwappedWith(String),
    /// This field's left value is the other field's right value.
    EqualsOther(String),
    /// This field's left value, a list of elements separated by `;`, shares one with the other field's right value.
    SharesOther(String),
    /// One is a known short form, nickname or spelling variant of the other.
    Nickname,
    /// One is the initials of the other.
    Initials,
    /// All the words of one are among the words of the other.
    Subset,
    /// One is a half of the other's double-barrelled name.
    HalfOfDoubleBarrelled,
    /// Day and month are exchanged, the rest agrees.
    DayMonthSwapped,
    /// Dates or identifiers that differ in exactly one digit.
    OneDigit,
    /// Two neighbouring characters are exchanged, the rest agrees.
    Transposed,
    /// Two of year, month and day agree.
    TwoOfThreeParts,
    /// At most so many days apart.
    WithinDays(u32),
    /// At most so many months of 30.4375 days apart.
    WithinMonths(u32),
    /// At most so many years of 365.25 days apart.
    WithinYears(u32),
    /// Both are a 1 January, of any year: the date that is written where only the year is known.
    NewYearsDay,
    /// The absolute difference of two numbers is at most this.
    WithinNumber(f64),
    /// The difference of two numbers is at most this share, 0..=1, of the larger.
    WithinShare(f64),
    /// Values that are lists (separated by `;`) have at least so many elements in common.
    InCommon(u32),
    /// Both are this value.
    BothAre(String),
    /// At least one of the two is there: the only test that may hold where a value is missing.
    EitherRecorded,
    /// At most so many kilometres apart, this field being the latitude and the other the longitude in degrees.
    WithinKm(String, f64),
}

/// A similarity of two strings, 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Jaro.
    Jaro,
    /// Jaro-Winkler, as RapidFuzz defines it.
    JaroWinkler,
    /// Jaccard over bigrams.
    Jaccard,
    /// Jaccard over the sets of single characters, as DuckDB defines it.
    CharacterJaccard,
    /// Dice over bigrams.
    Dice,
    /// Cosine over words.
    Cosine,
    /// Monge-Elkan over words with Jaro-Winkler inside, the same both ways round.
    MongeElkan,
}

/// A count of edits between two strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Insert, delete, substitute.
    Levenshtein,
    /// And swap neighbours, each substring edited at most once (optimal string alignment).
    Osa,
    /// And swap neighbours, without restriction.
    DamerauLevenshtein,
}

/// A part of a standardised value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// All of it.
    Whole,
    /// Its first so many characters.
    First(u8),
    /// Its last so many characters.
    Last(u8),
    /// Its first word.
    FirstWord,
    /// Its last word.
    LastWord,
    /// Its Soundex code.
    Soundex,
    /// Its primary Double Metaphone code.
    Metaphone,
    /// Postcode sector: `NW9 4`.
    Sector,
    /// Postcode district (outward code): `NW9`.
    District,
    /// Postcode area: `NW`.
    Area,
    /// The year of a date.
    Year,
    /// Year and month of a date.
    YearMonth,
    /// Year and day of a date.
    YearDay,
    /// Month and day of a date.
    MonthDay,
    /// A whole date, if it is not a 1 January, which often stands where only the year is known.
    NotNewYearsDay,
    /// All of it, if it is a UPN, NHS number or ULN with the right check digit, a postcode of the right form or a whole date.
    /// Values of other kinds are always valid.
    Valid,
    /// The part of an e-mail address before the `@`.
    LocalPart,
    /// The part of an e-mail address after the `@`.
    Domain,
    /// Each of its words.
    AnyWord,
    /// Each element of a list separated by `;`.
    AnyElement,
    /// The value, and if it has 4 to 24 characters also what is left of it without each one of them. Values of such
    /// lengths that are an edit or a swap apart share one; so do some that are two edits apart.
    ButOneLetter,
    /// The names of which it is a [spelling](crate::similarity::spelling_keys), if it is one from another script.
    SpellingFamily,
}

impl Part {
    /// Whether one value may have several such parts. Two values then agree where they share one.
    pub fn is_several(self) -> bool {
        matches!(self, Self::AnyWord | Self::AnyElement | Self::ButOneLetter | Self::SpellingFamily)
    }
}

impl Test {
    /// The field besides its own that it reads.
    pub(crate) fn other_field(&self) -> Option<&str> {
        match self {
            Self::SwappedWith(other)
            | Self::EqualsOther(other)
            | Self::SharesOther(other)
            | Self::WithinKm(other, _) => Some(other),
            _ => None,
        }
    }

    /// How many days apart two dates may be, of a test of time; parts of a day do not count.
    pub(crate) fn most_days(&self) -> Option<u32> {
        let days = match self {
            Self::WithinDays(days) => u64::from(*days),
            Self::WithinMonths(months) => u64::from(*months) * 487 / 16,
            Self::WithinYears(years) => u64::from(*years) * 1461 / 4,
            _ => return None,
        };
        Some(u32::try_from(days).unwrap_or(u32::MAX))
    }
}

impl Condition {
    /// A test of the comparison's first field.
    pub fn test(test: Test) -> Self {
        Self::Test(None, test)
    }

    /// Plain agreement of the first field.
    pub fn exact() -> Self {
        Self::test(Test::Same(Part::Whole))
    }

    /// Adds the names of the fields that it reads besides the comparison's first one.
    pub(crate) fn collect_fields(&self, names: &mut Vec<String>) {
        match self {
            Self::Test(field, test) => {
                names.extend(field.clone());
                names.extend(test.other_field().map(str::to_owned));
            }
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect_fields(names)),
            Self::Not(part) => part.collect_fields(names),
            Self::Else => {}
        }
    }

    /// Whether it asks which of the two records has a value at all.
    pub(crate) fn asks_who_has_it(&self) -> bool {
        match self {
            Self::Test(_, test) => *test == Test::EitherRecorded,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_who_has_it),
            Self::Not(part) => part.asks_who_has_it(),
            Self::Else => false,
        }
    }

    /// Whether this is plain agreement of the first field.
    pub fn is_exact(&self) -> bool {
        *self == Self::exact()
    }
}
