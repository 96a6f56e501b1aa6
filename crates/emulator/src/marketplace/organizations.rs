//! Organizations: who asks them, their projects, which extensions are installed, and which tasks their
//! pipelines have.
//!
//! It never installs what the organization may not see.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::identities;
use crate::directory::{Application, Directory, guid};
use crate::http::{Answer, Request};
use crate::issued::Issued;
use crate::vss::{self, error, json_body, version};

/// `{organization}/_apis/{area}/…` of the extension management and of the organization itself.
pub(super) fn answer(
    request: &Request,
    organization: &str,
    area: &str,
    rest: &[&str],
    caller: &Issued,
    directory: &mut Directory,
) -> Option<Answer> {
    if let Some(refusal) = not_a_member(organization, caller, directory) {
        return Some(refusal);
    }
    reply(request, organization, area, rest, caller, directory)
}

/// The tenant that an organization takes its members from.
pub(crate) fn tenant_of(organization: &str, directory: &Directory) -> String {
    let tenants = &directory.marketplace.organization_tenants;
    tenants
        .get(organization)
        .unwrap_or(&directory.tenants[0])
        .clone()
}

/// Why an organization does not know somebody, if it does not: it is none, the token is another
/// tenant's, or nobody has added the identity.
pub(super) fn not_a_member(
    organization: &str,
    caller: &Issued,
    directory: &mut Directory,
) -> Option<Answer> {
    let Some(members) = directory.marketplace.organizations.get(organization) else {
        return Some(vss::no_organization());
    };
    let is_member = members.contains(&caller.identity);
    let tenant = tenant_of(organization, directory);
    if tenant == vss::NO_TENANT {
        return Some(vss::microsoft_accounts());
    }
    if tenant != caller.tenant {
        // Who comes with another tenant's token is nobody there.
        return Some(vss::other_tenant(&tenant));
    }
    if is_member {
        return None;
    }
    let known = directory.application(&caller.identity);
    let object = known.map_or_else(String::new, |known| known.object_id.clone());
    Some(vss::not_added(&tenant, &object))
}

/// The descriptor by which Azure DevOps' Graph names a service principal or a person.
pub(super) fn subject_descriptor(identity: &Application, id: &str) -> String {
    // Of the id it differs in one digit, the GUID's version.
    let mut subject = id.to_owned();
    subject.replace_range(14..15, "7");
    let kind = if identity.sign_in_name.is_some() {
        "aad"
    } else {
        "aadsp"
    };
    format!("{kind}.{}", URL_SAFE_NO_PAD.encode(subject))
}

fn reply(
    request: &Request,
    organization: &str,
    area: &str,
    rest: &[&str],
    caller: &Issued,
    directory: &mut Directory,
) -> Option<Answer> {
    match (area.to_ascii_lowercase().as_str(), rest) {
        ("extensionmanagement", [by_name, publisher, extension, versions @ ..])
            if by_name.eq_ignore_ascii_case("installedextensionsbyname") && versions.len() < 2 =>
        {
            let name = format!("{publisher}.{extension}");
            installed(
                request,
                organization,
                &name,
                versions.first().copied(),
                directory,
            )
        }
        ("distributedtask", ["tasks", id]) if request.method == "GET" => {
            if let Some(refusal) = version(request, &["7.2-preview", "7.1"]) {
                return Some(refusal);
            }
            Some(tasks(organization, id, directory))
        }
        ("connectiondata", []) if request.method == "GET" => {
            if let Some(refusal) = version(request, &["7.1-preview", "7.2-preview"]) {
                return Some(refusal);
            }
            Some(connection_data(caller, directory))
        }
        ("projects", []) if request.method == "GET" => {
            if let Some(refusal) = version(request, &["7.1", "7.2-preview"]) {
                return Some(refusal);
            }
            Some(projects(organization, directory))
        }
        ("projects", [name]) if request.method == "GET" => {
            if let Some(refusal) = version(request, &["7.1", "7.2-preview"]) {
                return Some(refusal);
            }
            Some(project(organization, name, &caller.identity, directory))
        }
        _ => None,
    }
}

/// What everybody learns at an organization's own address: which tenant it is connected to. Git Credential
/// Manager's tests have the headers (`AzureDevOpsApiTests.cs`).
pub(super) fn front_door(
    request: &Request,
    organization: &str,
    directory: &mut Directory,
) -> Answer {
    if request.header("authorization").is_some() {
        directory.violation(format!(
            "{organization} was sent a credential with a question that needs none"
        ));
    }
    let nothing = |status| Answer {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    };
    if !directory
        .marketplace
        .organizations
        .contains_key(organization)
    {
        return nothing(404);
    }
    let tenant = &tenant_of(organization, directory);
    nothing(401)
        .with("WWW-Authenticate", &vss::bearer(tenant))
        .with(
            "WWW-Authenticate",
            "Basic realm=\"https://tfsprodweu1.app.visualstudio.com/\"",
        )
        .with("WWW-Authenticate", "TFS-Federated")
        .with("X-VSS-ResourceTenant", tenant)
}

fn installed(
    request: &Request,
    organization: &str,
    name: &str,
    wanted: Option<&str>,
    directory: &mut Directory,
) -> Option<Answer> {
    if let Some(refusal) = version(request, &["7.1-preview", "7.2-preview", "4."]) {
        return Some(refusal);
    }
    let takes = directory.marketplace.installation_takes;
    let not_found = || {
        error(
            404,
            "ExtensionDoesNotExistException",
            &format!("TF1590001: The extension {name} does not exist in {organization}."),
        )
    };
    let extension = directory.marketplace.extensions.get_mut(name);
    let Some(extension) = extension else {
        return Some(not_found());
    };
    match request.method.as_str() {
        "POST" => {
            if json_body(request) != Some(Value::Null) {
                return Some(error(
                    400,
                    "VssServiceException",
                    "The body has to be null.",
                ));
            }
            let is_visible = extension.gallery_flags.contains("Public")
                || extension.shared_with.iter().any(|one| one == organization);
            if !is_visible {
                return Some(error(
                    403,
                    "ExtensionNotSharedException",
                    &format!(
                        "Access Denied: the extension {name} is not shared with {organization}."
                    ),
                ));
            }
            if extension.installed_in.contains_key(organization) {
                return Some(error(
                    409,
                    "ExtensionAlreadyInstalledException",
                    &format!("TF1590010: Extension {name} is already installed in {organization}."),
                ));
            }
            let latest = extension
                .versions
                .last()
                .map(|(version, _)| version.clone());
            let version = wanted.map(str::to_owned).or(latest)?;
            extension
                .installed_in
                .insert(organization.to_owned(), version.clone());
            extension.arriving.insert(organization.to_owned(), takes);
            Some(Answer::json(200, &state(name, &version)))
        }
        "GET" => {
            let left = extension
                .arriving
                .entry(organization.to_owned())
                .or_default();
            if *left > 0 {
                *left -= 1;
                return Some(not_found());
            }
            match extension.installed_in.get(organization) {
                Some(version) => Some(Answer::json(200, &state(name, version))),
                None => Some(not_found()),
            }
        }
        "DELETE" => match extension.installed_in.remove(organization) {
            Some(_) => Some(Answer {
                status: 204,
                headers: Vec::new(),
                body: Vec::new(),
            }),
            None => Some(not_found()),
        },
        _ => None,
    }
}

fn state(name: &str, version: &str) -> Value {
    let (publisher, extension) = name.split_once('.').unwrap_or_default();
    json!({
        "extensionId": extension, "publisherId": publisher, "version": version, "flags": "none",
        "registrationId": guid(), "installState": { "flags": "none", "lastUpdated": "2026-11-01T00:00:00Z" },
    })
}

/// The same question to Azure DevOps itself: every host has the location service.
pub(super) fn own_connection_data(
    request: &Request,
    caller: &Issued,
    directory: &mut Directory,
) -> Answer {
    version(request, &["7.1-preview", "7.2-preview"])
        .unwrap_or_else(|| connection_data(caller, directory))
}

/// Who is asking, in the words of the location service (`LocationApi.ts` and `LocationsInterfaces.ts` of
/// microsoft/azure-devops-node-api).
fn connection_data(caller: &Issued, directory: &mut Directory) -> Answer {
    let id = identities::profile_id(directory, &caller.identity);
    let Some(known) = directory.application(&caller.identity) else {
        return vss::no_organization();
    };
    let class = match &known.sign_in_name {
        Some(_) => "Microsoft.IdentityModel.Claims.ClaimsIdentity",
        None => "Microsoft.VisualStudio.Services.Claims.AadServicePrincipal",
    };
    let account = known.account();
    let user = json!({
        "id": id,
        "descriptor": format!("{class};{}\\{account}", caller.tenant),
        "subjectDescriptor": subject_descriptor(known, &id),
        "providerDisplayName": known.name,
        "customDisplayName": null,
        "isActive": true,
        "properties": { "Account": { "$type": "System.String", "$value": account } },
        "resourceVersion": 2,
        "metaTypeId": if known.sign_in_name.is_some() { 0 } else { 4 },
    });
    Answer::json(
        200,
        &json!({
            "authenticatedUser": user, "authorizedUser": user, "instanceId": guid(),
            "deploymentId": guid(), "deploymentType": "hosted",
            "locationServiceData": {
                "serviceOwner": guid(), "defaultAccessMappingMoniker": "PublicAccessMapping",
                "lastChangeId": 1, "lastChangeId64": 1,
            },
        }),
    )
}

/// "Projects - List" of Microsoft's REST reference.
fn projects(organization: &str, directory: &Directory) -> Answer {
    let known = directory.marketplace.projects.get(organization);
    let list: Vec<_> = known
        .into_iter()
        .flatten()
        .map(|(id, name)| json!({ "id": id, "name": name, "state": "wellFormed", "visibility": "private", "revision": 1 }))
        .collect();
    Answer::json(200, &json!({ "count": list.len(), "value": list }))
}

/// "Projects - Get" of Microsoft's REST reference.
fn project(organization: &str, name: &str, identity: &str, directory: &Directory) -> Answer {
    let Some((id, name)) = find_project(organization, name, directory) else {
        return error(
            404,
            "ProjectDoesNotExistWithNameException",
            &format!(
                "TF200016: The following project does not exist: {name}. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server."
            ),
        );
    };
    if is_hidden(organization, &id, identity, directory) {
        return vss::no_project(&id);
    }
    Answer::json(
        200,
        &json!({ "id": id, "name": name, "state": "wellFormed", "visibility": "private", "revision": 1 }),
    )
}

/// Id and name of a project, by either.
pub(super) fn find_project(
    organization: &str,
    name: &str,
    directory: &Directory,
) -> Option<(String, String)> {
    let known = directory.marketplace.projects.get(organization)?;
    let mut known = known.iter();
    let found = known.find(|(id, known)| known.eq_ignore_ascii_case(name) || id == name);
    found.cloned()
}

/// Whether an identity is not shown a project: it is a member of the organization, and not of the project.
pub(super) fn is_hidden(
    organization: &str,
    project: &str,
    identity: &str,
    directory: &Directory,
) -> bool {
    directory.marketplace.hidden_projects.contains(&(
        organization.to_owned(),
        project.to_owned(),
        identity.to_owned(),
    ))
}

fn tasks(organization: &str, id: &str, directory: &Directory) -> Answer {
    let mut list = Vec::new();
    for (name, extension) in &directory.marketplace.extensions {
        let Some(version) = extension.installed_in.get(organization) else {
            continue;
        };
        for task in extension
            .tasks
            .iter()
            .filter(|task| task.id.eq_ignore_ascii_case(id))
        {
            let [major, minor, patch] = task.version;
            list.push(json!({
                "id": task.id, "name": task.name, "contributionIdentifier": format!("{name}.task"),
                "contributionVersion": version,
                "version": { "major": major, "minor": minor, "patch": patch, "isTest": false },
            }));
        }
    }
    Answer::json(200, &json!({ "count": list.len(), "value": list }))
}
