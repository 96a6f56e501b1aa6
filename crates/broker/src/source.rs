//! Where the broker's tokens come from, as far as it knows.
//!
//! It never says how a token is made.

use std::future::Future;

use adieu_identity::{Scope, Token};

/// Something that makes tokens: a service connection, or what a command line has at hand.
pub trait Source {
    /// A new token. Called once at a time for each scope; what can heal in seconds was tried again
    /// before this gives up.
    fn token(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
    ) -> impl Future<Output = Result<Token, Refusal>>;

    /// Client id of the identity, where it is known.
    fn client_id(&self) -> Option<&str>;
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong and what to do, in one line for whoever reads the client's log.
    pub reason: String,
    /// Whether the same question may be answered in a minute.
    pub can_heal: bool,
    /// Whether nothing will ever be answered again: the job's own token is over.
    pub is_final: bool,
}

impl Refusal {
    /// A refusal that asking again does not change.
    #[must_use]
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            can_heal: false,
            is_final: false,
        }
    }
}
