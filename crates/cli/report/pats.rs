//! The messages for failures of `adieu pats`.
//!
//! It makes no decisions and prints nothing.

use adieu_inventory::{LeaksProblem, ReadError};

use super::requested_by::RequestedBy;
use super::{Report, azure_devops, organization};
use crate::failure::{Failure, PatsProblem};

/// What the requests do.
pub(crate) const LIST_PATS: &str = "list its personal access tokens";
pub(crate) const READ_AUDIT_LOG: &str = "read the audit log";

/// Why the tokens cannot be listed.
pub(super) fn problem(problem: &PatsProblem) -> Report {
    match problem {
        PatsProblem::NotAdministrator {
            organization: name,
            ids,
            error,
        } => {
            let report = Report::new(
                "pats",
                format!(
                    "Only members of Project Collection Administrators may list the personal access \
                     tokens of other users, and this identity is not one in {name}."
                ),
            );
            let report = organization::with_service_message(report, error);
            organization::with_identity(report, None, ids).remedy(
                "Sign in as an administrator of the organization, or have one add this identity: \
                 Organization settings → Permissions → Project Collection Administrators → \
                 Members.",
            )
        }
        PatsProblem::NotALeaksFile { path, problem } => {
            let reason = match problem {
                LeaksProblem::Unread(error) => error.to_string(),
                LeaksProblem::NotJson(error) => format!("not JSON ({error})"),
                LeaksProblem::Schema(schema) => format!("its schema is not {schema}"),
            };
            Report::new(
                "pats",
                format!("'{path}' is not a report of adieu scan: {reason}."),
            )
            .remedy("Write one: adieu scan --output json > scan.json")
        }
    }
}

/// Why something that an administrator asks for was not read.
pub(crate) fn unread(doing: &str, error: &ReadError<Box<Failure>>) -> String {
    match error {
        ReadError::SignIn(failure) => Report::sentence_of(failure),
        ReadError::Refused(error) => {
            azure_devops::answer(doing, error, None, RequestedBy::Step).sentence
        }
        ReadError::Stopped => "Azure DevOps had stopped answering before.".to_owned(),
    }
}
