//! One request to Azure DevOps and its answer: the token in a header, the version in `Accept`, the answer limited and
//! parsed, retried if the failure is transient.
//!
//! It never sends the token to an address that [`Hosts`] did not build.

use std::sync::Arc;
use std::time::Duration;

use adieu_secret::AccessToken;
use adieu_transport::{
    AZURE_DEVOPS, Attempt, Body, Call, Deadline, NotTheService, Reply, ServiceMessage, Transport,
};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, Url};
use serde_json::Value;

use crate::error::Error;
use crate::hosts::Hosts;
use crate::page::Page;
use crate::refusal::Reason;
use crate::tenant;

/// Longest answer: enough for an extension with years of versions.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Timeout of one request; uploads have their own.
const QUESTION: Duration = Duration::from_secs(60);

/// Time limit for all attempts of one request.
const BOUND: Duration = Duration::from_secs(90);

/// Version of a protocol without versions, such as those of package clients.
pub(crate) const UNVERSIONED: &str = "";

/// A client of Azure DevOps, with a token that is valid for the next minutes.
#[derive(Debug, Clone)]
pub struct Client<'a> {
    pub(crate) transport: &'a Transport,
    pub(crate) token: Arc<AccessToken>,
    /// The hosts that it may contact.
    pub hosts: &'a Hosts,
}

/// An identity that calls Azure DevOps for the duration of an operation.
pub trait Caller {
    /// Why it cannot sign in.
    type Error;

    /// The services to contact.
    fn hosts(&self) -> &Hosts;

    /// A client with a token that is valid for the next minutes.
    fn client(&self) -> impl Future<Output = Result<Client<'_>, Self::Error>>;
}

/// The content of a request.
pub(crate) enum Content {
    /// Nothing.
    None,
    /// A JSON document.
    Json(Value),
    /// A package, and its length.
    Package(reqwest::Body, u64),
    /// A JSON document that is generated while it is sent, and its length.
    JsonStream(reqwest::Body, u64),
}

impl<'a> Client<'a> {
    /// Creates a client with this token.
    pub fn new(transport: &'a Transport, token: Arc<AccessToken>, hosts: &'a Hosts) -> Self {
        Self {
            transport,
            token,
            hosts,
        }
    }

    /// Sends a request until it is answered; only for requests that may be repeated.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &Url,
        api_version: &str,
        json: Option<&Value>,
    ) -> Result<Value, Error> {
        let request = || {
            let content = json.map_or(Content::None, |json| Content::Json(json.clone()));
            self.request(method.clone(), url, api_version, content)
        };
        self.transport.call(question(url), request, read).await
    }

    /// Requests one page of a list that is in this field.
    pub(crate) async fn page(
        &self,
        url: &Url,
        api_version: &str,
        field: &'static str,
    ) -> Result<Page, Error> {
        let request = || self.request(Method::GET, url, api_version, Content::None);
        let page = |reply: &Reply| {
            let header = reply.answer.header("x-ms-continuationtoken");
            // An answer without the list is an error, not an empty list.
            Page::read(read(reply)?, header, field).ok_or_else(|| {
                let missing = NotTheService::WithoutField(field);
                Attempt::from(reply.not_the_service(missing))
            })
        };
        self.transport.call(question(url), request, page).await
    }

    /// Sends a request once, within `time`.
    pub(crate) async fn once(
        &self,
        request: RequestBuilder,
        url: &Url,
        time: Duration,
        attempt: u32,
    ) -> Result<Value, Attempt<Error>> {
        let call = Call {
            deadline: Deadline::after(time),
            time,
            ..question(url)
        };
        self.transport.call_once(call, attempt, request, read).await
    }

    /// The text of an answer that is not JSON.
    pub(crate) async fn text(&self, url: &Url, api_version: &str) -> Result<String, Error> {
        let request = || self.request(Method::GET, url, api_version, Content::None);
        let text = |reply: &Reply| match reply.status() {
            200 => Ok(String::from_utf8_lossy(&reply.answer.body).into_owned()),
            _ => read(reply).map(|_| String::new()),
        };
        self.transport.call(question(url), request, text).await
    }

    pub(crate) fn request(
        &self,
        method: Method,
        url: &Url,
        api_version: &str,
        content: Content,
    ) -> RequestBuilder {
        let is_patch = method == Method::PATCH;
        let has_body = matches!(method, Method::POST | Method::PUT | Method::PATCH);
        let request = self
            .transport
            .request(method, url)
            .bearer_auth(self.token.reveal_to_wire())
            .header("X-TFS-FedAuthRedirect", "Suppress")
            .header(
                ACCEPT,
                match api_version {
                    UNVERSIONED => "application/json".to_owned(),
                    version => format!("application/json;api-version={version}"),
                },
            );
        // Every PATCH of these services is a list of operations (RFC 6902).
        let json = if is_patch {
            "application/json-patch+json"
        } else {
            "application/json; charset=utf-8"
        };
        match content {
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
        }
    }
}

fn question(url: &Url) -> Call<'_> {
    Call {
        time: QUESTION,
        longest: LONGEST_ANSWER,
        ..Call::new(&AZURE_DEVOPS, url, Deadline::after(BOUND))
    }
}

pub(crate) fn read(reply: &Reply) -> Result<Value, Attempt<Error>> {
    let answer = &reply.answer;
    let status = answer.status;
    let body = answer.read();
    let message = ServiceMessage::read(answer, &body);
    if let Some(message) = &message
        && let Some(reason) = Reason::of_message(status, message)
    {
        return Err(Error::refused(reply, reason, Some(message)).into());
    }
    if answer.is_busy() {
        return Err(reply.busy(message.as_ref()).into());
    }
    let is_success = (200..300).contains(&status) && status != 203;
    match body {
        Body::Json(json) if is_success => Ok(json),
        // Sharing and deleting have empty answers.
        Body::Other(NotTheService::Empty) if is_success => Ok(Value::Null),
        Body::Json(_) if matches!(status, 203 | 401) => Err(signed_out(reply, message)),
        Body::Other(instead) if answer.asks_for_a_sign_in(&instead) => {
            Err(signed_out(reply, message))
        }
        Body::Json(_) => {
            let reason = Reason::of_status(status);
            Err(Error::refused(reply, reason, message.as_ref()).into())
        }
        Body::Other(NotTheService::Empty | NotTheService::NotJson)
            if matches!(status, 400..=499) =>
        {
            let reason = Reason::of_status(status);
            Err(Error::refused(reply, reason, message.as_ref()).into())
        }
        // The page of Azure DevOps for an organization that does not exist; a proxy's page does not have this ID.
        Body::Other(NotTheService::Html)
            if status == 404 && answer.header("x-vss-e2eid").is_some() =>
        {
            Err(Error::refused(reply, Reason::NotFound, None).into())
        }
        body => Err(reply.not_an_answer(body, "a value").into()),
    }
}

fn signed_out(reply: &Reply, message: Option<ServiceMessage>) -> Attempt<Error> {
    Attempt::Permanent(Error::SignedOut {
        host: reply.host.clone(),
        status: reply.status(),
        message: message.map(|message| message.text),
        tenant: tenant::in_headers(&reply.answer),
        correlation: reply.correlation(),
    })
}
