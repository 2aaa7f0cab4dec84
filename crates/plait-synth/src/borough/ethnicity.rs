//! Ethnicity as the services record it: the twenty codes of the social care returns, the extended codes
//! of the school census and the letters of the NHS.

use crate::random::{Random, Weighted};

/// One ethnic background in the codes of every source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ethnicity {
    /// Of the twenty codes that children in need, looked-after children and SEN2 are returned with.
    pub(super) main: &'static str,
    /// As schools may record it more finely.
    pub(super) extended: &'static str,
    /// 16+1 of the NHS.
    pub(super) nhs: &'static str,
}

const fn code(main: &'static str, extended: &'static str, nhs: &'static str) -> Ethnicity {
    Ethnicity { main, extended, nhs }
}

/// The family did not say, or nobody asked.
pub(super) const REFUSED: Ethnicity = code("REFU", "REFU", "Z");
pub(super) const NOT_OBTAINED: Ethnicity = code("NOBT", "NOBT", "99");

/// Backgrounds per naming community, with weights. Judgement: names say little about a background, so
/// every list has some of the others.
const BACKGROUNDS: &[(&str, &[(Ethnicity, f64)])] = &[
    (
        "white_british",
        &[
            (code("WBRI", "WBRI", "A"), 58.0),
            (code("WBRI", "WENG", "A"), 16.0),
            (code("WBRI", "WSCO", "A"), 1.5),
            (code("WBRI", "WWEL", "A"), 1.0),
            (code("WROM", "WROG", "C"), 0.6),
            (code("BCRB", "BCRB", "M"), 4.0),
            (code("MWBC", "MWBC", "D"), 6.0),
            (code("MWBA", "MWBA", "E"), 3.0),
            (code("MWAS", "MWAS", "F"), 2.5),
            (code("MOTH", "MOTH", "G"), 2.5),
            (code("BOTH", "BOTB", "P"), 1.0),
            (code("WOTH", "WOTW", "C"), 2.0),
        ],
    ),
    (
        "irish",
        &[
            (code("WIRI", "WIRI", "B"), 30.0),
            (code("WBRI", "WBRI", "A"), 50.0),
            (code("WIRT", "WIRT", "C"), 12.0),
            (code("MOTH", "MOTH", "G"), 8.0),
        ],
    ),
    (
        "pakistani_bangladeshi",
        &[
            (code("APKN", "APKN", "J"), 30.0),
            (code("APKN", "AMPK", "J"), 12.0),
            (code("ABAN", "ABAN", "K"), 42.0),
            (code("AOTH", "AKAO", "L"), 6.0),
            (code("MWAS", "MWAP", "F"), 5.0),
            (code("OOTH", "OAFG", "S"), 5.0),
        ],
    ),
    (
        "indian",
        &[
            (code("AIND", "AIND", "H"), 76.0),
            (code("AOTH", "AAFR", "L"), 7.0),
            (code("AOTH", "ASLT", "L"), 9.0),
            (code("MWAS", "MWAI", "F"), 8.0),
        ],
    ),
    ("sikh", &[(code("AIND", "AIND", "H"), 92.0), (code("MWAS", "MWAI", "F"), 8.0)]),
    (
        "turkish_kurdish",
        &[
            (code("WOTH", "WTUK", "C"), 48.0),
            (code("WOTH", "WTUC", "C"), 16.0),
            (code("OOTH", "OKRD", "S"), 28.0),
            (code("OOTH", "OTHA", "S"), 8.0),
        ],
    ),
    (
        "somali",
        &[
            (code("BAFR", "BSOM", "N"), 88.0),
            (code("BAFR", "BAOF", "N"), 8.0),
            (code("OOTH", "OTHA", "S"), 4.0),
        ],
    ),
    (
        "west_african",
        &[
            (code("BAFR", "BNGN", "N"), 48.0),
            (code("BAFR", "BGHA", "N"), 28.0),
            (code("BAFR", "BSLN", "N"), 8.0),
            (code("BAFR", "BCON", "N"), 6.0),
            (code("MWBA", "MWBA", "E"), 10.0),
        ],
    ),
    (
        "eastern_european",
        &[
            (code("WOTH", "WEEU", "C"), 84.0),
            (code("WROM", "WROR", "C"), 8.0),
            (code("WOTH", "WALB", "C"), 4.0),
            (code("MOTH", "MOTM", "G"), 4.0),
        ],
    ),
    (
        "chinese",
        &[
            (code("CHNE", "CHNE", "R"), 52.0),
            (code("CHNE", "CHKC", "R"), 36.0),
            (code("MOTH", "MWCH", "G"), 12.0),
        ],
    ),
];

/// Language at home by naming community, in the codes of the school census; the share of families that
/// give it rather than English.
const LANGUAGES: &[(&str, &[&str], f64)] = &[
    ("white_british", &["ENG"], 0.0),
    ("irish", &["ENG"], 0.0),
    ("pakistani_bangladeshi", &["URD", "BNG", "PNJ"], 0.7),
    ("indian", &["GUJ", "HIN", "TAM"], 0.6),
    ("sikh", &["PNJ"], 0.55),
    ("turkish_kurdish", &["TUR", "KUR"], 0.75),
    ("somali", &["SOM"], 0.8),
    ("west_african", &["YOR", "AKA", "IGB"], 0.4),
    ("eastern_european", &["POL", "RMN", "BUL"], 0.85),
    ("chinese", &["CHI"], 0.7),
];

/// The backgrounds and languages of all naming communities, ready to draw from.
pub(super) struct Backgrounds {
    by_community: Vec<(&'static [(Ethnicity, f64)], Weighted)>,
}

impl Backgrounds {
    /// In the order of the naming communities.
    pub(super) fn new<'a>(communities: impl Iterator<Item = &'a str>) -> Self {
        let by_community = communities
            .map(|community| {
                let (_, list) = BACKGROUNDS
                    .iter()
                    .find(|(name, _)| *name == community)
                    .expect("every naming community has its backgrounds");
                (*list, Weighted::new(list.iter().map(|(_, weight)| *weight)))
            })
            .collect();
        Self { by_community }
    }

    pub(super) fn draw(&self, community: usize, random: &mut Random) -> Ethnicity {
        let (list, weights) = &self.by_community[community];
        list[weights.draw(random)].0
    }
}

/// The language that a family of a naming community gives.
pub(super) fn draw_language(community: &str, random: &mut Random) -> &'static str {
    let (_, languages, share) = LANGUAGES
        .iter()
        .find(|(name, _, _)| *name == community)
        .expect("every naming community has its languages");
    let own = random.pick(languages);
    if random.chance(*share) { own } else { "ENG" }
}
