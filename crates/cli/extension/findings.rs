//! Prints what is wrong with an extension: place, sentence, remedy.
//!
//! It judges nothing and writes no sentence of its own.

use std::io::{self, Write};

use adieu_vsix::{Finding, Severity};

/// Prints all findings, sorted by file and line; the first in a file stands first.
pub(super) fn print(
    findings: &[Finding],
    bypass_validation: bool,
    notes: &mut dyn Write,
) -> io::Result<()> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by(|one, other| one.place.cmp(&other.place));
    for finding in sorted {
        let word = match finding.problem.severity() {
            Severity::Warning => "warning",
            Severity::Error if bypass_validation => "warning",
            Severity::Error | Severity::Fatal => "error",
        };
        writeln!(
            notes,
            "{word}: {}: {}",
            defused(&finding.place.to_string()),
            defused(&finding.problem.to_string())
        )?;
        if let Some(remedy) = finding.problem.remedy() {
            writeln!(notes, "  {remedy}.")?;
        }
    }
    Ok(())
}

/// A manifest's text must not reach the agent as a command, nor break the line that quotes it.
pub(super) fn defused(text: &str) -> String {
    adieu_agent::deactivate_commands(text).join(" ")
}
