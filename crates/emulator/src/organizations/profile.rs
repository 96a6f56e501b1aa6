//! The profile service: an identity outside any organization.
//!
//! It only returns the caller's own profile.

use serde_json::json;

use super::Context;
use crate::http::{Answer, Request};
use crate::vss::version;

/// `GET _apis/profile/profiles/me` of the profile service. The first request creates a profile.
pub(crate) fn profile(
    request: &Request,
    caller: &str,
    context: &mut Context<'_>,
) -> Option<Answer> {
    if request.method != "GET" {
        return None;
    }
    if let Some(refusal) = version(request, &["7.1", "7.2-preview", "6.0"]) {
        return Some(refusal);
    }
    let id = context.directory.azure_devops_id(caller);
    let known = context.directory.application(caller);
    let name = known.map(|known| format!("{}'s principal", known.name));
    Some(Answer::json(
        200,
        &json!({
            "displayName": name, "publicAlias": id, "emailAddress": "",
            "coreRevision": 1, "timeStamp": "2026-11-01T00:00:00+00:00", "id": id, "revision": 1,
        }),
    ))
}
