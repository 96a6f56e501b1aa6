//! The words for what goes wrong with an extension: packing, versions, validation, installation.
//!
//! It decides nothing and prints nothing.

use adieu_devops::{NotAHost, NotAnOrganization};

use super::Report;
use super::asked::Asked;
use crate::situation::ExtensionProblem;

pub(super) fn problem(problem: &ExtensionProblem, asked: Asked) -> Report {
    match problem {
        ExtensionProblem::NoName { publisher } => Report::new(
            "extension",
            format!(
                "No {} is given.",
                if *publisher {
                    "publisher"
                } else {
                    "extension id"
                }
            ),
        )
        .remedy(asked.words(
            "Set publisherId and extensionId, or name a package (vsix) or a folder with \
             vss-extension.json (rootFolder).",
            "Give --publisher and --extension-id, or a package (--vsix), or a folder with \
             vss-extension.json (--root).",
        )),
        ExtensionProblem::Missing { input, example } => {
            let (what, example) = match asked {
                Asked::InAStep => (
                    format!("The input {input} is empty"),
                    format!(
                        "{input}: \
                 {example}"
                    ),
                ),
                Asked::ByFlags => (
                    format!("--{input} is missing"),
                    format!("--{input} '{example}'"),
                ),
            };
            Report::new("inputs", format!("{what}, and this operation needs it."))
                .remedy(&format!("Write, for example, {example}"))
        }
        ExtensionProblem::NotOneFile {
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
        .remedy("Give the path of the package that is to be used."),
        ExtensionProblem::Refused { root, findings } => {
            let mut report = Report::new(
                "extension-package",
                format!(
                    "The extension in {root} cannot be packed: {} to \
             correct.",
                    errors(findings.len())
                ),
            );
            for finding in findings {
                report = report.fact("error", finding);
            }
            report
        }
        ExtensionProblem::Package(reason) => Report::new(
            "extension-package",
            format!("{}.", reason.trim_end_matches('.')),
        ),
        ExtensionProblem::NotAnOrganization { text, reason } => {
            let (why, remedy) = match reason {
                NotAnOrganization::NotAName => (
                    "is not an organization name",
                    asked.words(
                        "Write its name, https://dev.azure.com/<name> or \
                     https://<name>.visualstudio.com, one a line.",
                        "Write its name, https://dev.azure.com/<name> or \
                     https://<name>.visualstudio.com.",
                    ),
                ),
                NotAnOrganization::AnotherHost => (
                    "is not an Azure DevOps address, so no token is sent there",
                    asked.words(
                        "Write the organization's name; collections of an Azure DevOps Server need \
                     its address in serviceUrl.",
                        "Write the organization's name.",
                    ),
                ),
            };
            Report::new("organizations", format!("'{text}' {why}.")).remedy(remedy)
        }
        ExtensionProblem::NotAHost { text, reason } => Report::new(
            "inputs",
            format!(
                "The {} '{text}' {}.",
                asked.words("serviceUrl", "--service-url"),
                match reason {
                    NotAHost::NotAnAddress => "is not a URL",
                    NotAHost::NotHttps => "is not HTTPS, and the token would travel in the clear",
                }
            ),
        )
        .remedy("Leave it out for the public Marketplace."),
        ExtensionProblem::NotMinutes(text) => Report::new(
            "inputs",
            format!("The input timeoutInMinutes is '{text}'; it must be a number from 1 to 1440."),
        ),
        ExtensionProblem::State { file, reason } => Report::new(
            "events",
            format!(
                "The state in {file} cannot be used: \
         {reason}."
            ),
        )
        .remedy(
            "Correct the path, or delete the file to start again, at --since or with all events.",
        ),
        ExtensionProblem::NotADate(text) => Report::new(
            "inputs",
            format!(
                "{} is '{text}', which is not a date.",
                asked.words("The input afterDate", "--since")
            ),
        )
        .remedy("Write 2026-11-01 or 2026-11-01T12:00:00Z."),
        ExtensionProblem::NotAVersion { source, text } => Report::new(
            "extension-version",
            format!("The source {source} has '{text}', which is not a version."),
        )
        .remedy(
            "A version has up to four numbers, such as 1.4.0; a source is marketplace, \
             manifest, vsix or a version.",
        ),
        ExtensionProblem::NoVersion => Report::new(
            "extension-version",
            "None of the sources has a version yet.".to_owned(),
        )
        .remedy(asked.words(
            "Add a first version to versionSource, such as 0.1.0.",
            "Add a first version behind --version-source, such as 0.1.0.",
        )),
        ExtensionProblem::NotFound(name) => Report::new(
            "extension",
            format!(
                "The Marketplace has no extension {name}, or does not show \
         it to this identity."
            ),
        )
        .remedy(asked.words(
            "Compare publisher and extension id with the publisher's page; a private \
                 extension is shown to the publisher's members only (operation whoAmI).",
            "Compare publisher and extension id with the publisher's page; a private \
                 extension is shown to the publisher's members only (adieu whoami).",
        )),
        ExtensionProblem::AnotherPackage {
            label,
            since,
            differing,
        } => Report::new(
            "extension-version",
            format!(
                "The Marketplace already has {label}, and it is another package than this one."
            ),
        )
        .fact("published", since)
        .fact("files that differ", &listed(differing))
        .remedy(asked.words(
            "Raise the version: operation queryVersion with versionAction: patch finds the \
             next one.",
            "Raise the version: adieu extension query-version --version-action patch finds the \
             next one.",
        )),
        ExtensionProblem::Validation {
            label,
            reasons,
            log,
        } => {
            let mut report = Report::new(
                "validation",
                format!(
                    "The Marketplace's validation \
             refused {label}."
                ),
            );
            for reason in reasons {
                report = report.fact("validator", reason);
            }
            for line in log {
                report = report.fact("its log", line);
            }
            report.remedy(
                "Correct what the validator names and publish under a higher \
             version: a refused one stays refused.",
            )
        }
        ExtensionProblem::NotValidated {
            label,
            state,
            limit,
        } => Report::new(
            "validation",
            format!("{label} was not validated within {limit}: {state}."),
        )
        .remedy(asked.words(
            "The upload is not lost: run waitForValidation later, with a larger timeoutInMinutes.",
            "The upload is not lost: run adieu extension wait-for-validation later, with a \
             larger --timeout.",
        )),
        ExtensionProblem::NotInstalled {
            label,
            limit,
            missing,
        } => {
            let mut report = Report::new(
                "installation",
                format!("{label} was not installed in every organization within {limit}."),
            );
            for (organization, state) in missing {
                report = report.fact(organization, state);
            }
            report.remedy(
                "Share the extension with the organization and install it there; an \
             update of an installed one can take an hour to arrive.",
            )
        }
    }
}

fn errors(count: usize) -> String {
    if count == 1 {
        "1 error".to_owned()
    } else {
        format!("{count} errors")
    }
}

/// The first of a long list, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
