//! The operations on an extension; each carries exactly what it needs.
//!
//! It implements none of them; each has its own file.

use std::pin::Pin;
use std::time::Duration;

use adieu_devops::Caller;

use crate::caller::refused;
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

/// An operation.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Create a package.
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
    /// Wait, at most this long, until organizations have a version and its tasks.
    WaitForInstallation(InOrganizations, Duration),
    /// Remove all versions, or the one in the reference's changes.
    Unpublish(ExtensionReference),
    /// Read the Marketplace entry.
    Show(ExtensionReference),
    /// Find the highest version of several sources, and the next one.
    QueryVersion(QueryVersion),
    /// Wait, at most this long, until the Marketplace has validated a version.
    WaitForValidation(ExtensionReference, Duration),
    /// Show the caller and the publisher.
    WhoAmI(ExtensionReference),
    /// Add a member to the extension's publisher.
    AddMember(AddMember),
    /// Read the events of an extension.
    Events(Events),
}

/// A running operation. Each is a separate allocation and function: one combined stack frame would make every access
/// longer.
type Work<'a, E> = Pin<Box<dyn Future<Output = Result<Outcome, OperationFailure<E>>> + 'a>>;

impl Operation {
    /// Whether it uses a service, and therefore needs an identity.
    pub fn needs_identity(&self) -> bool {
        match self {
            Self::Package(_) => false,
            Self::QueryVersion(query) => query.sources.contains(&VersionSource::Marketplace),
            _ => true,
        }
    }

    /// Runs the operation. Progress goes to `tell`.
    ///
    /// # Errors
    /// It did not succeed; the steps that did have been reported.
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
        match (work.await, caller) {
            (Err(OperationFailure::Refused { action, error, .. }), Some(caller)) => {
                Err(refused(caller, action, error).await)
            }
            (result, _) => result,
        }
    }
}

fn package(packing: &Packing, tell: &dyn Fn(&Notice<'_>)) -> Result<Outcome, Problem> {
    let (package, parts) = target::make(packing, tell)?;
    Ok(Outcome::Packed { package, parts })
}
