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
/// Fails with `E052` where the folder or a file cannot be written, and with `E054` where it holds other files.
pub fn write_borough(
    settings: &Borough,
    folder: &Path,
    step: &mut dyn FnMut(usize, &'static str),
) -> Result<Vec<PathBuf>, Fault> {
    let mut folder = Folder::new(folder)?;
    folder.refuse_foreign()?;
    // first, so that the folder is known as a borough's however this ends
    let readme = write_text(folder.path(), README, include_str!("README.md"))?;
    let mut truth = Truth::default();
    step(0, "people");
    let life = Life::new(settings);
    step(1, "school census");
    school_census::write(&life, settings, &mut folder, &mut truth)?;
    step(2, "case management");
    let files = case_files(&life, settings, &mut truth);
    standard_safeguarding::write(&life, settings, &files, &mut folder)?;
    step(3, "children in need census");
    cin_census::write(&life, settings, &files, &mut folder, &mut truth)?;
    step(4, "looked-after children");
    ssda903::write(&life, settings, &files, &mut folder, &mut truth)?;
    drop(files);
    step(5, "SEN2");
    sen2::write(&life, settings, &mut folder, &mut truth)?;
    step(6, "school-age immunisation");
    child_health::write(&life, settings, &mut folder, &mut truth)?;
    step(7, "general practice");
    gp::write(&life, settings, &mut folder, &mut truth)?;
    step(8, "community health");
    community::write(&life, settings, &mut folder, &mut truth)?;
    step(9, "mental health");
    mental_health::write(&life, settings, &mut folder, &mut truth)?;
    step(10, "emergency departments");
    emergency::write(&life, settings, &mut folder, &mut truth)?;
    step(11, "births");
    births::write(&life, settings, &mut folder, &mut truth)?;
    step(12, "deaths");
    deaths::write(&life, settings, &mut folder, &mut truth)?;
    step(13, "truth");
    let inside = folder.inside("truth")?;
    for path in truth.write(&life, &inside)? {
        folder.wrote(path);
    }
    folder.wrote(readme);
    Ok(folder.files)
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
