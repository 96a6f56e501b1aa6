//! The result of an operation.
//!
//! It has no words.

use std::path::PathBuf;

use adieu_devops::{
    DailyStatistics, Event, ExtensionName, Organization, Package, Profile, PublishedExtension,
    PublishedVersion, Role, ValidationState,
};

use crate::state::State;
use crate::version::{Version, VersionSource};

/// What an operation made or found.
#[derive(Debug)]
pub enum Outcome {
    /// A package.
    Packed {
        /// The package.
        package: adieu_vsix::Package,
        /// Files in it, where it was made of a folder.
        parts: Option<usize>,
    },
    /// A version in the Marketplace.
    Published {
        /// The package.
        package: Package,
        /// What was done for it.
        upload: adieu_devops::Outcome,
        /// How far its validation is.
        state: ValidationState,
        /// The organizations that it was shared with.
        shared_with: Vec<Organization>,
    },
    /// Shared with these organizations.
    Shared(ExtensionName, Vec<Organization>),
    /// No longer shared with them.
    Unshared(ExtensionName, Vec<Organization>),
    /// Installed in these organizations, in the version that was named.
    Installed(ExtensionName, Option<String>, Vec<Organization>),
    /// Uninstalled from them.
    Uninstalled(ExtensionName, Vec<Organization>),
    /// Removed from the Marketplace.
    Unpublished {
        /// The extension.
        name: ExtensionName,
        /// Its version, where not all were removed.
        version: Option<String>,
        /// Whether there was anything to remove.
        was_there: bool,
    },
    /// What the Marketplace has.
    Shown(ExtensionName, Box<PublishedExtension>),
    /// The highest version of several sources.
    Version {
        /// The highest.
        current: Version,
        /// The source that has it.
        source: VersionSource,
        /// The next one.
        proposed: Version,
        /// The extension, where the Marketplace was a source.
        name: Option<ExtensionName>,
    },
    /// A version and its validation.
    Validated(ExtensionName, PublishedVersion),
    /// The identity that asks.
    Identity {
        /// What Azure DevOps knows of it.
        profile: Profile,
        /// The publisher that is meant, where something names it.
        publisher: Option<String>,
    },
    /// A member of a publisher.
    Member {
        /// The publisher.
        publisher: String,
        /// Azure DevOps ID of the identity.
        id: String,
        /// What it may do.
        role: Role,
        /// Whether it had the role before.
        was_member: bool,
    },
    /// What happened to an extension.
    Events {
        /// The extension.
        name: ExtensionName,
        /// What happened.
        events: Vec<Event>,
        /// Its days; none where a state says where to go on.
        days: Option<Vec<DailyStatistics>>,
        /// The file of JSON Lines, where one was written.
        file: Option<PathBuf>,
        /// To be written once the events have been delivered.
        state: Option<State>,
    },
}
