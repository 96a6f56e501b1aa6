//! What keeps `FeedAuthenticate@1` and `adieu feeds` from their work, with its facts.
//!
//! It has no words.

use std::io;

use adieu_feeds::NotAFeed;

use super::Failure;

/// Why feeds get no credential.
#[derive(Debug)]
pub(crate) enum FeedsProblem {
    /// Lines of `feeds` are wrong.
    Lines(Vec<(String, FeedLineProblemKind)>),
    /// A word of `tools` is not a client.
    NotATool(String),
    /// A line of `containerRegistries` is not a registry.
    NotARegistry(String),
    /// There is no connection for the registries.
    NoConnection,
    /// The folder that is to be read is not there.
    NoFolder(String),
    /// Nothing names a feed.
    NoneFound { folder: String, is_incomplete: bool },
    /// There is no connection, and no feed belongs to the job's own organization.
    OtherOrganization {
        /// Organization of the pipeline.
        own: String,
        /// Where the feeds are declared.
        places: Vec<String>,
    },
    /// There is no connection, and the job's collection has no feeds of Azure DevOps Services.
    NoService(String),
    /// There is no connection, and the job has no job token.
    NoJobToken,
    /// The organization is connected to no tenant.
    MicrosoftAccounts(String),
    /// The sign-in of a command line gives no token of a tenant.
    NoToken {
        /// Organizations that are connected to it.
        organizations: String,
        tenant: String,
        failure: Box<Failure>,
    },
    /// The folder lets no program run.
    NoPrograms(String),
    /// The private folder or a file in it cannot be written.
    NotWritten(io::Error),
}

/// What is wrong with a line of `feeds`.
#[derive(Debug)]
pub(crate) enum FeedLineProblemKind {
    /// It is neither an address of a feed nor `organization[/project]/feed`.
    NotAFeed(NotAFeed),
    /// A word behind `=` is not a client.
    NotATool(String),
    /// A variable that it names is not set.
    UndefinedVariable(String),
}
