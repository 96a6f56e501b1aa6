//! Azure Key Vault, as far as the Azure SDK's client reads a secret: the challenge, and one vault with one secret.
//!
//! It has no access policies: any token for Key Vault allows reading.

use serde_json::json;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::http::{Answer, Request};

/// The vault's host in the public cloud.
pub(crate) const HOST: &str = "adieu.vault.azure.net";

/// The resource that a token must be for.
const AUDIENCE: &str = "https://vault.azure.net";

/// The API version of `azure_security_keyvault_secrets` 1.0.
const API_VERSION: &str = "2025-07-01";

/// The path of the only secret. An empty version means the newest one.
const SECRET: &str = "/secrets/greeting/";

/// Answers one request (learn.microsoft.com, "Get Secret" and "Authentication, requests and responses").
pub(crate) fn answer(request: &Request, directory: &mut Directory, clock: &Clock) -> Answer {
    let is_known = directory
        .token_of(request, clock)
        .is_some_and(|issued| issued.audience == AUDIENCE);
    if !is_known {
        let tenant = directory.tenants.first().cloned().unwrap_or_default();
        return Answer::azure_error(
            401,
            "Unauthorized",
            "AKV10000: Request is missing a Bearer or PoP token.",
        )
        .with(
            "WWW-Authenticate",
            &format!(
                "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"{AUDIENCE}\""
            ),
        );
    }
    let version = request.parameter("api-version");
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", SECRET) if version.as_deref() == Some(API_VERSION) => Answer::json(
            200,
            &json!({
                "value": "hello",
                "contentType": "text/plain",
                "id": format!("https://{HOST}/secrets/greeting/1f5c9f0b2d3e4a5b8c7d6e5f40312213"),
                "attributes": { "enabled": true, "created": 1_493_938_410, "updated": 1_493_938_410 },
            }),
        ),
        (method, path) => {
            directory.violation(format!("Key Vault has no route {method} {path}"));
            Answer::azure_error(404, "SecretNotFound", "There is no such secret.")
        }
    }
}
