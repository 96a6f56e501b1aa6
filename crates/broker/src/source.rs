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
    /// What has to change before there is a token again.
    pub scope: RefusalScope,
}

/// What has to change before a refused question gets a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalScope {
    /// Nothing: a service is unavailable for a minute or so.
    Transient,
    /// The question, or something on this machine. Each question is looked into again.
    Local,
    /// Something at a service, which is left alone for half a minute.
    Remote,
    /// Nothing can: the service does not accept the credential itself. The broker believes it only when it is
    /// repeated, because a service that is ill refuses good credentials too.
    Permanent,
}

impl Refusal {
    /// A refusal of what the client asks, which is found out without a service.
    #[must_use]
    pub fn of_the_question(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            scope: RefusalScope::Local,
        }
    }
}
