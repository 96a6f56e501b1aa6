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

use crate::resources::NotServed;
use crate::source::Refusal;

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

impl From<NotServed> for Refusal {
    fn from(reason: NotServed) -> Self {
        Self::of_the_request(match reason {
            NotServed::NotAResource => "the resource is missing, or is not a GUID or a URI",
            NotServed::NotListed => {
                "this endpoint does not serve tokens for the resource; add it to `resources` in the step's `configure`, or to `--resource`"
            }
        })
    }
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
