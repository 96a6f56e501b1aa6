//! The messages for problems with an extension: packing, versions, validation, installation.
//!
//! It makes no decisions and prints nothing.

use std::fmt::Display;
use std::time::Duration;

use adieu_extension::{Action, Missing, NotCompared, Problem, StateProblem, Validation};
use adieu_vsix::{Finding, PackError, Severity, fold};

use super::Report;
use super::{azure_devops, requested_by::RequestedBy};

/// A package that does not match its checksums, or has none.
pub(super) fn not_verified(path: &str, digest: &str, has_checksums: bool) -> Report {
    if has_checksums {
        // The result contains the digest.
        return of_package(&format!("`{path}` does not match its SHA256SUMS"));
    }
    of_package(&format!("`{path}` has no SHA256SUMS to compare with")).fact("SHA-256", digest)
}

pub(super) fn problem(problem: &Problem, requested_by: RequestedBy) -> Report {
    match problem {
        Problem::NoName { publisher } => Report::new(
            "extension",
            match publisher {
                true => "No publisher is given.",
                false => "No extension id is given.",
            },
        )
        .remedy(requested_by.words(
            "Set publisherId and extensionId, or name a package (vsix) or a folder with \
             vss-extension.json (rootFolder).",
            "Give --publisher and --extension-id, or a package (--vsix), or a folder with \
             vss-extension.json (--root).",
        )),
        Problem::NotOneFile {
            pattern,
            root,
            found,
            count,
        } => Report::new(
            "extension",
            match count {
                0 => format!("No package matches '{pattern}'."),
                count => {
                    format!("'{pattern}' matches {count} packages; it must match exactly one.")
                }
            },
        )
        .fact("folder", root)
        .fact("found", &found.join(", "))
        .remedy("Give the path of the package to use."),
        Problem::NotPacked {
            root,
            error: PackError::Refused { findings },
            ..
        } => refused(&root.display().to_string(), findings, requested_by),
        Problem::NotPacked { error, .. } => of_package(error),
        Problem::NotRead(error) => of_package(error),
        Problem::NotEdited(error) => of_package(error),
        Problem::NotWritten { path, cause } => {
            of_package(&format!("{} cannot be written: {cause}", path.display()))
        }
        Problem::State { file, fault } => Report::new(
            "events",
            format!(
                "The state in {} cannot be used: {}.",
                file.display(),
                match fault {
                    StateProblem::File(error) => error.to_string(),
                    StateProblem::NotJson => "it is not JSON".to_owned(),
                    StateProblem::NotAPosition(error) => error.to_string(),
                }
            ),
        )
        .remedy(
            "Correct the path, or delete the file to start again, at --since or with all events.",
        ),
        Problem::NotADate(text) => Report::new(
            "inputs",
            format!(
                "{} is '{text}', which is not a date.",
                requested_by.words("The input afterDate", "--since")
            ),
        )
        .remedy("Write 2026-11-01 or 2026-11-01T12:00:00Z."),
        Problem::NotAVersion { source, text } => Report::new(
            "extension-version",
            format!("The source {source} has '{text}', which is not a version."),
        )
        .remedy(
            "A version has up to four numbers, such as 1.4.0; a source is marketplace, \
             manifest, vsix or a version.",
        ),
        Problem::NoVersion => Report::new(
            "extension-version",
            "None of the sources has a version yet.",
        )
        .remedy(requested_by.words(
            "Add a first version to versionSource, such as 0.1.0.",
            "Add a first version to --version-source, such as 0.1.0.",
        )),
        Problem::NotFound(name) => Report::new(
            "extension",
            format!(
                "The Marketplace has no extension {name}, or does not show it to this identity."
            ),
        )
        .remedy(requested_by.words(
            "Compare publisher and extension ID with the publisher's page; a private extension \
             is visible only to members of the publisher (operation whoAmI).",
            "Compare publisher and extension ID with the publisher's page; a private extension \
             is visible only to members of the publisher (adieu whoami).",
        )),
        Problem::AnotherPackage {
            release,
            since,
            differing,
        } => Report::new(
            "extension-version",
            format!("The Marketplace already has {release}, but with different contents."),
        )
        .fact("published", since)
        .fact("files that differ", &listed(differing))
        .remedy(requested_by.words(
            "Raise the version: operation queryVersion with versionAction: patch finds the \
             next one.",
            "Raise the version: adieu extension query-version --version-action patch finds the \
             next one.",
        )),
        Problem::Refused {
            release,
            reasons,
            log,
        } => {
            let reasons = reasons.iter().map(|reason| ("validator", reason.as_str()));
            let log = log.iter().map(|line| ("its log", line.as_str()));
            Report::new(
                "validation",
                format!("Marketplace validation refused {release}."),
            )
            .with_facts(&reasons.chain(log).collect::<Vec<_>>())
            .remedy(
                "Fix what the validator reports, and publish a higher version: a refused version \
                 stays refused.",
            )
        }
        Problem::NotValidated {
            release,
            state,
            limit,
        } => Report::new(
            "validation",
            format!(
                "{release} was not validated within {}: {}.",
                in_minutes(*limit),
                validation(*state)
            ),
        )
        .remedy(requested_by.words(
            "The upload is not lost: run waitForValidation later, with a larger timeoutInMinutes.",
            "The upload is not lost: run adieu extension wait-for-validation later, with a \
             larger --timeout.",
        )),
        Problem::NotInstalled {
            release,
            limit,
            missing: states,
        } => {
            let mut report = Report::new(
                "installation",
                format!(
                    "{release} was not installed in every organization within {}.",
                    in_minutes(*limit)
                ),
            );
            for (organization, state) in states {
                report = report.fact(organization, &missing(state));
            }
            report.remedy(
                "Share the extension with the organization and install it there; an \
             update of an installed one can take an hour to arrive.",
            )
        }
    }
}

/// The operation, for a sentence that starts with "Could not".
pub(crate) fn doing(action: &Action) -> String {
    match action {
        Action::Publish(release) => format!("publish {release}"),
        Action::Share(name) => format!("share {name}"),
        Action::Unshare(name) => format!("stop sharing {name}"),
        Action::Install(name) => format!("install {name}"),
        Action::Uninstall(name) => format!("uninstall {name}"),
        Action::FindInstalled(release) => format!("look for {release}"),
        Action::Unpublish(name) => format!("unpublish {name}"),
        Action::Show(name) => format!("show {name}"),
        Action::FindVersion(name) => format!("ask for the version of {name}"),
        Action::FindValidation(release) => format!("look for the validation of {release}"),
        Action::ReadProfile => "read its own profile".to_owned(),
        Action::AddMember { id, publisher } => format!("make {id} a member of {publisher}"),
        Action::ReadEvents(name) => format!("read the events of {name}"),
    }
}

/// Why two packages could not be compared, for the middle of a sentence.
pub(crate) fn not_compared(reason: &NotCompared) -> String {
    match reason {
        NotCompared::File(error) => error.to_string(),
        NotCompared::Package(error) => error.to_string(),
        NotCompared::Download(error) => {
            let report = azure_devops::answer("download it", error, None, RequestedBy::Step);
            report.sentence().trim_end_matches('.').to_owned()
        }
    }
}

/// A duration for a sentence.
pub(crate) fn in_minutes(time: Duration) -> String {
    match time.as_secs() / 60 {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

pub(super) fn missing_input(input: &str, example: &str, requested_by: RequestedBy) -> Report {
    let (what, example) = match requested_by {
        RequestedBy::Step => (
            format!("The input {input} is empty"),
            format!("{input}: {example}"),
        ),
        RequestedBy::CommandLine => (
            format!("--{input} is missing"),
            format!("--{input} '{example}'"),
        ),
    };
    Report::new("inputs", format!("{what}, and this operation needs it."))
        .remedy(&format!("Write, for example, {example}"))
}

pub(super) fn not_minutes(text: &str) -> Report {
    Report::new(
        "inputs",
        format!("The input timeoutInMinutes is '{text}'; it must be a number from 1 to 1440."),
    )
}

pub(super) fn not_a_timestamp(text: &str) -> Report {
    Report::new(
        "extension-package",
        format!("SOURCE_DATE_EPOCH is '{text}', which is not a number of seconds since 1970."),
    )
}

fn of_package(reason: &dyn Display) -> Report {
    let reason = reason.to_string();
    Report::new(
        "extension-package",
        format!("{}.", reason.trim_end_matches('.')),
    )
}

/// A command line lists the findings line by line, for editors; a step has them as facts.
fn refused(root: &str, findings: &[Finding], requested_by: RequestedBy) -> Report {
    let is_error = |finding: &&Finding| finding.severity() > Severity::Warning;
    let count = findings.iter().filter(is_error).count();
    if requested_by == RequestedBy::CommandLine {
        let sentence = format!(
            "The extension cannot be packed: {} to correct.",
            errors(count)
        );
        return Report::new("extension-package", sentence);
    }
    let mut reports = fold(findings);
    reports.retain(|report| report.severity > Severity::Warning);
    let mut report = Report::new(
        "extension-package",
        format!(
            "The extension in {root} cannot be packed: {} to correct.",
            errors(reports.len())
        ),
    );
    for finding in &reports {
        report = report.fact("error", &in_one_line(finding));
    }
    report
}

fn errors(count: usize) -> String {
    match count {
        1 => "1 error".to_owned(),
        _ => format!("{count} errors"),
    }
}

/// The first items of a long list, and the number of others.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Sentence and remedy on one line.
pub(crate) fn in_one_line(report: &adieu_vsix::Report) -> String {
    match &report.remedy {
        Some(remedy) => format!("{}. {remedy}.", report.sentence),
        None => report.sentence.clone(),
    }
}

/// The state of a validation.
pub(crate) fn validation(state: Validation) -> &'static str {
    match state {
        Validation::NotThere => "the version is not in the Marketplace yet",
        Validation::NotDone => "validation is not done",
    }
}

/// What an organization lacks.
pub(crate) fn missing(missing: &Missing) -> String {
    match missing {
        Missing::Extension => "not installed".to_owned(),
        Missing::Version(installed) => format!("version {installed} is installed"),
        Missing::Task { name, version } => {
            format!("the task {name} {version} is not offered to pipelines")
        }
    }
}
