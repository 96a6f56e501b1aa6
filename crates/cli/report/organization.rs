//! The words for what organizations say of an identity: who was refused, where, and by whose token.
//!
//! It decides nothing and prints nothing.

use adieu_devops::{Error, Profile, Reason};
use adieu_identity::Claims;

use super::asked::Asked;
use super::{Report, extension};
use crate::situation::NotKnownThere;

/// An organization that does not know the identity, or takes no token of its tenant.
pub(super) fn not_known_there(refused_there: &NotKnownThere) -> Report {
    let NotKnownThere {
        organization,
        doing,
        identity,
        claims,
        error,
    } = refused_there;
    let is_about_who_asks = error.is(Reason::NotPermitted) || error.is(Reason::MayNotAddUsers);
    match refused(organization, claims, error) {
        Some(report) => with_identity(report, identity.as_ref(), claims),
        None => {
            let report = extension::marketplace(doing, error, None, None, Asked::ByFlags);
            if is_about_who_asks {
                with_identity(report, identity.as_ref(), claims)
            } else {
                report
            }
        }
    }
}

/// The report of a no that is about the identity itself and not about what it wanted.
pub(super) fn refused(organization: &str, claims: &Claims, error: &Error) -> Option<Report> {
    let theirs = error.tenant();
    let own = claims.tenant.as_deref();
    if let (Some(theirs), Some(own)) = (theirs, own)
        && !theirs.eq_ignore_ascii_case(own)
        && matches!(error, Error::SignedOut { .. } | Error::Refused(_))
    {
        let report = Report::new(
            "tenants",
            format!(
                "{organization} takes tokens of tenant {theirs}, and this one is of tenant {own}: there it is nobody's."
            ),
        );
        return Some(said(report, error).remedy(&format!(
            "Ask for a token of that tenant (--tenant {theirs}; EntraToken@1: tenantId), with an application that has an enterprise application there."
        )));
    }
    match error {
        Error::SignedOut { host, status, .. } => Some(
            said(
                Report::new(
                    "sign-in",
                    format!("{organization} takes the token for nobody's and asks for a sign-in ({status} of {host})."),
                ),
                error,
            )
            .remedy("Add the identity to the organization: adieu onboard, or Organization settings → Users."),
        ),
        Error::Refused(refusal)
            if refusal.reason == Reason::NotPermitted && refusal.message.contains("TF400813") =>
        {
            let object = claims.object_id.as_deref().unwrap_or("<object id>");
            Some(
                said(
                    Report::new(
                        "tf400813",
                        format!("{organization} knows this identity and has not added it (TF400813, {} of {}).", refusal.status, refusal.host),
                    ),
                    error,
                )
                .remedy(&format!(
                    "An administrator of the organization adds it: adieu onboard --organization {organization} --identity {object}"
                )),
            )
        }
        _ => None,
    }
}

/// A repository that is not there, or not for this identity: Azure DevOps tells nobody which.
pub(super) fn no_repository(name: &str, error: &Error) -> Report {
    if !error.is(Reason::NotFound) {
        return extension::marketplace(
            &format!("look for the repository {name}"),
            error,
            None,
            None,
            Asked::ByFlags,
        );
    }
    let report = Report::new(
        "tf401019",
        format!("There is no repository {name}, or it is not shown to this identity (TF401019)."),
    );
    said(report, error).remedy(
        "Give the identity the access level Basic, and Read in the repository's Security (Project settings → Repositories).",
    )
}

/// Who was refused.
pub(super) fn with_identity(report: Report, identity: Option<&Profile>, claims: &Claims) -> Report {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let report = match identity {
        Some(profile) => report
            .fact("identity", &profile.id)
            .fact("its name", &profile.display_name),
        None => report,
    };
    report
        .fact("object id", &text(&claims.object_id))
        .fact("client id", &text(&claims.client_id))
        .fact("token's tenant", &text(&claims.tenant))
}

fn said(report: Report, error: &Error) -> Report {
    match error {
        Error::SignedOut {
            message,
            correlation,
            ..
        } => report
            .fact("it said", message.as_deref().unwrap_or_default())
            .correlation(correlation),
        Error::Refused(refusal) => report
            .fact("it said", &refusal.message)
            .correlation(&refusal.correlation),
        _ => report,
    }
}
