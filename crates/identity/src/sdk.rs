//! How the credentials of azure_identity ask: through our own client, which judges each answer before they read it.
//!
//! azure_identity writes the request, keeps the protocol's order and reads the token. It never sees a refusal: its
//! reader of errors loses the code of an escaped description, and its retries take no account of what can recover.
//! A refusal travels through its pipeline as an error that it passes on as it is, and comes out whole here.

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

/// What azure_identity believes about authority and tenant. Both end in an address that nothing is sent to: it drops
/// an authority's path, and takes no authority of this machine.
const AUTHORITY: &str = "https://authority.invalid";
pub(crate) const TENANT: &str = "tenant";

/// One attempt, as far as the request itself does not show it.
#[derive(Debug, Clone)]
pub(crate) struct Attempted {
    pub(crate) scope: Scope,
    /// Its number, from 1.
    pub(crate) number: u32,
    pub(crate) deadline: Deadline,
}

/// A service that gives tokens.
#[async_trait]
pub(crate) trait TokenService: fmt::Debug + Send + Sync + 'static {
    /// Sends once what a credential has written. Returns a body that every credential can read.
    async fn send(&self, written: &Request, attempt: &Attempted) -> Result<Bytes, Attempt<Error>>;
}

/// The last policy of a credential's pipeline.
#[derive(Debug)]
struct Judged<S>(S);

#[async_trait]
impl<S: TokenService> Policy for Judged<S> {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        _next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let attempt = context.value::<Attempted>().ok_or_else(|| {
            azure_core::Error::with_message(ErrorKind::Other, "the attempt is not known")
        })?;
        match self.0.send(request, attempt).await {
            Ok(body) => Ok(AsyncRawResponse::from_bytes(
                StatusCode::Ok,
                Headers::new(),
                body,
            )),
            // No kind but `Io` and `Connection` is ever repeated by azure_core.
            Err(attempt) => Err(azure_core::Error::new(ErrorKind::Other, Failed(attempt))),
        }
    }
}

/// A failed attempt on its way through azure_core.
#[derive(Debug)]
struct Failed(Attempt<Error>);

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no token")
    }
}

impl std::error::Error for Failed {}

/// The options of a credential that asks `service`.
pub(crate) fn options(service: impl TokenService) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = AUTHORITY.to_owned();
    ClientOptions {
        retry: RetryOptions::none(),
        transport: Some(Transport::with_policy(Arc::new(Judged(service)))),
        cloud: Some(Arc::new(cloud.into())),
        ..ClientOptions::default()
    }
}

/// A token of `scope`, asked for again as long as that can help.
pub(crate) async fn token(
    credential: &dyn TokenCredential,
    scope: &Scope,
    deadline: Deadline,
) -> Result<Token, Error> {
    adieu_transport::retry_until_sendable(deadline, |number| async move {
        let attempt = Attempted {
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
            // azure_identity counts a lifetime from its own "now", which is a moment later than ours.
            Ok(token) => Token::try_from(token)
                .map(Token::capped_by_its_claim)
                .map_err(|error| Attempt::Permanent(Error::Credential(error.to_string()))),
            Err(error) => Err(failed(error)),
        }
    })
    .await
}

/// What our own client said, or else what azure_identity itself has to say.
fn failed(error: azure_core::Error) -> Attempt<Error> {
    let words = error.to_string();
    match innermost::<Failed>(error) {
        Some(Failed(attempt)) => attempt,
        None => Attempt::Permanent(Error::Credential(words)),
    }
}
