//! azd's external authentication (`cli/azd/docs/external-authentication.md` of Azure/azure-dev).
//!
//! It never decides who gets a token.

use adieu_identity::Token;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::{Answer, Question, json, quoted};
use crate::source::Refusal;

/// Parses the body.
pub(crate) fn question(body: &[u8]) -> Result<Question, Refusal> {
    let unreadable = || Refusal::of_the_request("the request is not an azd request");
    let body: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
    let scopes = body.get("scopes").and_then(Value::as_array);
    let [Value::String(scope)] = scopes.ok_or_else(unreadable)?.as_slice() else {
        return Err(Refusal::of_the_request(
            "the request must name exactly one scope",
        ));
    };
    let resource = scope
        .strip_suffix("/.default")
        .ok_or_else(|| Refusal::of_the_request("the scope must end in `/.default`"))?;
    let tenant = body.get("tenantId").and_then(Value::as_str);
    Ok(Question {
        resource: resource.to_owned(),
        tenant: tenant.filter(|id| !id.is_empty()).map(str::to_owned),
        identity: None,
    })
}

/// A token.
pub(crate) fn success(token: &Token) -> Answer {
    let expires_on = OffsetDateTime::from(token.expires_on);
    let expires_on = expires_on.replace_nanosecond(0).unwrap_or(expires_on);
    let mut body = Zeroizing::new(String::with_capacity(token.value.reveal().len() + 128));
    body.push_str("{\"status\":\"success\",\"token\":");
    body.push_str(&Zeroizing::new(quoted(token.value.reveal())));
    body.push_str(",\"expiresOn\":");
    body.push_str(&quoted(&expires_on.format(&Rfc3339).unwrap_or_default()));
    body.push('}');
    json(200, body)
}

/// A refusal. azd reads the reason only with status 200 (`remote_credential.go`).
pub(crate) fn refusal(refusal: &Refusal) -> Answer {
    let body = format!(
        "{{\"status\":\"error\",\"code\":\"GetTokenError\",\"message\":{}}}",
        quoted(&adieu_secret::redacted(&refusal.reason))
    );
    json(200, Zeroizing::new(body))
}
