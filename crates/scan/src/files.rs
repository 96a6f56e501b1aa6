//! Lists the files of a tree, and opens one without blocking or following a link.
//!
//! It never runs a program of the repository, and reads only what it lists.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::finding::{NotRead, NotReadReason};
use crate::git;

/// The files of a tree.
#[derive(Debug, Default)]
pub(crate) struct FileList {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) not_read: Vec<NotRead>,
}

/// The files in a folder: for a repository those that git tracks or does not ignore, and its configuration; for
/// another folder all of them.
pub(crate) fn list(folder: &Path, git: Option<&Path>) -> FileList {
    let mut listed = FileList::default();
    let is_repository = folder
        .canonicalize()
        .is_ok_and(|folder| folder.ancestors().any(|above| above.join(".git").exists()));
    if !(is_repository && of_repository(folder, git, &mut listed)) {
        walk(folder, git, &mut listed);
    }
    adieu_order::sort(&mut listed.files);
    // A tracked file may have become a folder, whose files are listed, too.
    listed.files.dedup_by(|next, first| {
        let is_within = next.starts_with(&*first);
        if is_within {
            std::mem::swap(next, first);
        }
        is_within
    });
    listed
}

/// Lists the files with git. Returns whether that worked.
fn of_repository(folder: &Path, git: Option<&Path>, listed: &mut FileList) -> bool {
    let Some(git) = git else {
        return false;
    };
    let output = git::command(git, folder)
        .args(["ls-files", "-z", "--cached", "--others"])
        .arg("--exclude-standard")
        .stderr(Stdio::null())
        .output();
    let Ok(output) = output else {
        return false;
    };
    if !output.status.success() {
        return false;
    }
    if output.stdout.is_empty() && is_ignored(folder, git) {
        return false;
    }
    let names = output.stdout.split(|byte| *byte == 0);
    let files = names
        .filter(|name| !name.is_empty())
        .map(|name| folder.join(git::path(name)));
    listed.files.extend(files);
    of_git_itself(&folder.join(".git"), listed);
    true
}

/// Whether git ignores a whole folder. One that the user names is read anyway.
fn is_ignored(folder: &Path, git: &Path) -> bool {
    let status = git::command(git, folder)
        .args(["check-ignore", "--quiet", "."])
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Files of git itself that can contain an address with a password, or a header: those of the repository and its
/// submodules.
fn of_git_itself(folder: &Path, listed: &mut FileList) {
    const OF_NO_USE: [&[u8]; 4] = [b"objects", b"refs", b"logs", b"hooks"];
    let names = ["config", "config.worktree", "FETCH_HEAD"];
    let files = names.map(|name| folder.join(name));
    listed
        .files
        .extend(files.into_iter().filter(|path| is_file(path)));
    let mut folders = vec![folder.join("modules")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let kind = entry.file_type();
            let is_folder = kind.as_ref().is_ok_and(fs::FileType::is_dir);
            if entry.file_name() == "config" && !is_folder {
                listed.files.push(entry.path());
            } else if is_folder && !OF_NO_USE.contains(&entry.file_name().as_encoded_bytes()) {
                folders.push(entry.path());
            }
        }
    }
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|file| file.is_file())
}

fn walk(folder: &Path, git: Option<&Path>, listed: &mut FileList) {
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = match fs::read_dir(&next) {
            Ok(entries) => entries,
            Err(error) => {
                listed.not_read.push(refused(&next, &error));
                continue;
            }
        };
        let mut inner = Vec::new();
        let mut files = Vec::new();
        let mut is_repository = false;
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if entry.file_name() == ".git" {
                is_repository = true;
            } else if kind.is_dir() {
                inner.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
        if is_repository && next != folder && of_repository(&next, git, listed) {
            continue;
        }
        if is_repository {
            of_git_itself(&next.join(".git"), listed);
        }
        listed.files.append(&mut files);
        folders.append(&mut inner);
    }
}

/// The result of opening a file.
pub(crate) enum OpenedFile {
    /// A regular file, and its size in bytes.
    File(File, u64),
    /// A folder: a submodule, or another repository.
    Folder,
    /// A link, a device, a pipe, or a file that no longer exists.
    Nothing,
}

/// Opens a listed file. It does not block on a pipe, and does not follow a link.
pub(crate) fn open(path: &Path) -> io::Result<OpenedFile> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    #[cfg(not(unix))]
    if path.symlink_metadata()?.is_symlink() {
        return Ok(OpenedFile::Nothing);
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(OpenedFile::Nothing),
        Err(error) => {
            return match path.symlink_metadata() {
                Ok(file) if file.is_dir() => Ok(OpenedFile::Folder),
                Ok(file) if file.is_file() => Err(error),
                _ => Ok(OpenedFile::Nothing),
            };
        }
    };
    let facts = file.metadata()?;
    Ok(if facts.is_file() {
        OpenedFile::File(file, facts.len())
    } else if facts.is_dir() {
        OpenedFile::Folder
    } else {
        OpenedFile::Nothing
    })
}

/// An error of the system.
pub(crate) fn refused(path: &Path, error: &io::Error) -> NotRead {
    NotRead {
        path: shown(path),
        reason: NotReadReason::Refused(error.to_string()),
    }
}

/// A path with slashes, without a leading `./`, and with `\xNN` for bytes that are not UTF-8.
pub(crate) fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    if cfg!(windows) {
        text = text.replace('\\', "/");
    }
    match text.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => text,
    }
}
