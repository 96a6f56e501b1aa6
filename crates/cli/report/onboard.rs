//! The messages for an identity that cannot be added: most often, the wrong one of three IDs was given.
//!
//! It makes no decisions and prints nothing.

use super::organization::with_service_message;
use super::{Report, azure_devops};
use crate::failure::OnboardProblem;
use crate::federated_credential::MissingTrust;

/// Where people find the required ID.
const WHERE: &str = "Take the Object ID of Microsoft Entra → Enterprise applications → the \
    application, or: az ad sp show --id CLIENT_ID --query id -o tsv";

pub(super) fn problem(problem: &OnboardProblem) -> Report {
    match problem {
        OnboardProblem::NotAnId(text) => Report::new(
            "onboard",
            format!("'{text}' is not the ID of an application."),
        )
        .remedy(
            "Write a GUID: the client ID, or an object ID; `adieu whoami` as the identity itself \
             prints both.",
        ),
        OnboardProblem::NoMemberId => Report::new(
            "onboard",
            "--publisher needs the identity's Azure DevOps ID.",
        )
        .remedy(
            "Add --organization, or --member-id with the ID that `adieu whoami` prints for that \
             identity.",
        ),
        OnboardProblem::NoIssuer(None) => {
            Report::new("onboard", "The subject does not show its issuer.").remedy(
                "Add --issuer with the issuer's https address; `adieu doctor` in the job shows it.",
            )
        }
        OnboardProblem::NoIssuer(Some(text)) => Report::new(
            "onboard",
            format!("'{text}' is not the https address of an issuer."),
        )
        .remedy("Write it exactly as in the ID token, with or without a trailing slash."),
        OnboardProblem::MissingTrust(untrusted) => self::untrusted(untrusted),
        OnboardProblem::NoApplication { id, tenant } => Report::new(
            "vs860016",
            format!(
                "{} has no application with the ID {id}: it is neither a client ID \
                 nor the object ID of an enterprise application or of an app registration there.",
                named(tenant)
            ),
        )
        .remedy(
            "Compare the ID with the application's page; the ID of a subscription, a secret or \
             another tenant does not work.",
        ),
        OnboardProblem::NoEnterpriseApplication {
            name,
            client_id,
            tenant,
        } => Report::new(
            "vs860016",
            format!(
                "{name} is an app registration without an enterprise application in tenant \
                 {tenant}, and only an enterprise application can be a member."
            ),
        )
        .fact("client id", client_id)
        .remedy(&format!(
            "Create one, signed in to that tenant: az ad sp create --id {client_id}"
        )),
        OnboardProblem::NotOwner {
            publisher,
            page,
            error,
        } => {
            let report = Report::new(
                "publisher-member",
                format!("Only an Owner of the publisher {publisher} can change its members."),
            );
            with_service_message(report, error).remedy(&format!(
                "Sign in as one of the Owners that {page} shows under Members."
            ))
        }
        OnboardProblem::NotAMember {
            id,
            organization,
            graph_failure,
        } => Report::new(
            "offboard",
            format!(
                "{organization} has no service principal or managed identity with the ID {id}."
            ),
        )
        .fact("Microsoft Graph", graph_failure)
        .remedy(&format!(
            "Compare it with: adieu onboard --list --organization {organization}"
        )),
        OnboardProblem::OnlyOwner { publisher, page } => Report::new(
            "offboard",
            format!("The identity is the only Owner of the publisher {publisher}."),
        )
        .remedy(&format!(
            "Make another member an Owner first ({page} → Members); nothing was removed."
        )),
        OnboardProblem::WrongId {
            id,
            organization,
            graph_failure,
            error,
        } => {
            let mut report = Report::new(
                "vs860016",
                format!(
                    "{organization} found no enterprise application with the object ID \
                 {id} in its tenant (VS860016): a client ID or an app registration's object ID \
                 was given, or another tenant's."
                ),
            )
            .fact("Microsoft Graph", graph_failure);
            if let adieu_devops::Error::Refused(refusal) = error {
                report = report.service_message(&refusal.message, &refusal.correlation);
            } else {
                report.also = vec![azure_devops::by_command_line("add it", error)];
            }
            report.remedy(WHERE)
        }
    }
}

/// An application does not trust some ID tokens: how its nearest credential differs, and how to add one.
pub(crate) fn untrusted(untrusted: &MissingTrust) -> Report {
    let MissingTrust {
        application,
        client_id,
        trust,
        nearest,
        differs,
        is_full,
        command,
    } = untrusted;
    let claims: Vec<&str> = differs.iter().map(|(name, _)| *name).collect();
    let claims = claims.join(" and a different ");
    let which = match nearest {
        Some(nearest) => format!("; {nearest} has a different {claims}"),
        None => String::new(),
    };
    let mut report = Report::new(
        "federated-credential",
        format!(
            "No federated credential of {application} trusts '{}'{which}.",
            trust.subject
        ),
    )
    .with_facts(&trust.facts())
    .fact("client id", client_id);
    if let Some(nearest) = nearest {
        for (name, value) in differs {
            report = report.fact(&format!("{name} of {nearest}"), value);
        }
    }
    if *is_full {
        let most = "It has 20 federated credentials, as many as it can have: remove one, then: ";
        return report.remedy(&format!("{most}{command}"));
    }
    report.remedy(command)
}

/// A tenant at the start of a sentence; without an organization, the current one has no name.
fn named(tenant: &str) -> String {
    match tenant {
        "" => "The tenant that you are signed in to".to_owned(),
        tenant => format!("Tenant {tenant}"),
    }
}
