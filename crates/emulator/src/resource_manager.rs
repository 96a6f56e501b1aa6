//! Azure Resource Manager, as far as the Azure CLI asks it at a sign-in: which subscriptions there are.
//!
//! It never has one.

use serde_json::json;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::http::{Answer, Request};

/// Its host in the public cloud.
pub(crate) const HOST: &str = "management.azure.com";

/// Its own address, and the one of older days, which the Azure CLI asks for.
const AUDIENCES: [&str; 2] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
];

/// Answers one request (learn.microsoft.com, "Subscriptions - List").
pub(crate) fn answer(request: &Request, directory: &mut Directory, clock: &Clock) -> Answer {
    let refuse = |status: u16, code: &str, message: &str| {
        Answer::json(
            status,
            &json!({ "error": { "code": code, "message": message } }),
        )
    };
    let token = request.header("authorization").unwrap_or_default();
    let token = token.strip_prefix("Bearer ").unwrap_or_default();
    let known = directory.access_tokens.iter().find(|issued| {
        issued.value == token
            && issued.expires_on > clock.now()
            && AUDIENCES.contains(&issued.audience.trim_end_matches('/'))
    });
    if known.is_none() {
        return refuse(
            401,
            "InvalidAuthenticationToken",
            "The access token is invalid.",
        );
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/subscriptions") if request.parameter("api-version").is_some() => Answer::json(
            200,
            &json!({ "value": [], "count": { "type": "Total", "value": 0 } }),
        ),
        (method, path) => {
            directory.violation(format!(
                "Azure Resource Manager has no route {method} {path}"
            ));
            refuse(404, "InvalidResourceType", "There is no such resource.")
        }
    }
}
