//! Puts the specs of `specs/` into the program, so that it needs no files beside it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    // asked when it runs: a copy of the build folder would otherwise go on reading the specs of where it came from
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let specs = Path::new(&package).join("../../specs");
    println!("cargo::rerun-if-changed={}", specs.display());
    let mut text = String::new();
    table(&mut text, "SPECS", &specs, "spec.toml");
    fillings(&mut text, &specs);
    text.push_str(&codes(&specs.join("codes")));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("specs.rs"), text).expect("OUT_DIR can be written");
}

/// A list of folder name and text of the file of this name in it.
fn table(text: &mut String, name: &str, folder: &Path, file: &str) {
    writeln!(text, "pub(super) static {name}: &[(&str, &str)] = &[").expect("writing to a string");
    for path in sorted(folder).into_iter().map(|folder| folder.join(file)).filter(|path| path.is_file()) {
        let folder = path.parent().and_then(Path::file_name).expect("a folder in specs").to_string_lossy();
        let path = path.to_string_lossy();
        writeln!(text, "    ({folder:?}, include_str!({path:?})),").expect("writing to a string");
    }
    text.push_str("];\n");
}

/// A list of return that is filled, return that it is filled from, and text of `<return>/from-<return>.toml`.
fn fillings(text: &mut String, specs: &Path) {
    text.push_str("pub(super) static FILLINGS: &[(&str, &str, &str)] = &[\n");
    for path in sorted(specs).iter().flat_map(|folder| sorted(folder)) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let Some(from) = stem.strip_prefix("from-") else { continue };
        let of = path.parent().and_then(Path::file_name).expect("a folder in specs").to_string_lossy();
        let path = path.to_string_lossy();
        writeln!(text, "    ({of:?}, {from:?}, include_str!({path:?})),").expect("writing to a string");
    }
    text.push_str("];\n");
}

fn codes(folder: &Path) -> String {
    let mut text = String::from("pub(super) static CODES: &[(&str, &str)] = &[\n");
    for path in sorted(folder).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "csv")) {
        let stem = path.file_stem().expect("a file in specs/codes").to_string_lossy();
        let path = path.to_string_lossy();
        writeln!(text, "    ({stem:?}, include_str!({path:?})),").expect("writing to a string");
    }
    text.push_str("];\n");
    text
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = entries.map(Iterator::collect).unwrap_or_default();
    paths.sort_unstable();
    paths
}
