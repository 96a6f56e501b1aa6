//! The organizations of an operation: read all at once, asked all at once, reported one by one.
//!
//! One refusal never hides the others.

use adieu_devops::{Error, Hosts, Organization};

use crate::session::Session;
use crate::situation::{ExtensionProblem, Situation};

/// The organizations that are written, or everything that is wrong with any.
pub(super) fn read(hosts: &Hosts, texts: &[String]) -> Result<Vec<Organization>, Situation> {
    let mut organizations: Vec<Organization> = Vec::new();
    for text in texts {
        let organization = hosts.organization(text).map_err(|reason| {
            Situation::Extension(ExtensionProblem::NotAnOrganization {
                text: text.clone(),
                reason,
            })
        })?;
        // Two names of one organization are one organization.
        if !organizations.contains(&organization) {
            organizations.push(organization);
        }
    }
    Ok(organizations)
}

/// The same where the operation is nothing without one.
pub(super) fn required(hosts: &Hosts, texts: &[String]) -> Result<Vec<Organization>, Situation> {
    let organizations = read(hosts, texts)?;
    if organizations.is_empty() {
        return Err(Situation::Extension(ExtensionProblem::Missing {
            input: "organizations",
            example: "contoso",
        }));
    }
    Ok(organizations)
}

/// All went well, or those that did not.
pub(super) fn all(
    doing: &str,
    failures: Vec<(String, Error)>,
    session: &Session,
) -> Result<(), Situation> {
    if failures.is_empty() {
        Ok(())
    } else {
        Err(Situation::Organizations {
            doing: doing.to_owned(),
            failures,
            claims: Box::new(session.claims()),
        })
    }
}
