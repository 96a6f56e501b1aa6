//! What the two protocols have in common: a request for a token, and an answer without one.
//!
//! It never opens a connection.

pub(crate) mod azd;
pub(crate) mod managed_identity;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};
use zeroize::Zeroizing;

/// A complete response.
pub(crate) type Answer = Response<Full<Bytes>>;

/// A request for a token, in any protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// Resource, as the client names it.
    pub(crate) resource: String,
    /// Tenant, if the protocol has one.
    pub(crate) tenant: Option<String>,
    /// The identity that the client requests.
    pub(crate) identity: Option<RequestedIdentity>,
}

/// An identity that a client requests by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequestedIdentity {
    /// By its client ID.
    ClientId(String),
    /// By something that the broker cannot compare, such as a resource ID.
    Other(String),
}

/// A JSON response that must not be cached. The body is wiped after it was sent.
pub(crate) fn json(status: u16, body: Zeroizing<String>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from_owner(WipedBody(body))));
    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let headers = answer.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, hyper::header::HeaderValue::from_static(value));
    }
    answer
}

/// A text as a JSON string, including the quotes.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

struct WipedBody(Zeroizing<String>);

impl AsRef<[u8]> for WipedBody {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
