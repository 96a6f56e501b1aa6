//! The hosts of Azure DevOps: selects the service that answers a request, and does what they all do before and after.
//!
//! It never accepts a request whose token is not valid for Azure DevOps, if a token is required.

use serde_json::json;

use crate::clock::Clock;
use crate::directory::{Directory, ExpectedSecrets, IssuedToken};
use crate::http::{Answer, Request, decoded};
use crate::issued::AZURE_DEVOPS;
use crate::marketplace::{self, gallery, installation, roles};
use crate::organizations::{self, audit, entitlements, profile, resources, tokens, users};
use crate::vss::{self, Credential};
use crate::{azure_devops, feeds, git};

/// The secrets that they expect from their clients.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &["access token"],
    body: &[],
};

/// The state of the services, while one request is answered.
pub(crate) struct Services<'a> {
    pub(crate) azure_devops: &'a azure_devops::State,
    pub(crate) organizations: &'a mut organizations::State,
    pub(crate) marketplace: &'a mut marketplace::State,
    pub(crate) git: &'a mut git::State,
    pub(crate) feeds: &'a mut feeds::State,
    pub(crate) directory: &'a mut Directory,
}

impl Services<'_> {
    fn organizations(&mut self) -> organizations::Context<'_> {
        organizations::Context {
            own: self.organizations,
            directory: self.directory,
        }
    }

    fn marketplace(&mut self) -> marketplace::Context<'_> {
        marketplace::Context {
            own: self.marketplace,
            organizations: self.organizations,
            directory: self.directory,
        }
    }

    fn feeds(&mut self) -> feeds::Context<'_> {
        feeds::Context {
            own: self.feeds,
            organizations: self.organizations,
            azure_devops: self.azure_devops,
            directory: self.directory,
        }
    }

    pub(crate) fn git(&mut self) -> git::Context<'_> {
        git::Context {
            own: self.git,
            organizations: self.organizations,
            azure_devops: self.azure_devops,
            directory: self.directory,
        }
    }
}

/// Answers one request.
pub(crate) fn answer(request: &Request, services: &mut Services<'_>, clock: &Clock) -> Answer {
    let path: Vec<String> = request
        .path
        .trim_matches('/')
        .split('/')
        .map(decoded)
        .collect();
    let segments: Vec<&str> = path.iter().map(String::as_str).collect();
    let organization = segments.first().copied().unwrap_or_default();
    if services.organizations.stopped.contains(organization) {
        return vss::finished(vss::stopped(organization), request, None);
    }
    let caller = caller(request, services.directory, clock)
        .filter(|caller| !services.organizations.revoked.contains(&caller.identity));
    let answer = match &caller {
        _ if request.header("host").is_some_and(feeds::is_host) => {
            feeds::answer(request, &mut services.feeds(), clock)
        }
        _ if request.header("host") == Some(feeds::management::HOST) => {
            feeds::management::answer(request, &mut services.feeds(), clock)
        }
        _ if request.header("host") == Some(feeds::registry::HOST) => {
            let own = &mut services.feeds.registry;
            return feeds::registry::answer(request, own, services.directory, clock);
        }
        _ if request.header("host") == Some(feeds::BLOB_HOST) => {
            return feeds::blob(request, &mut services.feeds());
        }
        // The locations of services and their routes; the organization's own repositories are below.
        _ if (request.method == "OPTIONS" || segments.contains(&"resourceareas"))
            && !is_of_git(request, &segments) =>
        {
            discovery(request, services.directory)
        }
        _ if request.method == "HEAD" && segments.len() == 1 => {
            organizations::front_door(request, organization, &mut services.organizations())
        }
        None if segments.starts_with(&["_apis", "public", "gallery"]) => {
            gallery::public(request, &segments, &mut services.marketplace())
                .unwrap_or_else(|| no_route(request, services.directory))
        }
        None => vss::signed_out(request, services.organizations.bearers_get_pages),
        Some(caller) => route(request, &segments, caller, services)
            .unwrap_or_else(|| no_route(request, services.directory)),
    };
    let identity = caller.map(|caller| user_data(&caller, services.directory));
    let identity = identity
        .as_ref()
        .map(|(id, account)| (id.as_str(), account.as_str()));
    vss::finished(answer, request, identity)
}

/// Whether an address is below an organization and concerns its repositories.
fn is_of_git(request: &Request, path: &[&str]) -> bool {
    path.split_first()
        .is_some_and(|(_, path)| git::rest::knows(&request.method, path))
}

/// Answers a caller whose token is valid for Azure DevOps.
fn route(
    request: &Request,
    path: &[&str],
    caller: &IssuedToken,
    services: &mut Services<'_>,
) -> Option<Answer> {
    let identity = &caller.identity;
    match path {
        [organization, path @ ..] if git::rest::knows(&request.method, path) => {
            let context = &mut services.organizations();
            if let Some(refusal) = organizations::not_a_member(organization, caller, context) {
                return Some(refusal);
            }
            if let [project, "_apis", ..] = path
                && let Some((id, _)) = services.organizations.find_project(organization, project)
                && services.organizations.hides(organization, &id, identity)
            {
                return Some(vss::no_project(&id));
            }
            git::rest::answer(request, organization, path, identity, &services.git())
        }
        ["_apis", "gallery", rest @ ..] => {
            gallery::answer(request, rest, identity, &mut services.marketplace())
        }
        // Every host has the location service, including Azure DevOps' own.
        ["_apis", "connectionData"] => {
            let context = &mut services.organizations();
            Some(organizations::own_connection_data(request, caller, context))
        }
        ["_apis", "profile", "profiles", "me"] => {
            profile::profile(request, identity, &mut services.organizations())
        }
        [
            "_apis",
            "securityroles",
            "scopes",
            "gallery.publisher",
            "roleassignments",
            "resources",
            publisher,
        ] => roles::roles(request, publisher, identity, &mut services.marketplace()),
        [
            "_apis",
            "securityroles",
            "scopes",
            "gallery.publisher",
            "roleassignments",
            "resources",
            publisher,
            id,
        ] => {
            let context = &mut services.marketplace();
            roles::role(request, (publisher, id), identity, context)
        }
        [organization, project, "_apis", rest @ ..]
            if request
                .header("host")
                .is_some_and(|host| matches!(host, "dev.azure.com" | resources::RELEASE_HOST)) =>
        {
            let context = &mut services.organizations();
            if let Some(refusal) = organizations::not_a_member(organization, caller, context) {
                return Some(refusal);
            }
            resources::answer(request, organization, Some(project), rest, caller, context)
        }
        [organization, "_apis", "hooks" | "distributedtask", ..]
            if request.header("host") == Some("dev.azure.com")
                && matches!(path.get(3), Some(&"subscriptions" | &"pools")) =>
        {
            let context = &mut services.organizations();
            if let Some(refusal) = organizations::not_a_member(organization, caller, context) {
                return Some(refusal);
            }
            resources::answer(request, organization, None, &path[2..], caller, context)
        }
        [organization, "_apis", area, rest @ ..] => {
            let context = &mut services.organizations();
            if let Some(refusal) = organizations::not_a_member(organization, caller, context) {
                return Some(refusal);
            }
            let call = organizations::Call {
                request,
                organization,
                area,
                rest,
                caller,
            };
            match request.header("host") {
                Some("vsaex.dev.azure.com") => entitlements::answer(call, context),
                Some("vssps.dev.azure.com") => {
                    users::answer(call, context).or_else(|| tokens::answer(call, context))
                }
                Some("auditservice.dev.azure.com") => audit::answer(call, context),
                _ => organizations::answer(call, context).or_else(|| {
                    let context = &mut services.marketplace();
                    installation::answer(request, organization, area, rest, context)
                }),
            }
        }
        _ => None,
    }
}

fn no_route(request: &Request, directory: &mut Directory) -> Answer {
    directory.violation(format!(
        "the Marketplace has no route {} {}",
        request.method, request.path
    ));
    vss::no_controller(request)
}

/// Answers the first requests of Microsoft's Node clients: the location of a service, and its routes. Our client
/// knows them, and must not request them.
fn discovery(request: &Request, directory: &mut Directory) -> Answer {
    let agent = request.header("user-agent").unwrap_or_default().to_owned();
    if agent.starts_with("adieu") {
        directory.violation(format!("{} {} by {agent}", request.method, request.path));
    }
    if request.method == "OPTIONS" {
        return Answer::json(200, &gallery::locations());
    }
    let host = request.header("host").unwrap_or_default();
    Answer::json(
        200,
        &json!({ "id": "x", "name": "x", "locationUrl": format!("http://{host}/") }),
    )
}

/// The data of a token, which is sent as a bearer token or as a password with any user name.
fn caller(request: &Request, directory: &Directory, clock: &Clock) -> Option<IssuedToken> {
    let credential = Credential::of(request);
    let token = credential.token()?;
    let issued = directory
        .access_tokens
        .iter()
        .find(|issued| issued.value == token)?;
    let is_good = issued.audience == AZURE_DEVOPS && issued.expires_on > clock.now();
    is_good.then(|| issued.clone())
}

/// An identity's Azure DevOps ID and account, as in `X-VSS-UserData`.
fn user_data(caller: &IssuedToken, directory: &mut Directory) -> (String, String) {
    let id = directory.azure_devops_id(&caller.identity);
    let account = directory
        .application(&caller.identity)
        .map_or_else(String::new, |known| known.account().to_owned());
    (id, account)
}
