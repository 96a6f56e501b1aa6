//! Sharing a private extension with organizations.
//!
//! It never installs it there.

use adieu_devops::{Caller, ExtensionName, Organization};

use crate::caller::client;
use crate::failure::{Action, OperationFailure, Problem};
use crate::notice::{InOrganization, Notice};
use crate::organizations::{self, InOrganizations};
use crate::outcome::Outcome;
use crate::target;

/// Shares an extension with organizations.
pub(crate) async fn share<C: Caller>(
    share: &InOrganizations,
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, OperationFailure<C::Error>> {
    let name = target::find(&share.extension)?.release.name;
    with_all(&name, &share.organizations, caller, tell).await?;
    Ok(Outcome::Shared(name, share.organizations.clone()))
}

/// Stops sharing it.
pub(crate) async fn unshare<C: Caller>(
    share: &InOrganizations,
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, OperationFailure<C::Error>> {
    let organizations = &share.organizations;
    let name = target::find(&share.extension)?.release.name;
    let client = client(caller).await?;
    let asked = organizations
        .iter()
        .map(|organization| client.unshare(&name, organization));
    let action = Action::Unshare(name.clone());
    organizations::each(organizations, asked, action, |name, was_shared| {
        let outcome = match was_shared {
            true => InOrganization::Unshared,
            false => InOrganization::WasNotShared,
        };
        tell(&Notice::InOrganization(name, outcome));
    })
    .await?;
    Ok(Outcome::Unshared(name, organizations.clone()))
}

/// Shares with all organizations, and reports each.
pub(crate) async fn with_all<C: Caller>(
    name: &ExtensionName,
    organizations: &[Organization],
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<(), OperationFailure<C::Error>> {
    let client = client(caller).await?;
    // The gallery answers a repeated sharing like the first one, so the current state is requested before.
    let found = client.show(name).await;
    let found = found.map_err(|error| Action::Share(name.clone()).refused(error))?;
    let shared_with = found
        .ok_or_else(|| Problem::NotFound(name.clone()))?
        .shared_with;
    let is_shared = |organization: &Organization| {
        shared_with
            .iter()
            .any(|shared| shared.eq_ignore_ascii_case(&organization.name))
    };
    let asked = organizations.iter().map(|organization| async {
        let was_shared = is_shared(organization);
        if !was_shared {
            client.share(name, organization).await?;
        }
        Ok(was_shared)
    });
    let action = Action::Share(name.clone());
    organizations::each(organizations, asked, action, |name, was_shared| {
        let outcome = match was_shared {
            true => InOrganization::WasShared,
            false => InOrganization::Shared,
        };
        tell(&Notice::InOrganization(name, outcome));
    })
    .await
}
