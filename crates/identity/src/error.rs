//! Everything that can prevent a service connection from getting a token, with its facts.
//!
//! It holds no advice and no secret: `crates/cli/report/` writes the messages.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use adieu_transport::{Correlation, NoAnswer, ServiceFailure};

use crate::claims::Claims;

/// Codes that Microsoft documents as transient ("Microsoft Entra authentication and authorization error codes"), and
/// the two for its own failure to fetch the issuer's keys (50166, 90061).
const TRANSIENT: [u32; 8] = [
    50_166, 90_006, 90_012, 90_024, 90_033, 90_055, 90_061, 90_090,
];

/// Whether a Microsoft Entra refusal is transient, by its status, code, or OAuth error.
fn is_transient_refusal(status: u16, code: Option<u32>, error: &str) -> bool {
    adieu_transport::is_busy(status)
        || error == "temporarily_unavailable"
        || code.is_some_and(|code| TRANSIENT.contains(&code))
}

/// Why there is no token.
#[derive(thiserror::Error)]
pub enum Error {
    /// Azure DevOps or Microsoft Entra did not give a valid answer.
    #[error(transparent)]
    Service(#[from] ServiceFailure),
    /// Azure DevOps requires a sign-in: the job token has expired or belongs to another collection.
    #[error("Azure DevOps did not accept the job's token ({status})")]
    JobTokenRefused {
        /// Host and port.
        host: String,
        /// HTTP status.
        status: u16,
        /// The message from Azure DevOps, if there is one.
        message: Option<String>,
        /// IDs for the service's support.
        correlation: Correlation,
    },
    /// Azure DevOps recognizes the job but issues no ID token for this connection.
    #[error("Azure DevOps refused the ID token ({status})")]
    IdTokenRefused {
        /// HTTP status; it can be 200.
        status: u16,
        /// The message from Azure DevOps.
        message: String,
        /// IDs for the service's support.
        correlation: Correlation,
    },
    /// GitHub Actions recognizes the request but issues no ID token.
    #[error("GitHub Actions refused the ID token ({status})")]
    WorkflowTokenRefused {
        /// Host and port.
        host: String,
        /// HTTP status.
        status: u16,
        /// The message from GitHub, if there is one.
        message: Option<String>,
        /// IDs for the service's support.
        correlation: Correlation,
    },
    /// Microsoft Entra refused.
    #[error("Microsoft Entra refused ({status}, {error})")]
    EntraRefused {
        /// HTTP status.
        status: u16,
        /// The number after `AADSTS`.
        code: Option<u32>,
        /// OAuth error code, such as `invalid_client`.
        error: String,
        /// First line of the description.
        description: String,
        /// The claims of the ID token that was presented, if there was one.
        presented: Option<Box<Claims>>,
        /// The requested scope.
        scope: String,
        /// IDs for the service's support.
        correlation: Correlation,
    },
    /// Microsoft Entra issued a token other than the requested one.
    #[error("the access token is not the requested one")]
    AnotherToken(Mismatch),
    /// The connection's certificate cannot sign.
    #[error("the certificate cannot be used: {0}")]
    Certificate(ClientCertificateProblem),
    /// The file with the federated token, which the platform writes, cannot be used.
    #[error("the federated token in {} cannot be read: {reason}", .path.display())]
    FederatedTokenFile {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The machine's managed identity provided no token.
    #[error("the managed identity returned no token: {0}")]
    ManagedIdentity(ManagedIdentityProblem),
    /// azure_identity refused to send the request, for instance because the client ID is empty.
    #[error("azure_identity cannot ask for a token: {0}")]
    Credential(String),
}

/// The same as its `Display`. An error of the Azure SDK contains it, so `Debug` is needed; a derived one would add
/// those of all facts to the binary.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Why a certificate cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientCertificateProblem {
    /// The PEM has no certificate.
    #[error("it has no certificate in PEM form")]
    NoCertificate,
    /// The PEM has no private key.
    #[error("it has no private key in PEM form")]
    NoKey,
    /// The private key has a password.
    #[error("its private key is encrypted")]
    EncryptedKey,
    /// The text has no PEM block.
    #[error("it is not in PEM form")]
    NotPem,
    /// A PEM block cannot be decoded.
    #[error("a block of its PEM is damaged")]
    DamagedPem,
    /// The key has another type; Microsoft Entra accepts only RSA.
    #[error("its private key is not an RSA key")]
    NotRsa,
    /// The RSA key cannot be used, for instance because it is too short.
    #[error("its RSA private key cannot be used ({0}); it needs 2048 bits or more")]
    Key(String),
    /// No certificate matches the private key.
    #[error("its private key belongs to none of its certificates ({certificates} found)")]
    AnotherKey {
        /// The number of certificates.
        certificates: usize,
    },
    /// The system provided no random numbers, or signing failed.
    #[error("its private key could not sign")]
    Signing,
}

/// Why the machine's own endpoint provided no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManagedIdentityProblem {
    /// The setting that names the endpoint is invalid, or the endpoint cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The platform uses its own protocol.
    #[error("{0} is not supported")]
    NotSupported(&'static str),
    /// The endpoint does not answer.
    #[error("{endpoint} does not answer: {cause}")]
    Unanswered {
        /// The endpoint.
        endpoint: String,
        /// The cause of the last attempt's failure.
        cause: NoAnswer,
    },
    /// The answer was cut off.
    #[error("its answer was cut off")]
    Cut,
    /// The endpoint refused.
    #[error("its endpoint answered {status}{}", .message.as_ref().map(|message| format!(": {message}")).unwrap_or_default())]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its message, if there is one.
        message: Option<String>,
        /// Whether the machine, or its identity, is still being set up.
        settling: bool,
    },
    /// The answer contains no token.
    #[error("its answer has no token that can be read")]
    NoToken,
}

impl ManagedIdentityProblem {
    /// Whether the same request may succeed in a minute.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unanswered { cause, .. } => cause.is_transient(),
            Self::Cut => true,
            Self::Refused { status, .. } => self.is_settling() || adieu_transport::is_busy(*status),
            Self::Unusable(_) | Self::NotSupported(_) | Self::NoToken => false,
        }
    }

    /// Whether the machine, or its identity, is still being set up.
    pub fn is_settling(&self) -> bool {
        self.settles_within().is_some()
    }

    /// How long Microsoft's clients retry while a machine is being set up: 70 seconds while its endpoint is updated
    /// (410), a few seconds for an endpoint or an identity that is not found (`ImdsRetryPolicy` of
    /// AzureAD/microsoft-authentication-library-for-dotnet).
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

    /// Whether the endpoint has several identities and needs to know which one to use.
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

/// How an access token differs from the requested one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// It was issued by another tenant.
    Tenant {
        /// The requested tenant.
        expected: String,
        /// Tenant in the token.
        actual: String,
    },
    /// It is for another service.
    Audience {
        /// The requested scope.
        expected: String,
        /// Audience in the token.
        actual: String,
    },
    /// It has already expired, according to this machine's clock.
    Expired {
        /// Expiry in the token, seconds since 1970.
        expires_on: i64,
        /// The time by this machine's clock, seconds since 1970.
        now: i64,
    },
}

impl Error {
    /// Whether the same request may succeed in a minute, without any change.
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

    /// Whether a service understood the request and refused.
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
    pub fn of(error: &azure_core::Error) -> Option<&Self> {
        let mut link: &(dyn std::error::Error + 'static) = error;
        loop {
            match link.downcast_ref() {
                Some(found) => return Some(found),
                None => link = link.source()?,
            }
        }
    }

    /// Takes the failure out of the SDK's error.
    ///
    /// # Errors
    /// The error comes from another credential; its text.
    pub fn take(error: azure_core::Error) -> Result<Self, String> {
        let words = error.to_string();
        innermost(error).ok_or(words)
    }

    /// How long to wait for a managed identity that is still being set up; `None` for any other error.
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
