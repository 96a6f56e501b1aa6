//! The Marketplace and the organizations that its extensions go to: state, sign-in and the routes of both.
//!
//! It never trusts a request: method, path, version, content type, body and token must all fit. Routes and
//! versions are those of microsoft/azure-devops-extension-api (`GalleryClient.ts`,
//! `ExtensionManagementClient.ts`) and of the calls that microsoft/tfs-cli makes.

mod entitlements;
pub(crate) mod feeds;
mod gallery;
mod identities;
mod organizations;
mod package;
mod setup;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::clock::Clock;
use crate::directory::{AsksFor, Directory};
use crate::git;
use crate::http::{Answer, Request};
use crate::issued::Issued;
use crate::vss::{self, Credential};

pub use gallery::{Delivery, Validation};
pub(crate) use organizations::tenant_of;

/// The secrets that it asks its clients for.
pub(crate) const ASKS_FOR: AsksFor = AsksFor {
    headers: &["access token"],
    body: &[],
};

/// The application whose tokens Azure DevOps and the Marketplace take.
pub(crate) const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// Everything that the Marketplace and the organizations know.
#[derive(Debug, Default)]
pub(crate) struct Marketplace {
    /// Publisher to identity to role.
    pub(crate) members: BTreeMap<String, BTreeMap<String, String>>,
    /// By `publisher.extension`.
    pub(crate) extensions: BTreeMap<String, Extension>,
    /// Organization to the identities of its members.
    pub(crate) organizations: BTreeMap<String, Vec<String>>,
    /// Organization to the tenant that it is connected to, where that is not the home tenant.
    pub(crate) organization_tenants: BTreeMap<String, String>,
    /// By organization and member.
    pub(crate) entitlements: BTreeMap<(String, String), entitlements::Entitlement>,
    /// Organization and member.
    pub(crate) administrators: BTreeSet<(String, String)>,
    /// Organization to its projects: id and name.
    pub(crate) projects: BTreeMap<String, Vec<(String, String)>>,
    /// Organization and feed.
    pub(crate) feeds: BTreeSet<(String, String)>,
    /// Organization to the licences that are left, where there is a limit.
    pub(crate) licences: BTreeMap<String, usize>,
    /// Object ids that organizations do not know yet, and for how many questions.
    pub(crate) not_yet_known: BTreeMap<String, u32>,
    pub(crate) entitlements_are_private: bool,
    /// Organizations that are stopped.
    pub(crate) stopped: BTreeSet<String>,
    /// Organization, project's id and identity that is not shown the project.
    pub(crate) hidden_projects: BTreeSet<(String, String, String)>,
    /// Whether a bearer that is refused gets a page in place of JSON.
    pub(crate) bearers_get_pages: bool,
    /// Status of the gallery's `AccessCheckException`: 401 and 403 are both reported.
    pub(crate) access_check_status: Option<u16>,
    /// Members of a page, where there is a limit.
    pub(crate) page_of_members: Option<usize>,
    /// Identity to profile id.
    pub(crate) profiles: BTreeMap<String, String>,
    pub(crate) validation: Validation,
    /// Installed versions appear after this many questions.
    pub(crate) installation_takes: u32,
    pub(crate) largest_package: Option<usize>,
    /// Events of a page, where there is a limit.
    pub(crate) page_of_events: Option<usize>,
    /// Whether events are answered as if no date were asked for.
    pub(crate) ignores_dates: bool,
    pub(crate) delivery: gallery::Delivery,
}

/// An extension as a test sees it.
#[derive(Debug, Clone, Default)]
pub struct Extension {
    /// Versions with the SHA-256 of their packages, first to last.
    pub versions: Vec<(String, String)>,
    /// `Public Preview Paid`, as the package says.
    pub gallery_flags: String,
    /// Organizations that it is shared with.
    pub shared_with: Vec<String>,
    /// Organizations in which it is installed, and the version there.
    pub installed_in: BTreeMap<String, String>,
    /// Bytes of the last package.
    pub size: usize,
    /// Events: kind, number, date.
    pub(crate) events: Vec<(String, u64, String)>,
    /// Questions that are left until the last version is validated.
    pub(crate) pending: u32,
    pub(crate) failure: Option<String>,
    /// Questions that are left until an organization has what was installed.
    pub(crate) arriving: BTreeMap<String, u32>,
    pub(crate) tasks: Vec<package::Task>,
    pub(crate) display_name: String,
    /// Each version's package and its platform, in the order of the versions.
    pub(crate) packages: Vec<gallery::StoredPackage>,
}

/// Answers one request.
pub(crate) fn answer(request: &Request, directory: &mut Directory, clock: &Clock) -> Answer {
    let path: Vec<String> = request
        .path
        .trim_matches('/')
        .split('/')
        .map(decoded)
        .collect();
    let segments: Vec<&str> = path.iter().map(String::as_str).collect();
    let organization = segments.first().copied().unwrap_or_default();
    if directory.marketplace.stopped.contains(organization) {
        return vss::finished(vss::stopped(organization), request, None);
    }
    let caller = caller(request, directory, clock);
    let answer = match &caller {
        _ if request.header("host") == Some(feeds::HOST) => {
            feeds::answer(request, &segments, caller.as_ref(), directory)
        }
        // Where a service is and which routes it has; the organization's own repositories are asked below.
        _ if (request.method == "OPTIONS" || segments.contains(&"resourceareas"))
            && !is_of_git(request, &segments) =>
        {
            discovery(request, directory)
        }
        _ if request.method == "HEAD" && segments.len() == 1 => {
            organizations::front_door(request, organization, directory)
        }
        None if segments.starts_with(&["_apis", "public", "gallery"]) => {
            gallery::public(request, &segments, directory)
                .unwrap_or_else(|| no_route(request, directory))
        }
        None => vss::signed_out(request, directory.marketplace.bearers_get_pages),
        Some(caller) => route(request, &segments, caller, directory)
            .unwrap_or_else(|| no_route(request, directory)),
    };
    let identity = caller.map(|caller| user_data(&caller, directory));
    let identity = identity
        .as_ref()
        .map(|(id, account)| (id.as_str(), account.as_str()));
    vss::finished(answer, request, identity)
}

/// Whether an address is below an organization and about its repositories.
fn is_of_git(request: &Request, path: &[&str]) -> bool {
    path.split_first()
        .is_some_and(|(_, path)| git::rest::knows(&request.method, path))
}

/// What a caller gets whose token is good for Azure DevOps.
fn route(
    request: &Request,
    path: &[&str],
    caller: &Issued,
    directory: &mut Directory,
) -> Option<Answer> {
    if let [organization, path @ ..] = path
        && git::rest::knows(&request.method, path)
    {
        if let Some(refusal) = organizations::not_a_member(organization, caller, directory) {
            return Some(refusal);
        }
        if let [project, "_apis", ..] = path
            && let Some((id, _)) = organizations::find_project(organization, project, directory)
            && organizations::is_hidden(organization, &id, &caller.identity, directory)
        {
            return Some(vss::no_project(&id));
        }
        return git::rest::answer(request, organization, path, &caller.identity, directory);
    }
    match path {
        ["_apis", "gallery", rest @ ..] => {
            gallery::answer(request, rest, &caller.identity, directory)
        }
        ["_apis", "profile", "profiles", "me"] => {
            identities::profile(request, &caller.identity, directory)
        }
        ["_apis", "connectionData"] => Some(organizations::own_connection_data(
            request, caller, directory,
        )),
        [
            "_apis",
            "securityroles",
            "scopes",
            "gallery.publisher",
            "roleassignments",
            "resources",
            publisher,
        ] => identities::roles(request, publisher, &caller.identity, directory),
        [organization, "_apis", area, rest @ ..]
            if request.header("host") == Some("vsaex.dev.azure.com") =>
        {
            entitlements::answer(request, organization, area, rest, caller, directory)
        }
        [organization, "_apis", area, rest @ ..] => {
            organizations::answer(request, organization, area, rest, caller, directory)
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

/// What Microsoft's Node clients ask before they ask anything: where a service is, and its routes. Ours
/// knows, and must not ask.
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

/// What is known of a token, which comes as a bearer's or as the password of any user.
fn caller(request: &Request, directory: &Directory, clock: &Clock) -> Option<Issued> {
    let credential = Credential::of(request);
    let token = credential.token()?;
    let issued = directory
        .access_tokens
        .iter()
        .find(|issued| issued.value == token)?;
    let is_good = issued.audience == AZURE_DEVOPS && issued.expires_on > clock.now();
    is_good.then(|| issued.clone())
}

/// An identity's Azure DevOps id and its account, as `X-VSS-UserData` has them.
fn user_data(caller: &Issued, directory: &mut Directory) -> (String, String) {
    let id = identities::profile_id(directory, &caller.identity);
    let account = directory
        .application(&caller.identity)
        .map_or_else(String::new, |known| known.account().to_owned());
    (id, account)
}

pub(crate) fn decoded(segment: &str) -> String {
    let text = format!("x={}", segment.replace('+', "%2B"));
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
