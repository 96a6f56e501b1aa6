//! Progress of an operation.
//!
//! It contains no messages.

use std::path::Path;
use std::time::Duration;

use adieu_devops::{Organization, Package, Progress};
use adieu_vsix::Report;

use crate::comparison::NotCompared;
use crate::release::Release;
use crate::version::{Version, VersionSource};

/// A step of an operation that was done, or that it waits for.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A problem that did not prevent the package.
    Finding(&'a Report),
    /// The extension's folder was packed.
    Packed {
        /// The package.
        package: &'a adieu_vsix::Package,
        /// The number of files in it.
        parts: usize,
    },
    /// A part was changed in a copy of the package.
    Changed(&'a str),
    /// An existing package was replaced.
    Replaced(&'a Path),
    /// The progress of an upload.
    Upload(&'a Package, Progress),
    /// The Marketplace has the version.
    VersionOrigin(&'a Release, VersionOrigin),
    /// The operation does not wait for validation.
    NotWaiting,
    /// The operation waits for validation.
    Validation {
        /// The version that was asked for.
        release: &'a Release,
        /// The state of the validation.
        state: Validation,
        /// The limit.
        limit: Duration,
    },
    /// The Marketplace has validated the version.
    Validated(&'a Release),
    /// The operation waits for installation.
    Installation {
        /// The version.
        release: &'a Release,
        /// The organizations.
        organizations: &'a [Organization],
        /// The limit.
        limit: Duration,
    },
    /// An organization answered.
    InOrganization(&'a str, InOrganization),
    /// The version of a source, if it has one.
    Version(&'a VersionSource, Option<&'a Version>),
}

/// How the Marketplace got a version.
#[derive(Debug)]
pub enum VersionOrigin {
    /// It was uploaded.
    Uploaded,
    /// The answer to the upload was lost, but the Marketplace has the version.
    FoundAfterDoubt,
    /// The Marketplace has had it since this time, and it is this package.
    Before(String),
    /// The Marketplace has had it since this time, and the packages could not be compared.
    Unknown(String, NotCompared),
}

/// The state of a validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// The Marketplace does not have the version yet.
    NotThere,
    /// The validation has not finished.
    NotDone,
}

/// The result for one organization.
#[derive(Debug)]
pub enum InOrganization {
    /// The extension is now shared with it.
    Shared,
    /// It was already shared.
    WasShared,
    /// It is no longer shared.
    Unshared,
    /// It was not shared.
    WasNotShared,
    /// This version is now installed.
    Installed(String),
    /// The service's message about a problem with the installation.
    Issue(String),
    /// It was already installed.
    WasInstalled,
    /// It is now uninstalled.
    Uninstalled,
    /// It was not installed.
    WasNotInstalled,
    /// The version and its tasks are installed.
    IsThere,
    /// Something is missing.
    IsMissing(Missing),
}

/// What an organization lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The extension.
    Extension,
    /// The version; this one is installed.
    Version(String),
    /// A version of a task.
    Task {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    },
}
