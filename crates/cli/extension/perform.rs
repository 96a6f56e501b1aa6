//! Runs an operation for a step or a command line, and converts its failure to the verb's.
//!
//! It implements no operation, and prints nothing.

use adieu_devops::{Hosts, Organization};
use adieu_extension::{Notice, Operation, OperationFailure, Outcome};

use crate::failure::Failure;
use crate::organization;
use crate::report;
use crate::session::Session;
use crate::whoami;

/// Runs an operation; without a session, one that uses no service.
pub(super) async fn perform(
    operation: &Operation,
    session: Option<&Session>,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, Box<Failure>> {
    let outcome = operation.run(session, tell).await;
    if let (Ok(Outcome::Identity { .. }), Some(session)) = (&outcome, session) {
        whoami::learn_ids(session).await;
    }
    Ok(outcome.map_err(|failure| verb_failure(failure, session))?)
}

fn verb_failure(failure: OperationFailure<Box<Failure>>, session: Option<&Session>) -> Failure {
    match failure {
        OperationFailure::NoIdentity => Failure::NoConnection,
        OperationFailure::SignIn(failure) => *failure,
        OperationFailure::Problem(problem) => Failure::Extension(problem),
        OperationFailure::Refused {
            action,
            error,
            identity,
            page,
        } => Failure::Marketplace {
            doing: report::doing(&action),
            error,
            identity,
            page,
        },
        OperationFailure::InOrganizations { action, failures } => {
            if let Some(session) = session {
                for (_, error) in &failures {
                    session.learn_from(error);
                }
            }
            Failure::Organizations {
                doing: report::doing(&action),
                failures,
                ids: Box::new(session.map(Session::ids).unwrap_or_default()),
            }
        }
    }
}

/// The given organizations: at least one, and each once, whatever name was used.
pub(super) fn organizations(
    hosts: &Hosts,
    texts: &[String],
) -> Result<Vec<Organization>, Box<Failure>> {
    let organizations = any_organizations(hosts, texts)?;
    if organizations.is_empty() {
        return Err(Failure::MissingInput {
            input: "organizations",
            example: "contoso",
        }
        .into());
    }
    Ok(organizations)
}

/// The given organizations, possibly none.
pub(super) fn any_organizations(
    hosts: &Hosts,
    texts: &[String],
) -> Result<Vec<Organization>, Box<Failure>> {
    let mut organizations: Vec<Organization> = Vec::new();
    for text in texts {
        let organization = organization::named(hosts, text)?;
        if !organizations.contains(&organization) {
            organizations.push(organization);
        }
    }
    Ok(organizations)
}
