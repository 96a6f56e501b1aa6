//! The messages for refusals by Azure DevOps and its Marketplace.
//!
//! It makes no decisions and prints nothing; `organization.rs` has the messages for an identity that an organization
//! does not know.

use adieu_devops::{Error, NotAHost, NotAnOrganization, Profile, Reason, Refusal};

use super::requested_by::RequestedBy;
use super::{Report, service};

/// `doing` is the operation: `publish contoso.hello 1.2.3`.
pub(super) fn refusal(
    doing: &str,
    error: &Error,
    identity: Option<&Profile>,
    page: Option<&str>,
    requested_by: RequestedBy,
) -> Report {
    let mut report = answer(doing, error, page, requested_by);
    if let Some(identity) = identity {
        report = report
            .fact("identity", &identity.id)
            .fact("its name", &identity.display_name);
    }
    report
}

/// The same for the user of a command line, without an identity.
pub(super) fn by_command_line(doing: &str, error: &Error) -> Report {
    answer(doing, error, None, RequestedBy::CommandLine)
}

pub(super) fn answer(
    doing: &str,
    error: &Error,
    page: Option<&str>,
    requested_by: RequestedBy,
) -> Report {
    match error {
        Error::Service(failure) => service::failure(failure, requested_by),
        // Azure DevOps sends a message to a bearer that it refuses, but none to a caller that it does not know.
        Error::SignedOut {
            host,
            status: status @ 401,
            message: Some(message),
            correlation,
            ..
        } => Report::new(
            "token-refused",
            format!(
                "Could not {doing}: Azure DevOps ({host}) does not accept this token ({status})."
            ),
        )
        .service_message(message, correlation)
        .remedy(requested_by.words(
            "Run the job again for a new token; if it is refused too, check that the connection's \
             identity is enabled in Microsoft Entra.",
            "Sign in again for a new token; if it is refused too, check that the identity is \
             enabled in Microsoft Entra.",
        )),
        Error::SignedOut {
            host,
            status,
            message,
            correlation,
            ..
        } => Report::new(
            "marketplace-sign-in",
            format!(
                "Could not {doing}: Azure DevOps ({host}) does not accept the token and asks for a \
                 sign-in ({status})."
            ),
        )
        .service_message(message.as_deref().unwrap_or_default(), correlation)
        .remedy(requested_by.words(
            "First add the connection's identity to an organization in its own tenant \
             (Organization settings → Users), so that Azure DevOps knows it.",
            "First add the identity to an organization in its own tenant (Organization settings \
             → Users), so that Azure DevOps knows it.",
        )),
        Error::Refused(refusal) => refused(doing, refusal, page, requested_by),
        Error::File { path, reason } => Report::new(
            "extension-package",
            format!("{path} cannot be read: {reason}."),
        ),
    }
}

fn refused(
    doing: &str,
    refusal: &Refusal,
    page: Option<&str>,
    requested_by: RequestedBy,
) -> Report {
    let who_am_i = requested_by.words("operation whoAmI", "adieu whoami");
    let add = match page {
        Some(page) => format!(
            "Open {page} → Members → Add, and paste the identity's ID with the role Contributor \
             (Creator for a new extension); {who_am_i} prints the ID."
        ),
        None => "Give the identity the permission in the organization (Organization settings → \
         Extensions → Security, or → Users)."
            .to_owned(),
    };
    let (anchor, why, remedy) = match refusal.reason {
        Reason::NotFound => (
            "extension",
            "it does not exist, or this identity may not see it",
            "Check publisher, extension and organization; a private extension is visible only \
             to members of the publisher.",
        ),
        Reason::NotPermitted if page.is_none() => (
            "organizations",
            "this identity lacks the permission",
            add.as_str(),
        ),
        Reason::NotPermitted => (
            "publisher-member",
            "this identity lacks the permission",
            add.as_str(),
        ),
        Reason::UnknownIdentity => (
            "publisher-member",
            "Azure DevOps knows no identity with that ID (TF14045)",
            requested_by.words(
                "Use the ID that operation whoAmI prints, not the client ID or the object ID.",
                "Use the ID that adieu whoami shows, not the client ID or the object ID.",
            ),
        ),
        Reason::NotAdded => (
            "tf401444",
            "the token is valid, but the identity has not been added (TF401444)",
            "Add the identity to the organization, or for the Marketplace to any organization \
             of the identity's tenant: adieu onboard, or Organization settings → Users.",
        ),
        Reason::Stopped => (
            "tf24668",
            "the organization is inactive (TF24668)",
            "Have an owner open the organization in a browser: it was deleted (it can be \
             restored for 28 days) or suspended by Microsoft.",
        ),
        Reason::ProjectNotShown => (
            "vs800075",
            "the project does not exist, or is not shown to this identity (VS800075)",
            "Check the project's name, and add the identity to the project (Project settings → \
             Permissions → Readers).",
        ),
        Reason::NoRoute => (
            "marketplace-refused",
            "there is no such service at this address",
            requested_by.words(
                "Check serviceUrl, or use an Azure DevOps Server that has this service.",
                "Check --service-url, or use an Azure DevOps Server that has this service.",
            ),
        ),
        Reason::ConditionalAccess => (
            "conditional-access",
            "a Conditional Access policy does not allow it (VS403463)",
            requested_by.words(
                "Ask the tenant's administrator to exclude this identity, or run the job on an \
                 agent that the policy allows.",
                "Ask the tenant's administrator to exclude this identity, or work from a network \
                 that the policy allows.",
            ),
        ),
        Reason::VersionMustIncrease => (
            "extension-version",
            "its version is not higher than the last one",
            requested_by.words(
                "Raise the version: operation queryVersion with versionAction: patch finds the \
                 next one.",
                "Raise the version: adieu extension query-version --version-action patch finds \
                 the next one.",
            ),
        ),
        Reason::ExtensionExists => (
            "extension",
            "an extension with that ID already exists",
            requested_by.words(
                "Choose another extensionId, or become a member of the publisher that has it.",
                "Choose another --extension-id, or become a member of the publisher that has it.",
            ),
        ),
        Reason::MicrosoftInName => (
            "publisher-name",
            "publisher names that contain Microsoft are reserved",
            "Publish under a publisher without Microsoft in its name, or have Microsoft allow \
             this one.",
        ),
        Reason::TooLarge => (
            "extension-size",
            "the package is larger than the Marketplace allows",
            "Leave out of `files` what the extension does not need; `adieu extension inspect \
             --vsix` shows what is in it.",
        ),
        Reason::Malformed => (
            "extension-package",
            "the Marketplace cannot read the package",
            "Check it with `adieu extension inspect --vsix`; on Azure DevOps Server, packages \
             over 19 MB fail this way.",
        ),
        Reason::Category => (
            "extension-package",
            "its category is not a Marketplace category",
            "Use one of Azure Boards, Azure Repos, Azure Pipelines, Azure Test Plans, Azure \
             Artifacts in `categories`.",
        ),
        Reason::TaskIdReused => (
            "extension-package",
            "a task has the same ID as another contribution",
            requested_by.words(
                "Give each task its own ID; updateTasksId derives one from publisher, extension \
                 and name.",
                "Give each task its own ID; --update-tasks-id derives one from publisher, \
                 extension and name.",
            ),
        ),
        Reason::AlreadyInstalled => (
            "installation",
            "it is already installed",
            "No action needed.",
        ),
        Reason::NoCollection => (
            "organizations",
            "there is no such collection at this address (TF400856)",
            requested_by.words(
                "Correct the organization's name, or serviceUrl with its collection.",
                "Correct the organization's name, or --service-url with its collection.",
            ),
        ),
        Reason::UnknownApplication => (
            "vs860016",
            "the organization's tenant has no enterprise application with that object ID \
             (VS860016)",
            "Use the object ID of the enterprise application, not the client ID or the app \
             registration's object ID.",
        ),
        Reason::NotYetKnown => (
            "onboard",
            "Azure DevOps cannot add it now (VS403283)",
            "If the application is new, try again in a few minutes; agent identities cannot be \
             added.",
        ),
        Reason::MayNotManageUsers => (
            "onboard",
            "this identity may not manage the organization's users",
            "Sign in as a member of the organization's Project Collection Administrators.",
        ),
        Reason::NoLicense => (
            "onboard",
            "no license for that access level is left (5005)",
            "Buy one under Organization settings → Billing, or use --access-level stakeholder, \
             which cannot read repositories.",
        ),
        Reason::OutsideTenant => (
            "onboard",
            "it is not in the organization's tenant (5102)",
            "Add an identity from the organization's tenant (Organization settings → Microsoft \
             Entra).",
        ),
        Reason::NoProject => (
            "onboard",
            "the project does not exist, or this identity may not see it (TF200016)",
            "Check the project's name.",
        ),
        Reason::Other => (
            "marketplace-refused",
            "the service refused the request",
            "Follow the message above; the service's support can find the request by the IDs.",
        ),
    };
    Report::new(
        anchor,
        format!(
            "Could not {doing}: {why} ({} of {}).",
            refusal.status, refusal.host
        ),
    )
    .service_message(&refusal.message, &refusal.correlation)
    .remedy(remedy)
}

pub(super) fn not_an_organization(
    text: &str,
    reason: &NotAnOrganization,
    requested_by: RequestedBy,
) -> Report {
    let (why, remedy) = match reason {
        NotAnOrganization::NotAName => (
            "is not an organization name",
            requested_by.words(
                "Write its name, https://dev.azure.com/<name> or \
                 https://<name>.visualstudio.com, one per line.",
                "Write its name, https://dev.azure.com/<name> or https://<name>.visualstudio.com.",
            ),
        ),
        NotAnOrganization::AnotherHost => (
            "is not an Azure DevOps address, so no token is sent there",
            requested_by.words(
                "Write the organization's name; collections of an Azure DevOps Server need \
                 its address in serviceUrl.",
                "Write the organization's name.",
            ),
        ),
    };
    Report::new("organizations", format!("'{text}' {why}.")).remedy(remedy)
}

pub(super) fn not_a_host(text: &str, reason: &NotAHost, requested_by: RequestedBy) -> Report {
    let input = requested_by.words("serviceUrl", "--service-url");
    let why = match reason {
        NotAHost::NotAnAddress => "is not a URL",
        NotAHost::NotHttps => "is not HTTPS, so the token would be sent unencrypted",
    };
    Report::new("inputs", format!("The {input} '{text}' {why}."))
        .remedy("Leave it out for the public Marketplace.")
}
