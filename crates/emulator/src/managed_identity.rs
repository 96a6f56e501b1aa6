//! The managed-identity endpoint of App Service: the one that every client of Microsoft's speaks.
//!
//! It never answers without the secret header.

use serde_json::json;

use crate::clock::Clock;
use crate::directory::{AsksFor, Directory, guid};
use crate::http::{Answer, Request};
use crate::jwt;
use crate::marketplace::Minted;

/// The secrets that it asks its clients for.
pub(crate) const ASKS_FOR: AsksFor = AsksFor {
    headers: &["managed identity header"],
    body: &[],
};

/// Answers one request (learn.microsoft.com, "How to use managed identities for App Service").
pub(crate) fn answer(request: &Request, directory: &mut Directory, clock: &Clock) -> Answer {
    let refuse = |status: u16, message: &str| {
        Answer::json(status, &json!({ "statusCode": status, "message": message }))
    };
    if request.method != "GET" || request.path != "/msi/token" {
        directory.violation(format!(
            "App Service has no route {} {}",
            request.method, request.path
        ));
        return refuse(404, "not found");
    }
    if request.header("x-identity-header") != Some(&directory.managed_identity_secret) {
        return refuse(401, "The X-IDENTITY-HEADER is wrong.");
    }
    if request.parameter("api-version").as_deref() != Some("2019-08-01") {
        return refuse(400, "The api-version is wrong.");
    }
    let resource = request.parameter("resource").unwrap_or_default();
    if !directory
        .resources
        .iter()
        .any(|known| known == resource.trim_end_matches('/'))
    {
        return refuse(400, "The resource is unknown.");
    }
    let asked = request.parameter("client_id");
    // Without a client id, the machine's own identity is meant.
    let identity = asked.or_else(|| directory.machine.clone());
    let known = identity.as_ref().is_none_or(|id| {
        directory
            .applications
            .iter()
            .any(|known| known.client_id == *id)
    });
    if !known {
        return refuse(
            400,
            "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
        );
    }
    let now = clock.now();
    let expires_on = now + directory.token_lifetime;
    let client = identity.clone().unwrap_or_else(guid);
    let object = directory
        .application(&client)
        .map_or_else(guid, |known| known.object_id.clone());
    let tenant = directory.tenants[0].clone();
    let token = jwt::entra_key().sign(&json!({
        "aud": resource,
        "tid": tenant,
        "oid": object,
        "appid": client,
        "iat": now,
        "nbf": now,
        "exp": expires_on,
    }));
    directory.ledger.record("access token", &token);
    directory.access_tokens.push(Minted {
        value: token.clone(),
        identity: client.clone(),
        tenant,
        audience: resource.clone(),
        expires_on,
    });
    let body = json!({
        "access_token": token,
        "client_id": client,
        "expires_in": directory.token_lifetime.to_string(),
        "expires_on": expires_on.to_string(),
        "not_before": now.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    Answer::json(200, &body)
}
