//! One connection: limited in every direction, one request at a time.
//!
//! It keeps nothing of a request after the answer.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use adieu_identity::Token;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use crate::auth::{self, Keys, Route};
use crate::protocol::{Answer, Question, RequestedIdentity, azd, json, managed_identity, quoted};
use crate::resources::Resources;
use crate::slots::SlotGuard;
use crate::source::{Refusal, RefusalScope};
use crate::tokens::Tokens;

/// Time limit for head and body of a request, and for an idle connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest head of a request, in bytes. Current clients send a tenth of it.
const LONGEST_HEAD: usize = 16 * 1024;

/// Longest body, in bytes: azd's has a scope and a tenant.
const LONGEST_BODY: usize = 8 * 1024;

const MOST_HEADERS: usize = 64;

/// Why a broker stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Its owner stopped it.
    Requested,
    /// There was no request for too long.
    Idle,
    /// Its source will never have a token again.
    SourceExhausted,
}

/// The text that answers the request that stops the broker.
pub(crate) type Summary = Box<dyn Fn() -> String>;

/// The state that all connections share.
pub(crate) struct BrokerState {
    pub(crate) port: u16,
    pub(crate) keys: Rc<Keys>,
    pub(crate) resources: Resources,
    pub(crate) summary: Option<Summary>,
    pub(crate) tokens: Rc<Tokens>,
    /// The time of the last authorized request.
    pub(crate) last_request: Cell<Instant>,
    /// Set once the broker must stop; `stopped` is notified after the answer has been sent.
    pub(crate) stop_reason: Cell<Option<StopReason>>,
    pub(crate) stopped: Notify,
}

impl BrokerState {
    /// Answers a connection's requests until it is closed, or has lost its slot.
    pub(crate) async fn serve(self: Rc<Self>, stream: TcpStream, slot: SlotGuard) {
        let _ = stream.set_nodelay(true);
        let (shared, slot) = (&self, &slot);
        let service = service_fn(move |request| async move {
            Ok::<_, Infallible>(shared.answer(request, slot).await)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(LONGEST_HEAD)
            .max_headers(MOST_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            // A client that disconnects, or does not use HTTP, is not a failure of the broker.
            _ = connection => {}
            () = slot.evicted() => {}
        }
        if self.stop_reason.get().is_some() {
            self.stopped.notify_one();
        }
    }

    async fn answer(&self, request: Request<Incoming>, slot: &SlotGuard) -> Answer {
        let (head, body) = request.into_parts();
        let route = match auth::authorize(&head, self.port, &self.keys) {
            Ok(route) => route,
            Err(denied) => {
                self.tokens.source().refused(denied.reason());
                // Without the key, a connection gets no second request.
                return closing(managed_identity::error(
                    denied.status(),
                    "invalid_request",
                    denied.reason(),
                ));
            }
        };
        slot.mark_authenticated();
        self.last_request.set(Instant::now());
        match route {
            Route::ManagedIdentity => match self.managed_identity(head.uri.query()).await {
                Ok(answer) => answer,
                Err(refusal) => self.last_words(&refusal, managed_identity::refusal(&refusal)),
            },
            Route::Azd => match self.azd(body).await {
                Ok(answer) => answer,
                Err(refusal) => self.last_words(&refusal, azd::refusal(&refusal)),
            },
            Route::Stop => {
                self.stop_reason.set(Some(StopReason::Requested));
                if let Some(summary) = &self.summary {
                    return closing(json(200, Zeroizing::new(quoted(&summary()))));
                }
                let mut answer = Response::default();
                *answer.status_mut() = hyper::StatusCode::NO_CONTENT;
                closing(answer)
            }
        }
    }

    async fn managed_identity(&self, query: Option<&str>) -> Result<Answer, Refusal> {
        let question = managed_identity::question(query.unwrap_or_default())?;
        let token = self.token(&question).await?;
        let client_id = self.tokens.source().client_id();
        Ok(managed_identity::success(
            &token,
            &question.resource,
            client_id,
        ))
    }

    async fn azd(&self, body: Incoming) -> Result<Answer, Refusal> {
        let question = read(body).await?;
        Ok(azd::success(&*self.token(&question).await?))
    }

    async fn token(&self, question: &Question) -> Result<Rc<Token>, Refusal> {
        if let Some(wanted) = &question.identity {
            self.is_this(wanted)?;
        }
        let scope = self.resources.scope(&question.resource)?;
        self.tokens.get(&scope, question.tenant.as_deref()).await
    }

    /// A client that requests another identity must not get this one's token instead.
    fn is_this(&self, wanted: &RequestedIdentity) -> Result<(), Refusal> {
        match (wanted, self.tokens.source().client_id()) {
            (RequestedIdentity::ClientId(wanted), Some(own))
                if !wanted.eq_ignore_ascii_case(own) =>
            {
                Err(Refusal::of_the_request(format!(
                    "the client asks for the identity {wanted} (AZURE_CLIENT_ID, or in code), but this endpoint has {own}; use that one, or name none"
                )))
            }
            (RequestedIdentity::ClientId(_), _) => Ok(()),
            (RequestedIdentity::Other(name), _) => Err(Refusal::of_the_request(format!(
                "the client names its identity by {name}, which this endpoint does not know; use the client ID, or name none"
            ))),
        }
    }

    /// After a permanent refusal the broker has nothing left to serve.
    fn last_words(&self, refusal: &Refusal, answer: Answer) -> Answer {
        self.tokens.source().refused(&refusal.reason);
        if refusal.scope != RefusalScope::Permanent {
            return answer;
        }
        self.stop_reason.set(Some(StopReason::SourceExhausted));
        closing(answer)
    }
}

async fn read(body: Incoming) -> Result<Question, Refusal> {
    let reading = Limited::new(body, LONGEST_BODY).collect();
    match timeout(PATIENCE, reading).await {
        Ok(Ok(body)) => azd::question(&body.to_bytes()),
        Ok(Err(_)) | Err(_) => Err(Refusal::of_the_request(
            "the body of the request is incomplete or too long",
        )),
    }
}

fn closing(mut answer: Answer) -> Answer {
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
