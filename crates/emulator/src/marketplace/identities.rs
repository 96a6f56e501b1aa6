//! Profiles of identities, and the members of publishers with their roles.
//!
//! It never gives a role to an id that is no profile's.

use serde_json::{Value, json};

use super::gallery;
use crate::directory::{Directory, azure_devops_id};
use crate::http::{Answer, Request};
use crate::vss::{error, json_body, version};

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
    match (request.method.as_str(), role.as_deref()) {
        ("GET" | "PUT", None) => Some(gallery::denied(
            publisher,
            caller,
            "View user permissions on a resource",
            directory,
        )),
        ("GET", Some(_)) => {
            let members = directory.marketplace.members[publisher].clone();
            let list: Vec<Value> = members
                .iter()
                .map(|(client, role)| assignment(client, role, directory))
                .collect();
            Some(Answer::json(
                200,
                &json!({ "count": list.len(), "value": list }),
            ))
        }
        ("PUT", Some(role)) if role != "Owner" => Some(gallery::denied(
            publisher,
            caller,
            "Manage user permissions on a resource",
            directory,
        )),
        ("PUT", Some(_)) => {
            let body = json_body(request)?;
            let mut assigned = Vec::new();
            for wanted in body.as_array()? {
                let id = wanted["userId"].as_str()?;
                let role = wanted["roleName"].as_str()?;
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
                members.insert(client.clone(), role.to_owned());
                assigned.push(assignment(&client, role, directory));
            }
            Some(Answer::json(
                200,
                &json!({ "count": assigned.len(), "value": assigned }),
            ))
        }
        _ => None,
    }
}

/// "Roleassignments - List" and "- Set Role Assignments" of Microsoft's REST reference.
fn assignment(client: &str, role: &str, directory: &mut Directory) -> Value {
    json!({
        "identity": {
            "id": profile_id(directory, client), "displayName": client, "uniqueName": client,
        },
        "role": {
            "name": role, "displayName": role, "description": "", "identifier": format!("gallery.publisher.{role}"),
            "scope": "gallery.publisher", "allowPermissions": 1, "denyPermissions": 0,
        },
        "access": "assigned", "accessDisplayName": "Assigned",
    })
}

pub(super) fn profile_id(directory: &mut Directory, client: &str) -> String {
    directory
        .marketplace
        .profiles
        .entry(client.to_owned())
        .or_insert_with(azure_devops_id)
        .clone()
}
