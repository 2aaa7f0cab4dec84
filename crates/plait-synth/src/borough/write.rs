//! A borough as folders and files.

use super::life::Life;
use super::settings::Borough;
use super::sheet::write_text;
use super::social_care::case_files;
use super::truth::Truth;
use super::{
    births, child_health, cin_census, community, deaths, emergency, gp, mental_health, school_census, sen2,
    ssda903, standard_safeguarding,
};
use crate::write::{starts_with_line, would_replace};
use plait_types::{Fault, FaultCode};
use std::path::{Path, PathBuf};

const README: &str = "README.md";
/// By this first line of its README a borough is known.
const FIRST_LINE: &str = "# A borough that does not exist";

/// Steps that [`write_borough`] reports.
pub const BOROUGH_STEPS: usize = 14;

/// Makes a borough up and writes what its services hold, and the truth, into a folder, which is made if it is
/// not there; those of a borough before are replaced. `README.md` in it says what is what. Gives the paths of
/// the files.
///
/// `step` hears of every step before it begins: how many are done, of [`BOROUGH_STEPS`], and what comes.
///
/// The test range has some 909,000 NHS numbers. They are given to children, then to the old identities of
/// adopted children, then to mothers; whoever comes after the last has none. 100,000 children take a few
/// seconds and about 200 MB, a million about a minute and 2 GB.
///
/// Fails with `E052` where the folder or a file cannot be written, and with `E054` where it holds other files. What was written
/// until then is removed.
pub fn write_borough(
    settings: &Borough,
    folder: &Path,
    step: &mut dyn FnMut(usize, &'static str),
) -> Result<Vec<PathBuf>, Fault> {
    let mut folder = Folder::new(folder)?;
    folder.refuse_foreign()?;
    // first, so that the folder is known as a borough's however this ends
    let readme = write_text(folder.path(), README, include_str!("README.md"))?;
    if let Err(fault) = write_services(settings, &mut folder, step) {
        folder.remove(&readme);
        return Err(fault);
    }
    folder.wrote(readme);
    Ok(folder.files)
}

fn write_services(
    settings: &Borough,
    folder: &mut Folder,
    step: &mut dyn FnMut(usize, &'static str),
) -> Result<(), Fault> {
    let mut truth = Truth::default();
    step(0, "people");
    let life = Life::new(settings);
    step(1, "school census");
    school_census::write(&life, settings, folder, &mut truth)?;
    step(2, "case management");
    let files = case_files(&life, settings, &mut truth);
    standard_safeguarding::write(&life, settings, &files, folder)?;
    step(3, "children in need census");
    cin_census::write(&life, settings, &files, folder, &mut truth)?;
    step(4, "looked-after children");
    ssda903::write(&life, settings, &files, folder, &mut truth)?;
    drop(files);
    step(5, "SEN2");
    sen2::write(&life, settings, folder, &mut truth)?;
    step(6, "school-age immunisation");
    child_health::write(&life, settings, folder, &mut truth)?;
    step(7, "general practice");
    gp::write(&life, settings, folder, &mut truth)?;
    step(8, "community health");
    community::write(&life, settings, folder, &mut truth)?;
    step(9, "mental health");
    mental_health::write(&life, settings, folder, &mut truth)?;
    step(10, "emergency departments");
    emergency::write(&life, settings, folder, &mut truth)?;
    step(11, "births");
    births::write(&life, settings, folder, &mut truth)?;
    step(12, "deaths");
    deaths::write(&life, settings, folder, &mut truth)?;
    step(13, "truth");
    let inside = folder.inside("truth")?;
    for path in truth.write(&life, &inside)? {
        folder.wrote(path);
    }
    Ok(())
}

/// The folder that everything goes into.
pub(super) struct Folder {
    path: PathBuf,
    files: Vec<PathBuf>,
}

impl Folder {
    fn new(path: &Path) -> Result<Self, Fault> {
        make(path)?;
        Ok(Self { path: path.to_owned(), files: Vec::new() })
    }

    /// Refuses a folder that holds anything but a borough made before.
    fn refuse_foreign(&self) -> Result<(), Fault> {
        if starts_with_line(&self.path.join(README), FIRST_LINE) {
            return Ok(());
        }
        let mut names: Vec<_> =
            std::fs::read_dir(&self.path).into_iter().flatten().flatten().map(|e| e.file_name()).collect();
        names.sort_unstable();
        match names.iter().find(|name| !name.to_string_lossy().starts_with('.')) {
            Some(name) => Err(would_replace(&self.path.join(name))),
            None => Ok(()),
        }
    }

    /// Removes what was written so far; half a borough could be taken for a whole one.
    fn remove(&self, readme: &Path) {
        for file in &self.files {
            // a file that cannot be removed stays, and the README with it
            let _ = std::fs::remove_file(file);
        }
        let entries: Vec<PathBuf> =
            std::fs::read_dir(&self.path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        for folder in entries.iter().filter(|path| path.is_dir()) {
            // one that is not empty stays
            let _ = std::fs::remove_dir(folder);
        }
        let is_bare = std::fs::read_dir(&self.path).is_ok_and(|left| left.count() == 1);
        if is_bare {
            let _ = std::fs::remove_file(readme);
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder in it, made if it is not there.
    pub(super) fn inside(&self, name: &str) -> Result<PathBuf, Fault> {
        let path = self.path.join(name);
        make(&path)?;
        Ok(path)
    }

    pub(super) fn wrote(&mut self, file: PathBuf) {
        self.files.push(file);
    }
}

fn make(path: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(path).map_err(|error| {
        Fault::new(
            FaultCode::CannotWrite,
            format!("the folder for the made-up borough cannot be made: {}", error.kind()),
            "choose a folder that you may write to",
        )
        .at(path.display().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borough_that_cannot_be_written_leaves_nothing_of_itself() {
        let place = tempfile::tempdir().expect("a folder for the test");
        let settings = Borough::of(60, 1);
        // where the truth would go stands a file
        std::fs::write(place.path().join(README), format!("{FIRST_LINE}\n")).expect("written");
        std::fs::write(place.path().join("truth"), "").expect("written");
        let fault = write_borough(&settings, place.path(), &mut |_, _| {})
            .expect_err("there is no room for the truth");
        assert_eq!(fault.code, FaultCode::CannotWrite);
        let mut left: Vec<_> =
            std::fs::read_dir(place.path()).expect("there").flatten().map(|e| e.file_name()).collect();
        left.sort_unstable();
        assert_eq!(left, [README, "truth"]);
    }
}
