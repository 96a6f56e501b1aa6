//! The organizations of an operation: read all at once, asked all at once, reported one by one.
//!
//! One refusal never hides the others.

use adieu_devops::{Error, Hosts, Organization};
use futures_util::future::join_all;

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

/// The same where an operation without any is for the organization of the service connection.
pub(super) fn or_own(session: &Session, texts: &[String]) -> Result<Vec<Organization>, Situation> {
    match session.own_organization() {
        Some(own) if texts.is_empty() => required(session, &[own.to_owned()]),
        _ => required(session, texts),
    }
}

/// The same where the operation is nothing without one.
pub(super) fn required(
    session: &Session,
    texts: &[String],
) -> Result<Vec<Organization>, Situation> {
    let organizations = read(session.hosts(), texts)?;
    if organizations.is_empty() {
        return Err(Situation::Extension(ExtensionProblem::Missing {
            input: "organizations",
            example: "contoso",
        }));
    }
    Ok(organizations)
}

/// Waits for what each organization is asked, all at once, and reports to `say` how each that did not refuse went.
pub(super) async fn each<T>(
    organizations: &[Organization],
    asked: impl Iterator<Item = impl Future<Output = Result<T, Error>>>,
    doing: &str,
    session: &Session,
    say: impl Fn(&str, T),
) -> Result<(), Situation> {
    let mut failures = Vec::new();
    for (organization, result) in organizations.iter().zip(join_all(asked).await) {
        match result {
            Ok(outcome) => say(&organization.name, outcome),
            Err(error) => failures.push((organization.name.clone(), error)),
        }
    }
    all(doing, failures, session)
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
        for (_, error) in &failures {
            session.learn_from(error);
        }
        Err(Situation::Organizations {
            doing: doing.to_owned(),
            failures,
            ids: Box::new(session.ids()),
        })
    }
}
