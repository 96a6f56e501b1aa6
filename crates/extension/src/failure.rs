//! Everything that can end an operation without success, with its facts.
//!
//! It contains no messages.

use std::path::PathBuf;
use std::time::Duration;

use adieu_devops::{Error, ExtensionName, NotAPosition, Profile};
use adieu_vsix::{EditError, PackError, ReadError};

use crate::notice::{Missing, Validation};
use crate::release::Release;

/// Why an operation did not succeed. `E` is the error of a caller that cannot sign in.
#[derive(Debug)]
pub enum OperationFailure<E> {
    /// The operation needs a service, but has no identity.
    NoIdentity,
    /// The identity cannot sign in.
    SignIn(E),
    /// The extension, or the request, is wrong.
    Problem(Problem),
    /// Azure DevOps or the Marketplace gave no answer, or refused.
    Refused {
        /// What the operation was doing.
        action: Action,
        /// The service's answer.
        error: Error,
        /// The refused identity, if it matters and could be found out.
        identity: Option<Profile>,
        /// The publisher's management page.
        page: Option<String>,
    },
    /// Some organizations refused; the others have been reported in notices.
    InOrganizations {
        /// What the operation was doing.
        action: Action,
        /// Name of the organization, and its answer.
        failures: Vec<(String, Error)>,
    },
}

impl<E> From<Problem> for OperationFailure<E> {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What an operation was doing when a service refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Publishing a version.
    Publish(Release),
    /// Sharing with organizations.
    Share(ExtensionName),
    /// Ending that sharing.
    Unshare(ExtensionName),
    /// Installing in organizations.
    Install(ExtensionName),
    /// Uninstalling from them.
    Uninstall(ExtensionName),
    /// Searching for it in organizations.
    FindInstalled(Release),
    /// Removing it, or one version, from the Marketplace.
    Unpublish(ExtensionName),
    /// Reading its Marketplace entry.
    Show(ExtensionName),
    /// Reading its version.
    FindVersion(ExtensionName),
    /// Waiting for its validation.
    FindValidation(Release),
    /// Reading the profile of the caller.
    ReadProfile,
    /// Adding a member to a publisher.
    AddMember {
        /// Azure DevOps ID of the identity.
        id: String,
        /// The publisher.
        publisher: String,
    },
    /// Reading its events.
    ReadEvents(ExtensionName),
}

impl Action {
    /// The publisher whose page may help.
    pub(crate) fn publisher(&self) -> Option<&str> {
        match self {
            Self::ReadProfile => None,
            Self::AddMember { publisher, .. } => Some(publisher),
            Self::Publish(release)
            | Self::FindInstalled(release)
            | Self::FindValidation(release) => Some(&release.name.publisher),
            Self::Share(name)
            | Self::Unshare(name)
            | Self::Install(name)
            | Self::Uninstall(name)
            | Self::Unpublish(name)
            | Self::Show(name)
            | Self::FindVersion(name)
            | Self::ReadEvents(name) => Some(&name.publisher),
        }
    }

    /// The failure of an operation that was doing this.
    pub(crate) fn refused<E>(self, error: Error) -> OperationFailure<E> {
        OperationFailure::Refused {
            action: self,
            error,
            identity: None,
            page: None,
        }
    }
}

/// What can be wrong with an extension or a request.
#[derive(Debug)]
pub enum Problem {
    /// Neither IDs nor files name the extension.
    NoName {
        /// Whether the publisher is missing, not the extension's ID.
        publisher: bool,
    },
    /// A path or pattern does not match exactly one file.
    NotOneFile {
        /// The pattern, as the user wrote it.
        pattern: String,
        /// The folder that was searched.
        root: String,
        /// The first matches.
        found: Vec<String>,
        /// The number of matches.
        count: usize,
    },
    /// The folder cannot be packed.
    NotPacked {
        /// The folder.
        root: PathBuf,
        /// Whether errors of the manifest's checks count as warnings.
        bypass_validation: bool,
        /// The reason.
        error: PackError,
    },
    /// The package cannot be read.
    NotRead(ReadError),
    /// The package cannot be changed.
    NotEdited(EditError),
    /// A file cannot be written.
    NotWritten {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: std::io::Error,
    },
    /// A state file cannot be used.
    State {
        /// The file.
        file: PathBuf,
        /// The reason.
        fault: StateProblem,
    },
    /// A text is not a date.
    NotADate(String),
    /// The version from a source is not valid.
    NotAVersion {
        /// The source, as the user wrote it.
        source: String,
        /// The invalid text.
        text: String,
    },
    /// No source has a version.
    NoVersion,
    /// The Marketplace does not have the extension, or this identity cannot see it.
    NotFound(ExtensionName),
    /// The Marketplace has a different package under this version.
    AnotherPackage {
        /// The version.
        release: Release,
        /// The time of its publication.
        since: String,
        /// Files that differ.
        differing: Vec<String>,
    },
    /// Marketplace validation rejected the version.
    Refused {
        /// The version.
        release: Release,
        /// The validator's reasons.
        reasons: Vec<String>,
        /// Lines of its log.
        log: Vec<String>,
    },
    /// Validation took longer than the limit.
    NotValidated {
        /// The version.
        release: Release,
        /// The state of the validation.
        state: Validation,
        /// The limit.
        limit: Duration,
    },
    /// Installation took longer than the limit.
    NotInstalled {
        /// The version.
        release: Release,
        /// The limit.
        limit: Duration,
        /// Name of the organization, and what is missing there.
        missing: Vec<(String, Missing)>,
    },
}

/// What can be wrong with a state file.
#[derive(Debug)]
pub enum StateProblem {
    /// It cannot be read or written.
    File(std::io::Error),
    /// It is not JSON.
    NotJson,
    /// It is not a position in this extension's events.
    NotAPosition(NotAPosition),
}
