//! The words for what keeps a verb of the command line from its work.
//!
//! It decides nothing and prints nothing; credentials and services have files of their own.

use super::Report;

pub(super) fn not_a_tenant(text: &str) -> Report {
    Report::new("token-command", format!("'{text}' is no tenant."))
        .remedy("Write the tenant's GUID, or one of its domains, such as contoso.onmicrosoft.com.")
}

pub(super) fn no_file(path: &str, reason: &str) -> Report {
    Report::new("exec", format!("{path} cannot be read: {reason}."))
}

pub(super) fn no_command(program: &str, reason: &str, is_missing: bool) -> Report {
    let report = Report::new("exec", format!("{program} cannot be started: {reason}."));
    if is_missing {
        report.remedy("Write the command behind --, as the PATH has it.")
    } else {
        report
    }
}

pub(super) fn not_written(reason: &str) -> Report {
    Report::new(
        "token-command",
        format!("The result cannot be written: {reason}."),
    )
}
