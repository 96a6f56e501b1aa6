//! Credentials in the checkout's own files: removed for the job, and restored at its end.
//!
//! A file that changed meanwhile stays unchanged. A file's contents are in the private folder before the file is
//! changed, so that nothing is lost if the process is killed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use adieu_agent::Log;
use adieu_feeds::{Edit, StaleCredential, edited};

use super::folder::Folder;
use super::notices::warn_of_stale;

/// Removes credentials from the files of a folder, and warns of those that it cannot remove.
pub(super) fn take_out(root: &Path, stale: &[StaleCredential], folder: &Folder, log: &Log) {
    let mut number = 0;
    for (index, first) in stale.iter().enumerate() {
        let of_file = || stale.iter().filter(|one| one.place == first.place);
        // They are sorted by file.
        if index > 0 && stale[index - 1].place == first.place {
            continue;
        }
        let mut edits: Vec<&Edit> = of_file().filter_map(|one| one.edit.as_ref()).collect();
        adieu_order::sort(&mut edits);
        if !edits.is_empty() {
            match change(&root.join(&first.place), &edits, number, folder) {
                Ok(()) => {
                    number += 1;
                    log.say(&format!(
                        "{}: the credential is taken out until the job ends.",
                        first.place
                    ));
                }
                Err(error) => {
                    log.warn(&format!("{} cannot be changed: {error}.", first.place));
                    edits.clear();
                }
            }
        }
        for one in of_file().filter(|one| edits.is_empty() || one.edit.is_none()) {
            warn_of_stale(one, log);
        }
    }
}

fn change(path: &Path, edits: &[&Edit], number: u32, folder: &Folder) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    let without = edited(&text, edits).ok_or(io::ErrorKind::InvalidData)?;
    let name = path.to_str().ok_or(io::ErrorKind::InvalidData)?;
    let [original, written, place] = names(number);
    folder.write(&original, &text)?;
    folder.write(&written, &without)?;
    // This file is written last: without it, the others are ignored.
    folder.write(&place, name)?;
    replace(path, &without, folder)
}

/// Names in the folder for the original file, the changed one, and its path.
fn names(number: u32) -> [String; 3] {
    ["original", "written", "path"].map(|part| format!("{part}-{number}"))
}

/// Writes a file of the checkout, atomically, with its existing permissions.
fn replace(path: &Path, text: &str, folder: &Folder) -> io::Result<()> {
    let permissions = fs::symlink_metadata(path)?.permissions();
    let by_way_of = |folder: &Path| -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(permissions.clone())?;
        file.persist(path)?;
        Ok(())
    };
    // If the private folder is on another file system, a file cannot be moved from there.
    by_way_of(folder.path()).or_else(|_| by_way_of(path.parent().unwrap_or(path)))
}

/// Restores the files, with a line in the log for each.
pub(super) fn put_back(folder: &Folder, log: &Log) {
    for path in restore(folder) {
        log.warn(&format!(
            "{} was changed after FeedAuthenticate@1 had taken a credential out of it, so it stays as \
             it is. Version control has the earlier one.",
            path.display()
        ));
    }
}

/// Restores the files. Returns those that stay unchanged.
pub(super) fn restore(folder: &Folder) -> Vec<PathBuf> {
    let mut left = Vec::new();
    for number in 0.. {
        let [original, written, place] = names(number).map(|name| folder.file(&name));
        let Ok(path) = fs::read_to_string(&place) else {
            break;
        };
        let path = PathBuf::from(path);
        let (now, text) = (fs::read_to_string(&path), fs::read_to_string(&original));
        let (Ok(now), Ok(text)) = (now, text) else {
            left.push(path);
            continue;
        };
        // They are equal if it was already restored, or never changed.
        let is_ours = || fs::read_to_string(&written).is_ok_and(|written| written == now);
        if now != text && (!is_ours() || replace(&path, &text, folder).is_err()) {
            left.push(path);
        }
    }
    left
}
