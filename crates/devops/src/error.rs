//! Everything that can stand between a question and its answer, as situations with their facts.
//!
//! It holds no advice and no secret: `crates/cli/report/` makes sentences of it.

use adieu_transport::{Correlation, NoAnswer, NotTheService};

use crate::refusal::Refusal;

/// A situation in which there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No usable answer came, however often it was tried.
    #[error("{host} gave no answer: {cause}")]
    NoAnswer {
        /// Host and port.
        host: String,
        /// What happened at the last attempt.
        cause: NoAnswer,
        /// How often it was tried.
        attempts: u32,
    },
    /// The service is there and cannot answer now: 408, 429, 5xx.
    #[error("{host} answered {status} after {attempts} attempts")]
    Busy {
        /// Host and port.
        host: String,
        /// HTTP status of the last answer.
        status: u16,
        /// How often it was tried.
        attempts: u32,
        /// The last answer's own words, where it had any.
        message: Option<String>,
        /// Ids for the service's support.
        correlation: Correlation,
    },
    /// Something answered that is not the service.
    #[error("{host} answered {status} with something that is not its answer")]
    NotTheService {
        /// Host and port.
        host: String,
        /// HTTP status.
        status: u16,
        /// What it was instead.
        instead: NotTheService,
        /// Ids for the service's support.
        correlation: Correlation,
    },
    /// The service asks for a sign-in: it takes the token for nobody's.
    #[error("{host} did not accept the token ({status})")]
    SignedOut {
        /// Host and port.
        host: String,
        /// HTTP status; 203 and 302 are sign-in pages.
        status: u16,
        /// The service's own words, where it had any.
        message: Option<String>,
        /// The tenant whose tokens it takes (`X-VSS-ResourceTenant`), where it said so.
        tenant: Option<String>,
        /// Ids for the service's support.
        correlation: Correlation,
    },
    /// The service understood and said no.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// A file that is to be sent cannot be read.
    #[error("{path} cannot be read: {reason}")]
    File {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
}

impl Error {
    /// Whether the service said no for this reason.
    #[must_use]
    pub fn is(&self, reason: crate::Reason) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.reason == reason)
    }

    /// The tenant whose tokens the service takes, where its no says so.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::SignedOut { tenant, .. } => tenant.as_deref(),
            Self::Refused(refusal) => refusal.tenant.as_deref(),
            _ => None,
        }
    }

    /// Whether an earlier attempt may have done what this no is about: its answer was lost.
    pub(crate) fn is_of_a_repeat(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.attempts > 1)
    }

    /// Whether nobody can tell if the request took effect: the answer is missing, or the service failed.
    /// Who was never reached, or turned the request away, did nothing.
    pub(crate) fn leaves_doubt(&self) -> bool {
        match self {
            Self::NoAnswer { cause, .. } => {
                matches!(cause, NoAnswer::Cut | NoAnswer::Time | NoAnswer::NotHttp)
            }
            Self::Busy { status, .. } => *status != 429,
            _ => false,
        }
    }
}
