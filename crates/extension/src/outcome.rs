//! The result of an operation.
//!
//! It contains no messages.

use std::path::PathBuf;

use adieu_devops::{
    DailyStatistics, Event, ExtensionName, Organization, Package, Profile, PublishedExtension,
    PublishedVersion, Role, ValidationState,
};

use crate::state::State;
use crate::version::{Version, VersionSource};

/// What an operation created or found.
#[derive(Debug)]
pub enum Outcome {
    /// A package.
    Packed {
        /// The package.
        package: adieu_vsix::Package,
        /// The number of files in it, if it was packed from a folder.
        parts: Option<usize>,
    },
    /// A version in the Marketplace.
    Published {
        /// The package.
        package: Package,
        /// What was done to publish it.
        upload: adieu_devops::Outcome,
        /// The state of its validation.
        state: ValidationState,
        /// The organizations with which it is shared.
        shared_with: Vec<Organization>,
    },
    /// Shared with these organizations.
    Shared(ExtensionName, Vec<Organization>),
    /// No longer shared with them.
    Unshared(ExtensionName, Vec<Organization>),
    /// Installed in these organizations, in this version if one was requested.
    Installed(ExtensionName, Option<String>, Vec<Organization>),
    /// Uninstalled from them.
    Uninstalled(ExtensionName, Vec<Organization>),
    /// Removed from the Marketplace.
    Unpublished {
        /// The extension.
        name: ExtensionName,
        /// Its version, if not all were removed.
        version: Option<String>,
        /// Whether there was anything to remove.
        was_there: bool,
    },
    /// The Marketplace entry.
    Shown(ExtensionName, Box<PublishedExtension>),
    /// The highest version of several sources.
    Version {
        /// The highest version.
        current: Version,
        /// The source that has it.
        source: VersionSource,
        /// The next one.
        proposed: Version,
        /// The extension, if the Marketplace was a source.
        name: Option<ExtensionName>,
    },
    /// A version and its validation.
    Validated(ExtensionName, PublishedVersion),
    /// The caller.
    Identity {
        /// Its profile in Azure DevOps.
        profile: Profile,
        /// The publisher, if it is known.
        publisher: Option<String>,
    },
    /// A member of a publisher.
    Member {
        /// The publisher.
        publisher: String,
        /// Azure DevOps ID of the identity.
        id: String,
        /// The member's role.
        role: Role,
        /// Whether it already had the role.
        was_member: bool,
    },
    /// The events of an extension.
    Events {
        /// The extension.
        name: ExtensionName,
        /// The events.
        events: Vec<Event>,
        /// The daily statistics; `None` if the run continues from a state.
        days: Option<Vec<DailyStatistics>>,
        /// The JSON Lines file, if one was written.
        file: Option<PathBuf>,
        /// The state to write once the events have been delivered.
        state: Option<State>,
    },
}
