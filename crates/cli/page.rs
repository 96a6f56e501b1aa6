//! Builds the tasks' summary pages: Markdown in which every value is plain text.
//!
//! It never uses an existing file, and never follows a link.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use adieu_agent::deactivate_commands;

/// Writes a page to a new file that only this user can read, under the first of these names that is not taken. The
/// portal shows the name as the page's heading.
///
/// # Errors
/// The file cannot be written, or all names are taken.
pub(crate) fn write_new(
    folder: &Path,
    names: impl Iterator<Item = String>,
    page: &str,
) -> io::Result<PathBuf> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for name in names {
        let path = folder.join(name);
        match options.open(&path) {
            Ok(mut file) => {
                file.write_all(page.as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Facts as a table: a name and a Markdown cell, such as the result of [`code`]. The first fact is the table's head,
/// which Markdown requires.
pub(crate) fn table(facts: &[(&str, String)]) -> String {
    let mut rows = facts
        .iter()
        .map(|(name, cell)| format!("| {name} | {cell} |\n"));
    let head = rows.next().unwrap_or_default();
    format!("{head}|---|---|\n{}", rows.collect::<String>())
}

/// A link to an address that contains a user's value. A parenthesis, which an address may contain, would end it.
pub(crate) fn link(text: &str, address: &str) -> String {
    let address = address.replace('(', "%28").replace(')', "%29");
    format!("[{text}]({address})")
}

/// A value as a code span: Markdown and HTML have no effect in it, and characters that would end the span or a
/// table's cell are removed.
pub(crate) fn code(value: &str) -> String {
    let text = deactivate_commands(value)
        .join(" ")
        .replace(['`', '|'], "'");
    match text.trim() {
        "" => "unknown".to_owned(),
        text => format!("`{text}`"),
    }
}

#[test]
fn a_value_stays_a_value() {
    for (value, shown) in [
        ("pub.hello", "`pub.hello`"),
        ("", "unknown"),
        (" \n", "unknown"),
        ("a`<b>|c", "`a'<b>'c`"),
        ("a\n\n# b\u{202e}", "`a # b`"),
        ("``x\\", "`''x\\`"),
    ] {
        assert_eq!(code(value), shown);
    }
}
