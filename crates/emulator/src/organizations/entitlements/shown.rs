//! Entitlements in the format of the service.

use serde_json::{Value, json};

use super::super::{Context, subject_descriptor};
use super::{ACCESS_LEVELS, entitlement};
use crate::directory::Application;

/// One entitlement, as in "Service Principal Entitlements - Get". In a list, the principal is called `member`.
pub(super) fn one(
    organization: &str,
    identity: &str,
    field: &str,
    context: &mut Context<'_>,
) -> Value {
    let entitlement = entitlement(organization, identity, context).clone();
    let id = context.directory.azure_devops_id(identity);
    let principal = context
        .directory
        .application(identity)
        .map(|known| principal(known, &id));
    // The recordings have these values for members that have not signed in yet.
    let member = (organization.to_owned(), identity.to_owned());
    let (status, last_access) = if context.own.signed_in.contains(&member) {
        ("active", "2026-11-20T08:00:00.123Z")
    } else {
        ("pending", "0001-01-01T00:00:00Z")
    };
    let level = &entitlement.access_level;
    let shown = ACCESS_LEVELS.iter().find(|(name, _)| name == level);
    let projects = context.own.projects.get(organization);
    let projects: Vec<Value> = entitlement
        .projects
        .iter()
        .map(|(id, group)| {
            let mut known = projects.into_iter().flatten();
            let name = known.find(|(known, _)| known == id).map(|(_, name)| name);
            json!({
                "group": { "groupType": group, "displayName": shown_group(group) },
                "projectRef": { "id": id, "name": name },
                "assignmentSource": "unknown", "teamRefs": [],
            })
        })
        .collect();
    json!({
        "id": id,
        field: principal,
        "accessLevel": {
            "licensingSource": "account", "accountLicenseType": level, "msdnLicenseType": "none", "gitHubLicenseType": "none",
            "licenseDisplayName": shown.map(|(_, shown)| shown), "status": status,
            "statusMessage": "", "assignmentSource": "unknown",
        },
        "lastAccessedDate": last_access, "dateCreated": "2026-11-01T00:00:00Z",
        "projectEntitlements": projects, "extensions": [], "groupAssignments": [],
    })
}

/// The name of a project's group in the portal.
fn shown_group(group: &str) -> &str {
    match group {
        "projectReader" => "Readers",
        "projectContributor" => "Contributors",
        "projectAdministrator" => "Project Administrators",
        _ => "Stakeholders",
    }
}

/// The holder of an entitlement: a service principal with its client ID, or a person with an address.
fn principal(known: &Application, id: &str) -> Value {
    let is_person = known.sign_in_name.is_some();
    let mut principal = json!({
        "subjectKind": if is_person { "user" } else { "servicePrincipal" },
        "metaType": if is_person { "member" } else { "application" },
        "domain": known.tenant, "principalName": known.account(), "directoryAlias": known.account(),
        "mailAddress": known.sign_in_name, "origin": "aad", "originId": known.object_id,
        "displayName": known.name, "descriptor": subject_descriptor(known, id),
        "url": format!("https://vssps.dev.azure.com/contoso/_apis/Graph/Users/{id}"),
    });
    if !is_person {
        principal["applicationId"] = json!(known.client_id);
    }
    principal
}
