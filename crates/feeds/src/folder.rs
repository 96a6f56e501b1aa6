//! The private folder of a job's feeds, which only this user can enter: the clients' files, and the helpers by their
//! names.
//!
//! It never uses an existing folder or file.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Prefix of the folders' names.
pub const FOLDER_PREFIX: &str = "adieu-feeds-";

/// npm's file.
pub(crate) const NPM: &str = "npmrc";
/// The file for clients of netrc.
pub(crate) const NETRC: &str = "netrc";
/// yarn's file, to which a link above the checkout points.
pub(crate) const YARN: &str = "yarnrc.yml";
/// Maven's file.
pub(crate) const MAVEN: &str = "settings.xml";
/// twine's file.
pub(crate) const PYPIRC: &str = "pypirc";
/// The folder for `PYTHONPATH`.
pub(crate) const PYTHON: &str = "python";

/// The subfolder of the helpers, which is on the PATH of later steps.
const PROGRAMS: &str = "bin";

/// The private folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// One that was created empty, with [`FOLDER_PREFIX`], and that only this user can enter.
    pub(crate) fn of(folder: TempDir) -> Self {
        Self(folder.keep())
    }

    /// A folder that another of our processes created; `None` if the path is not such a folder.
    #[must_use]
    pub fn existing(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let is_ours = name.starts_with(FOLDER_PREFIX) && path.is_absolute();
        is_ours.then(|| Self(path.to_owned()))
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The folder of its programs.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
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

    /// Writes a file, atomically, that only this user can read.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, name: &str, content: &str) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(content.as_bytes())?;
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.0))?;
        file.persist(path)?;
        Ok(())
    }

    /// Removes it with everything in it.
    pub fn remove(&self) {
        // Windows does not remove a running program; the agent empties its temporary folder when the job ends.
        let _ = fs::remove_dir_all(&self.0);
    }
}
