//! Everything that can fail between a request and its answer, with its facts.
//!
//! It holds no advice and no secret: `crates/cli/report/` writes the messages.

use adieu_transport::{Attempt, Correlation, NoAnswer, Reply, ServiceFailure, ServiceMessage};
use serde_json::Value;

use crate::refusal::{Reason, Refusal};
use crate::tenant::{self, Tenant};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service gave no valid answer.
    #[error(transparent)]
    Service(#[from] ServiceFailure),
    /// The service requires a sign-in: it does not recognize the token.
    #[error("{host} did not accept the token ({status})")]
    SignedOut {
        /// Host and port.
        host: String,
        /// HTTP status; 203 and 302 are sign-in pages.
        status: u16,
        /// The service's message, if there is one.
        message: Option<String>,
        /// The tenant whose tokens the service accepts, if the answer names it.
        tenant: Option<Tenant>,
        /// IDs for the service's support.
        correlation: Correlation,
    },
    /// The service understood the request and refused.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// A file that is to be sent cannot be read.
    #[error("{path} cannot be read: {reason}")]
    File {
        /// The file.
        path: String,
        /// The system's error message.
        reason: String,
    },
}

impl Error {
    /// The refusal in an answer.
    pub(crate) fn refused(reply: &Reply, reason: Reason, message: Option<&ServiceMessage>) -> Self {
        Self::Refused(Box::new(Refusal {
            host: reply.host.clone(),
            status: reply.status(),
            attempts: reply.attempt,
            reason,
            message: message.map_or_else(String::new, |message| message.text.clone()),
            tenant: tenant::in_headers(&reply.answer),
            correlation: reply.correlation(),
        }))
    }

    /// Whether the service refused for this reason.
    pub fn is(&self, reason: Reason) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.reason == reason)
    }

    /// The tenant whose tokens the service accepts, if its refusal names it.
    pub fn tenant(&self) -> Option<&Tenant> {
        match self {
            Self::SignedOut { tenant, .. } => tenant.as_ref(),
            Self::Refused(refusal) => refusal.tenant.as_ref(),
            _ => None,
        }
    }

    /// Whether an earlier attempt, whose answer was lost, may have caused this refusal.
    pub(crate) fn is_of_a_repeat(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.attempts > 1)
    }

    /// Whether a retry may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Service(failure) if failure.is_transient())
    }

    /// Why there was no answer, if there was none.
    pub fn unanswered(&self) -> Option<&NoAnswer> {
        match self {
            Self::Service(failure) => failure.unanswered(),
            _ => None,
        }
    }

    /// Whether the request may have taken effect although no answer confirms it.
    pub(crate) fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Service(failure) if failure.leaves_doubt())
    }
}

/// `None` if the service does not have what was asked for.
pub(crate) fn if_found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is(Reason::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a removal changed something. If the answer to the first attempt was lost, the second one finds nothing.
pub(crate) fn is_removed(answer: Result<Value, Error>) -> Result<bool, Error> {
    match answer {
        Err(error) if error.is(Reason::NotFound) => Ok(error.is_of_a_repeat()),
        answer => answer.map(|_| true),
    }
}

impl From<Error> for Attempt<Error> {
    fn from(error: Error) -> Self {
        match error {
            Error::Service(failure) => failure.into(),
            error => Self::Permanent(error),
        }
    }
}
