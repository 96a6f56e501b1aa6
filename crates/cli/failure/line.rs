//! What can be wrong with a line of a multi-line input such as `tokens`.
//!
//! It never parses a line; its callers do.

use adieu_agent::NotAVariableName;
use adieu_identity::resource::NotAResource;

/// An invalid line of `tokens`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineProblem {
    /// The line as it was written.
    pub(crate) line: String,
    /// Where it was written.
    pub(crate) place: LineSource,
    /// The problem.
    pub(crate) reason: LineProblemKind,
}

/// Where a line of `tokens` was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineSource {
    /// In the step's input.
    Input,
    /// In a flag.
    Flag,
    /// In a file of the project.
    File {
        /// Its path, as opened.
        path: String,
        /// Number of the line, starting at 1.
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

/// An invalid line of `connections`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionLineProblem {
    /// The line as it was written.
    pub(crate) line: String,
    /// The problem.
    pub(crate) reason: ConnectionLineProblemKind,
}

/// What can be wrong with a line of `connections`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConnectionLineProblemKind {
    NoEqualsSign,
    UndefinedVariable(String),
    /// The text before the equals sign is not an ID.
    NotAnId(String),
    /// The ID is that of the job's own connection, which the agent allows no step to change.
    OfTheSystem,
    /// The ID is that of the connection that signs in.
    Own,
    /// The parameter's name is not valid.
    NotAParameter(String),
    /// Another line sets the same parameter.
    Twice(String),
    NotAResource(NotAResource),
}
