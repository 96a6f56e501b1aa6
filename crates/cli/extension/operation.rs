//! The operations on an extension; each carries what it needs and nothing else.
//!
//! It does none of them; each has a file.

use std::path::PathBuf;
use std::time::Duration;

use adieu_devops::Role;

use super::done::Done;
use super::target::{self, ExtensionReference, Packing};
use super::{events, installation, members, publish, sharing, show, validation, version};
use crate::session::Session;
use crate::situation::Situation;
use crate::voice::Voice;

/// What to do.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Package(Packing),
    Publish(Publish),
    Share(InOrganizations),
    Unshare(InOrganizations),
    Install(InOrganizations),
    Uninstall(InOrganizations),
    WaitForInstallation(InOrganizations, Duration),
    /// Of all versions, or of the one that the reference's changes name.
    Unpublish(ExtensionReference),
    Show(ExtensionReference),
    QueryVersion(QueryVersion),
    WaitForValidation(ExtensionReference, Duration),
    WhoAmI(ExtensionReference),
    AddMember(AddMember),
    Events(Events),
}

/// An extension in organizations, as they are written.
#[derive(Debug, Clone)]
pub(crate) struct InOrganizations {
    pub(crate) extension: ExtensionReference,
    pub(crate) organizations: Vec<String>,
}

/// Packaging, upload, validation, sharing.
#[derive(Debug, Clone)]
pub(crate) struct Publish {
    pub(crate) packing: Packing,
    /// Organizations to share with, as they are written.
    pub(crate) share_with: Vec<String>,
    /// How long validation may take; nothing where the upload is the end.
    pub(crate) wait: Option<Duration>,
}

/// The highest version of several sources, and the next one.
#[derive(Debug, Clone)]
pub(crate) struct QueryVersion {
    pub(crate) extension: ExtensionReference,
    /// Nothing means the Marketplace.
    pub(crate) sources: Vec<String>,
    pub(crate) raise: Raise,
}

/// Which number of a version to raise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Raise {
    #[default]
    Nothing,
    Major,
    Minor,
    Patch,
    Revision,
}

/// A member for the extension's publisher.
#[derive(Debug, Clone)]
pub(crate) struct AddMember {
    pub(crate) extension: ExtensionReference,
    /// Azure DevOps id; nothing means the identity that asks.
    pub(crate) member: Option<String>,
    pub(crate) role: Option<Role>,
}

/// What happened to an extension.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    pub(crate) extension: ExtensionReference,
    /// Events after this moment.
    pub(crate) after: Option<String>,
    /// Where the last run ended, and this one goes on.
    pub(crate) state: Option<PathBuf>,
    pub(crate) output: Option<PathBuf>,
}

impl Operation {
    /// Whether it asks a service: then it needs an identity.
    pub(crate) fn needs_identity(&self) -> bool {
        match self {
            Self::Package(_) => false,
            Self::QueryVersion(QueryVersion { sources, .. }) => {
                let is_service = |source: &String| source.eq_ignore_ascii_case("marketplace");
                sources.is_empty() || sources.iter().any(is_service)
            }
            _ => true,
        }
    }

    /// Does it. Without a session, those that need no identity.
    pub(crate) async fn run(
        &self,
        session: Option<&Session>,
        voice: &dyn Voice,
    ) -> Result<Done, Situation> {
        let signed_in = || session.ok_or(Situation::NoConnection);
        match self {
            Self::Package(packing) => package(packing, voice),
            Self::QueryVersion(query) => version::run(query, session, voice).await,
            Self::Publish(publish) => publish::run(publish, signed_in()?, voice).await,
            Self::Share(share) => sharing::run(share, signed_in()?, voice).await,
            Self::Unshare(share) => sharing::undo(share, signed_in()?, voice).await,
            Self::Install(install) => installation::run(install, signed_in()?, voice).await,
            Self::Uninstall(install) => installation::undo(install, signed_in()?, voice).await,
            Self::WaitForInstallation(install, limit) => {
                installation::wait(install, *limit, signed_in()?, voice).await
            }
            Self::Unpublish(extension) => show::unpublish(extension, signed_in()?, voice).await,
            Self::Show(extension) => show::run(extension, signed_in()?, voice).await,
            Self::WaitForValidation(extension, limit) => {
                validation::run(extension, *limit, signed_in()?, voice).await
            }
            Self::WhoAmI(extension) => members::who_am_i(extension, signed_in()?, voice).await,
            Self::AddMember(member) => members::add(member, signed_in()?, voice).await,
            Self::Events(events) => events::run(events, signed_in()?, voice).await,
        }
    }
}

fn package(packing: &Packing, voice: &dyn Voice) -> Result<Done, Situation> {
    let package = target::make(packing, voice)?;
    let path = package.path.display().to_string();
    Ok(Done {
        variables: vec![
            ("vsixFile", path.clone()),
            ("extensionId", package.name.extension),
            ("publisherId", package.name.publisher),
            ("version", package.version),
        ],
        lines: vec![path],
        ..Done::default()
    })
}
