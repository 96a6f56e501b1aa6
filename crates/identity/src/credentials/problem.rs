//! Why a credential returned no token.
//!
//! It has no advice; the command line's report does.

use super::kind::Credential;
use crate::authority::NotAnAuthority;
use crate::connection::ConnectionFacts;
use crate::error::Error;
use crate::id_token::NotTheCollection;
use crate::tool::ToolError;
use crate::workflow_token::NotTheIssuer;

/// Why a way to sign in was skipped.
#[derive(Debug)]
pub struct CredentialProblem {
    /// The credential.
    pub credential: Credential,
    /// The problem.
    pub fault: CredentialProblemKind,
}

/// What can be wrong with a credential.
#[derive(Debug)]
pub enum CredentialProblemKind {
    /// A required variable is not set.
    NotSet(&'static str),
    /// A variable contains something that is not a token.
    NotAToken(&'static str),
    /// The workflow's job does not have permission to request ID tokens.
    NoIdTokenPermission,
    /// The workflow's request token would have been sent to another host.
    NotTheIssuer(NotTheIssuer),
    /// Its tool is not on the PATH.
    NotInstalled(&'static str),
    /// `AZURE_AUTHORITY_HOST` is not a valid authority.
    Authority {
        /// Its value.
        text: String,
        /// The reason.
        reason: NotAnAuthority,
    },
    /// The job token would have been sent to another host.
    NotTheCollection(NotTheCollection),
    /// The collection is not that of the job's own connection.
    AnotherCollection {
        /// The collection of the variables.
        collection: String,
        /// The address of the job's own connection.
        connection: String,
    },
    /// A service refused, or did not answer.
    Identity {
        /// The identity that signs in.
        connection: ConnectionFacts,
        /// The failure.
        error: Error,
    },
    /// Its tool returned no token.
    Tool(ToolError),
    /// Its token belongs to a tenant other than the requested one.
    AnotherTenant {
        /// The requested tenant.
        expected: String,
        /// The token's own.
        actual: String,
    },
}
