//! The messages for problems with git's credential.
//!
//! It makes no decisions and prints nothing.

use adieu_identity::Error;

use super::Report;
use crate::failure::GitProblem;

pub(super) fn not_configured(reason: &str) -> Report {
    let reason = reason.trim_end_matches('.');
    Report::new(
        "git-credential",
        format!("git was not configured: {reason}."),
    )
    .remedy("Run it in a repository, or write --global.")
}

pub(super) fn problem(problem: &GitProblem) -> Report {
    match problem {
        GitProblem::Endpoint(reason) => Report::new(
            "git-credential",
            format!("git did not get a token: {reason}."),
        )
        .remedy(
            "Let EntraToken@1 or RunWithToken@1 set both variables (configure: git). Do not \
             set them yourself.",
        ),
        GitProblem::NoToken(error) => {
            let reason = match error {
                Error::ManagedIdentity(fault) => fault.to_string().replace("its endpoint", "it"),
                error => error.to_string(),
            };
            Report::new(
                "git-credential",
                format!("git did not get a token from the job's credential endpoint: {reason}."),
            )
        }
        GitProblem::AnotherTenant {
            organization,
            wanted,
            ids,
        } => Report::new(
            "git-credential",
            format!(
                "{} is connected to another tenant, not the one that signed in, so it would \
                 refuse the token.",
                named(organization)
            ),
        )
        .fact("organization's tenant", wanted)
        .fact("token's tenant", ids.tenant.as_deref().unwrap_or_default())
        .fact("client id", ids.client_id.as_deref().unwrap_or_default())
        .remedy(
            "Use a service connection, or sign in, in the organization's tenant; in \
         EntraToken@1, tenantId names it.",
        ),
        GitProblem::Refused { organization, ids } => Report::new(
            "git-credential",
            format!("{} refused the token.", named(organization)),
        )
        .fact("client id", ids.client_id.as_deref().unwrap_or_default())
        .fact("object id", ids.object_id.as_deref().unwrap_or_default())
        .fact("tenant", ids.tenant.as_deref().unwrap_or_default())
        .remedy(
            "Add this identity to the organization (Organization settings → Users; the \
         organization has to be connected to that tenant) with the access level Basic, and to \
         the project.",
        ),
    }
}

fn named(organization: &str) -> &str {
    if organization.is_empty() {
        "The organization"
    } else {
        organization
    }
}
