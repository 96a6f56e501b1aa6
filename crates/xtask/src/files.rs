//! Reads and writes files and folders, with errors that name them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Context as _;

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).context(format_args!("{} cannot be read", path.display()))
}

pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).context(format_args!("{} cannot be read", path.display()))
}

/// The entries of a folder, sorted by name.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder);
    let entries = entries.context(format_args!("{} cannot be read", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Writes a file, and creates its folder.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), String> {
    create(path.parent().unwrap_or(path))?;
    fs::write(path, content).context(format_args!("{} cannot be written", path.display()))
}

/// Creates a folder and those above it.
pub(crate) fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).context(format_args!("{} cannot be created", folder.display()))
}

/// Copies a file, and creates the folder of the copy.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    create(to.parent().unwrap_or(to))?;
    fs::copy(from, to).context(format_args!("{} cannot be copied", from.display()))?;
    Ok(())
}

/// All files in a folder and its subfolders.
pub(crate) fn below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for path in list(folder)? {
        match path.is_dir() {
            true => found.extend(below(&path)?),
            false => found.push(path),
        }
    }
    Ok(found)
}

/// Fills templates. A line that has only a block of a template is not in the text.
pub(crate) fn jinja() -> minijinja::Environment<'static> {
    let mut jinja = minijinja::Environment::new();
    jinja.set_trim_blocks(true);
    jinja.set_lstrip_blocks(true);
    jinja.set_keep_trailing_newline(true);
    jinja
}
