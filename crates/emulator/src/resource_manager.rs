//! Azure Resource Manager, as far as the Azure CLI uses it at sign-in: the list of subscriptions.
//!
//! It has no subscriptions.

use serde_json::json;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::http::{Answer, Request};

/// Its host in the public cloud.
pub(crate) const HOST: &str = "management.azure.com";

/// Its own address, and the older one that the Azure CLI uses.
const AUDIENCES: [&str; 2] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
];

/// Answers one request (learn.microsoft.com, "Subscriptions - List").
pub(crate) fn answer(request: &Request, directory: &mut Directory, clock: &Clock) -> Answer {
    let is_known = directory
        .token_of(request, clock)
        .is_some_and(|issued| AUDIENCES.contains(&issued.audience.trim_end_matches('/')));
    if !is_known {
        return Answer::azure_error(
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
            Answer::azure_error(404, "InvalidResourceType", "There is no such resource.")
        }
    }
}
