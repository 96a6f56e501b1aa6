//! The words for what a scan found, and for what keeps it from its work.
//!
//! It decides nothing and prints nothing. Names of files are untrusted: each becomes one line without a command.

use adieu_agent::deactivate_commands_whole;
use adieu_scan::{Error, Finding, Form, NotRead, NotReadReason, Report as Found};

use super::Report;

/// Why there was no scan.
pub(super) fn problem(error: &Error) -> Report {
    match error {
        Error::Path { path, reason } => {
            Report::new("scan", format!("Cannot scan '{path}': {reason}."))
        }
    }
}

/// Two lines for each finding that counts.
pub(crate) fn lines(report: &Found, now: u64) -> Vec<String> {
    let counted = report.findings.iter().filter(|it| it.suppression.is_none());
    counted
        .flat_map(|finding| {
            let place = format!(
                "{}:{}:{}",
                one_line(&finding.path),
                finding.line,
                finding.column
            );
            [
                format!(
                    "{place}  {}  {}  {}",
                    finding.rule.id,
                    finding.certainty.word(),
                    what(finding, now)
                ),
                format!("  {} → {}", finding.rule.help, finding.rule.page),
            ]
        })
        .collect()
}

/// What a finding is, with the facts that do not show it.
pub(crate) fn what(finding: &Finding, now: u64) -> String {
    let mut facts = vec![finding.rule.title.to_owned()];
    if finding.form == Form::Base64 {
        facts.push("in base64".to_owned());
    }
    facts.extend(
        finding
            .created
            .iter()
            .map(|month| format!("created {month}")),
    );
    match finding.expires {
        Some(expires) if expires <= now => facts.push("expired".to_owned()),
        Some(_) => facts.push("not expired".to_owned()),
        None => {}
    }
    facts.push(format!("fingerprint {}", finding.fingerprint));
    facts.join(", ")
}

/// What was not looked at.
pub(crate) fn notes(report: &Found) -> Vec<String> {
    report.not_read.iter().map(note).collect()
}

fn note(missed: &NotRead) -> String {
    let path = one_line(&missed.path);
    match &missed.reason {
        NotReadReason::TooLarge(size) => {
            format!("{path} was not scanned: {size} bytes are more than --max-size.")
        }
        NotReadReason::LfsPointer => {
            format!("{path} was not scanned: Git LFS keeps its content elsewhere.")
        }
        NotReadReason::Refused(reason) => format!("{path} was not scanned: {reason}."),
    }
}

/// How much was found in how much.
pub(crate) fn summary(report: &Found) -> String {
    let counted = report.findings.iter().filter(|it| it.suppression.is_none());
    let counted = counted.count();
    let allowed = report.findings.len() - counted;
    let mut text = format!("{} in {}", count(counted, "finding"), files(report.files));
    if allowed > 0 {
        text.push_str(&format!(", and {allowed} allowed"));
    }
    text + "."
}

fn files(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "file")
}

fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("No {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

fn one_line(path: &str) -> String {
    deactivate_commands_whole(path)
}
