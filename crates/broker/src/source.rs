//! The source of the broker's tokens.
//!
//! It never says how a token is made.

use std::fmt;

use adieu_identity::azure_core::{self, credentials::TokenCredential};
use adieu_identity::{Error, Scope, Token, TokenRequest};

/// A credential of the Azure SDK that the broker hands tokens out of. It is asked once at a time for each scope; what is
/// transient it has tried again itself. Of its errors, a [`Refusal`] goes to the client as it is; any other one is
/// judged by the [`Error`] in it.
pub trait TokenSource: TokenCredential {
    /// Client id of the identity, where it is known.
    fn client_id(&self) -> Option<&str>;

    /// A request was refused, and its client was given this reason.
    fn refused(&self, reason: &str) {
        let _ = reason;
    }
}

/// A new token of a source.
pub(crate) async fn ask(
    source: &dyn TokenSource,
    scope: Scope,
    tenant: Option<String>,
) -> Result<Token, Refusal> {
    let request = TokenRequest {
        tenant,
        // A client gives up sooner than a virtual machine is set up.
        waits: false,
        ..TokenRequest::new(scope)
    };
    request.send(source).await.map_err(Refusal::from)
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong and what to do, in one line for the reader of the client's log.
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
    pub fn of_the_request(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            scope: RefusalScope::Local,
        }
    }
}

impl RefusalScope {
    /// The scope of failures of which one would do to get a token.
    #[must_use]
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
            // A sign-in with az meanwhile is seen at once.
            Self::Local
        }
    }
}

/// Whether Azure DevOps itself said that it does not accept the job's token. A page for people, or an answer
/// without any text, can come from a proxy as well.
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
