//! The exchange at the authority's token endpoint: a proof of identity in, an access token out.
//!
//! It never sends a proof to another host than the authority's, and never decides where one comes from.

use std::time::SystemTime;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, Url};
use serde_json::Value;
use zeroize::Zeroizing;

use adieu_secret::{AccessToken, ClientSecret, IdToken};
use adieu_transport::{
    Attempt, Body, Call, Correlation, Deadline, MICROSOFT_ENTRA, NotTheService, Reply, Transport,
    first_line,
};

use crate::answers::{moment, number, seconds_now, take_text};
use crate::claims::Claims;
use crate::error::{Error, Mismatch};
use crate::scope::Scope;

/// `client_assertion_type` of RFC 7523.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The ID token is over; a fresh one heals it.
pub(crate) const ASSERTION_EXPIRED: u32 = 700_024;

/// An access token and the moment when it ends.
#[derive(Debug)]
pub struct Token {
    /// The token.
    pub value: AccessToken,
    /// When it ends.
    pub expires_on: SystemTime,
}

impl Token {
    /// What the token says of itself, where it says anything.
    #[must_use]
    pub fn claims(&self) -> Option<Claims> {
        Claims::read(self.value.reveal())
    }
}

/// What proves the client's identity.
pub(crate) enum Proof<'a> {
    Assertion(&'a IdToken),
    Secret(&'a ClientSecret),
}

/// A client of one tenant, at the endpoint that knows it.
pub(crate) struct Exchange<'a> {
    pub(crate) endpoint: Url,
    pub(crate) tenant: &'a str,
    pub(crate) client_id: &'a str,
}

impl Exchange<'_> {
    /// Exchanges `proof` for a token of `scope`.
    pub(crate) async fn send(
        &self,
        proof: &Proof<'_>,
        scope: &Scope,
        transport: &Transport,
        deadline: Deadline,
    ) -> Result<Token, Error> {
        let call = Call::new(&MICROSOFT_ENTRA, &self.endpoint, deadline);
        let request = || {
            transport
                .request(Method::POST, &self.endpoint)
                .header(ACCEPT, "application/json")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(self.form(proof, scope))
        };
        let read = |reply: &Reply| self.read(reply, proof, scope);
        transport.call(call, request, read).await
    }

    /// The form, in memory that is wiped once it is sent.
    fn form(&self, proof: &Proof<'_>, scope: &Scope) -> Bytes {
        let longest = match proof {
            Proof::Assertion(token) => token.reveal().len(),
            Proof::Secret(secret) => 3 * secret.reveal().len(),
        };
        // Room for everything, so that growing leaves no copy behind.
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(longest + 4096));
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", self.client_id)
            .append_pair("scope", &scope.value);
        match proof {
            Proof::Assertion(token) => form
                .append_pair("client_assertion_type", JWT_BEARER)
                .append_pair("client_assertion", token.reveal_to_wire()),
            Proof::Secret(secret) => form.append_pair("client_secret", secret.reveal_to_wire()),
        };
        Bytes::from_owner(Zeroizing::new(form.finish().into_bytes()))
    }

    fn read(
        &self,
        reply: &Reply,
        proof: &Proof<'_>,
        scope: &Scope,
    ) -> Result<Token, Attempt<Error>> {
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
                presented: match proof {
                    Proof::Assertion(token) => Claims::read(token.reveal()).map(Box::new),
                    Proof::Secret(_) => None,
                },
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

    /// Takes a token if it is the one that was asked for, as far as it can be read.
    fn accept(&self, token: AccessToken, json: &Value, scope: &Scope) -> Result<Token, Error> {
        let now = seconds_now();
        let claims = Claims::read(token.reveal()).unwrap_or_default();
        if let Some(tenant) = &claims.tenant
            && is_guid(self.tenant)
            && !tenant.eq_ignore_ascii_case(self.tenant)
        {
            return Err(Error::AnotherToken(Mismatch::Tenant {
                asked: self.tenant.to_owned(),
                got: tenant.clone(),
            }));
        }
        if let Some(audience) = &claims.audience
            && !scope.admits_audience(audience)
        {
            return Err(Error::AnotherToken(Mismatch::Audience {
                asked: scope.value.clone(),
                got: audience.clone(),
            }));
        }
        // What is left counts from now, whatever this machine's clock says: by a clock that is behind, the
        // claim alone would let a token seem alive after its end.
        let by_lifetime = number(json, "expires_in").map(|left| now.saturating_add(left));
        let ends = [claims.expires_on, by_lifetime].into_iter().flatten().min();
        // An opaque token without a lifetime is taken to last no longer than it takes to use it.
        let expires_on = ends.unwrap_or(now.saturating_add(60));
        if expires_on <= now {
            return Err(Error::AnotherToken(Mismatch::Expired { expires_on, now }));
        }
        Ok(Token {
            value: token,
            expires_on: moment(expires_on),
        })
    }
}

/// Entra's error body, as far as it helps a person.
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

/// The number behind `AADSTS` at the start of a description.
fn code_in(description: &str) -> Option<u32> {
    let digits = description.trim_start().strip_prefix("AADSTS")?;
    let end = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// The description without its code and without the ids, which older bodies put on lines of their own
/// and newer ones behind the sentence.
fn sentence(description: &str) -> String {
    let line = first_line(description);
    let end = line.find(" Trace ID:").unwrap_or(line.len());
    let line = &line[..end];
    match line.split_once(": ") {
        Some((code, rest)) if code.starts_with("AADSTS") => rest.trim().to_owned(),
        _ => line.trim().to_owned(),
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(index, character)| match index {
            8 | 13 | 18 | 23 => character == '-',
            _ => character.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_of_a_description() {
        for description in [
            "AADSTS700024: Client assertion is not within its valid time range. Trace ID: t Correlation ID: c Timestamp: x",
            "AADSTS700024: Client assertion is not within its valid time range.\r\nTrace ID: t\r\nCorrelation ID: c",
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

    #[test]
    fn knows_a_guid() {
        assert!(is_guid("499b84ac-1321-427f-aa17-267ca6975798"));
        for text in [
            "",
            "contoso.onmicrosoft.com",
            "499b84ac-1321-427f-aa17-267ca697579",
            "499b84ac+1321-427f-aa17-267ca6975798",
        ] {
            assert!(!is_guid(text), "{text}");
        }
    }
}
