//! Everything that can stand between a service connection and a token, as situations with their facts.
//!
//! It holds no advice and no secret: `report.rs` of the binary makes sentences of it.

use std::fmt;

use adieu_transport::{Correlation, NoAnswer, NotTheService};

use crate::claims::Claims;

/// Who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The collection that runs the job.
    AzureDevOps,
    /// The connection's authority.
    Entra,
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AzureDevOps => "Azure DevOps",
            Self::Entra => "Microsoft Entra",
        })
    }
}

/// A situation in which there is no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No usable answer came, however often it was tried.
    #[error("{service} ({host}) gave no answer: {cause}")]
    NoAnswer {
        /// Who was asked.
        service: Service,
        /// Host and port.
        host: String,
        /// What happened at the last attempt.
        cause: NoAnswer,
        /// How often it was tried.
        attempts: u32,
    },
    /// The service is there and cannot answer now: 408, 429, 5xx.
    #[error("{service} ({host}) answered {status} after {attempts} attempts")]
    Busy {
        /// Who was asked.
        service: Service,
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
    #[error("{host} answered {status} with something that is not {service}'s answer")]
    NotTheService {
        /// Who was asked.
        service: Service,
        /// Host and port.
        host: String,
        /// HTTP status.
        status: u16,
        /// What it was instead.
        instead: NotTheService,
        /// Ids for the service's support.
        correlation: Correlation,
    },
    /// Azure DevOps wants a sign-in: the job token is expired or another collection's.
    #[error("Azure DevOps did not accept the job's token ({status})")]
    JobTokenRefused {
        /// Host and port.
        host: String,
        /// HTTP status.
        status: u16,
        /// Azure DevOps' own words, where it had any.
        message: Option<String>,
        /// Ids for the service's support.
        correlation: Correlation,
    },
    /// Azure DevOps knows the job and mints no ID token for this connection.
    #[error("Azure DevOps refused the ID token ({status})")]
    IdTokenRefused {
        /// HTTP status; 200 happens.
        status: u16,
        /// Azure DevOps' own words.
        message: String,
        /// Ids for the service's support.
        correlation: Correlation,
    },
    /// Entra refused.
    #[error("Microsoft Entra refused ({status}, {error})")]
    EntraRefused {
        /// HTTP status.
        status: u16,
        /// The number behind `AADSTS`.
        code: Option<u32>,
        /// OAuth error word, such as `invalid_client`.
        error: String,
        /// First line of the description.
        description: String,
        /// What the presented ID token says of itself, where one was presented.
        presented: Option<Box<Claims>>,
        /// Scope that was asked for.
        scope: String,
        /// Ids for the service's support.
        correlation: Correlation,
    },
    /// Entra answered with a token that is not the one that was asked for.
    #[error("the access token is not for what was asked: {0:?}")]
    AnotherToken(Mismatch),
    /// The connection's certificate cannot sign.
    #[error("the connection's certificate cannot be used: {0}")]
    Certificate(String),
    /// The machine's managed identity gave no token.
    #[error("the managed identity gave no token: {0}")]
    ManagedIdentity(String),
    /// The connection has no ID token to give: it signs in with a secret, a certificate or a managed
    /// identity.
    #[error("the connection's scheme has no ID token")]
    NoIdToken,
}

/// How an access token differs from what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// It is another tenant's.
    Tenant {
        /// Tenant that was asked.
        asked: String,
        /// Tenant in the token.
        got: String,
    },
    /// It is for another service.
    Audience {
        /// Scope that was asked for.
        asked: String,
        /// Audience in the token.
        got: String,
    },
    /// It is over already, as this machine's clock sees it.
    Expired {
        /// Expiry in the token, seconds since 1970.
        expires_on: i64,
        /// This machine's clock, seconds since 1970.
        now: i64,
    },
}

impl Error {
    /// What the presented ID token says of itself, where Entra saw one.
    #[must_use]
    pub fn presented(&self) -> Option<&Claims> {
        match self {
            Self::EntraRefused { presented, .. } => presented.as_deref(),
            _ => None,
        }
    }
}
