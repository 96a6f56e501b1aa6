//! Organizations: the tenant of each, its members, their tokens, and its projects.
//!
//! It never answers a caller that the organization has not added.

pub(crate) mod audit;
pub(crate) mod entitlements;
pub(crate) mod profile;
pub(crate) mod resources;
mod setup;
pub(crate) mod tokens;
pub(crate) mod users;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::directory::{Application, Directory, IssuedToken};
use crate::http::{Answer, Request};
use crate::ids::guid;
use crate::shared_state::EmulatedService;
use crate::vss::{self, error, version};

pub use resources::Resource;
pub use tokens::Pat;

/// The handle of the organizations.
pub type Organizations = EmulatedService<State>;

/// The state of organizations.
#[derive(Debug, Default)]
pub struct State {
    /// Organization to the identities of its members.
    pub(crate) members: BTreeMap<String, Vec<String>>,
    /// Organization to the tenant that it is connected to, if that is not the home tenant.
    tenants: BTreeMap<String, String>,
    /// By organization and member.
    entitlements: BTreeMap<(String, String), entitlements::Entitlement>,
    /// Organization and member.
    administrators: BTreeSet<(String, String)>,
    /// Organization and member whose license does not include repositories.
    stakeholders: BTreeSet<(String, String)>,
    /// Organization to its projects: ID and name.
    projects: BTreeMap<String, Vec<(String, String)>>,
    /// Organization, project's ID and identity that cannot see the project.
    hidden_projects: BTreeSet<(String, String, String)>,
    /// Organization to the number of licenses left, if there is a limit.
    licenses: BTreeMap<String, usize>,
    /// Object IDs that organizations do not know yet, and for how many requests.
    not_yet_known: BTreeMap<String, u32>,
    entitlements_are_private: bool,
    /// Members of a page, if there is a limit.
    page_of_members: Option<usize>,
    users: users::State,
    tokens: tokens::State,
    audit: audit::State,
    resources: resources::State,
    /// Organizations that are stopped.
    pub(crate) stopped: BTreeSet<String>,
    /// Whether a refused bearer token gets a page instead of JSON.
    pub(crate) bearers_get_pages: bool,
    /// Identities whose tokens are refused.
    pub(crate) revoked: BTreeSet<String>,
    /// Whether each page of members is the first one again.
    repeats_pages: bool,
    /// Organizations that name several tenants.
    several_tenants: BTreeSet<String>,
    /// Identities that Azure DevOps has never seen.
    not_materialized: BTreeSet<String>,
    /// Organization and member who has signed in there.
    signed_in: BTreeSet<(String, String)>,
}

impl State {
    /// What projects have besides repositories.
    fn resources(&self) -> &resources::State {
        &self.resources
    }

    /// The tenant that an organization is connected to.
    pub(crate) fn tenant_of(&self, organization: &str, directory: &Directory) -> String {
        let tenant = self.tenants.get(organization);
        tenant.unwrap_or(&directory.tenants[0]).clone()
    }

    /// The ID of a project, by its name.
    pub(crate) fn project_of(
        &self,
        organization: &str,
        name: &str,
        directory: &Directory,
    ) -> String {
        self.find_project(organization, name)
            .map_or_else(|| directory.project_id.clone(), |(id, _)| id)
    }

    /// ID and name of a project, by either.
    pub(crate) fn find_project(&self, organization: &str, name: &str) -> Option<(String, String)> {
        let mut known = self.projects.get(organization)?.iter();
        let found = known.find(|(id, known)| known.eq_ignore_ascii_case(name) || id == name);
        found.cloned()
    }

    /// Whether an identity cannot see a project: it is a member of the organization, but not of the project.
    pub(crate) fn hides(&self, organization: &str, project: &str, identity: &str) -> bool {
        self.hidden_projects.contains(&(
            organization.to_owned(),
            project.to_owned(),
            identity.to_owned(),
        ))
    }

    /// Whether a member has a license without repositories.
    pub(crate) fn is_stakeholder(&self, organization: &str, identity: &str) -> bool {
        let member = (organization.to_owned(), identity.to_owned());
        self.stakeholders.contains(&member)
    }
}

/// The state that an answer depends on.
pub(crate) struct Context<'a> {
    pub(crate) own: &'a mut State,
    pub(crate) directory: &'a mut Directory,
}

impl Context<'_> {
    /// Records every query parameter that the route does not have: services ignore it, so it has no effect.
    fn only_parameters(&mut self, request: &Request, known: &[&str]) {
        for (name, _) in form_urlencoded::parse(request.query.as_bytes()) {
            if !known.contains(&name.as_ref()) {
                self.directory
                    .violation(format!("{} has no parameter {name}", request.path));
            }
        }
    }
}

/// Why an organization refuses a caller, if it does: the organization does not exist, the token belongs to another
/// tenant, or the identity has not been added.
pub(crate) fn not_a_member(
    organization: &str,
    caller: &IssuedToken,
    context: &mut Context<'_>,
) -> Option<Answer> {
    let Some(members) = context.own.members.get(organization) else {
        return Some(vss::no_organization());
    };
    let is_member = members.contains(&caller.identity);
    let tenant = context.own.tenant_of(organization, context.directory);
    if tenant == vss::NO_TENANT {
        return Some(vss::microsoft_accounts());
    }
    if tenant != caller.tenant {
        // An identity of another tenant is unknown there.
        return Some(vss::other_tenant(&tenant));
    }
    if is_member {
        let member = (organization.to_owned(), caller.identity.clone());
        context.own.signed_in.insert(member);
        return None;
    }
    if context.own.not_materialized.contains(&caller.identity) {
        let id = context.directory.azure_devops_id(&caller.identity);
        return Some(vss::not_materialized(&id));
    }
    let known = context.directory.application(&caller.identity);
    let object = known.map_or_else(String::new, |known| known.object_id.clone());
    Some(vss::not_added(&tenant, &object))
}

/// The descriptor of a service principal or a person in Azure DevOps' Graph.
pub(crate) fn subject_descriptor(identity: &Application, id: &str) -> String {
    // It differs from the ID in one digit, the GUID's version.
    let mut subject = id.to_owned();
    subject.replace_range(14..15, "7");
    let kind = if identity.sign_in_name.is_some() {
        "aad"
    } else {
        "aadsp"
    };
    format!("{kind}.{}", URL_SAFE_NO_PAD.encode(subject))
}

/// A request of an organization's member: `{organization}/_apis/{area}/{rest}`.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) organization: &'a str,
    pub(crate) area: &'a str,
    pub(crate) rest: &'a [&'a str],
    pub(crate) caller: &'a IssuedToken,
}

impl<'a> Call<'a> {
    fn parts(
        self,
    ) -> (
        &'a Request,
        &'a str,
        &'a str,
        &'a [&'a str],
        &'a IssuedToken,
    ) {
        (
            self.request,
            self.organization,
            self.area,
            self.rest,
            self.caller,
        )
    }
}

/// `{organization}/_apis/{area}/…` for a member of the organization. az's extension for Azure DevOps uses versions
/// 5.0 and 5.1.
pub(crate) fn answer(call: Call<'_>, context: &mut Context<'_>) -> Option<Answer> {
    let (request, organization, area, rest, caller) = call.parts();
    match (area.to_ascii_lowercase().as_str(), rest) {
        ("connectiondata", []) if request.method == "GET" => {
            if let Some(refusal) = version(request, &["5.", "7.1-preview", "7.2-preview"]) {
                return Some(refusal);
            }
            Some(connection_data(caller, context))
        }
        ("projects", []) if request.method == "GET" => {
            if let Some(refusal) = version(request, &["5.", "7.1", "7.2-preview"]) {
                return Some(refusal);
            }
            Some(projects(request, organization, context))
        }
        ("projects", [name]) if request.method == "GET" => {
            if let Some(refusal) = version(request, &["5.", "7.1", "7.2-preview"]) {
                return Some(refusal);
            }
            Some(project(organization, name, &caller.identity, context))
        }
        _ => None,
    }
}

/// What an organization's own address shows to everyone: the tenant that it is connected to. Git Credential Manager's
/// tests have the headers (`AzureDevOpsApiTests.cs`).
pub(crate) fn front_door(
    request: &Request,
    organization: &str,
    context: &mut Context<'_>,
) -> Answer {
    if request.header("authorization").is_some() {
        context.directory.violation(format!(
            "{organization} was sent a credential with a question that needs none"
        ));
    }
    let nothing = |status| Answer {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    };
    if !context.own.members.contains_key(organization) {
        return nothing(404);
    }
    let tenant = &context.own.tenant_of(organization, context.directory);
    if context.own.several_tenants.contains(organization) {
        // `AzureDevOpsRestApi.cs` of git-ecosystem/git-credential-manager splits the header's value at commas.
        return nothing(401).with("WWW-Authenticate", "Bearer").with(
            "X-VSS-ResourceTenant",
            &format!("{}, {tenant}, {}", vss::NO_TENANT, guid()),
        );
    }
    nothing(401)
        .with("WWW-Authenticate", &vss::bearer(tenant))
        .with(
            "WWW-Authenticate",
            "Basic realm=\"https://tfsprodweu1.app.visualstudio.com/\"",
        )
        .with("WWW-Authenticate", "TFS-Federated")
        .with("X-VSS-ResourceTenant", tenant)
}

/// The caller, as Azure DevOps itself reports it.
pub(crate) fn own_connection_data(
    request: &Request,
    caller: &IssuedToken,
    context: &mut Context<'_>,
) -> Answer {
    version(request, &["7.1-preview", "7.2-preview"])
        .unwrap_or_else(|| connection_data(caller, context))
}

/// The caller, in the format of the location service (`LocationApi.ts` and `LocationsInterfaces.ts` of
/// microsoft/azure-devops-node-api).
fn connection_data(caller: &IssuedToken, context: &mut Context<'_>) -> Answer {
    let id = context.directory.azure_devops_id(&caller.identity);
    let Some(known) = context.directory.application(&caller.identity) else {
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
fn projects(request: &Request, organization: &str, context: &mut Context<'_>) -> Answer {
    let parameters = [
        "stateFilter",
        "$top",
        "$skip",
        "continuationToken",
        "api-version",
    ];
    context.only_parameters(request, &parameters);
    let known = context.own.projects.get(organization);
    let list: Vec<_> = known
        .into_iter()
        .flatten()
        .map(|(id, name)| {
            json!({ "id": id, "name": name, "state": "wellFormed",
            "visibility": "private", "revision": 1 })
        })
        .collect();
    let number = |name: &str, other: usize| {
        let value = request.parameter(name);
        value.map_or(Some(other), |value| value.parse::<usize>().ok())
    };
    let (Some(top), Some(start)) = (number("$top", 100), number("continuationToken", 0)) else {
        return error(400, "ArgumentException", "A number is not valid.");
    };
    let end = (start + top).min(list.len());
    let page = &list[start.min(end)..end];
    let answer = Answer::json(200, &json!({ "count": page.len(), "value": page }));
    if end < list.len() {
        answer.with("x-ms-continuationtoken", &end.to_string())
    } else {
        answer
    }
}

/// "Projects - Get" of Microsoft's REST reference.
fn project(organization: &str, name: &str, identity: &str, context: &Context<'_>) -> Answer {
    let Some((id, name)) = context.own.find_project(organization, name) else {
        return error(
            404,
            "ProjectDoesNotExistWithNameException",
            &format!(
                "TF200016: The following project does not exist: {name}. Verify that the name \
                 of the project is correct and that the project exists on the specified Azure DevOps Server."
            ),
        );
    };
    if context.own.hides(organization, &id, identity) {
        return vss::no_project(&id);
    }
    Answer::json(
        200,
        &json!({ "id": id, "name": name, "state": "wellFormed", "visibility": "private",
            "revision": 1 }),
    )
}
