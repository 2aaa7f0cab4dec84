//! The names of ten naming communities, and how children come by a surname in each.

use crate::random::{Random, Weighted};
use std::collections::BTreeMap;

/// How children come by a surname.
#[derive(Clone, Copy)]
enum Custom {
    /// All children have the family's.
    Shared,
    /// In some families girls have one that only girls have: Begum, Khatun.
    GirlsOwn,
    /// In some families sons are Singh and daughters Kaur.
    SinghKaur,
    /// In some families daughters have the feminine form: Kowalska.
    Feminine,
}

/// What sets one naming community apart. The shares add up to 1.
struct Profile {
    name: &'static str,
    text: &'static str,
    /// Of families.
    share: f64,
    custom: Custom,
    /// How much likelier than on average a mistake is: clerks know some names better than others.
    mistakes: f64,
    /// The same for forename and surname the wrong way round.
    swaps: f64,
    /// Share of surnames from the tail of rare British ones.
    rare: f64,
    /// Share of children with a joined forename: Lily-Mae.
    joined_forenames: f64,
    /// Share of families with a double-barrelled surname.
    joined_surnames: f64,
}

const PROFILES: [Profile; 10] = [
    Profile {
        name: "white_british",
        text: include_str!("names/white_british.txt"),
        share: 0.54,
        custom: Custom::Shared,
        mistakes: 0.8,
        swaps: 0.5,
        rare: 0.5,
        joined_forenames: 0.035,
        joined_surnames: 0.05,
    },
    Profile {
        name: "irish",
        text: include_str!("names/irish.txt"),
        share: 0.05,
        custom: Custom::Shared,
        mistakes: 1.0,
        swaps: 0.5,
        rare: 0.1,
        joined_forenames: 0.03,
        joined_surnames: 0.03,
    },
    Profile {
        name: "pakistani_bangladeshi",
        text: include_str!("names/pakistani_bangladeshi.txt"),
        share: 0.09,
        custom: Custom::GirlsOwn,
        mistakes: 1.3,
        swaps: 1.5,
        rare: 0.0,
        joined_forenames: 0.0,
        joined_surnames: 0.01,
    },
    Profile {
        name: "indian",
        text: include_str!("names/indian.txt"),
        share: 0.06,
        custom: Custom::Shared,
        mistakes: 1.1,
        swaps: 1.2,
        rare: 0.0,
        joined_forenames: 0.0,
        joined_surnames: 0.01,
    },
    Profile {
        name: "sikh",
        text: include_str!("names/sikh.txt"),
        share: 0.02,
        custom: Custom::SinghKaur,
        mistakes: 1.2,
        swaps: 1.2,
        rare: 0.0,
        joined_forenames: 0.0,
        joined_surnames: 0.01,
    },
    Profile {
        name: "turkish_kurdish",
        text: include_str!("names/turkish_kurdish.txt"),
        share: 0.06,
        custom: Custom::Shared,
        mistakes: 1.4,
        swaps: 1.2,
        rare: 0.0,
        joined_forenames: 0.0,
        joined_surnames: 0.01,
    },
    Profile {
        name: "somali",
        text: include_str!("names/somali.txt"),
        share: 0.04,
        custom: Custom::Shared,
        mistakes: 1.6,
        swaps: 2.0,
        rare: 0.0,
        joined_forenames: 0.0,
        joined_surnames: 0.0,
    },
    Profile {
        name: "west_african",
        text: include_str!("names/west_african.txt"),
        share: 0.05,
        custom: Custom::Shared,
        mistakes: 1.4,
        swaps: 2.0,
        rare: 0.0,
        joined_forenames: 0.02,
        joined_surnames: 0.04,
    },
    Profile {
        name: "eastern_european",
        text: include_str!("names/eastern_european.txt"),
        share: 0.07,
        custom: Custom::Feminine,
        mistakes: 1.4,
        swaps: 1.2,
        rare: 0.0,
        joined_forenames: 0.0,
        joined_surnames: 0.02,
    },
    Profile {
        name: "chinese",
        text: include_str!("names/chinese.txt"),
        share: 0.02,
        custom: Custom::Shared,
        mistakes: 1.3,
        swaps: 5.0,
        rare: 0.0,
        joined_forenames: 0.0,
        joined_surnames: 0.0,
    },
];

/// What a child is recorded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sex {
    Female,
    Male,
}

impl Sex {
    /// As births are: a few more boys.
    pub(crate) fn draw(random: &mut Random) -> Self {
        if random.chance(0.512) { Self::Male } else { Self::Female }
    }
}

/// What the children of one pair of parents are called.
pub(crate) struct Surnames {
    pub(crate) sons: String,
    pub(crate) daughters: String,
}

impl Surnames {
    pub(crate) fn of(&self, sex: Sex) -> &str {
        match sex {
            Sex::Female => &self.daughters,
            Sex::Male => &self.sons,
        }
    }
}

/// Names with weights, most common first.
struct List {
    names: Vec<&'static str>,
    weights: Weighted,
}

impl List {
    fn new(names: Vec<&'static str>, flatness: usize) -> Self {
        let weights = Weighted::by_rank(names.len(), flatness);
        Self { names, weights }
    }

    fn draw(&self, random: &mut Random) -> &'static str {
        self.names[self.weights.draw(random)]
    }
}

/// One naming community.
pub(crate) struct Community {
    pub(crate) name: &'static str,
    pub(crate) mistakes: f64,
    pub(crate) swaps: f64,
    custom: Custom,
    joined_forenames: f64,
    joined_surnames: f64,
    rare: f64,
    girls: List,
    boys: List,
    surnames: List,
    girls_surnames: Vec<&'static str>,
}

/// All names of a borough.
pub(crate) struct Names {
    pub(crate) communities: Vec<Community>,
    shares: Weighted,
    rare: Vec<String>,
    rare_weights: Weighted,
    spellings: BTreeMap<&'static str, Vec<&'static str>>,
    nicknames: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Names {
    /// Which of the rare surnames are the local ones depends on the seed.
    pub(crate) fn new(seed: u64) -> Self {
        let rare = rare_surnames(&mut Random::new(seed, "rare surnames"));
        Self {
            communities: PROFILES.iter().map(community).collect(),
            shares: Weighted::new(PROFILES.iter().map(|profile| profile.share)),
            rare_weights: Weighted::by_rank(rare.len(), 250),
            rare,
            spellings: spellings(include_str!("names/spellings.txt")),
            nicknames: nicknames(include_str!("names/nicknames.txt")),
        }
    }

    pub(crate) fn draw_community(&self, random: &mut Random) -> usize {
        self.shares.draw(random)
    }

    /// A name that no sibling has; for a twin, half of the time one with the same initial.
    pub(crate) fn draw_forename_among(
        &self,
        community: usize,
        sex: Sex,
        twin: Option<&str>,
        taken: &[String],
        random: &mut Random,
    ) -> String {
        let initial = twin.and_then(|name| name.chars().next()).filter(|_| random.chance(0.5));
        let mut drawn = String::new();
        for attempt in 0..60 {
            drawn = self.draw_forename(community, sex, random);
            let suits = initial.is_none_or(|letter| drawn.starts_with(letter)) || attempt > 30;
            if suits && !taken.contains(&drawn) {
                return drawn;
            }
        }
        // a list without a free name would be needed to come here
        format!("{drawn}-{}", taken.len() + 1)
    }

    pub(crate) fn draw_forename(&self, community: usize, sex: Sex, random: &mut Random) -> String {
        let community = &self.communities[community];
        let list = match sex {
            Sex::Female => &community.girls,
            Sex::Male => &community.boys,
        };
        let name = list.draw(random);
        if random.chance(community.joined_forenames) && !name.contains(['-', ' ']) {
            let second: &[&str] = match sex {
                Sex::Female => &["Mae", "Rose", "Grace", "Leigh", "Louise", "May", "Ann", "Jade", "Marie"],
                Sex::Male => &["James", "Jay", "Lee", "Ray", "John", "Junior", "Joe", "George"],
            };
            return format!("{name}-{}", random.pick(second));
        }
        // parents choose among spellings too
        if random.chance(0.25) { self.draw_spelling(name, random).unwrap_or(name) } else { name }.to_owned()
    }

    pub(crate) fn draw_surname(&self, community: usize, random: &mut Random) -> String {
        let one = self.draw_single_surname(community, random);
        if random.chance(self.communities[community].joined_surnames) {
            let other = self.draw_single_surname(community, random);
            if other != one {
                return format!("{one}-{other}");
            }
        }
        one
    }

    fn draw_single_surname(&self, community: usize, random: &mut Random) -> String {
        let community = &self.communities[community];
        if random.chance(community.rare) {
            return self.rare[self.rare_weights.draw(random)].clone();
        }
        community.surnames.draw(random).to_owned()
    }

    /// What the children of parents with the surname `base` are called; families keep their
    /// community's custom or give it up as a whole.
    pub(crate) fn draw_childrens_surnames(
        &self,
        community: usize,
        base: String,
        random: &mut Random,
    ) -> Surnames {
        let community = &self.communities[community];
        let kept = random.chance(0.5);
        let (sons, daughters) = match community.custom {
            Custom::GirlsOwn if kept => (base, random.pick(&community.girls_surnames).to_owned()),
            Custom::SinghKaur if kept => ("Singh".to_owned(), "Kaur".to_owned()),
            Custom::Feminine if kept => {
                let daughters = feminine(&base);
                (base, daughters)
            }
            _ => (base.clone(), base),
        };
        Surnames { sons, daughters }
    }

    /// Another spelling of the name.
    pub(crate) fn draw_spelling(&self, name: &str, random: &mut Random) -> Option<&'static str> {
        self.spellings.get(name).map(|others| random.pick(others))
    }

    /// A familiar form of the name.
    pub(crate) fn draw_nickname(&self, name: &str, random: &mut Random) -> Option<&'static str> {
        self.nicknames.get(name).map(|others| random.pick(others))
    }
}

/// Polish -ski, Bulgarian -ov and their like; other surnames have one form.
fn feminine(surname: &str) -> String {
    for (masculine, feminine) in [("ski", "ska"), ("cki", "cka"), ("ov", "ova"), ("ev", "eva")] {
        if let Some(stem) = surname.strip_suffix(masculine) {
            return format!("{stem}{feminine}");
        }
    }
    surname.to_owned()
}

fn community(profile: &Profile) -> Community {
    let section = |title: &str| section(profile.text, title);
    Community {
        name: profile.name,
        custom: profile.custom,
        mistakes: profile.mistakes,
        swaps: profile.swaps,
        joined_forenames: profile.joined_forenames,
        joined_surnames: profile.joined_surnames,
        rare: profile.rare,
        girls: List::new(section("girls"), 16),
        boys: List::new(section("boys"), 14),
        surnames: List::new(section("surnames"), 10),
        girls_surnames: section("girls' surnames"),
    }
}

/// The names under `[title]`: separated by commas and line ends; lines with `#` are remarks.
fn section(text: &'static str, title: &str) -> Vec<&'static str> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in content_lines(text) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(found) => inside = found == title,
            None if inside => names.extend(line.split(',').map(str::trim)),
            None => {}
        }
    }
    names
}

fn content_lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn spellings(text: &'static str) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut spellings = BTreeMap::new();
    for line in content_lines(text) {
        let group: Vec<&str> = line.split(',').map(str::trim).collect();
        for &name in &group {
            let others = group.iter().copied().filter(|&other| other != name).collect();
            spellings.entry(name).or_insert(others);
        }
    }
    spellings
}

fn nicknames(text: &'static str) -> BTreeMap<&'static str, Vec<&'static str>> {
    content_lines(text)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, forms)| (name, forms.split(',').map(str::trim).collect()))
        .collect()
}

const STARTS: &str = "Ack Ald Apple Ash Aver Bar Barn Beck Bel Birch Black Bram Brad Bran Brock Bur Cal Car Chad \
    Chan Charl Chil Clay Cleve Col Cran Crom Dal Dar Den Ding Dray Dun East Eld Elm Ever Fair Farn Fern Finch \
    Gar Glen Goud Grim Had Hal Ham Har Hart Has Hath Hazel Heath Hel Hen Hol Hors Hux Ing Kel Ken Kil Kirk Lang \
    Leigh Lin Lox Lud Mal Mar Mel Mid Mil Mot Nor Oak Ock Or Os Pem Pen Pick Pres Quar Rad Ram Rat Red Rock Ruth \
    Sed Sel Shel Sher Shut Stan Strat Swin Thorn Tun Wad Wal War Wat West Whit Win Wor Wych";

const ENDS: &str = "bourne bridge brook bury by combe cote croft dale den dine don fell field fold ford gate ham \
    hold hurst ington land ley low man mere moor over ridge shaw smith son stall stead stock ston ter thorpe ton \
    tree wald ward way well wick wood worth worthy yard";

/// Syllable-made surnames: rare names are most of the distinct ones in England.
fn rare_surnames(random: &mut Random) -> Vec<String> {
    let mut names: Vec<String> = STARTS
        .split_whitespace()
        .flat_map(|start| ENDS.split_whitespace().map(move |end| format!("{start}{end}")))
        .collect();
    random.shuffle(&mut names);
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn shares_of_communities_add_up_to_one() {
        let total: f64 = PROFILES.iter().map(|profile| profile.share).sum();
        assert!((total - 1.0).abs() < 1e-9, "{total}");
    }

    #[test]
    fn every_list_is_long_enough_and_names_nobody_twice() {
        for profile in &PROFILES {
            let least = if profile.name == "white_british" { 150 } else { 60 };
            for title in ["girls", "boys", "surnames"] {
                let names = section(profile.text, title);
                let distinct: BTreeSet<&str> = names.iter().copied().collect();
                assert_eq!(distinct.len(), names.len(), "{} {title}", profile.name);
                assert!(names.len() >= least, "{} {title}: {}", profile.name, names.len());
                assert!(names.iter().all(|name| !name.is_empty()), "{} {title}", profile.name);
            }
        }
    }

    #[test]
    fn every_letter_of_every_name_has_a_plain_form() {
        for profile in &PROFILES {
            for name in ["girls", "boys", "surnames"].iter().flat_map(|title| section(profile.text, title)) {
                assert!(crate::mistake::plain_letters(name).is_ascii(), "{name}");
            }
        }
    }

    #[test]
    fn spellings_and_nicknames_differ_from_their_names() {
        let names = Names::new(1);
        assert!(names.spellings["Aisha"].contains(&"Ayesha"));
        for table in [&names.spellings, &names.nicknames] {
            for (name, others) in table {
                assert!(!others.is_empty() && !others.contains(name), "{name}");
            }
        }
    }

    #[test]
    fn some_polish_families_call_daughters_by_the_feminine_form() {
        let names = Names::new(1);
        let polish = names.communities.iter().position(|c| c.name == "eastern_european").expect("as written");
        let mut random = Random::new(2, "customs");
        let mut daughters = BTreeSet::new();
        for _ in 0..40 {
            let surnames = names.draw_childrens_surnames(polish, "Kowalski".to_owned(), &mut random);
            assert_eq!(surnames.sons, "Kowalski");
            daughters.insert(surnames.daughters);
        }
        assert_eq!(daughters.into_iter().collect::<Vec<_>>(), ["Kowalska", "Kowalski"]);
    }

    #[test]
    fn there_are_several_thousand_rare_surnames() {
        assert!(Names::new(1).rare.len() > 4_000);
    }
}
