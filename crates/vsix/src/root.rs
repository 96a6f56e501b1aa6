//! The extension's folder: the only place from which files are read.
//!
//! No `..`, absolute path or link leads outside it, even if files change meanwhile: `cap-std` lets the system resolve
//! each path below the folder's descriptor. An opened file is checked through its own descriptor, and is read once.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};

use crate::paths::absolute;

/// A folder below which files are read.
pub(crate) struct Root {
    dir: Dir,
    /// Its absolute path, as it was given.
    path: PathBuf,
    /// The same path with links resolved.
    real: PathBuf,
}

impl fmt::Debug for Root {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Root").field(&self.path).finish()
    }
}

/// What is at a path.
#[derive(Debug)]
pub(crate) enum FoundPath {
    /// A regular file.
    File(RootFile),
    /// A folder.
    Folder,
    /// A link to a folder.
    FolderLink,
}

/// Why a path is not read.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It leads outside the folder.
    Outside,
    /// The system's error.
    Io(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Root {
    /// Opens a folder.
    pub(crate) fn open(path: &Path) -> io::Result<Arc<Self>> {
        let path = absolute(path);
        Ok(Arc::new(Self {
            dir: Dir::open_ambient_dir(&path, ambient_authority())?,
            real: fs::canonicalize(&path)?,
            path,
        }))
    }

    /// The absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a path is below the folder, without resolving links.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.path)
    }

    /// Finds what is at an absolute path without `..`.
    pub(crate) fn find(self: &Arc<Self>, path: &Path) -> Result<FoundPath, Refusal> {
        let (inside, metadata) = self.resolve(path)?;
        if metadata.is_file() {
            return Ok(FoundPath::File(RootFile {
                root: Arc::clone(self),
                inside,
                path: path.to_path_buf(),
                size: metadata.len(),
            }));
        }
        if !metadata.is_dir() {
            return Err(Refusal::Io(not_regular()));
        }
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        Ok(if is_link {
            FoundPath::FolderLink
        } else {
            FoundPath::Folder
        })
    }

    /// The names in a folder, sorted, and whether each is a folder.
    pub(crate) fn list(&self, folder: &Path) -> Result<Vec<(OsString, bool)>, Refusal> {
        let (inside, _) = self.resolve(folder)?;
        let mut children = Vec::new();
        for entry in self.dir.read_dir(inside)? {
            let entry = entry?;
            children.push((entry.file_name(), entry.file_type()?.is_dir()));
        }
        adieu_order::sort(&mut children);
        Ok(children)
    }

    /// The path below the folder, as the system resolves it.
    fn resolve(&self, path: &Path) -> Result<(PathBuf, Metadata), Refusal> {
        let inside = path
            .strip_prefix(&self.path)
            .map_err(|_| Refusal::Outside)?;
        let inside = if inside.as_os_str().is_empty() {
            Path::new(".")
        } else {
            inside
        };
        match self.dir.metadata(inside) {
            Ok(metadata) => Ok((inside.to_path_buf(), metadata)),
            // `cap-std` refuses every link with an absolute path this way, but this one may lead back into the
            // folder.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let real = fs::canonicalize(path)?;
                let inside = below(&real, &self.real)?;
                Ok((inside.to_path_buf(), self.dir.metadata(inside)?))
            }
            Err(error) => Err(Refusal::Io(error)),
        }
    }
}

/// The path relative to a folder; `.` for the folder itself.
fn below<'a>(path: &'a Path, folder: &Path) -> Result<&'a Path, Refusal> {
    match path.strip_prefix(folder) {
        Ok(inside) if inside.as_os_str().is_empty() => Ok(Path::new(".")),
        Ok(inside) => Ok(inside),
        Err(_) => Err(Refusal::Outside),
    }
}

/// A regular file below the folder, which is opened when it is read.
#[derive(Debug, Clone)]
pub struct RootFile {
    root: Arc<Root>,
    inside: PathBuf,
    path: PathBuf,
    size: u64,
}

impl RootFile {
    /// Its absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size when it was found.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Opens the file. It does not wait if a pipe or device has replaced the file meanwhile.
    ///
    /// # Errors
    /// The file cannot be opened, is no longer a regular file, or has a different size.
    pub fn open(&self) -> io::Result<fs::File> {
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt;
            let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
            options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
        }
        let file = self.root.dir.open_with(&self.inside, &options)?.into_std();
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(not_regular());
        }
        if metadata.len() != self.size {
            return Err(changed());
        }
        Ok(file)
    }

    /// All its bytes, but never more than its size when it was found; files in `/proc` can be longer.
    ///
    /// # Errors
    /// The file cannot be opened or read, or its size has changed.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let file = self.open()?;
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        file.take(self.size + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == self.size {
            Ok(bytes)
        } else {
            Err(changed())
        }
    }
}

fn not_regular() -> io::Error {
    io::Error::other("it is not a regular file")
}

/// The file has changed since its size was read.
pub(crate) fn changed() -> io::Error {
    io::Error::other("its content does not have the size that the system states")
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with the file `in/file`, a file of the same size outside it, and the found file.
    fn found() -> (tempfile::TempDir, PathBuf, RootFile) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = fs::canonicalize(folder.path()).expect("a path");
        fs::create_dir_all(path.join("root/in")).expect("a folder");
        fs::create_dir(path.join("outside")).expect("a folder");
        fs::write(path.join("root/in/file"), "ours").expect("a file");
        fs::write(path.join("outside/file"), "them").expect("a file");
        let root = Root::open(&path.join("root")).expect("the root");
        let file = match root.find(&path.join("root/in/file")) {
            Ok(FoundPath::File(file)) => file,
            other => panic!("{other:?}"),
        };
        (folder, path, file)
    }

    /// Replaces the file after it was checked and before it is read.
    #[test]
    fn refuses_a_file_that_is_replaced_between_check_and_read() {
        type Swap = fn(&Path);
        let cases: [(&str, Swap); 6] = [
            ("a link to a file outside", |path| {
                fs::remove_file(path.join("root/in/file")).expect("a file");
                symlink("../../outside/file", path.join("root/in/file")).expect("a link");
            }),
            ("an absolute link to a file outside", |path| {
                fs::remove_file(path.join("root/in/file")).expect("a file");
                symlink(path.join("outside/file"), path.join("root/in/file")).expect("a link");
            }),
            ("its folder, by a link to one outside", |path| {
                fs::rename(path.join("root/in"), path.join("root/was")).expect("a folder");
                symlink("../outside", path.join("root/in")).expect("a link");
            }),
            ("a pipe without a writer", |path| {
                fs::remove_file(path.join("root/in/file")).expect("a file");
                let made = std::process::Command::new("mkfifo")
                    .arg(path.join("root/in/file"))
                    .status();
                assert!(made.expect("mkfifo").success());
            }),
            ("a longer file", |path| {
                fs::write(path.join("root/in/file"), "ours, and more").expect("a file");
            }),
            ("nothing", |path| {
                fs::remove_file(path.join("root/in/file")).expect("a file");
            }),
        ];
        for (what, swap) in cases {
            let (_folder, path, file) = found();
            swap(&path);
            assert!(file.open().is_err(), "{what} was opened");
            assert!(file.read().is_err(), "{what} was read");
        }
    }

    #[test]
    fn reads_the_file_that_was_opened() {
        let (_folder, path, file) = found();
        let mut opened = file.open().expect("a file");
        fs::remove_file(path.join("root/in/file")).expect("a file");
        symlink("../../outside/file", path.join("root/in/file")).expect("a link");
        let mut text = String::new();
        opened.read_to_string(&mut text).expect("its text");
        assert_eq!(text, "ours");
    }
}
