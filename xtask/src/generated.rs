//! Files that the program itself makes: the reference of commands and messages, the schema of models, the data dictionary.

use std::fs;
use std::path::PathBuf;

/// A file and the arguments of `plait` that print it.
const FILES: &[(&str, &[&str])] = &[
    ("docs/reference/cli.md", &["reference", "cli"]),
    ("docs/reference/faults.md", &["reference", "faults"]),
    ("docs/plait-model.schema.json", &["model", "schema"]),
];

/// A folder of pages that only the program writes.
const DICTIONARY: &str = "docs/reference/data-dictionary";

/// Fails where a committed file is not what the program prints.
pub(crate) fn check() -> Result<(), String> {
    let mut old = Vec::new();
    for (file, path, text) in made()? {
        if fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n") != text {
            old.push(file);
        }
    }
    old.extend(left_over()?);
    if old.is_empty() {
        println!("generated files: up to date");
        Ok(())
    } else {
        Err(format!("{} out of date; run: cargo run -p xtask -- generate", old.join(", ")))
    }
}

/// Makes every file again.
pub(crate) fn generate() -> Result<(), String> {
    for file in left_over()? {
        fs::remove_file(crate::root().join(&file)).map_err(|error| format!("{file}: {error}"))?;
        println!("removed {file}");
    }
    for (file, path, text) in made()? {
        let folder = path.parent().expect("every file is in a folder");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{file}: {error}"))?;
        println!("wrote {file}");
    }
    Ok(())
}

/// Name, path and content of every file.
fn made() -> Result<Vec<(String, PathBuf, String)>, String> {
    let mut made = Vec::new();
    for (file, arguments) in FILES {
        made.push(((*file).to_owned(), crate::root().join(file), plait(arguments)?));
    }
    for (name, text) in pages()? {
        let file = format!("{DICTIONARY}/{name}");
        made.push((file.clone(), crate::root().join(file), text));
    }
    Ok(made)
}

/// Name and text of every page of the dictionary, which the program prints one after the other.
fn pages() -> Result<Vec<(String, String)>, String> {
    let all = plait(&["reference", "dictionary"])?;
    let pages = all.split('\u{c}').filter_map(|page| page.split_once('\n'));
    Ok(pages.map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
}

/// Files of the dictionary that the program no longer makes.
fn left_over() -> Result<Vec<String>, String> {
    let pages = pages()?;
    let there = fs::read_dir(crate::root().join(DICTIONARY)).into_iter().flatten().filter_map(Result::ok);
    let names = there.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut left: Vec<String> = names.filter(|name| !pages.iter().any(|(page, _)| page == name)).collect();
    left.sort_unstable();
    Ok(left.into_iter().map(|name| format!("{DICTIONARY}/{name}")).collect())
}

/// What the program prints for these arguments.
fn plait(arguments: &[&str]) -> Result<String, String> {
    let mut plait = crate::cargo();
    plait
        .args(["run", "--quiet", "--locked", "--package", "plait-cli", "--bin", "plait", "--"])
        .args(arguments);
    crate::output(&mut plait)
}
