//! The words for what goes wrong with an extension: packing, publishing, validation, organizations.
//!
//! It decides nothing and prints nothing.

use adieu_devops::{Error, NotAHost, NotAnOrganization, Profile, Reason, Refusal};
use adieu_identity::Claims;

use super::asked::Asked;
use super::network::{no_answer, not_the_service, times};
use super::{Report, organization};
use crate::situation::ExtensionProblem;

pub(super) fn problem(problem: &ExtensionProblem, asked: Asked) -> Report {
    match problem {
        ExtensionProblem::NoName { publisher } => Report::new(
            "extension",
            format!(
                "Nothing says which extension is meant: there is no {}.",
                if *publisher { "publisher" } else { "extension id" }
            ),
        )
        .remedy(asked.words(
            "Set publisherId and extensionId, or name a package (vsix) or a folder with vss-extension.json (rootFolder).",
            "Give --publisher and --extension-id, or a package (--vsix), or a folder with vss-extension.json (--root).",
        )),
        ExtensionProblem::Missing { input, example } => {
            let (what, example) = match asked {
                Asked::InAStep => (format!("The input {input} is empty"), format!("{input}: {example}")),
                Asked::ByFlags => (format!("--{input} is missing"), format!("--{input} '{example}'")),
            };
            Report::new("inputs", format!("{what}, and this operation needs it."))
                .remedy(&format!("Write, for example, {example}"))
        }
        ExtensionProblem::NotOneFile { pattern, root, found, count } => Report::new(
            "extension",
            match count {
                0 => format!("There is no package '{pattern}'."),
                count => format!("'{pattern}' means {count} packages, and it has to be one."),
            },
        )
        .fact("folder", root)
        .fact("found", &found.join(", "))
        .remedy("Give the path of the package that is to be used."),
        ExtensionProblem::Refused { root, findings } => {
            let mut report = Report::new("extension-package", format!("The extension in {root} cannot be packed: {} to correct.", errors(findings.len())));
            for finding in findings {
                report = report.fact("error", finding);
            }
            report
        }
        ExtensionProblem::Package(reason) => Report::new("extension-package", format!("{}.", reason.trim_end_matches('.'))),
        ExtensionProblem::NotAnOrganization { text, reason } => {
            let (why, remedy) = match reason {
                NotAnOrganization::NotAName => ("is no organization", asked.words(
                    "Write its name, https://dev.azure.com/<name> or https://<name>.visualstudio.com, one a line.",
                    "Write its name, https://dev.azure.com/<name> or https://<name>.visualstudio.com.",
                )),
                NotAnOrganization::AnotherHost => ("is no address of Azure DevOps, so it gets no token", asked.words(
                    "Write the organization's name; collections of an Azure DevOps Server need its address in serviceUrl.",
                    "Write the organization's name.",
                )),
            };
            Report::new("organizations", format!("'{text}' {why}.")).remedy(remedy)
        }
        ExtensionProblem::NotAHost { text, reason } => Report::new(
            "inputs",
            format!(
                "The {} '{text}' {}.",
                asked.words("serviceUrl", "--service-url"),
                match reason {
                    NotAHost::NotAnAddress => "is no address",
                    NotAHost::NotHttps => "is not HTTPS, and the token would travel in the clear",
                }
            ),
        )
        .remedy("Leave it out for the public Marketplace."),
        ExtensionProblem::NotMinutes(text) => Report::new("inputs", format!("The input timeoutInMinutes is '{text}', and it takes a number from 1 to 1440.")),
        ExtensionProblem::State { file, reason } => Report::new("events", format!("The state in {file} cannot be used: {reason}."))
            .remedy("Correct the path; delete the file to begin anew, at --since or with all events."),
        ExtensionProblem::NotADate(text) => Report::new("inputs", format!("{} is '{text}', which is no date.", asked.words("The input afterDate", "--since")))
            .remedy("Write 2026-11-01 or 2026-11-01T12:00:00Z."),
        ExtensionProblem::NotAVersion { source, text } => Report::new("extension-version", format!("The source {source} has '{text}', which is no version."))
            .remedy("A version has up to four numbers, such as 1.4.0; a source is marketplace, manifest, vsix or a version."),
        ExtensionProblem::NoVersion => Report::new("extension-version", "None of the sources has a version yet.".to_owned())
            .remedy(asked.words(
                "Add a first version to versionSource, such as 0.1.0.",
                "Add a first version behind --version-source, such as 0.1.0.",
            )),
        ExtensionProblem::NotFound(name) => Report::new("extension", format!("The Marketplace has no extension {name}, or does not show it to this identity."))
            .remedy(asked.words(
                "Compare publisher and extension id with the publisher's page; a private extension is shown to the publisher's members only (operation whoAmI).",
                "Compare publisher and extension id with the publisher's page; a private extension is shown to the publisher's members only (adieu whoami).",
            )),
        ExtensionProblem::Validation { label, reasons, log } => {
            let mut report = Report::new("validation", format!("The Marketplace's validation refused {label}."));
            for reason in reasons {
                report = report.fact("validator", reason);
            }
            for line in log {
                report = report.fact("its log", line);
            }
            report.remedy("Correct what the validator names and publish under a higher version: a refused one stays refused.")
        }
        ExtensionProblem::NotValidated { label, state, limit } => Report::new(
            "validation",
            format!("{label} was not validated within {limit}: {state}."),
        )
        .remedy(asked.words(
            "The upload is not lost: run waitForValidation later, with a larger timeoutInMinutes.",
            "The upload is not lost: run adieu extension wait-for-validation later, with a larger --timeout.",
        )),
        ExtensionProblem::NotInstalled { label, limit, missing } => {
            let mut report = Report::new("installation", format!("{label} is not everywhere after {limit}."));
            for (organization, state) in missing {
                report = report.fact(organization, state);
            }
            report.remedy("Share the extension with the organization and install it there; an update of an installed one can take an hour to arrive.")
        }
    }
}

/// `doing` is what was under way: `publish contoso.hello 1.2.3`.
pub(super) fn marketplace(
    doing: &str,
    error: &Error,
    identity: Option<&Profile>,
    page: Option<&str>,
    asked: Asked,
) -> Report {
    let mut report = answer(doing, error, page, asked);
    if let Some(identity) = identity {
        report = report
            .fact("identity", &identity.id)
            .fact("its name", &identity.display_name);
    }
    report
}

pub(super) fn organizations(
    doing: &str,
    failures: &[(String, Error)],
    claims: &Claims,
    asked: Asked,
) -> Report {
    let mut reports =
        failures.iter().map(
            |(name, error)| match organization::refused(name, claims, error) {
                Some(report) => organization::with_identity(report, None, claims),
                None => answer(&format!("{doing} in {name}"), error, None, asked),
            },
        );
    let mut report = reports
        .next()
        .unwrap_or_else(|| Report::new("organizations", String::new()));
    report.also = reports.collect();
    report
}

fn errors(count: usize) -> String {
    if count == 1 {
        "1 error".to_owned()
    } else {
        format!("{count} errors")
    }
}

fn answer(doing: &str, error: &Error, page: Option<&str>, asked: Asked) -> Report {
    match error {
        Error::NoAnswer { host, cause, attempts } => no_answer("Azure DevOps", host, cause, *attempts),
        Error::Busy { host, status, attempts, message, correlation } => Report::new(
            "busy",
            format!("Azure DevOps ({host}) answered {status} {}.", times(*attempts)),
        )
        .fact("it said", message.as_deref().unwrap_or_default())
        .correlation(correlation)
        .remedy(asked.words(
            "Run the job again later; the service says that it cannot answer now.",
            "Try again later; the service says that it cannot answer now.",
        )),
        Error::NotTheService { host, status, instead, correlation } => {
            not_the_service("Azure DevOps", host, *status, instead).correlation(correlation)
        }
        Error::SignedOut { host, status, message, correlation, .. } => Report::new(
            "marketplace-sign-in",
            format!("Azure DevOps ({host}) takes the token for nobody's and asks for a sign-in ({status}), so it was not possible to {doing}."),
        )
        .fact("it said", message.as_deref().unwrap_or_default())
        .correlation(correlation)
        .remedy(asked.words(
            "Add the connection's identity to an organization of its own tenant first (Organization settings → Users), so that Azure DevOps knows it.",
            "Add the identity to an organization of its own tenant first (Organization settings → Users), so that Azure DevOps knows it.",
        )),
        Error::Refused(refusal) => refused(doing, refusal, page, asked),
        Error::File { path, reason } => Report::new("extension-package", format!("{path} cannot be read: {reason}.")),
    }
}

fn refused(doing: &str, refusal: &Refusal, page: Option<&str>, asked: Asked) -> Report {
    let who_am_i = asked.words("operation whoAmI", "adieu whoami");
    let add = match page {
        Some(page) => format!("Open {page} → Members → Add, and paste the identity's id with the role Contributor (Creator for a new extension); {who_am_i} tells the id."),
        None => "Give the identity the permission in the organization (Organization settings → Extensions → Security, or → Users).".to_owned(),
    };
    let (anchor, why, remedy) = match refusal.reason {
        Reason::NotFound => (
            "extension",
            "there is no such thing, or none that this identity may see",
            "Compare publisher, extension and organization with their pages; what is private is shown to members only.",
        ),
        Reason::NotPermitted if page.is_none() => {
            ("organizations", "the identity may not", add.as_str())
        }
        Reason::NotPermitted => ("publisher-member", "the identity may not", add.as_str()),
        Reason::UnknownIdentity => (
            "publisher-member",
            "Azure DevOps knows nobody of that id (TF14045)",
            asked.words(
                "Use the id that operation whoAmI tells: neither the client id nor the object id is it.",
                "Use the id that adieu whoami tells: neither the client id nor the object id is it.",
            ),
        ),
        Reason::NeverSignedIn => (
            "publisher-member",
            "the identity has never been seen there (TF401444)",
            asked.words(
                "Run operation whoAmI with this connection once, then try again.",
                "Run adieu whoami as that identity once, then try again.",
            ),
        ),
        Reason::ConditionalAccess => (
            "conditional-access",
            "a conditional access policy is in the way (VS403463)",
            asked.words(
                "Ask the tenant's administrator to except this identity, or run the job on an agent that the policy allows.",
                "Ask the tenant's administrator to except this identity, or work from a network that the policy allows.",
            ),
        ),
        Reason::VersionMustIncrease => (
            "extension-version",
            "its version is not above the last one",
            asked.words(
                "Raise the version: operation queryVersion with versionAction: patch finds the next one.",
                "Raise the version: adieu extension query-version --version-action patch finds the next one.",
            ),
        ),
        Reason::ExtensionExists => (
            "extension",
            "there is an extension of that id already",
            asked.words(
                "Choose another extensionId, or become a member of the publisher that has it.",
                "Choose another --extension-id, or become a member of the publisher that has it.",
            ),
        ),
        Reason::MicrosoftInName => (
            "publisher-name",
            "the publisher's name has Microsoft's in it",
            "Publish under a publisher without Microsoft in its name, or have Microsoft allow this one.",
        ),
        Reason::TooLarge => (
            "extension-size",
            "the package is larger than the Marketplace takes",
            "Leave out of `files` what the extension does not need; `adieu extension inspect --vsix` shows what is in it.",
        ),
        Reason::Malformed => (
            "extension-package",
            "the Marketplace cannot read the package",
            "Run `adieu extension inspect --vsix` on it; packages above 19 MB fail so on Azure DevOps Server.",
        ),
        Reason::Category => (
            "extension-package",
            "its category is none of the Marketplace's",
            "Use one of Azure Boards, Azure Repos, Azure Pipelines, Azure Test Plans, Azure Artifacts in `categories`.",
        ),
        Reason::TaskIdReused => (
            "extension-package",
            "a task has the id of another contribution",
            asked.words(
                "Give each task an id of its own; updateTasksId derives one from publisher, extension and name.",
                "Give each task an id of its own; --update-tasks-id derives one from publisher, extension and name.",
            ),
        ),
        Reason::AlreadyInstalled => (
            "installation",
            "it is installed already",
            "Nothing is to be done.",
        ),
        Reason::NoCollection => (
            "organizations",
            "the address has no such collection (TF400856)",
            asked.words(
                "Correct the organization's name, or serviceUrl with its collection.",
                "Correct the organization's name, or --service-url with its collection.",
            ),
        ),
        Reason::UnknownApplication => (
            "vs860016",
            "the organization's tenant has no enterprise application of that object id (VS860016)",
            "Give the object id of the enterprise application: neither the client id nor the app registration's object id is it.",
        ),
        Reason::NotYetKnown => (
            "onboard",
            "Azure DevOps cannot add it now (VS403283)",
            "Try again in some minutes if the application is new; an agent identity can never be added.",
        ),
        Reason::MayNotAddUsers => (
            "onboard",
            "the identity that asks may not add users (5032)",
            "Sign in as a member of the organization's Project Collection Administrators.",
        ),
        Reason::NoLicence => (
            "onboard",
            "there is no licence of that access level left (5005)",
            "Buy one under Organization settings → Billing, or give --access-level stakeholder, with which no repository is read.",
        ),
        Reason::OutsideTenant => (
            "onboard",
            "it is not in the organization's tenant (5102)",
            "Add an identity of the tenant that the organization is connected to (Organization settings → Microsoft Entra).",
        ),
        Reason::NoProject => (
            "onboard",
            "there is no project of that name, or none that this identity may see (TF200016)",
            "Compare the name with the project's page.",
        ),
        Reason::Other => (
            "marketplace-refused",
            "the service said no",
            "Read the service's own words above; its support finds the request by the ids.",
        ),
    };
    Report::new(
        anchor,
        format!(
            "It was not possible to {doing}: {why} ({} of {}).",
            refusal.status, refusal.host
        ),
    )
    .fact("it said", &refusal.message)
    .correlation(&refusal.correlation)
    .remedy(remedy)
}
