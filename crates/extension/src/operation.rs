//! The operations on an extension; each carries what it needs and nothing else.
//!
//! It does none of them; each has a file.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use adieu_devops::{Organization, Role};
use serde_json::Value;

use crate::caller::Caller;
use crate::failure::{OperationFailure, Problem};
use crate::notice::Notice;
use crate::outcome::Outcome;
use crate::target::{self, ExtensionReference, Packing};
use crate::version::Raise;
use crate::{events, installation, members, publish, sharing, show, validation, version};

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

/// An extension in organizations.
#[derive(Debug, Clone)]
pub struct InOrganizations {
    /// The extension.
    pub extension: ExtensionReference,
    /// The organizations, at least one.
    pub organizations: Vec<Organization>,
}

/// Packaging, upload, validation, sharing.
#[derive(Debug, Clone)]
pub struct Publish {
    /// The package.
    pub packing: Packing,
    /// Organizations to share with.
    pub share_with: Vec<Organization>,
    /// How long validation may take; `None` where the upload is the end.
    pub wait: Option<Duration>,
}

/// The highest version of several sources, and the next one.
#[derive(Debug, Clone)]
pub struct QueryVersion {
    /// The extension.
    pub extension: ExtensionReference,
    /// Where to look, in this order.
    pub sources: Vec<VersionSource>,
    /// What the next version raises; `None` means that it is the highest.
    pub raise: Option<Raise>,
}

/// Where a version comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSource {
    /// The highest that the Marketplace has.
    Marketplace,
    /// The manifests of the extension's folder.
    Manifest,
    /// The package.
    Vsix,
    /// This text.
    Text(String),
}

/// A member for the extension's publisher.
#[derive(Debug, Clone)]
pub struct AddMember {
    /// Names the publisher.
    pub extension: ExtensionReference,
    /// Azure DevOps ID; `None` means the identity that asks.
    pub member: Option<String>,
    /// What the member may do.
    pub role: Role,
}

/// What happened to an extension.
#[derive(Debug, Clone)]
pub struct Events {
    /// The extension.
    pub extension: ExtensionReference,
    /// A date or a moment, as it is written; only later events count.
    pub after: Option<String>,
    /// Where the last run ended, and this one continues.
    pub state: Option<PathBuf>,
    /// A file, or a folder for it.
    pub output: Option<PathBuf>,
    /// Writes a document in one line of a file that may be printed: a review is any user's text.
    pub line: fn(&Value) -> String,
}

impl VersionSource {
    /// A source by its word; what is not one is a version.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "marketplace" => Self::Marketplace,
            "manifest" => Self::Manifest,
            "vsix" => Self::Vsix,
            _ => Self::Text(text.to_owned()),
        }
    }
}

impl std::fmt::Display for VersionSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Marketplace => "marketplace",
            Self::Manifest => "manifest",
            Self::Vsix => "vsix",
            Self::Text(text) => text,
        })
    }
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
            Self::QueryVersion(query) => Box::pin(version::run(query, caller, tell)),
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
