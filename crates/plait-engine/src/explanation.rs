//! Why two records were linked or not, in terms that sum to the weight.

/// The evidence about one pair of records.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Source and record of the left side.
    pub left: (String, String),
    /// Source and record of the right side.
    pub right: (String, String),
    /// The starting point first, then in the order of the model; their weights sum to `weight`.
    pub terms: Vec<Term>,
    /// Match weight in bits.
    pub weight: f64,
    /// Match probability, 0..=1.
    pub probability: f64,
}

/// One bar of the waterfall and one row of its table.
#[derive(Clone, Debug)]
pub struct Term {
    /// Where the weight comes from.
    pub kind: TermKind,
    /// `Surname`, `Starting point` …
    pub title: String,
    /// The left record's value; `None` where it is not recorded or where the term has no values.
    pub left: Option<String>,
    /// The right record's value.
    pub right: Option<String>,
    /// What was found, in words: `same`, `similar spelling`, `not recorded on the right`.
    pub outcome: String,
    /// Bits; above zero speaks for one person.
    pub weight: f64,
}

/// Where the weight of a term comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// How rare matches are among all pairs.
    Prior,
    /// The level of a comparison, by its index in the model.
    Comparison(usize),
    /// How rare the value of that comparison is.
    TermFrequency(usize),
    /// Other kinds of pairs that look like this one, such as two children of one household.
    OtherClasses,
}
