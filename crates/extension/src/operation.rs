//! The operations on an extension; each carries what it needs and nothing else.
//!
//! It does none of them; each has a file.

use std::pin::Pin;
use std::time::Duration;

use crate::caller::Caller;
use crate::events::Events;
use crate::failure::{OperationFailure, Problem};
use crate::members::AddMember;
use crate::notice::Notice;
use crate::organizations::InOrganizations;
use crate::outcome::Outcome;
use crate::publish::Publish;
use crate::query_version::QueryVersion;
use crate::target::{self, ExtensionReference, Packing};
use crate::version::VersionSource;
use crate::{events, installation, members, publish, query_version, sharing, show, validation};

/// What to do.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Make a package.
    Package(Packing),
    /// Package, upload, wait for the validation, share.
    Publish(Publish),
    /// Share with organizations.
    Share(InOrganizations),
    /// Stop sharing with them.
    Unshare(InOrganizations),
    /// Install in organizations.
    Install(InOrganizations),
    /// Uninstall from them.
    Uninstall(InOrganizations),
    /// Wait, as long as this, until organizations have a version and its tasks.
    WaitForInstallation(InOrganizations, Duration),
    /// Remove all versions, or the one that the reference's changes name.
    Unpublish(ExtensionReference),
    /// Read what the Marketplace has.
    Show(ExtensionReference),
    /// Find the highest version of several sources, and the next one.
    QueryVersion(QueryVersion),
    /// Wait, as long as this, until the Marketplace has validated a version.
    WaitForValidation(ExtensionReference, Duration),
    /// Find out who asks, and for which publisher.
    WhoAmI(ExtensionReference),
    /// Add a member to the extension's publisher.
    AddMember(AddMember),
    /// Read what happened to an extension.
    Events(Events),
}

/// An operation at work. Each is in its own allocation and function: in one, they are a frame whose every access is longer.
type Work<'a, E> = Pin<Box<dyn Future<Output = Result<Outcome, OperationFailure<E>>> + 'a>>;

impl Operation {
    /// Whether it asks a service, and needs an identity for that.
    #[must_use]
    pub fn needs_identity(&self) -> bool {
        match self {
            Self::Package(_) => false,
            Self::QueryVersion(query) => query.sources.contains(&VersionSource::Marketplace),
            _ => true,
        }
    }

    /// Does it. Steps on the way go to `tell`.
    ///
    /// # Errors
    /// It did not succeed; what it did before that has had its notice.
    pub async fn run<C: Caller>(
        &self,
        caller: Option<&C>,
        tell: &dyn Fn(&Notice<'_>),
    ) -> Result<Outcome, OperationFailure<C::Error>> {
        let signed_in = || caller.ok_or(OperationFailure::NoIdentity);
        let work: Work<'_, C::Error> = match self {
            Self::Package(packing) => return Ok(package(packing, tell)?),
            Self::QueryVersion(query) => Box::pin(query_version::run(query, caller, tell)),
            Self::Publish(publish) => Box::pin(publish::run(publish, signed_in()?, tell)),
            Self::Share(share) => Box::pin(sharing::share(share, signed_in()?, tell)),
            Self::Unshare(share) => Box::pin(sharing::unshare(share, signed_in()?, tell)),
            Self::Install(install) => Box::pin(installation::install(install, signed_in()?, tell)),
            Self::Uninstall(install) => {
                Box::pin(installation::uninstall(install, signed_in()?, tell))
            }
            Self::WaitForInstallation(install, limit) => {
                Box::pin(installation::wait(install, *limit, signed_in()?, tell))
            }
            Self::Unpublish(extension) => Box::pin(show::unpublish(extension, signed_in()?)),
            Self::Show(extension) => Box::pin(show::run(extension, signed_in()?)),
            Self::WaitForValidation(extension, limit) => {
                Box::pin(validation::run(extension, *limit, signed_in()?, tell))
            }
            Self::WhoAmI(extension) => Box::pin(members::who_am_i(extension, signed_in()?)),
            Self::AddMember(member) => Box::pin(members::add(member, signed_in()?)),
            Self::Events(events) => Box::pin(events::run(events, signed_in()?)),
        };
        work.await
    }
}

fn package(packing: &Packing, tell: &dyn Fn(&Notice<'_>)) -> Result<Outcome, Problem> {
    let (package, parts) = target::make(packing, tell)?;
    Ok(Outcome::Packed { package, parts })
}
