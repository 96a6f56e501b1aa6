//! Reads and writes files and folders, with errors that name them.

use std::fs;
use std::path::{Path, PathBuf};

use glob::Pattern;
use serde::Serialize;

use crate::command::Context as _;

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).context(format_args!("{} cannot be read", path.display()))
}

pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).context(format_args!("{} cannot be read", path.display()))
}

/// The files below a folder whose paths match a pattern (of the crate `glob`), sorted.
pub(crate) fn find(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let pattern = format!("{}/{pattern}", Pattern::escape(&folder.to_string_lossy()));
    let paths = glob::glob(&pattern).context(&pattern)?;
    Ok(paths.flatten().filter(|path| path.is_file()).collect())
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

/// The engine of templates. A line that has only a block of a template is not in the text.
pub(crate) fn jinja() -> minijinja::Environment<'static> {
    let mut jinja = minijinja::Environment::new();
    jinja.set_trim_blocks(true);
    jinja.set_lstrip_blocks(true);
    jinja.set_keep_trailing_newline(true);
    jinja
}

/// Fills a template.
pub(crate) fn filled(template: &str, values: impl Serialize) -> Result<String, String> {
    let text = jinja().render_str(template, values);
    text.context("A template cannot be filled")
}
