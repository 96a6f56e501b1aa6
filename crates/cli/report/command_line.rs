//! The messages for failures of command-line verbs.
//!
//! It makes no decisions and prints nothing; credentials and services have their own files.

use std::io;

use super::Report;

pub(super) fn not_a_tenant(text: &str) -> Report {
    Report::new("token-command", format!("'{text}' is not a tenant."))
        .remedy("Write the tenant's GUID, or one of its domains, such as contoso.onmicrosoft.com.")
}

pub(super) fn no_folder_for_completions() -> Report {
    Report::new(
        "completions",
        "Cannot find the folder from which this shell loads completions.",
    )
    .remedy(
        "Print the script, and put it where your shell looks: adieu completions powershell >> \
         $PROFILE",
    )
}

pub(super) fn no_organization(flag: &str) -> Report {
    Report::new("organizations", format!("{flag} needs an organization."))
        .remedy("Write --organization, or set ADIEU_ORGANIZATION.")
}

pub(super) fn not_confirmed(section: &str) -> Report {
    Report::new(
        section,
        "Nothing was removed: there is no terminal to ask on.",
    )
    .remedy("Add --yes to remove without asking.")
}

pub(super) fn no_section(text: &str, near: &[String]) -> Report {
    let report = Report::new("explain", format!("There is no section '{text}'."));
    match near {
        [] => report.remedy("Run `adieu explain` for a list of all sections."),
        near => report.remedy(&format!("Did you mean {}?", near.join(", "))),
    }
}

pub(super) fn no_file(path: &str, cause: &io::Error) -> Report {
    Report::new("exec", format!("Cannot read {path}: {cause}."))
}

pub(super) fn no_command(program: &str, cause: &io::Error) -> Report {
    if cause.kind() == io::ErrorKind::NotFound {
        Report::new("exec", format!("{program}: command not found."))
            .remedy("Write the command after --, as it is on the PATH.")
    } else {
        Report::new("exec", format!("Cannot start {program}: {cause}."))
    }
}

pub(super) fn not_written(cause: &io::Error) -> Report {
    Report::new(
        "token-command",
        format!("Cannot write the result: {cause}."),
    )
}

pub(super) fn not_a_workflow_step(variable: &str) -> Report {
    Report::new(
        "github-actions",
        format!("This is not a step of a GitHub Actions job: {variable} is not set."),
    )
    .remedy("Use `adieu token` or `adieu exec`; the action calls this verb in its own step.")
}
