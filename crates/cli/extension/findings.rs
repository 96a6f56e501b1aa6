//! Prints what is wrong with an extension: place, sentence, remedy.
//!
//! It judges nothing and writes no sentence of its own.

use std::io::{self, Write};

use adieu_vsix::{Finding, Report, Severity, fold};

/// Prints the findings, sorted by file and line; of many of one kind, a few and the number of the rest.
pub(super) fn print(
    findings: &[Finding],
    bypass_validation: bool,
    notes: &mut dyn Write,
) -> io::Result<()> {
    for report in fold(findings) {
        let word = match report.severity {
            Severity::Warning => "warning",
            Severity::Error if bypass_validation => "warning",
            Severity::Error | Severity::Fatal => "error",
        };
        writeln!(notes, "{word}: {}", defused(&report.sentence))?;
        if let Some(remedy) = &report.remedy {
            writeln!(notes, "  {}.", defused(remedy))?;
        }
    }
    Ok(())
}

/// Sentence and remedy in one line.
pub(super) fn in_one_line(report: &Report) -> String {
    match &report.remedy {
        Some(remedy) => format!("{}. {remedy}.", report.sentence),
        None => report.sentence.clone(),
    }
}

/// A manifest's text must not reach the agent as a command, nor break the line that quotes it.
pub(super) fn defused(text: &str) -> String {
    adieu_agent::deactivate_commands(text).join(" ")
}
