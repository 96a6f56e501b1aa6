//! Everything that can keep a service connection from a token, with its facts.
//!
//! It holds no advice and no secret: `crates/cli/report/` has the sentences.

use std::path::PathBuf;
use std::time::Duration;

use adieu_transport::{Correlation, NoAnswer, ServiceFailure};

use crate::claims::Claims;

/// Codes that Microsoft documents as transient ("Microsoft Entra authentication and authorization
/// error codes"), and the two that stand for its own failure to fetch the issuer's keys (50166, 90061).
const TRANSIENT: [u32; 8] = [
    50_166, 90_006, 90_012, 90_024, 90_033, 90_055, 90_061, 90_090,
];

/// Whether an Entra refusal is transient: by its status, its number, or the word that OAuth has for it.
fn is_transient_refusal(status: u16, code: Option<u32>, error: &str) -> bool {
    adieu_transport::is_busy(status)
        || error == "temporarily_unavailable"
        || code.is_some_and(|code| TRANSIENT.contains(&code))
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Azure DevOps or Microsoft Entra did not answer as itself.
    #[error(transparent)]
    Service(#[from] ServiceFailure),
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
    /// Azure DevOps knows the job and issues no ID token for this connection.
    #[error("Azure DevOps refused the ID token ({status})")]
    IdTokenRefused {
        /// HTTP status; 200 happens.
        status: u16,
        /// Azure DevOps' own words.
        message: String,
        /// Ids for the service's support.
        correlation: Correlation,
    },
    /// GitHub Actions knows the workflow's request and issues no ID token.
    #[error("GitHub Actions refused the ID token ({status})")]
    WorkflowTokenRefused {
        /// Host and port.
        host: String,
        /// HTTP status.
        status: u16,
        /// GitHub's own words, where it had any.
        message: Option<String>,
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
    #[error("the certificate cannot be used: {0}")]
    Certificate(ClientCertificateProblem),
    /// The file with the federated token, which the platform writes, cannot be used.
    #[error("the federated token in {} cannot be read: {reason}", .path.display())]
    FederatedTokenFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The machine's managed identity gave no token.
    #[error("the managed identity returned no token: {0}")]
    ManagedIdentity(ManagedIdentityProblem),
    /// azure_identity refused to ask, for instance because the client id is empty.
    #[error("azure_identity cannot ask for a token: {0}")]
    Credential(String),
}

/// Why a certificate cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientCertificateProblem {
    /// There is no certificate in the PEM.
    #[error("it has no certificate in PEM form")]
    NoCertificate,
    /// There is no private key in the PEM.
    #[error("it has no private key in PEM form")]
    NoKey,
    /// The private key has a password.
    #[error("its private key is encrypted")]
    EncryptedKey,
    /// There is no block of PEM at all.
    #[error("it is not in PEM form")]
    NotPem,
    /// A block of the PEM cannot be decoded.
    #[error("a block of its PEM is damaged")]
    DamagedPem,
    /// The key is of another kind; Microsoft Entra accepts RSA only.
    #[error("its private key is not an RSA key")]
    NotRsa,
    /// The RSA key cannot be used, for instance because it is too short.
    #[error("its RSA private key cannot be used ({0}); it needs 2048 bits or more")]
    Key(String),
    /// No certificate has the public half of the key.
    #[error("its private key belongs to none of its certificates ({certificates} found)")]
    AnotherKey {
        /// How many certificates there are.
        certificates: usize,
    },
    /// The system gave no random numbers, or the key did not sign.
    #[error("its private key could not sign")]
    Signing,
}

/// Why the machine's own endpoint gave no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManagedIdentityProblem {
    /// What names the endpoint is wrong, or it cannot be asked.
    #[error("{0}")]
    Unusable(String),
    /// The platform has its own protocol.
    #[error("{0} is not supported")]
    NotSupported(&'static str),
    /// It does not answer.
    #[error("{endpoint} does not answer: {cause}")]
    Unanswered {
        /// Which endpoint.
        endpoint: String,
        /// What happened at the last attempt.
        cause: NoAnswer,
    },
    /// It answered with half an answer.
    #[error("its answer was cut off")]
    Cut,
    /// It refused.
    #[error("its endpoint answered {status}{}", .message.as_ref().map(|message| format!(": {message}")).unwrap_or_default())]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its words, where it had any.
        message: Option<String>,
        /// Whether the machine, or the identity on it, is only still being set up.
        settling: bool,
    },
    /// There is no token in what it answered.
    #[error("its answer has no token that can be read")]
    NoToken,
}

impl ManagedIdentityProblem {
    /// Whether the same question may have another answer in a minute.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unanswered { cause, .. } => cause.is_transient(),
            Self::Cut => true,
            Self::Refused { status, .. } => self.is_settling() || adieu_transport::is_busy(*status),
            Self::Unusable(_) | Self::NotSupported(_) | Self::NoToken => false,
        }
    }

    /// Whether the machine, or the identity on it, is still being set up.
    #[must_use]
    pub fn is_settling(&self) -> bool {
        self.settles_within().is_some()
    }

    /// How long Microsoft's clients ask a machine that is still being set up: 70 seconds while its endpoint is updated
    /// (410), a few seconds for an endpoint or an identity that is not found (`ImdsRetryPolicy` of
    /// AzureAD/microsoft-authentication-library-for-dotnet).
    #[must_use]
    pub fn settles_within(&self) -> Option<Duration> {
        match self {
            Self::Refused {
                settling: true,
                status,
                ..
            } => Some(Duration::from_secs(if *status == 410 { 70 } else { 10 })),
            _ => None,
        }
    }

    /// Whether the endpoint has several identities and wants to know which one is meant.
    #[must_use]
    pub fn is_about_several_identities(&self) -> bool {
        let Self::Refused {
            message: Some(message),
            ..
        } = self
        else {
            return false;
        };
        let message = message.to_ascii_lowercase().replace('-', " ");
        message.contains("multiple user assigned") || message.contains("multiple identities")
    }
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
    /// It has expired already, by this machine's clock.
    Expired {
        /// Expiry in the token, seconds since 1970.
        expires_on: i64,
        /// This machine's clock, seconds since 1970.
        now: i64,
    },
}

impl Error {
    /// Whether the same question may have another answer in a minute, without any change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Service(failure) => failure.is_transient(),
            Self::EntraRefused {
                status,
                code,
                error,
                ..
            } => is_transient_refusal(*status, *code, error),
            Self::ManagedIdentity(fault) => fault.is_transient(),
            _ => false,
        }
    }

    /// Whether a service understood the question and refused.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(
            self,
            Self::IdTokenRefused { .. }
                | Self::WorkflowTokenRefused { .. }
                | Self::EntraRefused { .. }
                | Self::JobTokenRefused { .. }
                | Self::ManagedIdentity(ManagedIdentityProblem::Refused { .. })
        )
    }

    /// The failure behind an error that a credential of this crate returned through the Azure SDK.
    #[must_use]
    pub fn of(error: &azure_core::Error) -> Option<&Self> {
        let mut link: &(dyn std::error::Error + 'static) = error;
        loop {
            match link.downcast_ref() {
                Some(found) => return Some(found),
                None => link = link.source()?,
            }
        }
    }

    /// The same, taken out of the SDK's error.
    ///
    /// # Errors
    /// The error is another credential's; its words.
    pub fn take(error: azure_core::Error) -> Result<Self, String> {
        let words = error.to_string();
        innermost(error).ok_or(words)
    }

    /// How long a managed identity that is still being set up is worth waiting for; nothing for any other error.
    #[must_use]
    pub fn settles_within(&self) -> Option<Duration> {
        match self {
            Self::ManagedIdentity(fault) => fault.settles_within(),
            _ => None,
        }
    }
}

impl From<Error> for azure_core::Error {
    fn from(error: Error) -> Self {
        Self::new(azure_core::error::ErrorKind::Credential, error)
    }
}

/// The error of type `E` in a chain of azure_core's errors.
pub(crate) fn innermost<E: std::error::Error + 'static>(mut error: azure_core::Error) -> Option<E> {
    loop {
        error = match error.into_downcast::<E>() {
            Ok(found) => return Some(found),
            Err(outer) => *outer.into_inner().ok()?.downcast().ok()?,
        };
    }
}
