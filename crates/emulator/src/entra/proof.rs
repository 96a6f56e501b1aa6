//! How an application proves its identity to Microsoft Entra: a secret, a federated ID token, or an assertion that
//! its own certificate signed.
//!
//! It never issues a token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::refusal::{Refusal, words};
use crate::clock::Clock;
use crate::directory::{Application, ID_TOKEN_AUDIENCE};
use crate::github::GITHUB_ISSUER;
use crate::gitlab::GITLAB_ISSUER;
use crate::http::Request;
use crate::jwt::{self, ParsedToken};

/// Checks the secret, the federated ID token or the signed assertion.
pub(super) fn check(
    request: &Request,
    application: &Application,
    endpoint: &str,
    clock: &Clock,
) -> Result<(), Refusal> {
    if let Some(secret) = request.field("client_secret") {
        if application.secret.as_deref() == Some(&secret) {
            return Ok(());
        }
        return Err(Refusal(7_000_215, words(7_000_215)));
    }
    let kind = request.field("client_assertion_type").unwrap_or_default();
    if kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
        return Err(Refusal(
            7_000_218,
            "The request body must contain the following parameter: \
         'client_assertion' or 'client_secret'."
                .to_owned(),
        ));
    }
    let token = ParsedToken::read(&request.field("client_assertion").unwrap_or_default())
        .ok_or_else(|| Refusal(50_027, "JWT token is invalid or malformed.".to_owned()))?;
    if token.claim("iss") == application.client_id {
        return prove_certificate(&token, application, endpoint, clock);
    }
    let (issuer, subject, audience) = (token.claim("iss"), token.claim("sub"), token.claim("aud"));
    if application.federated.is_empty() {
        return Err(Refusal(70_025, words(70_025)));
    }
    if application.is_multi_tenant {
        return Err(Refusal(70_052, words(70_052)));
    }
    let federated = &application.federated;
    let same_issuer: Vec<_> = federated
        .iter()
        .filter(|credential| credential.issuer == issuer)
        .collect();
    let compare = "Check your federated identity credential Subject, Audience and Issuer \
     against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation";
    if same_issuer.is_empty() {
        return Err(Refusal(
            700_211,
            format!(
                "No matching federated identity record found for presented assertion issuer \
                 '{issuer}'. {compare}"
            ),
        ));
    }
    let Some(credential) = same_issuer
        .iter()
        .find(|credential| credential.subject == subject)
    else {
        let folded = same_issuer
            .iter()
            .any(|credential| credential.subject.eq_ignore_ascii_case(subject));
        let code = if folded { 7_002_138 } else { 700_213 };
        return Err(Refusal(
            code,
            format!(
                "No matching federated identity record found for presented assertion subject \
                 '{subject}'. {compare}"
            ),
        ));
    };
    if credential.audience != audience || audience != ID_TOKEN_AUDIENCE {
        return Err(Refusal(
            700_212,
            format!(
                "No matching federated identity record found for presented assertion audience \
                 '{audience}'. {compare}"
            ),
        ));
    }
    if !key_of(issuer).has_signed(&token) {
        return Err(Refusal(
            700_027,
            "Client assertion failed signature validation.".to_owned(),
        ));
    }
    is_alive(&token, clock)
}

/// The signing key of the issuer in a token, as in the issuer's configuration document.
fn key_of(issuer: &str) -> &'static jwt::SigningKey {
    match issuer {
        GITHUB_ISSUER => jwt::github_key(),
        GITLAB_ISSUER => jwt::gitlab_key(),
        _ => jwt::issuer_key(),
    }
}

/// The longest lifetime of an assertion that a client signed itself.
const LONGEST_ASSERTION: i64 = 24 * 60 * 60;

/// Checks an assertion that the application signed with its own certificate (learn.microsoft.com, "Microsoft identity
/// platform application authentication certificate credentials").
fn prove_certificate(
    token: &ParsedToken,
    application: &Application,
    endpoint: &str,
    clock: &Clock,
) -> Result<(), Refusal> {
    let invalid = |reason: &str| {
        Refusal(
            700_027,
            format!("Client assertion failed signature validation. {reason}"),
        )
    };
    let certificate = application
        .certificate
        .as_ref()
        .ok_or_else(|| invalid("The key was not found."))?;
    let named = |field: &str| token.header.get(field).and_then(Value::as_str);
    if named("x5t#S256") != Some(&certificate.sha256) && named("x5t") != Some(&certificate.sha1) {
        return Err(invalid("The key was not found by its thumbprint."));
    }
    let chain = token.header.get("x5c");
    if certificate.by_subject_name && chain.is_none() {
        return Err(invalid("The key was not found by its thumbprint."));
    }
    if let Some(chain) = chain {
        let issuers = certificate.issuers.iter().map(|der| STANDARD.encode(der));
        let own = certificate.parts.certificate.lines();
        let own: String = own.filter(|line| !line.starts_with('-')).collect();
        let whole: Vec<String> = std::iter::once(own).chain(issuers).collect();
        let shown = chain.as_array().map(Vec::as_slice).unwrap_or_default();
        let begins = shown
            .iter()
            .zip(&whole)
            .all(|(shown, known)| shown == known);
        if shown.is_empty() || shown.len() > whole.len() || !begins {
            return Err(invalid("The chain of certificates is not one."));
        }
    }
    if !token.is_signed_by(&certificate.public) {
        return Err(invalid("The signature is wrong."));
    }
    if token.claim("sub") != application.client_id || token.claim("jti").is_empty() {
        return Err(Refusal(
            700_023,
            "Client assertion audience or subject claim does not match.".to_owned(),
        ));
    }
    if token.claim("aud") != endpoint {
        return Err(Refusal(
            700_023,
            "Client assertion audience claim does not match Realm issuer.".to_owned(),
        ));
    }
    if token
        .number("exp")
        .is_none_or(|end| end > clock.now() + LONGEST_ASSERTION)
    {
        return Err(out_of_range(token, clock));
    }
    is_alive(token, clock)
}

fn is_alive(token: &ParsedToken, clock: &Clock) -> Result<(), Refusal> {
    let now = clock.now();
    // Microsoft Entra allows a difference of five minutes between clocks.
    let begun = token.number("nbf").is_some_and(|begin| begin <= now + 300);
    let running = token.number("exp").is_some_and(|end| end > now - 300);
    if begun && running {
        return Ok(());
    }
    Err(out_of_range(token, clock))
}

fn out_of_range(token: &ParsedToken, clock: &Clock) -> Refusal {
    let time = |seconds: i64| {
        OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok())
            .map(|time| time.replace('Z', ".0000000Z"))
            .unwrap_or_default()
    };
    Refusal(
        700_024,
        format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion \
             valid from {}, expiry time of assertion {}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            time(clock.now()),
            time(token.number("nbf").unwrap_or_default()),
            time(token.number("exp").unwrap_or_default()),
        ),
    )
}
