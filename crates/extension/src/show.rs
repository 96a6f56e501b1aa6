//! Shows an extension's Marketplace entry, and removes it.
//!
//! It never changes a version.

use adieu_devops::Caller;

use crate::caller::client;
use crate::failure::{Action, OperationFailure, Problem};
use crate::outcome::Outcome;
use crate::target::{self, ExtensionReference};

/// Reads the Marketplace entry.
pub(crate) async fn run<C: Caller>(
    extension: &ExtensionReference,
    caller: &C,
) -> Result<Outcome, OperationFailure<C::Error>> {
    let name = target::find(extension)?.release.name;
    let found = client(caller).await?.show(&name).await;
    match found.map_err(|error| Action::Show(name.clone()).refused(error))? {
        Some(extension) => Ok(Outcome::Shown(name, Box::new(extension))),
        None => Err(Problem::NotFound(name).into()),
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
    let was_there = client.unpublish(&name, version.as_deref()).await;
    let was_there = was_there.map_err(|error| Action::Unpublish(name.clone()).refused(error))?;
    Ok(Outcome::Unpublished {
        name,
        version,
        was_there,
    })
}
