//! A service that gave no valid answer: the same type for all services, with the only rule for what is transient.
//!
//! It contains neither remedies nor credentials.

use std::fmt;

use crate::outcome::{Correlation, NoAnswer, NotTheService};

/// A service, as people call it.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Name for messages, such as `Azure DevOps`.
    pub name: &'static str,
    /// Headers with which its support finds a request.
    pub correlation: &'static [&'static str],
}

/// Azure DevOps and its Marketplace.
pub static AZURE_DEVOPS: Service = Service {
    name: "Azure DevOps",
    correlation: &["x-vss-e2eid", "activityid", "x-msedge-ref"],
};

/// The authority of a service connection or a command line.
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

/// A service gave no valid answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceFailure {
    /// The service.
    pub service: &'static Service,
    /// Host and port.
    pub host: String,
    /// Number of attempts.
    pub attempts: u32,
    /// What happened in the last attempt.
    pub cause: FailureCause,
    /// IDs for the service's support.
    pub correlation: Correlation,
}

/// What happened instead of a valid answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureCause {
    /// There was no answer.
    NoAnswer(NoAnswer),
    /// The service is busy: 408, 429, 5xx.
    Busy {
        /// HTTP status.
        status: u16,
        /// The service's message, if there is one.
        message: Option<String>,
        /// Seconds until the service wants another request.
        retry_after: Option<u64>,
    },
    /// The answer came from something else, such as a proxy.
    NotTheService {
        /// HTTP status.
        status: u16,
        /// The kind of the answer.
        instead: NotTheService,
    },
}

impl ServiceFailure {
    /// A request that could not be sent, or was not answered.
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

    /// Whether the same request may succeed in a minute, without any change.
    pub fn is_transient(&self) -> bool {
        match &self.cause {
            FailureCause::NoAnswer(cause) => cause.is_transient(),
            FailureCause::Busy { .. } => true,
            FailureCause::NotTheService { .. } => false,
        }
    }

    /// Whether the service throttles requests (429).
    pub fn is_throttled(&self) -> bool {
        matches!(self.cause, FailureCause::Busy { status: 429, .. })
    }

    /// Seconds until the service wants another request.
    pub fn retry_after(&self) -> Option<u64> {
        match self.cause {
            FailureCause::Busy { retry_after, .. } => retry_after,
            _ => None,
        }
    }

    /// Why there was no answer, if there was none.
    pub fn unanswered(&self) -> Option<&NoAnswer> {
        match &self.cause {
            FailureCause::NoAnswer(cause) => Some(cause),
            _ => None,
        }
    }

    /// Whether the request may have taken effect: the answer is missing, or the service failed. If the service was
    /// not reached, or rejected the request, it had no effect.
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
