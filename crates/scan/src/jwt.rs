//! The claims of a JWT that show whether it is for Azure DevOps, and when it expires.
//!
//! It never verifies a signature, and stores nothing of the token.

use serde_json::Value;

use crate::rules::{self, Rule};

/// The application of Azure DevOps in Microsoft Entra.
const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";
/// Issuer and audience of the tokens that Azure DevOps itself issues: the job token, and session tokens.
const TOKEN_SERVICE: &str = "app.vstoken.visualstudio.com";

/// The relevant claims of a token for Azure DevOps.
pub(crate) struct Claims {
    pub(crate) rule: &'static Rule,
    /// Seconds since 1970.
    pub(crate) expires: Option<u64>,
}

/// Reads the decoded middle part of a JWT; `None` if it is not for Azure DevOps.
pub(crate) fn claims_for_azure_devops(json: &[u8]) -> Option<Claims> {
    let claims: Value = serde_json::from_slice(json).ok()?;
    let text = |name: &str| {
        claims[name]
            .as_str()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let audiences: Vec<String> = match &claims["aud"] {
        Value::Array(values) => values
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_ascii_lowercase)
            .collect(),
        _ => vec![text("aud")],
    };
    let is_for = |part: &str| audiences.iter().any(|audience| audience.contains(part));
    let rule = if text("iss").contains(TOKEN_SERVICE) || is_for(TOKEN_SERVICE) {
        &rules::SESSION_TOKEN
    } else if is_for(AZURE_DEVOPS) {
        &rules::ACCESS_TOKEN
    } else {
        return None;
    };
    let expires = &claims["exp"];
    let expires = expires
        .as_u64()
        .or_else(|| expires.as_str().and_then(|text| text.parse().ok()));
    Some(Claims { rule, expires })
}
