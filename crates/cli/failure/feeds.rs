//! What can go wrong in `FeedAuthenticate@1` and `adieu feeds`, with its facts.
//!
//! It contains no messages.

use std::io;

use adieu_feeds::NotAFeedLine;

use super::Failure;

/// Why feeds get no credential.
#[derive(Debug)]
pub(crate) enum FeedsProblem {
    /// Lines of `feeds` are invalid.
    Lines(Vec<(String, FeedLineProblemKind)>),
    /// A word of `tools` is not a client.
    NotATool(String),
    /// A line of `containerRegistries` is not a registry.
    NotARegistry(String),
    /// There is no connection for the registries.
    NoConnection,
    /// The folder does not exist.
    NoFolder(String),
    /// No feed is declared.
    NoneFound { folder: String, is_incomplete: bool },
    /// There is no connection, and no feed belongs to the job's own organization.
    OtherOrganization {
        /// The pipeline's organization.
        own: String,
        /// The positions where the feeds are declared.
        places: Vec<String>,
    },
    /// There is no connection, and the job's collection has no feeds of Azure DevOps Services.
    NoService(String),
    /// There is no connection, and the job has no job token.
    NoJobToken,
    /// The organization is not connected to a tenant.
    MicrosoftAccounts(String),
    /// The sign-in of a command line gets no token for a tenant.
    NoToken {
        /// The organizations that are connected to it.
        organizations: String,
        tenant: String,
        failure: Box<Failure>,
    },
    /// No program can run from the folder.
    NoPrograms(String),
    /// The private folder or a file in it cannot be written.
    NotWritten(io::Error),
}

/// What is wrong with a line of `feeds`.
#[derive(Debug)]
pub(crate) enum FeedLineProblemKind {
    /// It names no feed, or no client.
    NotAFeedLine(NotAFeedLine),
    /// It refers to a variable that is not set.
    UndefinedVariable(String),
}

impl From<FeedsProblem> for Box<Failure> {
    fn from(problem: FeedsProblem) -> Self {
        Box::new(Failure::Feeds(problem))
    }
}
