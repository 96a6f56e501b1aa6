//! The members of publishers, and their roles.
//!
//! It never assigns a role to an ID that belongs to no identity.

use serde_json::{Value, json};

use super::{Context, gallery};
use crate::http::{Answer, Request};
use crate::vss::{error, json_body, version};

/// The security roles of a publisher, as vsce and Microsoft's Node client request them.
pub(crate) fn roles(
    request: &Request,
    publisher: &str,
    caller: &str,
    context: &mut Context<'_>,
) -> Option<Answer> {
    if let Some(refusal) = version(request, &["3.2-preview", "5.0-preview", "7.1-preview"]) {
        return Some(refusal);
    }
    let role = context
        .own
        .members
        .get(publisher)
        .and_then(|members| members.get(caller))
        .cloned();
    match (request.method.as_str(), role.as_deref()) {
        ("GET" | "PUT", None) => Some(gallery::denied(
            publisher,
            caller,
            "View user permissions on a resource",
            context,
        )),
        ("GET", Some(_)) => {
            let members = context.own.members[publisher].clone();
            let list: Vec<Value> = members
                .iter()
                .map(|(client, role)| assignment(client, role, context))
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
            context,
        )),
        ("PUT", Some(_)) => {
            let body = json_body(request)?;
            let mut assigned = Vec::new();
            for wanted in body.as_array()? {
                let id = wanted["userId"].as_str()?;
                let role = wanted["roleName"].as_str()?;
                let client = context.directory.identity_of(id);
                let Some(client) = client else {
                    return Some(error(
                        400,
                        "IdentityNotFoundException",
                        &format!(
                            "TF14045: The identity with type 'System.Guid' and identifier \
                             '{id}' could not be found."
                        ),
                    ));
                };
                let members = context.own.members.get_mut(publisher)?;
                members.insert(client.clone(), role.to_owned());
                assigned.push(assignment(&client, role, context));
            }
            Some(Answer::json(
                200,
                &json!({ "count": assigned.len(), "value": assigned }),
            ))
        }
        _ => None,
    }
}

/// Removes one assignment: "Roleassignments - Remove Role Assignment" of Microsoft's REST reference, status 200
/// without a body.
pub(crate) fn role(
    request: &Request,
    (publisher, id): (&str, &str),
    caller: &str,
    context: &mut Context<'_>,
) -> Option<Answer> {
    if let Some(refusal) = version(request, &["3.2-preview", "5.0-preview", "7.1-preview"]) {
        return Some(refusal);
    }
    if request.method != "DELETE" {
        return None;
    }
    let members = context.own.members.get_mut(publisher)?;
    if members.get(caller).map(String::as_str) != Some("Owner") {
        return Some(gallery::denied(
            publisher,
            caller,
            "Manage user permissions on a resource",
            context,
        ));
    }
    let removed = context.directory.identity_of(id);
    if let Some(members) = context.own.members.get_mut(publisher)
        && let Some(client) = removed
    {
        members.remove(&client);
    }
    Some(Answer {
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
    })
}

/// "Roleassignments - List" and "- Set Role Assignments" of Microsoft's REST reference.
fn assignment(client: &str, role: &str, context: &mut Context<'_>) -> Value {
    json!({
        "identity": {
            "id": context.directory.azure_devops_id(client), "displayName": client, "uniqueName": client,
        },
        "role": {
            "name": role, "displayName": role, "description": "", "identifier": format!("gallery.publisher.{role}"),
            "scope": "gallery.publisher", "allowPermissions": 1, "denyPermissions": 0,
        },
        "access": "assigned", "accessDisplayName": "Assigned",
    })
}
