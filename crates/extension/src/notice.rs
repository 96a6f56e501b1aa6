//! What is worth a line while an operation is under way.
//!
//! It has no words.

use std::path::Path;
use std::time::Duration;

use adieu_devops::{Organization, Package, Progress};
use adieu_vsix::Report;

use crate::comparison::NotCompared;
use crate::release::Release;
use crate::version::{Version, VersionSource};

/// A step of an operation that has been done, or is waited for.
#[derive(Debug)]
pub enum Notice<'a> {
    /// The package was made all the same.
    Finding(&'a Report),
    /// The extension's folder was packed.
    Packed {
        /// The package.
        package: &'a adieu_vsix::Package,
        /// Files in it.
        parts: usize,
    },
    /// A part was changed in a copy of the package.
    Changed(&'a str),
    /// A package that was there before was replaced.
    Replaced(&'a Path),
    /// The package is on its way.
    Upload(&'a Package, Progress),
    /// The Marketplace has the version.
    Stored(&'a Release, Stored),
    /// Validation is not waited for.
    NotWaiting,
    /// Validation is waited for.
    Validation {
        /// The version, as it is asked for.
        release: &'a Release,
        /// How far it is.
        state: Validation,
        /// How long it may take.
        limit: Duration,
    },
    /// The Marketplace has validated the version.
    Validated(&'a Release),
    /// Installation is waited for.
    Installation {
        /// The version.
        release: &'a Release,
        /// Where.
        organizations: &'a [Organization],
        /// How long it may take.
        limit: Duration,
    },
    /// An organization answered.
    InOrganization(&'a str, InOrganization),
    /// A source has this version, or none.
    Version(&'a VersionSource, Option<&'a Version>),
}

/// How the Marketplace came to have a version.
#[derive(Debug)]
pub enum Stored {
    /// It was uploaded.
    Uploaded,
    /// The answer to the upload was lost, and the Marketplace has it.
    FoundAfterDoubt,
    /// It was there since this moment, and is this package.
    Before(String),
    /// It was there since this moment, and whether it is this package is not known.
    Unknown(String, NotCompared),
}

/// How far a validation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// The Marketplace does not have the version yet.
    NotThere,
    /// It has not validated it yet.
    NotDone,
}

/// What came of a question to one organization.
#[derive(Debug)]
pub enum InOrganization {
    /// The extension is shared with it now.
    Shared,
    /// It was shared before.
    WasShared,
    /// It is no longer shared.
    Unshared,
    /// It was not shared.
    WasNotShared,
    /// This version is installed now.
    Installed(String),
    /// The installation has this issue, in the service's words.
    Issue(String),
    /// It was installed before.
    WasInstalled,
    /// It is uninstalled now.
    Uninstalled,
    /// It was not installed.
    WasNotInstalled,
    /// The version and its tasks are there.
    IsThere,
    /// Something is missing.
    IsMissing(Missing),
}

/// What an organization does not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The extension.
    Extension,
    /// The version; this one is installed.
    Version(String),
    /// A task, in its version.
    Task {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    },
}
