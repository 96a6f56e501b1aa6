//! Microsoft Entra refusals: a code, a message, and the body around them.
//!
//! It never decides to refuse a request.

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::State;
use crate::clock::Clock;
use crate::http::{Answer, Request};
use crate::ids::guid;

/// A refusal: its code, and the message after it.
pub(super) struct Refusal(pub(super) u32, pub(super) String);

/// A Microsoft Entra error, in one line as since 2025, or in the older form with line breaks.
pub(super) fn refuse(refusal: &Refusal, own: &State, request: &Request, clock: &Clock) -> Answer {
    let Refusal(code, words) = refusal;
    // MSAL for Node sends it in the address.
    let sent = request.header("client-request-id").map(str::to_owned);
    let correlation = sent
        .or_else(|| request.parameter("client-request-id"))
        .unwrap_or_else(guid);
    let trace = guid();
    let timestamp = timestamp(clock);
    let separator = if own.two_line_errors { "\r\n" } else { " " };
    let description = [
        format!("AADSTS{code}: {words}"),
        format!("Trace ID: {trace}"),
        format!("Correlation ID: {correlation}"),
        format!("Timestamp: {timestamp}"),
    ]
    .join(separator);
    let (status, error) = match code {
        90_033 | 90_055 => (503, "temporarily_unavailable"),
        // invalid_client for problems with a credential: microsoft/Agents#202, Azure/azure-workload-identity#1200.
        7_000_215 | 7_000_218 | 7_000_222 | 700_023 | 700_024 | 700_027 | 70_025 | 700_211
        | 700_212 | 700_213 | 7_000_229 | 7_002_137 | 7_002_138 => (401, "invalid_client"),
        700_016 => (400, "unauthorized_client"),
        // 400 invalid_request has been reported as well.
        70_021 => (401, "unauthorized_client"),
        70_011 => (400, "invalid_scope"),
        500_011 => (400, "invalid_resource"),
        53_003 => (400, "invalid_grant"),
        70_003 => (400, "unsupported_grant_type"),
        _ => (400, "invalid_request"),
    };
    let mut body = json!({
        "error": error,
        "error_description": description,
        "error_codes": [code],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    });
    if *code == 53_003 {
        // Azure/azure-sdk-for-net#46762: the policy, for a client that can ask its user for more.
        let policy =
            json!({ "access_token": { "capolids": { "essential": true, "values": [guid()] } } });
        body["suberror"] = json!("message_only");
        body["claims"] = json!(policy.to_string());
    }
    Answer::json(status, &body)
        .with("Cache-Control", "no-store, no-cache")
        .with("x-ms-request-id", &trace)
        .with("client-request-id", &correlation)
}

/// `2016-01-09 02:02:12Z`, as on learn.microsoft.com ("Handle errors and exceptions", "Error response").
fn timestamp(clock: &Clock) -> String {
    let now = OffsetDateTime::from_unix_timestamp(clock.now()).expect("a moment of this age");
    let text = now.format(&Rfc3339).expect("a date of this age");
    text.replace('T', " ")
}

/// Microsoft's messages for refusals without facts.
pub(super) fn words(code: u32) -> String {
    match code {
        53_003 => {
            "Access has been blocked by Conditional Access policies. The access policy \
         does not allow token issuance."
        }
        70_052 => {
            "The identity must be a managed identity, a single tenant app, or a service \
         account."
        }
        70_021 => "No matching federated identity record found for presented assertion.",
        70_025 => "The client has no configured federated identity credentials.",
        90_033 => "A transient error has occurred. Please try again.",
        90_061 => "Request to External OIDC endpoint failed.",
        700_024 => "Client assertion is not within its valid time range.",
        7_000_215 => {
            "Invalid client secret provided. Ensure the secret being sent in the \
         request is the client secret value, not the client secret ID."
        }
        7_000_222 => "The provided client secret keys for app are expired.",
        _ => "The request was refused.",
    }
    .to_owned()
}
