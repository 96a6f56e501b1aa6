//! The organizations of an operation: asked all at once, reported one by one.
//!
//! One refusal never hides the others.

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

/// Waits for what each organization is asked, all at once, and passes what each that did not refuse answered to `tell`.
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

/// All went well, or those that did not.
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
