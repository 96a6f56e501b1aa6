//! Everything that can end an operation without success, with its facts.
//!
//! It has no words.

use std::path::PathBuf;
use std::time::Duration;

use adieu_devops::{Error, ExtensionName, NotAPosition, Profile};
use adieu_vsix::{EditError, PackError, ReadError};

use crate::notice::{Missing, Validation};
use crate::release::Release;

/// Why an operation did not succeed. `E` is why its caller could not sign in.
#[derive(Debug)]
pub enum OperationFailure<E> {
    /// The operation asks a service, and has no identity for that.
    NoIdentity,
    /// The identity cannot sign in.
    SignIn(E),
    /// The extension, or what is asked of it, is wrong.
    Problem(Problem),
    /// Azure DevOps or the Marketplace gave no answer, or refused.
    Refused {
        /// What was under way.
        action: Action,
        /// What the service answered.
        error: Error,
        /// The identity that was refused, where it matters and could be found out.
        identity: Option<Profile>,
        /// The page on which people manage the publisher.
        page: Option<String>,
    },
    /// Some organizations refused; each of the others has had its notice.
    InOrganizations {
        /// What was under way.
        action: Action,
        /// Organization, and what it answered.
        failures: Vec<(String, Error)>,
    },
}

impl<E> From<Problem> for OperationFailure<E> {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What was under way when a service refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Publishing a version.
    Publish(Release),
    /// Sharing with organizations.
    Share(ExtensionName),
    /// Ending that.
    Unshare(ExtensionName),
    /// Installing in organizations.
    Install(ExtensionName),
    /// Uninstalling from them.
    Uninstall(ExtensionName),
    /// Looking for it in organizations.
    FindInstalled(Release),
    /// Removing it, or one version, from the Marketplace.
    Unpublish(ExtensionName),
    /// Reading what the Marketplace has.
    Show(ExtensionName),
    /// Reading its version.
    FindVersion(ExtensionName),
    /// Waiting for its validation.
    FindValidation(Release),
    /// Reading the profile of the identity that asks.
    ReadProfile,
    /// Adding a member to a publisher.
    AddMember {
        /// Azure DevOps ID of the identity.
        id: String,
        /// The publisher.
        publisher: String,
    },
    /// Reading what happened to it.
    ReadEvents(ExtensionName),
}

/// What can be wrong with an extension, or with what is asked of it.
#[derive(Debug)]
pub enum Problem {
    /// Neither ids nor files state which extension is meant.
    NoName {
        /// The publisher is missing, not the extension's ID.
        publisher: bool,
    },
    /// A path or pattern does not mean one file.
    NotOneFile {
        /// As it is written.
        pattern: String,
        /// The folder in which it was looked for.
        root: String,
        /// The first matches.
        found: Vec<String>,
        /// How many there are.
        count: usize,
    },
    /// The folder cannot be packed.
    NotPacked {
        /// The folder.
        root: PathBuf,
        /// Whether errors of the manifest's checks are warnings.
        bypass_validation: bool,
        /// Why.
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
        /// The system's reason.
        cause: std::io::Error,
    },
    /// A state of events cannot be used.
    State {
        /// The file.
        file: PathBuf,
        /// Why.
        fault: StateProblem,
    },
    /// A text is not a date.
    NotADate(String),
    /// A source's version is not a version.
    NotAVersion {
        /// As it is written.
        source: String,
        /// What it has.
        text: String,
    },
    /// No source has a version.
    NoVersion,
    /// The Marketplace has no such extension, or does not show it to this identity.
    NotFound(ExtensionName),
    /// The Marketplace has another package under this version.
    AnotherPackage {
        /// The version.
        release: Release,
        /// When it was published.
        since: String,
        /// Files that differ.
        differing: Vec<String>,
    },
    /// Marketplace validation refused the version.
    Refused {
        /// The version.
        release: Release,
        /// The validator's reasons.
        reasons: Vec<String>,
        /// Lines of its log.
        log: Vec<String>,
    },
    /// The validation took longer than it may.
    NotValidated {
        /// The version.
        release: Release,
        /// How far it was.
        state: Validation,
        /// How long it may take.
        limit: Duration,
    },
    /// The installation took longer than it may.
    NotInstalled {
        /// The version.
        release: Release,
        /// How long it may take.
        limit: Duration,
        /// Organization, and what is missing there.
        missing: Vec<(String, Missing)>,
    },
}

/// What can be wrong with a state of events.
#[derive(Debug)]
pub enum StateProblem {
    /// It cannot be read or written.
    File(std::io::Error),
    /// It is not JSON.
    NotJson,
    /// It is not a position in this extension's events.
    NotAPosition(NotAPosition),
}
