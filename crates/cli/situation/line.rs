//! What can be wrong with a line of an input that has many: `tokens` and `configure`.
//!
//! It never reads a line; who does names what it found.

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
    pub(crate) reason: LineFault,
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
pub(crate) enum LineFault {
    NoEqualsSign,
    NotAName(NotAVariableName),
    NameTwice(String),
    UndefinedVariable(String),
    NotAResource(NotAResource),
}

/// A line of `configure` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigureProblem {
    /// The line as it is.
    pub(crate) line: String,
    /// What is wrong with it.
    pub(crate) reason: ConfigureFault,
}

/// What can be wrong with a line of `configure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigureFault {
    Unknown,
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
