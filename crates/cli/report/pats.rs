//! The messages for failures of `adieu pats`.
//!
//! It makes no decisions and prints nothing.

use super::{Report, organization};
use crate::failure::{LeaksProblemKind, PatsProblem};

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
        PatsProblem::NotALeaksFile { path, fault } => {
            let reason = match fault {
                LeaksProblemKind::Unread(error) => error.to_string(),
                LeaksProblemKind::NotJson(error) => format!("not JSON ({error})"),
                LeaksProblemKind::Schema(schema) => format!("its schema is not {schema}"),
            };
            Report::new(
                "pats",
                format!("'{path}' is not a report of adieu scan: {reason}."),
            )
            .remedy("Write one: adieu scan --output json > scan.json")
        }
    }
}
