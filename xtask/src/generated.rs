//! Files that the program itself makes: the reference of commands and messages, the schema of models.

use std::fs;
use std::path::PathBuf;

/// A file and the arguments of `plait` that print it.
const FILES: &[(&str, &[&str])] = &[
    ("docs/reference/cli.md", &["reference", "cli"]),
    ("docs/reference/faults.md", &["reference", "faults"]),
    ("docs/plait-model.schema.json", &["model", "schema"]),
];

/// Fails where a committed file is not what the program prints.
pub(crate) fn check() -> Result<(), String> {
    let mut old = Vec::new();
    for (file, path, text) in made()? {
        if fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n") != text {
            old.push(file);
        }
    }
    if old.is_empty() {
        println!("generated files: up to date");
        Ok(())
    } else {
        Err(format!("{} out of date; run: cargo run -p xtask -- generate", old.join(", ")))
    }
}

/// Makes every file again.
pub(crate) fn generate() -> Result<(), String> {
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
fn made() -> Result<Vec<(&'static str, PathBuf, String)>, String> {
    let made = FILES.iter().map(|(file, arguments)| {
        let mut plait = crate::cargo();
        plait
            .args(["run", "--quiet", "--locked", "--package", "plait-cli", "--bin", "plait", "--"])
            .args(*arguments);
        Ok((*file, crate::root().join(file), crate::output(&mut plait)?))
    });
    made.collect()
}
