//! Runs an operation for either reader, and makes a situation of its failure.
//!
//! It does no operation itself, and prints nothing.

use adieu_devops::{Client, Hosts, Organization};
use adieu_extension::{Caller, Failure, Notice, Operation, Outcome};

use crate::report;
use crate::session::Session;
use crate::situation::Situation;
use crate::whoami;

impl Caller for Session {
    type Error = Situation;

    fn hosts(&self) -> &Hosts {
        Session::hosts(self)
    }

    async fn client(&self) -> Result<Client<'_>, Situation> {
        Session::client(self).await
    }
}

/// Runs an operation; without a session, one that asks no service.
pub(super) async fn perform(
    operation: &Operation,
    session: Option<&Session>,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, Situation> {
    let outcome = operation.run(session, tell).await;
    if let (Ok(Outcome::Identity { .. }), Some(session)) = (&outcome, session) {
        whoami::learn_ids(session).await;
    }
    outcome.map_err(|failure| situation(failure, session))
}

fn situation(failure: Failure<Situation>, session: Option<&Session>) -> Situation {
    match failure {
        Failure::NoIdentity => Situation::NoConnection,
        Failure::SignIn(situation) => situation,
        Failure::Problem(problem) => Situation::Extension(problem),
        Failure::Refused {
            action,
            error,
            identity,
            page,
        } => Situation::Marketplace {
            doing: report::doing(&action),
            error,
            identity,
            page,
        },
        Failure::InOrganizations { action, failures } => {
            if let Some(session) = session {
                for (_, error) in &failures {
                    session.learn_from(error);
                }
            }
            Situation::Organizations {
                doing: report::doing(&action),
                failures,
                ids: Box::new(session.map(Session::ids).unwrap_or_default()),
            }
        }
    }
}

/// The organizations that are written: one at least, and each once, whatever its names.
pub(super) fn organizations(
    hosts: &Hosts,
    texts: &[String],
) -> Result<Vec<Organization>, Situation> {
    let organizations = any_organizations(hosts, texts)?;
    if organizations.is_empty() {
        return Err(Situation::MissingInput {
            input: "organizations",
            example: "contoso",
        });
    }
    Ok(organizations)
}

/// The same where there may be none.
pub(super) fn any_organizations(
    hosts: &Hosts,
    texts: &[String],
) -> Result<Vec<Organization>, Situation> {
    let mut organizations: Vec<Organization> = Vec::new();
    for text in texts {
        let organization = whoami::organization(hosts, text)?;
        if !organizations.contains(&organization) {
            organizations.push(organization);
        }
    }
    Ok(organizations)
}
