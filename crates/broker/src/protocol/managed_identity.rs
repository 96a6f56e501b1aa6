//! App Service's managed-identity protocol (learn.microsoft.com, "How to use managed identities for App Service",
//! REST endpoint reference), in the only form that every client can read.
//!
//! It never decides who gets a token.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use adieu_identity::Token;
use zeroize::Zeroizing;

use super::{Answer, Question, RequestedIdentity, json, quoted};
use crate::source::{Refusal, RefusalScope};

/// Seconds that a client should wait before it retries after a transient failure.
const RETRY_AFTER: &str = "10";

/// Parses the query.
pub(crate) fn question(query: &str) -> Result<Question, Refusal> {
    let mut resource = None;
    let mut identity = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = value.into_owned();
        match &*name {
            "resource" if resource.is_some() => {
                return Err(Refusal::of_the_request("the query names two resources"));
            }
            "resource" => resource = Some(value),
            "client_id" => identity = Some(RequestedIdentity::ClientId(value)),
            "object_id" | "principal_id" | "mi_res_id" | "msi_res_id" => {
                identity = Some(RequestedIdentity::Other(name.into_owned()));
            }
            _ => {}
        }
    }
    Ok(Question {
        resource: resource.unwrap_or_default(),
        tenant: None,
        identity,
    })
}

/// A token. All values are texts, because azure_identity for Rust accepts no numbers, and `expires_on` comes after
/// `expires_in`, because MSAL for .NET uses the last one.
pub(crate) fn success(token: &Token, resource: &str, client_id: Option<&str>) -> Answer {
    let now = SystemTime::now();
    let left = token.expires_on.duration_since(now).unwrap_or_default();
    let since_1970 =
        |moment: SystemTime| seconds(moment.duration_since(UNIX_EPOCH).unwrap_or_default());
    let left = seconds(left);
    let mut body = Zeroizing::new(String::with_capacity(token.value.reveal().len() + 512));
    body.push_str("{\"access_token\":");
    body.push_str(&Zeroizing::new(quoted(token.value.reveal())));
    let rest = [
        ("client_id", client_id.unwrap_or_default()),
        ("expires_in", &left),
        ("expires_on", &since_1970(token.expires_on)),
        ("ext_expires_in", &left),
        ("not_before", &since_1970(now)),
        ("resource", resource),
        ("token_type", "Bearer"),
    ];
    for (name, value) in rest {
        body.push_str(&format!(",\"{name}\":{}", quoted(value)));
    }
    body.push('}');
    json(200, body)
}

/// A refusal. A permanent one is 403: with 400 Rust's SDK hides the reason, with 404 JavaScript's retries for
/// eighteen seconds, with 500 all of them do.
pub(crate) fn refusal(refusal: &Refusal) -> Answer {
    if refusal.scope != RefusalScope::Transient {
        return error(403, "access_denied", &refusal.reason);
    }
    let mut answer = error(503, "temporarily_unavailable", &refusal.reason);
    let after = hyper::header::HeaderValue::from_static(RETRY_AFTER);
    answer
        .headers_mut()
        .insert(hyper::header::RETRY_AFTER, after);
    answer
}

/// The formats of both App Service and Microsoft Entra: each client reads one of them.
pub(crate) fn error(status: u16, word: &str, reason: &str) -> Answer {
    let reason = quoted(&adieu_secret::redacted(reason));
    let body = format!(
        "{{\"error\":\"{word}\",\"error_description\":{reason},\"statusCode\":{status},\"message\":{reason}}}"
    );
    json(status, Zeroizing::new(body))
}

fn seconds(duration: Duration) -> String {
    duration.as_secs().to_string()
}
