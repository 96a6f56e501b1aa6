//! Credentials in the checkout's own files: removed for the job, and restored at its end.
//!
//! A file that changed meanwhile stays unchanged. A file's contents are in the private folder before the file is
//! changed, so that nothing is lost if the process is killed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::declaration::{Edit, StaleCredential, edited};
use crate::folder::Folder;

/// What became of a file's credentials.
#[derive(Debug)]
pub enum TakenOut<'a> {
    /// The file with this name has no credential until the job ends.
    Without(&'a str),
    /// The file with this name cannot be changed.
    Unchanged(&'a str, io::Error),
    /// This one is still there.
    Left(&'a StaleCredential),
}

/// Removes credentials from the files of a folder.
#[must_use]
pub fn take_out<'a>(
    root: &Path,
    stale: &'a [StaleCredential],
    folder: &Folder,
) -> Vec<TakenOut<'a>> {
    let mut taken = Vec::new();
    let mut number = 0;
    // They are sorted by file.
    for of_file in stale.chunk_by(|one, next| one.place == next.place) {
        let place = &of_file[0].place;
        let mut edits: Vec<&Edit> = of_file.iter().filter_map(|one| one.edit.as_ref()).collect();
        adieu_order::sort(&mut edits);
        if !edits.is_empty() {
            match change(&root.join(place), &edits, number, folder) {
                Ok(()) => {
                    number += 1;
                    taken.push(TakenOut::Without(place));
                }
                Err(error) => {
                    taken.push(TakenOut::Unchanged(place, error));
                    edits.clear();
                }
            }
        }
        let left = |one: &&StaleCredential| edits.is_empty() || one.edit.is_none();
        taken.extend(of_file.iter().filter(left).map(TakenOut::Left));
    }
    taken
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

/// Restores the files. Returns those that were changed meanwhile, and stay so.
#[must_use]
pub fn restore_project_files(folder: &Folder) -> Vec<PathBuf> {
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
