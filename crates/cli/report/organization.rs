//! The messages for refusals by organizations: which identity was refused, where, and with which token.
//!
//! It makes no decisions and prints nothing.

use adieu_devops::{Error, Profile, Reason, Tenant};

use super::Report;
use super::azure_devops::{self, by_command_line};
use super::requested_by::RequestedBy;
use crate::failure::UnknownIdentity;
use crate::identity_ids::IdentityIds;

/// An organization that does not know the identity, or accepts no token of its tenant.
pub(super) fn unknown_identity(refused_there: &UnknownIdentity) -> Report {
    let UnknownIdentity {
        organization,
        doing,
        identity,
        ids,
        error,
    } = refused_there;
    let is_about_who_asks = error.is(Reason::NotPermitted) || error.is(Reason::MayNotManageUsers);
    match refused(organization, ids, error) {
        None if !is_about_who_asks => by_command_line(doing, error),
        report => {
            let report = report.unwrap_or_else(|| by_command_line(doing, error));
            with_identity(report, identity.as_ref(), ids)
        }
    }
}

/// The refusals of several organizations.
pub(super) fn organizations(
    doing: &str,
    failures: &[(String, Error)],
    ids: &IdentityIds,
    requested_by: RequestedBy,
) -> Report {
    Report::of_several(
        failures
            .iter()
            .map(|(name, error)| match refused(name, ids, error) {
                Some(report) => with_identity(report, None, ids),
                None => {
                    azure_devops::answer(&format!("{doing} in {name}"), error, None, requested_by)
                }
            }),
    )
}

/// The report of a refusal that concerns the identity itself, not its request.
pub(super) fn refused(organization: &str, ids: &IdentityIds, error: &Error) -> Option<Report> {
    let report =
        |anchor, sentence: String| with_service_message(Report::new(anchor, sentence), error);
    let is_about_identity = match error {
        Error::SignedOut { .. } => true,
        Error::Refused(refusal) => match refusal.reason {
            Reason::NotAdded => true,
            Reason::NotPermitted => refusal.message.contains("TF400813"),
            _ => false,
        },
        Error::Service(_) | Error::File { .. } => false,
    };
    if !is_about_identity {
        return None;
    }
    let of_another_tenant = |theirs: &str, but: String| {
        let sentence = format!("{organization} accepts tokens of tenant {theirs}, but {but}.");
        Some(report("tenants", sentence).remedy(&format!(
            "Request a token of that tenant (--tenant {theirs}; EntraToken@1: tenantId), for an \
             application with an enterprise application there."
        )))
    };
    match (error.tenant(), ids.tenant.as_deref()) {
        (Some(Tenant::MicrosoftAccounts), _) => {
            return Some(
                report(
                    "microsoft-accounts",
                    format!(
                        "{organization} is not connected to Microsoft Entra: its members are \
                         personal Microsoft accounts, and it does not accept Microsoft Entra \
                         tokens."
                    ),
                )
                .remedy(
                    "Have an owner connect it: Organization settings → Microsoft Entra → Connect \
                     directory. Until then, only a personal access token works there.",
                ),
            );
        }
        (Some(Tenant::Entra(theirs)), Some(own)) if !theirs.eq_ignore_ascii_case(own) => {
            return of_another_tenant(theirs, format!("this one is of tenant {own}"));
        }
        // Tokens of another tenant get the name of the organization's tenant.
        (Some(Tenant::Entra(theirs)), None) if matches!(error, Error::SignedOut { .. }) => {
            return of_another_tenant(theirs, "does not accept this one".to_owned());
        }
        _ => {}
    }
    let object = ids.object_id.as_deref().unwrap_or("<object id>");
    let onboard = format!(
        "Have an administrator of the organization run: adieu onboard --organization \
         {organization} --identity {object}"
    );
    let (section, sentence, remedy) = match error {
        Error::Refused(refusal) if refusal.reason == Reason::NotAdded => {
            // Azure DevOps has another message for an identity that it has never seen.
            let code = match refusal.message.contains("TF401444") {
                true => "TF401444, ",
                false => "",
            };
            let sentence = format!(
                "{organization} accepts the token, but this identity has not been added to it \
                 ({code}{} of {}).",
                refusal.status, refusal.host
            );
            ("tf401444", sentence, onboard.as_str())
        }
        Error::Refused(refusal) => {
            let sentence = format!(
                "This identity is not a member of {organization} (TF400813, {} of {}).",
                refusal.status, refusal.host
            );
            ("tf400813", sentence, onboard.as_str())
        }
        Error::SignedOut {
            host,
            status: status @ 401,
            message: Some(_),
            ..
        } => (
            "token-refused",
            format!("{organization} does not accept this token ({status} of {host})."),
            "Sign in again for a new token; if it is refused too, check that the identity is \
             enabled in Microsoft Entra, and that the organization is connected to its tenant.",
        ),
        Error::SignedOut { host, status, .. } => (
            "sign-in",
            format!(
                "{organization} does not recognize this token and asks for a sign-in ({status} \
                 of {host})."
            ),
            "Add the identity to the organization: adieu onboard, or Organization settings → \
             Users.",
        ),
        Error::Service(_) | Error::File { .. } => return None,
    };
    Some(report(section, sentence).remedy(remedy))
}

/// A repository that does not exist, or that this identity cannot see: Azure DevOps does not distinguish them.
pub(super) fn no_repository(name: &str, error: &Error) -> Report {
    if !error.is(Reason::NotFound) {
        return by_command_line(&format!("look for the repository {name}"), error);
    }
    let report = Report::new(
        "tf401019",
        format!(
            "The repository {name} does not exist, or this identity may not see it (TF401019)."
        ),
    );
    with_service_message(report, error).remedy(
        "Give the identity the access level Basic, and Read in the repository's Security \
         (Project settings → Repositories).",
    )
}

/// Adds the refused identity.
pub(super) fn with_identity(
    report: Report,
    identity: Option<&Profile>,
    ids: &IdentityIds,
) -> Report {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let report = match identity {
        Some(profile) => report
            .fact("identity", &profile.id)
            .fact("its name", &profile.display_name),
        None => report,
    };
    report
        .fact("object id", &text(&ids.object_id))
        .fact("client id", &text(&ids.client_id))
        .fact("token's tenant", &text(&ids.tenant))
}

pub(super) fn with_service_message(report: Report, error: &Error) -> Report {
    match error {
        Error::SignedOut {
            message,
            correlation,
            ..
        } => report.service_message(message.as_deref().unwrap_or_default(), correlation),
        Error::Refused(refusal) => report.service_message(&refusal.message, &refusal.correlation),
        _ => report,
    }
}
