//! What can be wrong with `configure`.
//!
//! It contains no messages.

use adieu_identity::resource::NotAResource;

/// An invalid line of `configure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigureProblem {
    /// The line as it was written.
    pub line: String,
    /// The problem.
    pub reason: ConfigureProblemKind,
}

/// What can be wrong with a line of `configure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigureProblemKind {
    /// It is not one of the [`WORDS`](crate::WORDS).
    Unknown,
    /// It refers to a pipeline variable that does not exist.
    UndefinedVariable(String),
    /// A text in it is not a resource.
    NotAResource {
        /// The text.
        text: String,
        /// The reason.
        reason: NotAResource,
    },
    /// The mechanism presents ID tokens itself, but this connection has none.
    NoIdToken,
    /// The mechanism needs a service connection, which a command line does not have.
    TaskOnly,
    /// It is not the name of an organization.
    NotAnOrganization(String),
    /// It would give scripts a real token, which `proxy` prevents.
    ConflictsWithProxy,
    /// It is a setting of `proxy`, which is not configured.
    ProxyOnly,
    /// There is no variable that could hold a stand-in.
    NoStandIn,
    /// No organization of Azure DevOps Services is named.
    NoOrganization,
    /// The agent's machine sets this variable, and later steps would see only the value that `proxy` sets.
    SetByMachine(&'static str),
}

impl ConfigureProblemKind {
    /// This problem of a line.
    pub(crate) fn of(self, line: &str) -> ConfigureProblem {
        ConfigureProblem {
            line: line.to_owned(),
            reason: self,
        }
    }
}
