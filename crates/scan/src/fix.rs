//! Writes replacements to files.
//!
//! It only writes if a file still contains the lines to replace, and never through a link.

use std::path::Path;
use std::{fs, io};

use adieu_order::Map;

use crate::finding::{Finding, Fix, Report, Safety};

/// Writes the safe replacements, unless they overlap. Returns the findings that were fixed.
///
/// # Errors
/// A file cannot be read or written; its path, and the system's error.
pub fn apply(report: &Report) -> Result<Vec<&Finding>, (String, io::Error)> {
    let mut by_file: Map<&str, Vec<(&Finding, &Fix)>> = Map::new();
    for finding in report.findings.iter().filter(|it| it.suppression.is_none()) {
        if let Some(fix) = finding
            .fix
            .as_ref()
            .filter(|fix| fix.safety == Safety::Safe)
        {
            let fixes: &mut Vec<_> = by_file.get_or_insert_with(&finding.path, Vec::new);
            fixes.push((finding, fix));
        }
    }
    let mut fixed = Vec::new();
    for (path, mut fixes) in by_file {
        adieu_order::sort_by(&mut fixes, |(_, one), (_, other)| other.line.cmp(&one.line));
        let in_file = apply_to(Path::new(path), &fixes);
        fixed.extend(in_file.map_err(|error| (path.to_owned(), error))?);
    }
    Ok(fixed)
}

/// From the last line to the first, so that line numbers stay valid.
fn apply_to<'a>(path: &Path, fixes: &[(&'a Finding, &Fix)]) -> io::Result<Vec<&'a Finding>> {
    // The shown path of a name that is not UTF-8 differs from the file's own.
    if !path.symlink_metadata().is_ok_and(|file| file.is_file()) {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(path)?;
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut fixed = Vec::new();
    let mut free_until = usize::MAX;
    for (finding, fix) in fixes {
        let first = usize::try_from(fix.line).unwrap_or(usize::MAX) - 1;
        let end = first + fix.old.len();
        let is_there = lines.get(first..end).is_some_and(|there| {
            let same = |(line, old): (&String, &String)| line.trim_end_matches(['\r', '\n']) == old;
            there.iter().zip(&fix.old).all(same)
        });
        if !is_there || end.max(first + 1) > free_until {
            continue;
        }
        let new = fix.new.iter().map(|line| format!("{line}{line_break}"));
        lines.splice(first..end, new);
        free_until = first;
        fixed.push(*finding);
    }
    if !fixed.is_empty() {
        fs::write(path, lines.concat())?;
    }
    Ok(fixed)
}
