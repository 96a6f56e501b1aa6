//! Shows an extension's Marketplace entry, and removes it.
//!
//! It never changes a version.

use crate::caller::{Caller, client, refused};
use crate::failure::{Action, OperationFailure, Problem};
use crate::outcome::Outcome;
use crate::target::{self, ExtensionReference};

/// Reads the Marketplace entry.
pub(crate) async fn run<C: Caller>(
    extension: &ExtensionReference,
    caller: &C,
) -> Result<Outcome, OperationFailure<C::Error>> {
    let name = target::find(extension)?.release.name;
    match client(caller).await?.show(&name).await {
        Ok(Some(extension)) => Ok(Outcome::Shown(name, Box::new(extension))),
        Ok(None) => Err(Problem::NotFound(name).into()),
        Err(error) => {
            let action = Action::Show(name.clone());
            Err(refused(caller, error, action, &name.publisher).await)
        }
    }
}

/// Removes all versions, or the one in the changes.
pub(crate) async fn unpublish<C: Caller>(
    extension: &ExtensionReference,
    caller: &C,
) -> Result<Outcome, OperationFailure<C::Error>> {
    let name = target::find(extension)?.release.name;
    // A version in a manifest that happens to be there must not limit the removal to that version.
    let version = extension.changes.version.clone();
    let client = client(caller).await?;
    match client.unpublish(&name, version.as_deref()).await {
        Ok(was_there) => Ok(Outcome::Unpublished {
            name,
            version,
            was_there,
        }),
        Err(error) => {
            let action = Action::Unpublish(name.clone());
            Err(refused(caller, error, action, &name.publisher).await)
        }
    }
}
