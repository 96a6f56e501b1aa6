//! Access tokens that were issued: their contents, their owner and their expiry.
//!
//! It does not decide who gets one; Microsoft Entra and the managed-identity endpoints do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::directory::{Application, Directory, IssuedToken, TokenFlaw};
use crate::ids::{guid, random};
use crate::jwt;

/// The application whose tokens Azure DevOps and the Marketplace accept.
pub(crate) const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// The application whose tokens Microsoft Graph accepts.
pub(crate) const MICROSOFT_GRAPH: &str = "https://graph.microsoft.com";

/// The tenant and the audience of a token that differs from the requested one.
const OTHER: &str = "00000000-0000-4000-8000-000000000bad";

/// Issues an access token to an application, and records it in the ledger.
pub(crate) fn issue(
    resource: &str,
    application: &Application,
    directory: &mut Directory,
    clock: &Clock,
) -> String {
    let now = clock.now();
    let flaw = directory.token_flaw;
    let expires_on = now + lifetime(directory);
    let tenant = match flaw {
        Some(TokenFlaw::Tenant) => OTHER,
        _ => &application.tenant,
    };
    let audience = match flaw {
        Some(TokenFlaw::Audience) => OTHER,
        _ => resource,
    };
    let mut claims = json!({
        "aud": audience, "iss": format!("https://sts.windows.net/{tenant}/"), "iat": now, "nbf": now,
        "exp": expires_on, "appid": application.client_id, "oid": application.object_id, "tid": tenant,
        "uti": guid(), "ver": "1.0",
    });
    if flaw == Some(TokenFlaw::Long) {
        claims["groups"] = (0..1500).map(|_| guid()).collect();
    }
    // A flaw in a readable token is visible only to clients that decode it.
    let is_readable = directory.tokens_are_readable || flaw.is_some_and(TokenFlaw::is_in_claims);
    let token = if is_readable {
        jwt::entra_key().sign(&claims)
    } else {
        encrypted(&claims)
    };
    directory.ledger.record("access token", &token);
    directory.access_tokens.push(IssuedToken {
        value: token.clone(),
        identity: directory.identity(&application.client_id, &application.tenant),
        tenant: tenant.to_owned(),
        audience: audience.to_owned(),
        expires_on,
    });
    token
}

/// Lifetime of an access token, in seconds.
pub(crate) fn lifetime(directory: &Directory) -> i64 {
    if directory.token_flaw == Some(TokenFlaw::Expired) {
        -60
    } else {
        directory.token_lifetime
    }
}

/// A token that only its resource can decode: five parts, of which the first is a header (RFC 7516, section 7.1).
/// Azure DevOps tokens can have that form since 2026 (devblogs.microsoft.com/devops, 2026-03-18).
pub(crate) fn encrypted(claims: &Value) -> String {
    let header =
        json!({ "alg": "RSA-OAEP", "enc": "A256CBC-HS512", "cty": "JWT", "kid": "azure-devops" });
    // As long as the claims, but without them.
    let length = claims.to_string().len();
    let text: Vec<u8> = std::iter::repeat_with(random::<16>)
        .take(length.div_ceil(16))
        .flatten()
        .collect();
    [
        header.to_string().as_bytes(),
        &[random::<32>(), random::<32>()].concat(),
        &random::<16>(),
        &text,
        &random::<32>(),
    ]
    .map(|part| URL_SAFE_NO_PAD.encode(part))
    .join(".")
}
