//! The token endpoint of Microsoft Entra: sends the request that a credential has built, and classifies the response.
//!
//! It never sends an assertion or secret to a host other than the authority's, and never decides where one comes
//! from.

use async_trait::async_trait;
use azure_core::http::{Body as WrittenBody, Request};
use bytes::Bytes;
use reqwest::header::{ACCEPT, CONNECTION, CONTENT_TYPE};
use reqwest::{Method, Url};
use serde::Serialize;
use serde_json::Value;

use adieu_secret::AccessToken;
use adieu_transport::{
    Attempt, Body, Call, Correlation, MICROSOFT_ENTRA, NotTheService, Reply, Transport, first_line,
};

use crate::answers::{LAST_MOMENT, canonical, number, seconds_now, take_text};
use crate::claims::Claims;
use crate::error::{Error, Mismatch};
use crate::scope::Scope;
use crate::sdk::{AttemptContext, TokenService};
use crate::user_assigned::is_guid;

/// The ID token has expired; a new one helps.
pub(crate) const ASSERTION_EXPIRED: u32 = 700_024;

/// The token endpoint of one tenant.
pub(crate) struct Entra {
    pub(crate) endpoint: Url,
    pub(crate) tenant: String,
    pub(crate) transport: Transport,
}

adieu_secret::debug_by_name!(Entra);

/// What every credential of azure_identity reads (RFC 6749, section 5.1).
#[derive(Serialize)]
struct TokenResponse<'a> {
    token_type: &'static str,
    access_token: &'a str,
    expires_in: i64,
    ext_expires_in: i64,
}

#[async_trait]
impl TokenService for Entra {
    async fn send(
        &self,
        written: &Request,
        attempt: &AttemptContext,
    ) -> Result<Bytes, Attempt<Error>> {
        let WrittenBody::Bytes(form) = written.body() else {
            let reason = "the form is not in memory".to_owned();
            return Err(Attempt::Permanent(Error::Credential(reason)));
        };
        let request = self
            .transport
            .request(Method::POST, &self.endpoint)
            // A connection that is kept open keeps the response, and the token in it, in its buffer.
            .header(CONNECTION, "close")
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.clone());
        let call = Call::new(&MICROSOFT_ENTRA, &self.endpoint, attempt.deadline);
        let read = |reply: &Reply| self.read(reply, form, &attempt.scope);
        self.transport
            .call_once(call, attempt.number, request, read)
            .await
    }
}

impl Entra {
    fn read(&self, reply: &Reply, form: &[u8], scope: &Scope) -> Result<Bytes, Attempt<Error>> {
        let answer = &reply.answer;
        let mut body = answer.read();
        if let Body::Json(json) = &mut body
            && answer.status == 200
        {
            return match take_text(json, "access_token").map(AccessToken::parse) {
                Some(Ok(token)) => self.accept(token, json, scope).map_err(Attempt::Permanent),
                Some(Err(_)) => Err(reply.not_the_service(NotTheService::NotAToken).into()),
                None => Err(reply
                    .not_the_service(NotTheService::WithoutField("access_token"))
                    .into()),
            };
        }
        if let Body::Json(json) = &body
            && let Some(refusal) = Refusal::read(json)
        {
            let error = Error::EntraRefused {
                status: answer.status,
                code: refusal.code,
                error: refusal.error,
                description: refusal.description,
                presented: presented(form).map(Box::new),
                scope: scope.value.clone(),
                correlation: refusal.correlation,
            };
            return Err(if error.is_transient() {
                Attempt::turned_away(answer, error)
            } else {
                Attempt::Permanent(error)
            });
        }
        Err(reply.not_an_answer(body, "error").into())
    }

    /// Accepts a token if it is the requested one, as far as it can be read.
    fn accept(&self, token: AccessToken, json: &Value, scope: &Scope) -> Result<Bytes, Error> {
        let now = seconds_now();
        let claims = Claims::read(token.reveal()).unwrap_or_default();
        if let Some(tenant) = &claims.tenant
            && is_guid(&self.tenant)
            && !tenant.eq_ignore_ascii_case(&self.tenant)
        {
            return Err(Error::AnotherToken(Mismatch::Tenant {
                expected: self.tenant.clone(),
                actual: tenant.clone(),
            }));
        }
        if let Some(audience) = &claims.audience
            && !scope.admits_audience(audience)
        {
            return Err(Error::AnotherToken(Mismatch::Audience {
                expected: scope.value.clone(),
                actual: audience.clone(),
            }));
        }
        // The remaining lifetime counts from now, whatever this machine's clock shows: with a clock that is slow, the
        // claim alone would make a token look valid after its expiry.
        let by_lifetime = number(json, "expires_in").map(|left| now.saturating_add(left));
        let ends = [claims.expires_on, by_lifetime].into_iter().flatten().min();
        // An opaque token without a lifetime counts as valid only long enough to be used.
        let expires_on = ends.unwrap_or(now.saturating_add(60));
        if expires_on <= now {
            return Err(Error::AnotherToken(Mismatch::Expired { expires_on, now }));
        }
        let left = expires_on.min(LAST_MOMENT) - now;
        let issued = TokenResponse {
            token_type: "Bearer",
            access_token: token.reveal(),
            expires_in: left,
            ext_expires_in: left,
        };
        canonical(&issued)
    }
}

/// The claims of the assertion in a form, if they can be read.
fn presented(form: &[u8]) -> Option<Claims> {
    let (_, assertion) =
        form_urlencoded::parse(form).find(|(name, _)| name == "client_assertion")?;
    Claims::read(&assertion)
}

/// A Microsoft Entra error body, as far as it helps a person.
struct Refusal {
    code: Option<u32>,
    error: String,
    description: String,
    correlation: Correlation,
}

impl Refusal {
    fn read(json: &Value) -> Option<Self> {
        let text = |field: &str| json.get(field).and_then(Value::as_str);
        let error = text("error")?.to_owned();
        let description = text("error_description").unwrap_or_default();
        let code = json
            .get("error_codes")
            .and_then(|codes| codes.get(0)?.as_u64())
            .and_then(|code| u32::try_from(code).ok())
            .or_else(|| code_in(description));
        let ids = [
            ("correlation_id", "correlation id"),
            ("trace_id", "trace id"),
            ("timestamp", "timestamp"),
        ]
        .into_iter()
        .filter_map(|(field, name)| Some((name, text(field)?.to_owned())))
        .collect();
        Some(Self {
            code,
            error,
            description: sentence(description),
            correlation: Correlation { ids },
        })
    }
}

/// The number after `AADSTS` at the start of a description.
fn code_in(description: &str) -> Option<u32> {
    let digits = description.trim_start().strip_prefix("AADSTS")?;
    let end = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// The description without its code and IDs, which older bodies put on separate lines and newer ones at the end of
/// the sentence.
fn sentence(description: &str) -> String {
    let line = first_line(description);
    let end = line.find(" Trace ID:").unwrap_or(line.len());
    let line = &line[..end];
    match line.split_once(": ") {
        Some((code, rest)) if code.starts_with("AADSTS") => rest.trim().to_owned(),
        _ => line.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_of_a_description() {
        for description in [
            "AADSTS700024: Client assertion is not within its valid time range. Trace ID: t \
             Correlation ID: c Timestamp: x",
            "AADSTS700024: Client assertion is not within its valid time range.\r\nTrace ID: \
             t\r\nCorrelation ID: c",
        ] {
            assert_eq!(
                sentence(description),
                "Client assertion is not within its valid time range."
            );
            assert_eq!(code_in(description), Some(700_024));
        }
        assert_eq!(sentence("no code: at all"), "no code: at all");
        assert_eq!(code_in("no code"), None);
        assert_eq!(code_in("AADSTS"), None);
        assert_eq!(code_in("AADSTS99999999999"), None);
    }
}
