//! The organizations of an operation: contacted concurrently, reported one by one.
//!
//! A refusal by one organization never hides the others' results.

use adieu_devops::{Error, Organization};
use adieu_transport::at_once;

use crate::failure::{Action, OperationFailure};
use crate::target::ExtensionReference;

/// An extension in organizations.
#[derive(Debug, Clone)]
pub struct InOrganizations {
    /// The extension.
    pub extension: ExtensionReference,
    /// The organizations, at least one.
    pub organizations: Vec<Organization>,
}

/// Runs the requests to all organizations concurrently, and passes each result that is not a refusal to `tell`.
pub(crate) async fn each<T, E>(
    organizations: &[Organization],
    asked: impl Iterator<Item = impl Future<Output = Result<T, Error>>>,
    action: Action,
    tell: impl Fn(&str, T),
) -> Result<(), OperationFailure<E>> {
    let mut failures = Vec::new();
    for (organization, result) in organizations.iter().zip(at_once(asked).await) {
        match result {
            Ok(outcome) => tell(&organization.name, outcome),
            Err(error) => failures.push((organization.name.clone(), error)),
        }
    }
    all(action, failures)
}

/// Success, or the organizations that refused.
pub(crate) fn all<E>(
    action: Action,
    failures: Vec<(String, Error)>,
) -> Result<(), OperationFailure<E>> {
    if failures.is_empty() {
        Ok(())
    } else {
        Err(OperationFailure::InOrganizations { action, failures })
    }
}
