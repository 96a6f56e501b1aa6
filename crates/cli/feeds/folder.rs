//! The private folder of a job's feeds, which only this user can enter: the clients' files, and the helpers by their
//! names.
//!
//! It never uses an existing folder or file.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::platform;

/// Prefix of the folders' names.
const PREFIX: &str = "adieu-feeds-";

/// The subfolder of the helpers, which is on the PATH of later steps.
const PROGRAMS: &str = "bin";

/// The private folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Creates one in a temporary folder of the agent or of the user.
    pub(crate) fn create(place: &Path) -> io::Result<Self> {
        let mut folder = tempfile::Builder::new();
        platform::only_for_this_user(folder.prefix(PREFIX));
        Ok(Self(folder.tempdir_in(place)?.keep()))
    }

    /// A folder that another of our processes created; `None` if the path is not such a folder.
    pub(crate) fn existing(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let is_ours = name.starts_with(PREFIX) && path.is_absolute();
        is_ours.then(|| Self(path.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The folder of its programs.
    pub(crate) fn programs(&self) -> PathBuf {
        self.0.join(PROGRAMS)
    }

    /// Adds this program under the names of helpers: as links to one file, or as copies if the file system has no
    /// links or the program is on another one.
    pub(crate) fn add_programs(&self, helpers: &[String]) -> io::Result<()> {
        if helpers.is_empty() {
            return Ok(());
        }
        let program = std::env::current_exe()?;
        let folder = self.programs();
        fs::create_dir(&folder)?;
        let mut first: Option<PathBuf> = None;
        for helper in helpers {
            let path = folder.join(helper);
            let from = first.as_ref().unwrap_or(&program);
            if fs::hard_link(from, &path).is_err() {
                fs::copy(&program, &path)?;
            }
            first.get_or_insert(path);
        }
        Ok(())
    }

    /// Whether the system can run its programs, if it has any.
    pub(crate) fn runs_programs(&self, helpers: &[String]) -> bool {
        let first = helpers.first();
        first.is_none_or(|one| platform::can_run(&self.programs().join(one)))
    }

    /// Writes a file, atomically, that only this user can read.
    pub(crate) fn write(&self, name: &str, content: &str) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(content.as_bytes())?;
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.0))?;
        file.persist(path)?;
        Ok(())
    }

    /// Removes it with everything in it.
    pub(crate) fn remove(&self) {
        // Windows does not remove a running program; the agent empties its temporary folder when the job ends.
        let _ = fs::remove_dir_all(&self.0);
    }
}
