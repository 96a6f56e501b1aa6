//! Profiles of identities, and the members of publishers with their roles.
//!
//! It never gives a role to an id that is no profile's.

use serde_json::{Value, json};

use super::{error, json_body, version};
use crate::directory::{Directory, guid};
use crate::http::{Answer, Request};

/// `GET _apis/profile/profiles/me` of the profile service. The first question makes a profile.
pub(super) fn profile(
    request: &Request,
    caller: &str,
    directory: &mut Directory,
) -> Option<Answer> {
    if request.method != "GET" {
        return None;
    }
    if let Some(refusal) = version(request, &["7.1", "7.2-preview", "6.0"]) {
        return Some(refusal);
    }
    let id = profile_id(directory, caller);
    let known = directory.application(caller);
    let name = known.map(|known| format!("{}'s principal", known.name));
    Some(Answer::json(
        200,
        &json!({
            "displayName": name, "publicAlias": id, "emailAddress": "",
            "coreRevision": 1, "timeStamp": "2026-11-01T00:00:00+00:00", "id": id, "revision": 1,
        }),
    ))
}

/// The security roles of a publisher, as vsce and Microsoft's Node client ask for them.
pub(super) fn roles(
    request: &Request,
    publisher: &str,
    caller: &str,
    directory: &mut Directory,
) -> Option<Answer> {
    if let Some(refusal) = version(request, &["3.2-preview", "5.0-preview", "7.1-preview"]) {
        return Some(refusal);
    }
    let role = directory
        .marketplace
        .members
        .get(publisher)
        .and_then(|members| members.get(caller))
        .cloned();
    let denied = |what: &str| {
        error(
            403,
            "AccessCheckException",
            &format!(
                "Access Denied: {caller} needs the following permission(s) on the resource /{publisher} to perform this action: {what}"
            ),
        )
    };
    match (request.method.as_str(), role.as_deref()) {
        ("GET" | "PUT", None) => Some(denied("View publisher permissions")),
        ("GET", Some(_)) => {
            let members = directory.marketplace.members[publisher].clone();
            let list: Vec<Value> = members
                .iter()
                .map(|(client, role)| {
                    json!({
                        "identity": { "id": profile_id(directory, client), "displayName": client },
                        "role": { "name": role, "displayName": role }, "access": "assigned",
                    })
                })
                .collect();
            Some(Answer::json(
                200,
                &json!({ "count": list.len(), "value": list }),
            ))
        }
        ("PUT", Some(role)) if role != "Owner" => Some(denied("Manage publisher permissions")),
        ("PUT", Some(_)) => {
            let body = json_body(request)?;
            for assignment in body.as_array()? {
                let id = assignment["userId"].as_str()?;
                let role = assignment["roleName"].as_str()?;
                let known = directory.marketplace.profiles.iter();
                let client = known
                    .filter(|(_, profile)| *profile == id)
                    .map(|(client, _)| client.clone())
                    .next();
                let Some(client) = client else {
                    return Some(error(
                        400,
                        "IdentityNotFoundException",
                        &format!(
                            "TF14045: The identity with type 'System.Guid' and identifier '{id}' could not be found."
                        ),
                    ));
                };
                let members = directory.marketplace.members.get_mut(publisher)?;
                members.insert(client, role.to_owned());
            }
            Some(Answer::json(200, &json!({ "count": 1, "value": body })))
        }
        _ => None,
    }
}

pub(super) fn profile_id(directory: &mut Directory, client: &str) -> String {
    directory
        .marketplace
        .profiles
        .entry(client.to_owned())
        .or_insert_with(guid)
        .clone()
}
