//! The source of the broker's tokens.
//!
//! It does not know how a token is obtained.

use std::fmt;

use adieu_identity::azure_core::{self, credentials::TokenCredential};
use adieu_identity::{Error, Scope, Token, TokenRequest};

/// An Azure SDK credential whose tokens the broker serves. It gets one request at a time for each scope, and retries
/// transient failures itself. A [`Refusal`] among its errors is passed to the client; the [`Error`] in any other one
/// is classified.
pub trait TokenSource: TokenCredential {
    /// Client ID of the identity, if it is known.
    fn client_id(&self) -> Option<&str>;

    /// Called after a request was refused with this reason.
    fn refused(&self, reason: &str) {
        let _ = reason;
    }
}

/// Requests a new token from a source.
pub(crate) async fn ask(
    source: &dyn TokenSource,
    scope: Scope,
    tenant: Option<String>,
) -> Result<Token, Refusal> {
    let request = TokenRequest {
        tenant,
        // A client gives up before a virtual machine is set up.
        waits: false,
        ..TokenRequest::new(scope)
    };
    request.send(source).await.map_err(Refusal::from)
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The problem and the remedy, on one line for the client's log.
    pub reason: String,
    /// What must change before a token is available.
    pub scope: RefusalScope,
}

/// What must change before a refused request succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalScope {
    /// Nothing: a service is unavailable for about a minute.
    Transient,
    /// The request, or something on this machine. Each request is tried again.
    Local,
    /// Something at a service, which gets no request for half a minute.
    Remote,
    /// Nothing can help: the service does not accept the credential itself. The broker only believes this if it is
    /// repeated, because a service with problems also refuses valid credentials.
    Permanent,
}

impl Refusal {
    /// A refusal of the client's request, which needs no service.
    pub fn of_the_request(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            scope: RefusalScope::Local,
        }
    }
}

impl RefusalScope {
    /// The scope for several failures, of which resolving one would be enough to get a token.
    pub fn of<'e>(errors: impl IntoIterator<Item = &'e Error> + Clone) -> Self {
        let any = |is: fn(&Error) -> bool| errors.clone().into_iter().any(is);
        if any(refuses_the_job_token) {
            Self::Permanent
        } else if any(|error| {
            error.is_transient() || matches!(error, Error::JobTokenRefused { .. })
        }) {
            Self::Transient
        } else if any(Error::is_denied) {
            Self::Remote
        } else {
            // A sign-in with az in the meantime is noticed immediately.
            Self::Local
        }
    }
}

/// Whether Azure DevOps itself reported that it does not accept the job token. A web page, or an answer without a
/// message, can come from a proxy as well.
fn refuses_the_job_token(error: &Error) -> bool {
    matches!(
        error,
        Error::JobTokenRefused {
            status: 401,
            message: Some(_),
            ..
        }
    )
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Refusal {}

impl From<azure_core::Error> for Refusal {
    fn from(error: azure_core::Error) -> Self {
        let error = match error.into_downcast::<Self>() {
            Ok(refusal) => return refusal,
            Err(error) => error,
        };
        Self {
            reason: error.to_string(),
            scope: RefusalScope::of(Error::of(&error)),
        }
    }
}
