//! What can be wrong with a line of an input that has many: `tokens` and `configure`.
//!
//! It never reads a line; its caller does.

use adieu_agent::NotAVariableName;

use crate::resource::NotAResource;

/// A line of `tokens` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineProblem {
    /// The line as it was written.
    pub(crate) line: String,
    /// Where it was written.
    pub(crate) place: LinePlace,
    /// What is wrong with it.
    pub(crate) reason: LineProblemKind,
}

/// Where a line of `tokens` was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinePlace {
    /// In the step's input.
    Input,
    /// In a flag.
    Flag,
    /// In a file of the project.
    File {
        /// Its path as it was opened.
        path: String,
        /// Number of the line, from 1.
        number: usize,
    },
}

/// What can be wrong with a line of `tokens`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineProblemKind {
    NoEqualsSign,
    NotAName(NotAVariableName),
    NameTwice(String),
    UndefinedVariable(String),
    NotAResource(NotAResource),
}

/// A line of `connections` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionLineProblem {
    /// The line as it was written.
    pub(crate) line: String,
    /// What is wrong with it.
    pub(crate) reason: ConnectionLineProblemKind,
}

/// What can be wrong with a line of `connections`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConnectionLineProblemKind {
    NoEqualsSign,
    UndefinedVariable(String),
    /// What is in front of the equals sign is not an id.
    NotAnId(String),
    /// The id is that of the job's own connection, which the agent lets no step change.
    OfTheSystem,
    /// The id is that of the connection that signs in.
    Own,
    /// A parameter of this name cannot be.
    NotAParameter(String),
    /// Another line fills the same parameter.
    Twice(String),
    NotAResource(NotAResource),
}

/// A line of `configure` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigureProblem {
    /// The line as it is.
    pub(crate) line: String,
    /// What is wrong with it.
    pub(crate) reason: ConfigureProblemKind,
}

/// What can be wrong with a line of `configure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigureProblemKind {
    /// It is not one of these words.
    Unknown(&'static [&'static str]),
    UndefinedVariable(String),
    NotAResource {
        text: String,
        reason: NotAResource,
    },
    /// The mechanism presents ID tokens itself, and this connection has none.
    NoIdToken,
    /// The mechanism needs a service connection, and a command line has none.
    TaskAlone,
}
