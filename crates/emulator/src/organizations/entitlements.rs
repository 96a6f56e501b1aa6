//! The members of an organization and their licenses: the member entitlements of `vsaex.dev.azure.com`.
//!
//! It adds only enterprise applications of the organization's own tenant. Routes, bodies and the status 200 of
//! failures are those of "Service Principal Entitlements" and "Member Entitlements" of Microsoft's REST reference;
//! the numbers are those that users of microsoft/terraform-provider-azuredevops report (#86: 5032, #1036: 5005,
//! #1384: 5000 and 5102).

mod shown;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use shown::one;

use super::{Call, Context};
use crate::directory::IssuedToken;
use crate::http::{Answer, Request};
use crate::vss::{self, error, json_body, version};

/// The entitlement of a member.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entitlement {
    /// `express`, `stakeholder`, `advanced` …
    pub(crate) access_level: String,
    /// Project ID to the group in it: `projectReader`, `projectContributor` …
    pub(crate) projects: BTreeMap<String, String>,
}

/// Names of access levels in the API and in the portal.
const ACCESS_LEVELS: [(&str, &str); 6] = [
    ("express", "Basic"),
    ("stakeholder", "Stakeholder"),
    ("advanced", "Basic + Test Plans"),
    ("professional", "Visual Studio Professional subscription"),
    ("earlyAdopter", "Early Adopter"),
    ("none", "None"),
];

/// `{organization}/_apis/{area}/…` of `vsaex.dev.azure.com`.
pub(crate) fn answer(call: Call<'_>, context: &mut Context<'_>) -> Option<Answer> {
    let (request, organization, area, rest, caller) = call.parts();
    let area = area.to_ascii_lowercase();
    let known: &[&str] = match area.as_str() {
        "memberentitlements" => &["7.1-preview.2"],
        "userentitlements" => &["7.1-preview.3"],
        _ => &["7.1-preview.1"],
    };
    if let Some(refusal) = version(request, known) {
        return Some(refusal);
    }
    let is_administrator = is_administrator(organization, &caller.identity, context);
    match (request.method.as_str(), area.as_str(), rest) {
        ("GET", "memberentitlements", []) => {
            if context.own.entitlements_are_private && !is_administrator {
                return Some(denied(caller, "View Users", context));
            }
            list(request, organization, context)
        }
        ("GET", "serviceprincipalentitlements", [id]) => {
            if context.own.entitlements_are_private && !is_administrator {
                return Some(denied(caller, "View Users", context));
            }
            Some(match member(organization, id, context) {
                Some(identity) => Answer::json(
                    200,
                    &one(organization, &identity, "servicePrincipal", context),
                ),
                None => not_found(id),
            })
        }
        ("GET", "userentitlements", [id]) => Some(match member(organization, id, context) {
            Some(identity) => Answer::json(200, &one(organization, &identity, "user", context)),
            None => not_found(id),
        }),
        ("POST", "serviceprincipalentitlements", []) => {
            let Some(requested) = json_body(request).as_ref().and_then(read) else {
                return Some(bad("The body is not a service principal entitlement."));
            };
            Some(add(
                organization,
                &requested,
                is_administrator,
                caller,
                context,
            ))
        }
        ("DELETE", "serviceprincipalentitlements", [id]) => {
            context.only_parameters(request, &["api-version"]);
            Some(remove(organization, id, is_administrator, caller, context))
        }
        ("PATCH", "serviceprincipalentitlements", [id]) => {
            patch(request, organization, id, is_administrator, caller, context)
        }
        _ => None,
    }
}

/// Whether an identity is in Project Collection Administrators.
pub(super) fn is_administrator(organization: &str, identity: &str, context: &Context<'_>) -> bool {
    let key = (organization.to_owned(), identity.to_owned());
    context.own.administrators.contains(&key)
}

/// The request in a body.
struct NewEntitlement {
    origin_id: String,
    access_level: String,
    projects: BTreeMap<String, String>,
}

/// Reads every field that "Service Principal Entitlements - Add" requires; `None` if one is missing.
fn read(body: &Value) -> Option<NewEntitlement> {
    let principal = &body["servicePrincipal"];
    let is_principal =
        principal["origin"] == "aad" && principal["subjectKind"] == "servicePrincipal";
    let access_level = access_level(&body["accessLevel"])?;
    let mut projects = BTreeMap::new();
    for project in body["projectEntitlements"].as_array().into_iter().flatten() {
        let (id, group) = project_group(project)?;
        projects.insert(id, group);
    }
    is_principal.then_some(NewEntitlement {
        origin_id: principal["originId"].as_str()?.to_owned(),
        access_level,
        projects,
    })
}

fn access_level(value: &Value) -> Option<String> {
    let kind = value["accountLicenseType"].as_str()?;
    let is_known = ACCESS_LEVELS.iter().any(|(name, _)| *name == kind);
    (is_known && value["licensingSource"] == "account").then(|| kind.to_owned())
}

fn project_group(value: &Value) -> Option<(String, String)> {
    let group = value["group"]["groupType"].as_str()?;
    let is_known = matches!(
        group,
        "projectReader" | "projectContributor" | "projectAdministrator" | "projectStakeholder"
    );
    let id = value["projectRef"]["id"].as_str()?;
    is_known.then(|| (id.to_owned(), group.to_owned()))
}

fn add(
    organization: &str,
    requested: &NewEntitlement,
    is_administrator: bool,
    caller: &IssuedToken,
    context: &mut Context<'_>,
) -> Answer {
    let failed = |(key, value): (u32, String)| {
        let none = "00000000-0000-0000-0000-000000000000";
        Answer::json(
            200,
            &json!({
                "isSuccess": false,
                "operationResult": {
                    "isSuccess": false, "servicePrincipalId": none, "result": null,
                    "errors": [{ "key": key, "value": value }],
                },
                "servicePrincipalEntitlement": null,
            }),
        )
    };
    if !is_administrator {
        return failed(may_not_add(caller));
    }
    let identity = match find(organization, &requested.origin_id, context) {
        Ok(identity) => identity,
        Err(problem) => return failed(problem),
    };
    if let Some(problem) = assign(organization, &identity, &requested.access_level, context) {
        return failed(problem);
    }
    let members = context.own.members.get_mut(organization);
    let members = members.expect("an organization that was looked up");
    if !members.contains(&identity) {
        members.push(identity.clone());
    }
    let entitlement = entitlement(organization, &identity, context);
    entitlement.projects.extend(requested.projects.clone());
    let id = context.directory.azure_devops_id(&identity);
    let one = one(organization, &identity, "servicePrincipal", context);
    Answer::json(
        200,
        &json!({
            "isSuccess": true,
            "operationResult": {
                "isSuccess": true, "servicePrincipalId": id, "errors": [], "result": one,
            },
            "servicePrincipalEntitlement": one,
        }),
    )
}

fn may_not_add(caller: &IssuedToken) -> (u32, String) {
    (
        5032,
        format!(
            "Access Denied: {} needs the following permission(s) on the resource Users to \
             perform this action: Add Users",
            caller.identity
        ),
    )
}

/// The enterprise application with this object ID in the organization's tenant.
fn find(
    organization: &str,
    origin_id: &str,
    context: &mut Context<'_>,
) -> Result<String, (u32, String)> {
    let tenant = context.own.tenant_of(organization, context.directory);
    let mut known = context.directory.applications.iter();
    let found = known.find(|known| known.object_id == origin_id && known.tenant == tenant);
    let Some(found) = found else {
        return Err((
            5000,
            format!(
                "VS860016: Could not find originId '{origin_id}' in the backing domain '{tenant}'."
            ),
        ));
    };
    let identity = context.directory.identity(&found.client_id, &tenant);
    match context.own.not_yet_known.get_mut(origin_id) {
        Some(left) if *left > 0 => {
            *left -= 1;
            Err((
                5000,
                format!("VS403283: Could not add user '{origin_id}' at this time."),
            ))
        }
        _ => Ok(identity),
    }
}

/// Assigns a license, if one is left.
fn assign(
    organization: &str,
    identity: &str,
    access_level: &str,
    context: &mut Context<'_>,
) -> Option<(u32, String)> {
    let key = (organization.to_owned(), identity.to_owned());
    let before = context.own.entitlements.get(&key);
    let costs = !matches!(access_level, "stakeholder" | "none");
    if costs
        && before.is_none_or(|before| before.access_level != access_level)
        && let Some(left) = context.own.licenses.get_mut(organization)
    {
        if *left == 0 {
            let id = context.directory.azure_devops_id(identity);
            return Some((
                5005,
                format!("Failed to assign license Account-Express to identity with id {id}."),
            ));
        }
        *left -= 1;
    }
    access_level.clone_into(&mut entitlement(organization, identity, context).access_level);
    if access_level == "stakeholder" {
        context.own.stakeholders.insert(key);
    } else {
        context.own.stakeholders.remove(&key);
    }
    None
}

fn patch(
    request: &Request,
    organization: &str,
    id: &str,
    is_administrator: bool,
    caller: &IssuedToken,
    context: &mut Context<'_>,
) -> Option<Answer> {
    let kind = request.header("content-type").unwrap_or_default();
    if !kind.starts_with("application/json-patch+json") {
        return Some(error(
            415,
            "VssRequestContentTypeNotSupportedException",
            "The request indicated a Content-Type that is not supported for this method.",
        ));
    }
    let Some(identity) = member(organization, id, context) else {
        return Some(not_found(id));
    };
    let operations: Vec<Value> = serde_json::from_slice(&request.body).ok()?;
    let mut problem = (!is_administrator).then(|| may_not_add(caller));
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default();
        let value = &operation["value"];
        let done = match (operation["op"].as_str()?, path) {
            _ if problem.is_some() => None,
            ("replace", "/accessLevel") => {
                let level = access_level(value)?;
                assign(organization, &identity, &level, context)
            }
            ("add", path) if path.starts_with("/projectEntitlements") => {
                let (project, group) = project_group(value)?;
                entitlement(organization, &identity, context)
                    .projects
                    .insert(project, group);
                None
            }
            _ => {
                return Some(bad(
                    "The patch document has an operation that is not known.",
                ));
            }
        };
        problem = problem.or(done);
    }
    let errors: Vec<Value> = problem
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    let is_success = errors.is_empty();
    // The result of an operation has no projects, and dates without a time zone.
    let entitlement = one(organization, &identity, "servicePrincipal", context);
    let mut result = entitlement.clone();
    result["projectEntitlements"] = Value::Null;
    result["lastAccessedDate"] = json!("0001-01-01T00:00:00");
    result["dateCreated"] = json!("2026-11-01T00:00:00");
    Some(Answer::json(
        200,
        &json!({
            "isSuccess": is_success,
            "operationResults": [{
                "isSuccess": is_success, "servicePrincipalId": id, "errors": errors,
                "result": result,
            }],
            "servicePrincipalEntitlement": entitlement,
        }),
    ))
}

/// "Service Principal Entitlements - Delete": removes the license and all project memberships. The reference has
/// status 200 and no body. The message for a caller without permission is not published; that of `Add Users` is the
/// model.
fn remove(
    organization: &str,
    id: &str,
    is_administrator: bool,
    caller: &IssuedToken,
    context: &mut Context<'_>,
) -> Answer {
    if !is_administrator {
        return denied(caller, "Delete Users", context);
    }
    let Some(identity) = member(organization, id, context) else {
        return not_found(id);
    };
    let members = context.own.members.get_mut(organization);
    let members = members.expect("an organization that was looked up");
    members.retain(|member| *member != identity);
    let key = (organization.to_owned(), identity);
    if let Some(had) = context.own.entitlements.remove(&key)
        && !matches!(had.access_level.as_str(), "stakeholder" | "none")
        && let Some(left) = context.own.licenses.get_mut(organization)
    {
        *left += 1;
    }
    context.own.stakeholders.remove(&key);
    context.own.administrators.remove(&key);
    context.own.signed_in.remove(&key);
    Answer {
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

/// Applications among the members, page by page.
fn list(request: &Request, organization: &str, context: &mut Context<'_>) -> Option<Answer> {
    let known = ["$filter", "select", "continuationToken", "api-version"];
    context.only_parameters(request, &known);
    if request.parameter("$filter").as_deref() != Some("userType eq 'application'") {
        return Some(bad("The filter is not supported."));
    }
    // `UserEntitlementProperty` of the reference.
    let has_projects = match request.parameter("select").as_deref() {
        None | Some("license" | "extensions" | "groupRules") => false,
        Some("projects" | "all") => true,
        Some(_) => return Some(bad("The property to select is not known.")),
    };
    let mut members = context.own.members[organization].clone();
    members.retain(|identity| {
        let known = context.directory.application(identity);
        known.is_none_or(|known| known.sign_in_name.is_none())
    });
    let page = context.own.page_of_members.unwrap_or(100);
    let start = match request.parameter("continuationToken") {
        Some(_) if context.own.repeats_pages => 0,
        Some(token) => token.parse().ok()?,
        None => 0,
    };
    let items: Vec<Value> = members
        .iter()
        .skip(start)
        .take(page)
        .map(|identity| {
            let mut item = one(organization, identity, "member", context);
            if !has_projects {
                item["projectEntitlements"] = json!([]);
            }
            item
        })
        .collect();
    let end = start + items.len();
    let next = if end < members.len() {
        end.to_string()
    } else {
        String::new()
    };
    Some(Answer::json(
        200,
        &json!({
            "members": items, "items": items, "totalCount": members.len(), "continuationToken": next,
        }),
    ))
}

/// A member by its ID in the organization.
fn member(organization: &str, id: &str, context: &mut Context<'_>) -> Option<String> {
    let members = context.own.members[organization].clone();
    members.into_iter().find(|identity| {
        context
            .directory
            .azure_devops_id(identity)
            .eq_ignore_ascii_case(id)
    })
}

/// The entitlement of a member. Members that a test added have Basic, unless they are stakeholders.
fn entitlement<'a>(
    organization: &str,
    identity: &str,
    context: &'a mut Context<'_>,
) -> &'a mut Entitlement {
    let key = (organization.to_owned(), identity.to_owned());
    let level = if context.own.stakeholders.contains(&key) {
        "stakeholder"
    } else {
        "express"
    };
    context
        .own
        .entitlements
        .entry(key)
        .or_insert_with(|| Entitlement {
            access_level: level.to_owned(),
            projects: BTreeMap::new(),
        })
}

fn denied(caller: &IssuedToken, what: &str, context: &mut Context<'_>) -> Answer {
    let id = context.directory.azure_devops_id(&caller.identity);
    vss::access_check(403, &id, "Users", what)
}

fn not_found(id: &str) -> Answer {
    error(
        404,
        "MemberNotFoundException",
        &format!("The service principal with id {id} is not a member of the organization."),
    )
}

fn bad(message: &str) -> Answer {
    error(400, "VssPropertyValidationException", message)
}
