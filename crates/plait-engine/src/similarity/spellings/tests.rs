use super::*;
use crate::standardise::{Standardised, standardise};
use hashbrown::HashSet;
use plait_types::{DateOrder, Role};
use proptest::prelude::*;

use crate::similarity::slow::fixed;

fn check(left: &str, right: &str, expected: bool) {
    let keys = || format!("{left} {:?}, {right} {:?}", spelling_keys(left), spelling_keys(right));
    assert_eq!(same_spelling_family(left, right), expected, "{}", keys());
    assert_eq!(same_spelling_family(right, left), expected, "{}", keys());
}

fn check_families(families: &[&str]) {
    for family in families {
        let names: Vec<&str> = family.split(", ").collect();
        for left in &names {
            for right in &names {
                check(left, right, true);
            }
        }
    }
}

fn check_apart(pairs: &[(&str, &str)]) {
    for (left, right) in pairs {
        check(left, right, false);
    }
}

#[test]
fn spellings_of_names_in_arabic_script_are_one_family() {
    check_families(&[
        "muhammad, mohamed, mohammed, mohammad, muhammed, mahamed, maxamed, muhamed",
        "yusuf, yousuf, yousef, youssef, yusef, yuusuf",
        "aisha, ayesha, aysha, aishah, aicha, caaisha, caisha",
        "hussain, hussein, husayn, husain, hossein, huseyin, xuseen, xusseen",
        "hasan, hassan, hassaan, xasan",
        "omar, umar, cumar, omer",
        "ali, aly, cali",
        "uthman, osman, usman, othman, cusmaan",
        "abdul rahman, abdurrahman, abdelrahman, abdirahman, cabdiraxmaan, abdur rahman, abd alrahman, abderrahmane",
        "abdulaziz, abdul aziz, abdelaziz, abdiaziz, cabdicasiis",
        "abdullah, abdallah, abdulla, abdullahi, cabdullahi",
        "abdulkadir, abdelkader, abdul qadir, cabdiqaadir",
        "khadija, khadijah, khadeeja, xadiija",
        "ahmed, ahmad, ahmet, axmed",
        "zainab, zaynab, zeinab, zeynep",
        "suleiman, sulaiman, sulayman, suleyman, saleban",
        "nasiruddin, nasir uddin, naseer ud din",
        "rahmatullah, rahmat ullah, rahmatollah",
        "muhammad ali, mohamed aly",
    ]);
}

#[test]
fn spellings_of_cyrillic_names_are_one_family() {
    check_families(&[
        "oleksandr, olexandr, aleksandr, alexandr",
        "yuliya, iuliia, julia, yulia, juliia",
        "dmytro, dmitriy, dmitry, dmitrij, dmitrii",
        "kateryna, ekaterina, yekaterina",
        "yevheniia, evgenia, yevgeniya",
        "shevchenko, shevtchenko",
        "kovalskyi, kovalskiy, kovalsky, kovalski, kovalskij",
        "kovalchuk, kovaltchuk",
        "khrushchev, hruschev",
        "yaroslavskaya, iaroslavskaia, jaroslavskaja",
        "solovyov, soloviov, soloviev",
        "zhuravlev, zhuravliev",
        "bondaryuk, bondariuk, bondarjuk",
        "wiktoria, viktoriia, victoria",
        "maksym, maxim, maksim",
    ]);
}

#[test]
fn spellings_of_south_asian_and_greek_names_are_one_family() {
    check_families(&[
        "chaudhry, choudhury, chowdhury, chaudhary, choudhry",
        "deepak, dipak",
        "pooja, puja",
        "vikram, bikram",
        "siddharth, sidharth, siddhartha",
        "lakshmi, laxmi, lakshmee",
        "gurpreet, gurprit",
        "kulwinder, kulvinder",
        "georgios, giorgos, yiorgos",
        "ioannis, yiannis, giannis, yannis",
        "charalambos, haralambos, charalampos, kharalampos",
        "papadopoulos, papadopulos",
        "georgiadis, georghiadis, georgiades",
    ]);
}

#[test]
fn syllables_in_wade_giles_may_be_what_they_are_in_pinyin() {
    check_families(&["xu, hsu", "zhang, chang", "hsieh, xie", "tsai, cai", "hsiao ming, xiao ming"]);
    // both are written Chang
    check("zhang", "chiang", false);
    check("zhen", "cheng", false);
}

#[test]
fn names_of_different_people_stay_apart() {
    check_apart(&[
        ("hasan", "hussein"),
        ("hasan", "hassani"),
        ("omar", "amir"),
        ("amina", "amna"),
        ("amina", "amira"),
        ("ali", "alia"),
        ("ali", "eli"),
        ("ali", "ellie"),
        ("jan", "jean"),
        ("jan", "ian"),
        ("mary", "maria"),
        ("mary", "maryam"),
        ("eva", "ava"),
        ("lena", "lana"),
        ("alan", "ellen"),
        ("colin", "colleen"),
        ("dan", "tan"),
        ("emma", "amma"),
        ("sara", "zahra"),
        ("khalid", "walid"),
        ("mahmud", "muhammad"),
        ("mahmud", "hamid"),
        ("ahmed", "hamid"),
        ("said", "saad"),
        ("abdullah", "abdulrahman"),
        ("abdulaziz", "abdulhadi"),
        ("salim", "salma"),
        ("samir", "samira"),
        ("nadim", "nadir"),
        ("jamal", "jamil"),
        ("kamal", "jamal"),
        ("petrov", "petrova"),
        ("ivanov", "ivanenko"),
        ("oleksandr", "oleksandra"),
        ("yulia", "yuliana"),
        ("nikolai", "nikita"),
        ("georgios", "gregorios"),
        ("manpreet", "manjeet"),
        ("gurpreet", "harpreet"),
        ("riya", "ritu"),
    ]);
}

#[test]
fn other_names_have_no_family() {
    for name in ["", "smith", "olivia", "jack", "megan", "steele", "still", "moon", "munn", "bo li", "łukasz"]
    {
        assert_eq!(spelling_keys(name), Vec::<String>::new(), "{name}");
    }
    assert!(same_spelling_family("smith", "smith"));
}

/// Every spelling of every list is of one family of its script, and stands there since the rules alone do not bring it.
#[test]
fn the_list_says_everything_once() {
    let table = Table::builtin();
    let mut wrong = Vec::new();
    for script in &table.scripts {
        let mut sections = vec![script.title];
        if script.title == "arabic" {
            sections.push("abd");
        }
        for title in sections {
            let mut seen: HashMap<String, &str> = HashMap::new();
            for (name, variants) in section(title) {
                for spelling in std::iter::once(name).chain(variants) {
                    let coarse = script.coarse(spelling);
                    if let Some(other) = seen.insert(coarse, name) {
                        wrong.push(format!("[{title}] {spelling} of {name} is {other} already"));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let names: Vec<&str> =
        SCRIPTS.iter().flat_map(|(title, _)| section(title)).map(|(name, _)| name).collect();
    assert!(names.len() >= 400, "{}", names.len());
}

/// Families of the names of the generator's communities that have several spellings there: what is together here is
/// together for everybody, so read it when it changes.
#[test]
fn families_of_the_made_up_names_are_these() {
    let pools = [
        include_str!("../../../../plait-synth/src/names/white_british.txt"),
        include_str!("../../../../plait-synth/src/names/irish.txt"),
        include_str!("../../../../plait-synth/src/names/pakistani_bangladeshi.txt"),
        include_str!("../../../../plait-synth/src/names/indian.txt"),
        include_str!("../../../../plait-synth/src/names/sikh.txt"),
        include_str!("../../../../plait-synth/src/names/turkish_kurdish.txt"),
        include_str!("../../../../plait-synth/src/names/somali.txt"),
        include_str!("../../../../plait-synth/src/names/west_african.txt"),
        include_str!("../../../../plait-synth/src/names/eastern_european.txt"),
        include_str!("../../../../plait-synth/src/names/chinese.txt"),
    ];
    let lines = pools.iter().flat_map(|pool| pool.lines()).filter(|line| !line.starts_with(['#', '[']));
    let standard = |name: &str| {
        let mut buffer = String::new();
        match standardise(Role::Forename, name, DateOrder::YearMonthDay, &mut buffer) {
            Standardised::Text(name) => name.to_owned(),
            _ => panic!("{name} is no name"),
        }
    };
    let mut names: Vec<String> = lines.flat_map(|line| line.split(',')).map(standard).collect();
    names.sort_unstable();
    names.dedup();
    let mut families: std::collections::BTreeMap<String, Vec<&str>> = std::collections::BTreeMap::new();
    for name in &names {
        for key in spelling_keys(name) {
            families.entry(key).or_default().push(name);
        }
    }
    families.retain(|_, names| names.len() > 1);
    let mut together: Vec<String> = families.values().map(|names| names.join(" ")).collect();
    together.sort_unstable();
    together.dedup();
    let n_together: HashSet<&str> = families.values().flatten().copied().collect();
    insta::assert_snapshot!(
        format!(
            "{} of {} names share a family with another\n{}",
            n_together.len(),
            names.len(),
            together.join("\n")
        ),
        @r"
        126 of 2297 names share a family with another
        abdullah abdullahi abdulle
        agarwal aggarwal
        ahmad ahmed ahmet
        aisha ayesha ayse
        aleksandra alexandra
        amina emine
        anas enes
        asma esme
        bikram vikram
        bushra busra
        chaudhry choudhury chowdhury
        cheng zheng
        chu zhu
        eesa isa issa isse
        faisal faysal
        fatima fatma
        haider haydar
        haleema halima
        hasan hassan
        hatice khadija
        he ho
        huseyin hussain hussein
        ishaan ishan
        kalid khalid
        layla leyla
        lo luo
        lucas lukas
        mahamed mohamed mohammed muhammad
        mahamud mohammud mohamud
        mahmood mehmood
        mariam maryam maryan meryem
        mia miah
        musa muse
        noor nur
        omar omer umar
        osman ousman usman
        raheem rahim
        rahman rehman
        rayan rayyan
        sakariya zakaria zakariya
        saleem selim
        shaikh sheikh
        sulaiman suleiman suleyman
        tanveer tanvir
        tarik tariq
        varma verma
        veronika weronika
        victoria viktoria wiktoria
        yasin yassin
        yousaf yusuf
        zahra zehra
        zain zayn
        zainab zaynab zeynep
        zubair zubeyr
        "
    );
}

/// A slow twin of the rules: at each place, the first one in the order of the list.
fn coarse_by_the_list(rules: Rules, name: &str) -> String {
    let mut letters: Vec<char> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let fits = |from: &str| {
            let plain = from.trim_matches(['^', '$']);
            rest.starts_with(plain)
                && (!from.starts_with('^') || rest == name)
                && (!from.ends_with('$') || rest == plain)
        };
        let found = rules.iter().find(|(from, _)| fits(from));
        let (from, to) = found.copied().unwrap_or((&rest[..1], &rest[..1]));
        letters.extend(to.chars());
        rest = &rest[from.trim_matches(['^', '$']).len()..];
    }
    letters.dedup();
    letters.into_iter().collect()
}

proptest! {
    #![proptest_config(fixed(1_000))]

    #[test]
    fn a_coarse_spelling_is_what_the_first_rules_make(name in "[a-z]{0,12}") {
        for script in &Table::builtin().scripts {
            prop_assert_eq!(script.coarse(&name), coarse_by_the_list(script.rules, &name));
        }
    }

    #[test]
    fn no_text_is_refused_and_equal_ones_are_one_family(left in ".{0,12}", right in "[a-z ]{0,12}") {
        prop_assert!(same_spelling_family(&left, &left));
        prop_assert_eq!(same_spelling_family(&left, &right), same_spelling_family(&right, &left));
    }
}
