//! One question to Azure DevOps and its answer: the token in a header, the version in `Accept`, the
//! answer bounded and read, what can heal asked again.
//!
//! It never sends the token to a host that `Hosts` did not build the address for.

use std::sync::Arc;
use std::time::Duration;

use adieu_secret::AccessToken;
use adieu_transport::{
    Answer, Attempt, Body, Correlation, Deadline, NoAnswer, NotTheService, Transport, host,
};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::error::Error;
use crate::hosts::Hosts;
use crate::refusal::{Reason, Refusal, words};

/// What the services' support asks for.
pub(crate) const CORRELATION: [&str; 3] = ["x-vss-e2eid", "activityid", "x-msedge-ref"];

/// An extension with years of versions answers with this much and no more.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// The longest that one question may take; uploads have their own.
const QUESTION: Duration = Duration::from_secs(60);

/// All attempts of one question end within this.
const BOUND: Duration = Duration::from_secs(90);

/// Someone who asks Azure DevOps, with a token that is good for the moment.
#[derive(Debug, Clone)]
pub struct Client<'a> {
    pub(crate) transport: &'a Transport,
    pub(crate) token: Arc<AccessToken>,
    /// Whom it may ask.
    pub hosts: &'a Hosts,
}

/// What goes along with a question.
pub(crate) enum Content {
    /// Nothing.
    None,
    /// A JSON document.
    Json(Value),
    /// A package, and its length.
    Package(reqwest::Body, u64),
    /// A JSON document that is written as it is sent, and its length.
    JsonStream(reqwest::Body, u64),
}

impl<'a> Client<'a> {
    /// Someone who asks with this token.
    #[must_use]
    pub fn new(transport: &'a Transport, token: Arc<AccessToken>, hosts: &'a Hosts) -> Self {
        Self {
            transport,
            token,
            hosts,
        }
    }

    /// Asks until there is an answer, for questions that may be asked twice.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &Url,
        api_version: &str,
        json: Option<&Value>,
    ) -> Result<Value, Error> {
        let deadline = Deadline::after(BOUND);
        adieu_transport::until(deadline, async |attempt| {
            let content = json.map_or(Content::None, |json| Content::Json(json.clone()));
            let time = deadline.left().min(QUESTION);
            let asked = self.once(method.clone(), url, api_version, content, time, attempt);
            asked.await.map_err(|(error, retry_after)| match &error {
                Error::Busy { status, .. } => Attempt::CanHeal {
                    retry_after,
                    crowded: *status == 429,
                    error,
                },
                Error::NoAnswer { cause, .. } if cause.can_heal() => Attempt::CanHeal {
                    error,
                    retry_after: None,
                    crowded: false,
                },
                _ => Attempt::Permanent(error),
            })
        })
        .await
    }

    /// Asks once. With the error comes what `Retry-After` said.
    pub(crate) async fn once(
        &self,
        method: Method,
        url: &Url,
        api_version: &str,
        content: Content,
        time: Duration,
        attempt: u32,
    ) -> Result<Value, (Error, Option<u64>)> {
        let no_answer = |cause| Error::NoAnswer {
            host: host(url),
            cause,
            attempts: attempt,
        };
        let answer = self
            .send(method, url, api_version, content, time)
            .await
            .map_err(|cause| (no_answer(cause), None))?;
        read(&answer, url, attempt).map_err(|error| (error, answer.retry_after()))
    }

    /// The raw answer, for texts that are no JSON.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &Url,
        api_version: &str,
        content: Content,
        time: Duration,
    ) -> Result<Answer, NoAnswer> {
        let is_patch = method == Method::PATCH;
        let has_body = matches!(method, Method::POST | Method::PUT | Method::PATCH);
        let request = self
            .transport
            .request(method, url)
            .bearer_auth(self.token.reveal())
            .header("X-TFS-FedAuthRedirect", "Suppress")
            .header(
                ACCEPT,
                format!("application/json;api-version={api_version}"),
            );
        // Every PATCH of these services is a list of operations (RFC 6902).
        let json = if is_patch {
            "application/json-patch+json"
        } else {
            "application/json; charset=utf-8"
        };
        let request = match content {
            Content::None if has_body => request.header(CONTENT_LENGTH, 0),
            Content::None => request,
            Content::Json(value) => request.header(CONTENT_TYPE, json).body(value.to_string()),
            Content::Package(body, length) => request
                .header(CONTENT_TYPE, "application/octet-stream")
                .header(CONTENT_LENGTH, length)
                .body(body),
            Content::JsonStream(body, length) => request
                .header(CONTENT_TYPE, json)
                .header(CONTENT_LENGTH, length)
                .body(body),
        };
        let request = request
            .build()
            .map_err(|_| NoAnswer::Connection("the request cannot be written".to_owned()))?;
        self.transport
            .send_within(request, time, LONGEST_ANSWER)
            .await
    }
}

fn read(answer: &Answer, url: &Url, attempts: u32) -> Result<Value, Error> {
    let correlation = answer.correlation(&CORRELATION);
    let body = answer.read();
    let said = match &body {
        Body::Json(json) => words(json),
        Body::Cut | Body::Other(_) => None,
    };
    if answer.is_busy() {
        return Err(Error::Busy {
            host: host(url),
            status: answer.status,
            attempts,
            message: said.map(|(message, _)| message),
            correlation,
        });
    }
    let tenant = || answer.header("x-vss-resourcetenant").map(str::to_owned);
    let signed_out = |message, correlation| Error::SignedOut {
        host: host(url),
        status: answer.status,
        message,
        tenant: tenant(),
        correlation,
    };
    match body {
        Body::Cut => Err(Error::NoAnswer {
            host: host(url),
            cause: NoAnswer::Cut,
            attempts,
        }),
        Body::Json(_) if answer.status == 203 => Err(signed_out(None, correlation)),
        Body::Json(_) if answer.status == 401 => match said {
            Some(said) if names_an_identity(&said.0) => {
                Err(refused(answer, Some(said), url, attempts, correlation))
            }
            said => Err(signed_out(said.map(|(message, _)| message), correlation)),
        },
        Body::Json(json) if (200..300).contains(&answer.status) => Ok(json),
        Body::Json(_) => Err(refused(answer, said, url, attempts, correlation)),
        // Sharing and deleting are answered with nothing.
        Body::Other(NotTheService::Empty)
            if (200..300).contains(&answer.status) && answer.status != 203 =>
        {
            Ok(Value::Null)
        }
        Body::Other(instead) if answer.asks_for_a_sign_in(&instead) => {
            Err(signed_out(None, correlation))
        }
        Body::Other(NotTheService::Empty | NotTheService::NotJson)
            if matches!(answer.status, 400..=499) =>
        {
            Err(refused(answer, None, url, attempts, correlation))
        }
        Body::Other(instead) => Err(Error::NotTheService {
            host: host(url),
            status: answer.status,
            instead,
            correlation,
        }),
    }
}

/// TF400813 names the user whom it refuses. One with a GUID is known and lacks a permission; the GUID of
/// all a's stands for someone who is not signed in.
fn names_an_identity(message: &str) -> bool {
    message.contains("TF400813")
        && message
            .split('\'')
            .nth(1)
            .is_some_and(|user| !user.is_empty() && !user.starts_with("aaaaaaaa-"))
}

fn refused(
    answer: &Answer,
    said: Option<(String, String)>,
    url: &Url,
    attempts: u32,
    correlation: Correlation,
) -> Error {
    let (message, type_key) = said.unwrap_or_default();
    let status = answer.status;
    Error::Refused(Box::new(Refusal {
        host: host(url),
        status,
        attempts,
        reason: Reason::of(status, &type_key, &message),
        message,
        tenant: answer.header("x-vss-resourcetenant").map(str::to_owned),
        correlation,
    }))
}
