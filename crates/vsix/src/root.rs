//! The extension's folder, as the only place that files are read from.
//!
//! No `..`, absolute path or link leads out of it, whatever changes meanwhile: `cap-std` has the system resolve each path
//! below the folder's descriptor. What was opened is judged by its own descriptor, and is read once.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};

use crate::manifests::normal;

/// A folder below which files are read.
pub(crate) struct Root {
    dir: Dir,
    /// Its path from the root of the file system, as it was given.
    path: PathBuf,
    /// The same without links.
    real: PathBuf,
}

impl fmt::Debug for Root {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Root").field(&self.path).finish()
    }
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A regular file.
    File(RootFile),
    /// A folder.
    Folder,
    /// A link to a folder.
    FolderLink,
}

/// Why nothing is read there.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It leads out of the folder.
    Outside,
    /// The system's reason.
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

    /// The path from the root of the file system.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a path is below the folder, as it is written.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.path)
    }

    /// Finds out what is at a path from the root of the file system, without `..` in it.
    pub(crate) fn find(self: &Arc<Self>, path: &Path) -> Result<Found, Refusal> {
        let (inside, metadata) = self.resolve(path)?;
        if metadata.is_file() {
            return Ok(Found::File(RootFile {
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
            Found::FolderLink
        } else {
            Found::Folder
        })
    }

    /// The names in a folder and whether each is a folder itself, sorted by name.
    pub(crate) fn list(&self, folder: &Path) -> Result<Vec<(OsString, bool)>, Refusal> {
        let (inside, _) = self.resolve(folder)?;
        let mut children = Vec::new();
        for entry in self.dir.read_dir(inside)? {
            let entry = entry?;
            children.push((entry.file_name(), entry.file_type()?.is_dir()));
        }
        children.sort_unstable();
        Ok(children)
    }

    /// The path below the folder by which the system finds what is there.
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
            // `cap-std` refuses each link with an absolute path so, and this one may lead back into the folder.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let real = fs::canonicalize(path)?;
                let inside = below(&real, &self.real)?;
                Ok((inside.to_path_buf(), self.dir.metadata(inside)?))
            }
            Err(error) => Err(Refusal::Io(error)),
        }
    }
}

/// The path from a folder to what is below it; `.` for the folder itself.
fn below<'a>(path: &'a Path, folder: &Path) -> Result<&'a Path, Refusal> {
    match path.strip_prefix(folder) {
        Ok(inside) if inside.as_os_str().is_empty() => Ok(Path::new(".")),
        Ok(inside) => Ok(inside),
        Err(_) => Err(Refusal::Outside),
    }
}

/// A regular file below the folder. It is opened when it is read.
#[derive(Debug, Clone)]
pub struct RootFile {
    root: Arc<Root>,
    inside: PathBuf,
    path: PathBuf,
    size: u64,
}

impl RootFile {
    /// Its path from the root of the file system.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes when it was found.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Opens the file. A pipe or device that took its place meanwhile is not waited for.
    ///
    /// # Errors
    /// The file cannot be opened, is no longer a regular file, or has another size.
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

    /// All its bytes; never more than there were when it was found, as in a file of `/proc`.
    ///
    /// # Errors
    /// The file cannot be opened or read, or its size changes.
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

/// A path from the root of the file system, without `.` and `..`.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    // Without a current folder nothing could have been read up to here.
    normal(&std::path::absolute(path).unwrap_or_default())
}

fn not_regular() -> io::Error {
    io::Error::other("it is not a regular file")
}

/// The file is not what it was when its size was looked at.
pub(crate) fn changed() -> io::Error {
    io::Error::other("its content does not have the size that the system states")
}
