//! Runs the credentials of azure_identity over our own client, which classifies each answer before they read it.
//!
//! azure_identity builds the request, follows the protocol and reads the token. It never sees a refusal: its parser
//! loses the code of an escaped description, and its retries do not consider whether a failure is transient. A
//! refusal passes through its pipeline as an opaque error and is unwrapped here.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{
    AsyncRawResponse, ClientMethodOptions, ClientOptions, Context, Request, RetryOptions,
    StatusCode, Transport,
};
use bytes::Bytes;

use adieu_transport::{Attempt, Deadline};

use crate::error::{Error, innermost};
use crate::scope::Scope;
use crate::token::Token;

/// Placeholders for authority and tenant. Nothing is sent to this address: azure_identity drops an authority's path,
/// and accepts no authority on this machine.
const AUTHORITY: &str = "https://authority.invalid";
pub(crate) const TENANT: &str = "tenant";

/// What the request itself does not show about an attempt.
#[derive(Debug, Clone)]
pub(crate) struct AttemptContext {
    pub(crate) scope: Scope,
    /// Its number, starting at 1.
    pub(crate) number: u32,
    pub(crate) deadline: Deadline,
}

/// A service that issues tokens.
#[async_trait]
pub(crate) trait TokenService: fmt::Debug + Send + Sync + 'static {
    /// Sends a request once. Returns a body that every credential can read.
    async fn send(
        &self,
        written: &Request,
        attempt: &AttemptContext,
    ) -> Result<Bytes, Attempt<Error>>;
}

/// The last policy of a credential's pipeline.
struct ClassifyingPolicy<S>(S);

impl<S> fmt::Debug for ClassifyingPolicy<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClassifyingPolicy")
    }
}

#[async_trait]
impl<S: TokenService> Policy for ClassifyingPolicy<S> {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        _next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let attempt = context.value::<AttemptContext>().ok_or_else(|| {
            azure_core::Error::with_message(ErrorKind::Other, "the attempt is not known")
        })?;
        match self.0.send(request, attempt).await {
            Ok(body) => Ok(AsyncRawResponse::from_bytes(
                StatusCode::Ok,
                Headers::new(),
                body,
            )),
            // azure_core retries only the kinds `Io` and `Connection`.
            Err(attempt) => Err(azure_core::Error::new(
                ErrorKind::Other,
                FailedAttempt(attempt),
            )),
        }
    }
}

/// A failed attempt, wrapped for its way through azure_core.
struct FailedAttempt(Attempt<Error>);

adieu_secret::debug_by_name!(FailedAttempt);

impl fmt::Display for FailedAttempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no token")
    }
}

impl std::error::Error for FailedAttempt {}

/// The options of a credential whose requests go to `service`.
pub(crate) fn options(service: impl TokenService) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = AUTHORITY.to_owned();
    ClientOptions {
        retry: RetryOptions::none(),
        transport: Some(Transport::with_policy(Arc::new(ClassifyingPolicy(service)))),
        cloud: Some(Arc::new(cloud.into())),
        ..ClientOptions::default()
    }
}

/// Requests a token of `scope`, and retries as long as that can help.
pub(crate) async fn token(
    credential: &dyn TokenCredential,
    scope: &Scope,
    deadline: Deadline,
) -> Result<Token, Error> {
    adieu_transport::retry_until(deadline, |number| async move {
        let attempt = AttemptContext {
            scope: scope.clone(),
            number,
            deadline,
        };
        let options = TokenRequestOptions {
            method_options: ClientMethodOptions {
                context: Context::new().with_value(attempt),
            },
        };
        match credential.get_token(&[&scope.value], Some(options)).await {
            // azure_identity adds the lifetime to its own current time, which is slightly later than ours.
            Ok(token) => Token::try_from(token)
                .map(Token::capped_by_its_claim)
                .map_err(|error| Attempt::Permanent(Error::Credential(error.to_string()))),
            Err(error) => Err(failed(error)),
        }
    })
    .await
}

/// The failure from our own client or, without one, from azure_identity itself.
fn failed(error: azure_core::Error) -> Attempt<Error> {
    let words = error.to_string();
    match innermost::<FailedAttempt>(error) {
        Some(FailedAttempt(attempt)) => attempt,
        None => Attempt::Permanent(Error::Credential(words)),
    }
}
