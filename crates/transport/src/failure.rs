//! A service that did not answer as itself: once for all services, with the one rule for what is transient.
//!
//! It never says what to do about it, and holds no credential.

use std::fmt;

use crate::outcome::{Correlation, NoAnswer, NotTheService};

/// A service, as people call it.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Name, such as `Azure DevOps`.
    pub name: &'static str,
    /// Headers by which its support finds a request.
    pub correlation: &'static [&'static str],
}

/// Azure DevOps and its Marketplace.
pub static AZURE_DEVOPS: Service = Service {
    name: "Azure DevOps",
    correlation: &["x-vss-e2eid", "activityid", "x-msedge-ref"],
};

/// The authority of a service connection or of a command line.
pub static MICROSOFT_ENTRA: Service = Service {
    name: "Microsoft Entra",
    correlation: &["x-ms-request-id"],
};

/// The directory of a tenant.
pub static MICROSOFT_GRAPH: Service = Service {
    name: "Microsoft Graph",
    correlation: &["request-id"],
};

/// The service that issues ID tokens to workflows of GitHub Actions.
pub static GITHUB_ACTIONS: Service = Service {
    name: "GitHub Actions",
    correlation: &["x-vss-e2eid", "x-github-request-id"],
};

/// A service that did not answer as itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceFailure {
    /// Which service was asked.
    pub service: &'static Service,
    /// Host and port.
    pub host: String,
    /// How often it was asked.
    pub attempts: u32,
    /// What came instead, at the last attempt.
    pub cause: FailureCause,
    /// Ids for the service's support.
    pub correlation: Correlation,
}

/// What came instead of a service's own answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureCause {
    /// Nothing.
    NoAnswer(NoAnswer),
    /// The service is there and cannot answer now: 408, 429, 5xx.
    Busy {
        /// HTTP status.
        status: u16,
        /// The service's own words, where it had any.
        message: Option<String>,
        /// Seconds that it asks to be left alone for.
        retry_after: Option<u64>,
    },
    /// The answer of something else, such as a proxy.
    NotTheService {
        /// HTTP status.
        status: u16,
        /// What it was.
        instead: NotTheService,
    },
}

impl ServiceFailure {
    /// A request that could not be sent, or was not answered.
    #[must_use]
    pub fn no_answer(
        service: &'static Service,
        host: String,
        attempts: u32,
        cause: NoAnswer,
    ) -> Self {
        Self {
            service,
            host,
            attempts,
            cause: FailureCause::NoAnswer(cause),
            correlation: Correlation::default(),
        }
    }

    /// Whether the same request may be answered in a minute, without anything being changed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &self.cause {
            FailureCause::NoAnswer(cause) => cause.is_transient(),
            FailureCause::Busy { .. } => true,
            FailureCause::NotTheService { .. } => false,
        }
    }

    /// Whether the service has too many requests (429).
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self.cause, FailureCause::Busy { status: 429, .. })
    }

    /// Seconds that the service asks to be left alone for.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        match self.cause {
            FailureCause::Busy { retry_after, .. } => retry_after,
            _ => None,
        }
    }

    /// Why no answer came, where none did.
    #[must_use]
    pub fn unanswered(&self) -> Option<&NoAnswer> {
        match &self.cause {
            FailureCause::NoAnswer(cause) => Some(cause),
            _ => None,
        }
    }

    /// Whether the request may have taken effect: the answer is missing, or the service failed. A service
    /// that was not reached, or turned the request away, did nothing.
    #[must_use]
    pub fn leaves_doubt(&self) -> bool {
        match &self.cause {
            FailureCause::NoAnswer(cause) => {
                matches!(cause, NoAnswer::Cut | NoAnswer::Time | NoAnswer::NotHttp)
            }
            FailureCause::Busy { status, .. } => *status != 429,
            FailureCause::NotTheService { .. } => false,
        }
    }
}

impl fmt::Display for ServiceFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, host, .. } = self;
        let name = service.name;
        match &self.cause {
            FailureCause::NoAnswer(cause) => {
                write!(formatter, "{name} ({host}) did not answer: {cause}")
            }
            FailureCause::Busy { status, .. } => write!(
                formatter,
                "{name} ({host}) answered {status} after {} attempts",
                self.attempts
            ),
            FailureCause::NotTheService { status, .. } => write!(
                formatter,
                "{host} answered {status} with something that is not {name}'s answer"
            ),
        }
    }
}

impl std::error::Error for ServiceFailure {}
