//! What a newcomer runs into: messages say where, why it matters and what to do.

use crate::{CLINIC, PUPILS, Place};

/// Words of what was said, between single spaces, whatever the lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Sixteen people with births that only one order can read each: day first, then month first.
fn two_orders() -> String {
    let mut text = "surname,born\n".to_owned();
    for day in 13..29 {
        text += &format!("Hill,{day}/02/2014\nVale,03/{day}/2013\n");
    }
    text
}

#[test]
fn a_file_that_cannot_be_linked_can_be_looked_at() {
    let place =
        Place::with(&[("two.csv", two_orders().as_bytes()), ("codes.csv", b"code,amount\nA,1\nB,2\n")]);
    let looked = place.plait("look two.csv").succeeded();
    assert!(looked.stdout.contains("born") && looked.stdout.contains("surname"), "{}", looked.stdout);
    assert!(looked.stderr.starts_with("warning[W046] two.csv: column \"born\" holds dates in two orders"));
    assert!(looked.stderr.contains("--role \"born=other\""), "{}", looked.stderr);
    let looked = place.plait("look codes.csv").succeeded();
    assert!(looked.stderr.starts_with("warning[W047] codes.csv: no column of codes"), "{}", looked.stderr);
    let said = place.plait("link two.csv --out x").failed();
    assert!(said.contains("such as those on lines 3, 5 and 7 (two.csv)"), "{said}");
    let said = place.plait("look codes.csv --sheet Foo").failed();
    assert!(said.starts_with("exit 2\nerror[E016] codes.csv has no sheets: it is CSV"), "{said}");
}

#[test]
fn dates_in_another_order_are_on_the_lines_that_are_named_whatever_was_set_aside_above_them() {
    let (header, rows) = two_orders().split_once('\n').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    // a title, a row with too many fields, an empty line and a name over two lines stand above
    let text = format!("People of today\n{header}\nHill,1,2\n\n\"Hill\nVale\",14/02/2014\n{rows}");
    let line = 1 + text.lines().position(|line| line.starts_with("Vale,03/13")).unwrap();
    assert_eq!(line, 8);
    let place = Place::with(&[("two.csv", text.as_bytes()), ("b.csv", PUPILS.as_bytes())]);
    let said = place.plait("link two.csv b.csv --out x").failed();
    assert!(said.contains("such as those on lines 8, 10 and 12 (two.csv)"), "{said}");
    let looked = place.plait("look two.csv").succeeded();
    let warned = looked.stderr.lines().find(|line| line.contains("W046")).unwrap_or_default();
    assert!(warned.contains("such as those on lines 8, 10 and 12;"), "{}", looked.stderr);
}

#[test]
fn an_order_that_is_a_guess_and_two_layouts_are_said_with_their_column() {
    let guess = PUPILS.lines().enumerate().map(|(at, line)| {
        let (name, _) = line.split_once(",20").unwrap_or((line, ""));
        if at == 0 {
            format!("{line}\n")
        } else {
            format!("{name},0{}/0{}/2014,F,ZE1 2AB\n", at % 9 + 1, at % 5 + 3)
        }
    });
    let guess: String = guess.collect();
    let iso = CLINIC.replace("21/03/2014", "2014-03-21");
    let place = Place::with(&[("g.csv", guess.as_bytes()), ("clinic.csv", iso.as_bytes())]);
    let looked = place.plait("look g.csv").succeeded();
    assert!(
        looked.stderr.starts_with("warning[W045] g.csv: column \"dob\": every date can"),
        "{}",
        looked.stderr
    );
    let looked = place.plait("look clinic.csv").succeeded().stdout;
    assert!(
        words(&looked).contains("born: 5 rows in the layout DD/MM/YYYY, 1 in YYYY-MM-DD: both"),
        "{looked}"
    );
}

#[test]
fn the_same_file_twice_is_refused_and_a_copy_is_said() {
    let place = Place::with_pupils_and_clinic();
    let twice = place.plait("link pupils.csv pupils.csv --out x").failed();
    assert!(twice.starts_with("exit 2\nerror[E016] pupils.csv was given twice"), "{twice}");
    let renamed = place.plait("link a=pupils.csv b=./pupils.csv --out x").failed();
    assert!(renamed.contains("pupils.csv and ./pupils.csv are the same file"), "{renamed}");
    std::fs::copy(place.path("pupils.csv"), place.path("copy.csv")).expect("copied");
    let copied = place.plait("link pupils.csv copy.csv --out x").succeeded();
    assert!(copied.stderr.contains("warning[W048] copy.csv: it has the same content as pupils.csv"));
}

#[test]
fn what_is_wrong_with_a_model_is_said_of_the_model() {
    let place = Place::with_pupils_and_clinic();
    let said = place.plait("link pupils.csv clinic.csv --out x --model pupils.csv").failed();
    assert_eq!(said.matches("error[").count(), 1, "{said}");
    assert!(said.starts_with("exit 2\nerror[E015] the file is not a model (pupils.csv)"), "{said}");
    place.plait("link pupils.csv clinic.csv --out linked --role surname=surname").succeeded();
    let model = place.text("linked/model.toml").replace("surname = \"surname\"", "sirname = \"surname\"");
    std::fs::write(place.path("m.toml"), model).expect("written");
    let said = place.plait("link pupils.csv clinic.csv --out x --model m.toml").failed();
    assert!(said.contains("\"sirname\", which [columns] of the model names (m.toml line "), "{said}");
    assert!(said.contains("or take the line out"), "{said}");
    let used = place.plait("link pupils.csv clinic.csv --out x --model linked/model.toml").succeeded().stdout;
    assert!(used.contains("Model     linked/model.toml, used as it came."), "{used}");
}

#[test]
fn a_column_that_could_be_surnames_is_pointed_out_and_unused_ones_are_named() {
    let mut clinic = CLINIC.replace("last name", "family");
    // names that are in no list of the commonest
    for (common, rare) in [
        ("Okafor", "Brumpik"),
        ("Bennett", "Quorlim"),
        ("Khan", "Zethrap"),
        ("Kowalski", "Drenfol"),
        ("Adeyemi", "Vurlox"),
        ("Lund", "Wexhal"),
    ] {
        clinic = clinic.replace(common, rare);
    }
    let place = Place::with(&[("pupils.csv", PUPILS.as_bytes()), ("clinic.csv", clinic.as_bytes())]);
    let ran = place.plait("link pupils.csv clinic.csv --out x").succeeded();
    assert!(words(&ran.stdout).contains("not used: family."), "{}", ran.stdout);
    assert!(ran.stderr.contains("--role \"family=surname\""), "{}", ran.stderr);
}

#[test]
fn a_low_threshold_says_that_the_limit_of_review_was_lowered() {
    let place = Place::with_borough(60);
    let ran =
        place.plait("link b/school_census.csv b/social_care.parquet --out x --threshold 0.05").succeeded();
    assert!(
        ran.stderr.contains("--threshold is below 10.0%, from where pairs went to review"),
        "{}",
        ran.stderr
    );
    assert!(!words(&ran.stdout).contains("5.0% to 5.0%"), "{}", ran.stdout);
}

#[test]
fn an_option_that_cannot_be_read_says_how_to_write_it() {
    let place = Place::with_pupils_and_clinic();
    let link = "link pupils.csv clinic.csv --out x";
    for (option, said) in [
        ("--threshold 90%", "did you mean 0.9?"),
        ("--seed abc", "write it as a whole number"),
        ("--workbook --no-workbook", "cannot be used with"),
    ] {
        let failed = place.plait(&format!("{link} {option}")).failed();
        assert!(failed.starts_with("exit 2\n") && failed.contains(said), "{failed}");
    }
}

#[test]
fn what_a_dry_run_does_not_know_is_null() {
    let place = Place::with_pupils_and_clinic();
    let said = place.plait("link pupils.csv clinic.csv --out x --dry-run --json").succeeded().stdout;
    let run = &serde_json::from_str::<serde_json::Value>(&said).expect("JSON")["run"];
    assert!(run["counts"]["links"].is_null() && run["model"]["rounds"].is_null(), "{run}");
    assert_eq!(run["counts"]["records"], 16);
}

#[test]
fn a_record_that_is_not_there_is_said_to_be_the_first_or_the_second() {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    let said = place.plait("explain linked P1 K999").failed();
    assert!(said.starts_with("exit 2\nerror[E019] the second record: no source has"), "{said}");
}

#[test]
fn records_are_named_by_a_number_of_theirs() {
    let clinic = CLINIC.replace("clinic_ref", "client_no").replace("\nK", "\n50");
    let place = Place::with(&[("pupils.csv", PUPILS.as_bytes()), ("clinic.csv", clinic.as_bytes())]);
    let ran = place.plait("link pupils.csv clinic.csv --out x").succeeded().stdout;
    assert!(ran.contains("clinic: 6 records, named by client_no."), "{ran}");
}

/// A list whose first column has full names, as school systems export it.
fn students(header: &str) -> String {
    let rows = PUPILS.lines().skip(1).enumerate().map(|(at, line)| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("\"{}, {}\",{},{},{}\n", cells[1], cells[2], cells[3], cells[5], at % 3)
    });
    rows.fold(header.to_owned(), |text, row| text + &row)
}

#[test]
fn names_under_a_header_that_says_student_are_compared_and_never_printed() {
    for header in ["Student", "Pupil", "Child", "Client", "Patient", "Learner"] {
        let list = students(&format!("{header},dob,postcode,set\n"));
        let place = Place::with(&[("list.csv", list.as_bytes()), ("pupils.csv", PUPILS.as_bytes())]);
        let ran = place.plait("link list.csv pupils.csv --out x").succeeded();
        let looked = place.plait("look list.csv").succeeded();
        for said in [&ran.stdout, &ran.stderr, &looked.stdout, &looked.stderr] {
            assert!(!said.contains("Okafor") && !said.contains("Zainab"), "{header}: {said}");
        }
        assert!(looked.stdout.contains(&format!("{header} (surname)")), "{}", looked.stdout);
        let linked = words(&ran.stdout);
        assert!(linked.contains("list: 10 records, named by their row"), "{linked}");
    }
    // who says that names name the records has them in the outputs, but not on the screen
    let list = students("Student,dob,postcode,set\n");
    let place = Place::with(&[("list.csv", list.as_bytes()), ("pupils.csv", PUPILS.as_bytes())]);
    let ran = place.plait("link list.csv pupils.csv --role Student=record_id --out x").succeeded();
    assert!(!ran.stdout.contains("Okafor"), "{}", ran.stdout);
}

#[test]
fn a_list_without_headers_is_refused_and_its_first_person_not_shown() {
    let people = "Quill,Zora,25/07/2012\nKhan,Aisha,16/10/2012\nBrown,Sian,26/11/2012\n";
    let names = "Jones,Zora,Poole\nMoore,Jack,Poole\nBrown,Oliver,Poole\n";
    let full = "Amelia Smith\nZora Smith\nMohammed Khan\n";
    for text in [people, names, full] {
        let place = Place::with(&[("list.csv", text.as_bytes()), ("pupils.csv", PUPILS.as_bytes())]);
        for command in ["look list.csv", "link list.csv pupils.csv --out x"] {
            let said = place.plait(command).failed();
            assert!(said.starts_with("exit 3\nerror[E010] list.csv has no row of headers"), "{said}");
            for value in ["Quill", "Jones", "Zora", "2012", "Amelia"] {
                assert!(!said.contains(value), "{said}");
            }
        }
    }
}

#[test]
fn a_date_of_birth_that_a_spreadsheet_made_unreadable_is_said_by_look_and_link() {
    let damaged = |value: &str| {
        let rows = PUPILS.lines().enumerate().map(|(at, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if at > 0 {
                cells[3] = value;
            }
            cells.join(",") + "\n"
        });
        rows.collect::<String>()
    };
    for (value, says) in [("Mar-12", "shortened to the form Mar-12"), ("########", "10 values are ####")] {
        let text = damaged(value);
        let place = Place::with(&[("list.csv", text.as_bytes()), ("pupils.csv", PUPILS.as_bytes())]);
        for command in ["look list.csv", "link list.csv pupils.csv --out x"] {
            let ran = place.plait(command).succeeded();
            assert!(ran.stderr.contains("warning[W056] list.csv: column \"dob\":"), "{}", ran.stderr);
            assert!(ran.stderr.contains(says), "{}", ran.stderr);
        }
    }
}

#[test]
fn what_is_not_certain_of_a_return_is_said_by_link_too() {
    let upns = [
        "A950000178301",
        "P950000178302",
        "D950000178303",
        "T950000178304",
        "G950000178305",
        "W950000178306",
    ];
    let (mut header, mut list) =
        ("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n".to_owned(), "upn,surname,forename,dob\n".to_owned());
    for (at, upn) in upns.iter().enumerate() {
        header += &format!("10{at},1,{}/03/2012,WBRI,{upn},,\n", 13 + at);
        list += &format!("{upn},Quill,Zora{at},{}/03/2012\n", 13 + at);
    }
    let place = Place::with(&[("header.csv", header.as_bytes()), ("list.csv", list.as_bytes())]);
    let looked = place.plait("look header.csv").succeeded();
    assert!(looked.stdout.contains("not certain: the columns fit the years"), "{}", looked.stdout);
    let ran = place.plait("link header.csv list.csv --out x").succeeded();
    let said = words(&ran.stdout);
    assert!(said.contains("Doubt header: the columns fit the years 2018"), "{said}");
}

#[test]
fn dates_that_could_be_of_birth_are_named_where_no_column_is_known_as_that() {
    let place = Place::with(&[
        (
            "two.csv",
            b"surname,forename,d1,d2\nKhan,Ava,21/02/2012,22/02/2012\nQuill,Zora,23/03/2012,24/03/2012\n",
        ),
        (
            "known.csv",
            b"surname,forename,dob,d2\nKhan,Ava,21/02/2012,22/02/2012\nQuill,Zora,23/03/2012,24/03/2012\n",
        ),
        ("other.csv", b"surname,forename,start_date\nKhan,Ava,21/02/2012\nQuill,Zora,23/03/2012\n"),
    ]);
    let said = place.plait("look two.csv").succeeded().stderr;
    assert!(
        said.contains("note[N016] two.csv: column \"d1\": no column is known as the date of birth"),
        "{said}"
    );
    assert!(said.contains("--role \"d2=date_of_birth\""), "{said}");
    for none in ["known.csv", "other.csv"] {
        let said = place.plait(&format!("look {none}")).succeeded().stderr;
        assert!(!said.contains("N016"), "{said}");
    }
    let said = place.plait("look two.csv --role d1=date_of_birth").succeeded().stderr;
    assert!(!said.contains("N016"), "{said}");
}

#[test]
fn names_that_differ_in_figures_alone_are_said_not_to_be_compared() {
    let list = |first: u32| {
        let rows = (first..first + 20).map(|n| format!("SUR{n},FOR{n},{:02}/03/2012\n", 1 + n % 28));
        format!("surname,forename,dob\n{}", rows.collect::<String>())
    };
    let place = Place::with(&[("spring.csv", list(100).as_bytes()), ("summer.csv", list(105).as_bytes())]);
    let said = place.plait("link spring.csv summer.csv --out out --dry-run").succeeded().stderr;
    assert!(
        words(&said)
            .contains("note: not compared: surname, forename. Names are compared by their letters alone"),
        "{said}"
    );
    let place = Place::with(&[("pupils.csv", PUPILS.as_bytes()), ("clinic.csv", CLINIC.as_bytes())]);
    let said = place.plait("link pupils.csv clinic.csv --out out --dry-run").succeeded().stderr;
    assert!(!said.contains("not compared"), "{said}");
}
