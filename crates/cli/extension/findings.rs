//! Prints the problems of an extension: position, sentence, remedy.
//!
//! It makes no decisions and writes no messages.

use adieu_vsix::{Finding, Report, Severity, fold};

use crate::reporter::{Reporter as _, Terminal};

/// Prints the findings, sorted by file and line; of many of one kind, a few and a count of the rest.
pub(super) fn print(findings: &[Finding], bypass_validation: bool) {
    for report in fold(findings) {
        match report.severity {
            Severity::Error if !bypass_validation => error(&report),
            Severity::Fatal => error(&report),
            Severity::Error | Severity::Warning => warn(&report),
        }
    }
}

/// Prints a finding that does not prevent the package.
pub(super) fn warn(report: &Report) {
    Terminal.warn(&deactivated(&report.sentence));
    print_remedy(report);
}

fn error(report: &Report) {
    Terminal.error(&deactivated(&report.sentence));
    print_remedy(report);
}

fn print_remedy(report: &Report) {
    if let Some(remedy) = &report.remedy {
        Terminal.say(&format!("  {}.", deactivated(remedy)));
    }
}

/// Text from a manifest must neither become a command for the agent nor break the line that quotes it.
pub(super) fn deactivated(text: &str) -> String {
    adieu_agent::deactivate_commands(text).join(" ")
}
