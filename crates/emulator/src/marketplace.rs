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

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::directory::{AsksFor, Directory, guid};
use crate::git;
use crate::http::{Answer, Request};

pub use gallery::Validation;
pub(crate) use organizations::tenant_of;

/// The secrets that it asks its clients for.
pub(crate) const ASKS_FOR: AsksFor = AsksFor {
    headers: &["access token"],
    body: &[],
};

/// The application whose tokens Azure DevOps and the Marketplace take.
pub(crate) const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// An access token that Entra gave.
#[derive(Debug, Clone)]
pub(crate) struct Minted {
    pub(crate) value: String,
    /// Whose it is: `Directory::identity`.
    pub(crate) identity: String,
    pub(crate) tenant: String,
    pub(crate) audience: String,
    pub(crate) expires_on: i64,
}

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
    if request.header("host") == Some(feeds::HOST) {
        return feeds::answer(request, &segments, directory, clock);
    }
    if let [organization, path @ ..] = segments.as_slice()
        && git::rest::knows(&request.method, path)
    {
        let Some(caller) = caller(request, directory, clock) else {
            return signed_out(request);
        };
        let refusal = organizations::not_a_member(organization, &caller, directory);
        let answer = refusal.or_else(|| {
            git::rest::answer(request, organization, path, &caller.identity, directory)
        });
        return answer.unwrap_or_else(|| no_route(request, directory));
    }
    if request.method == "OPTIONS" || segments.contains(&"resourceareas") {
        return discovery(request, directory);
    }
    if let ("HEAD", [organization]) = (request.method.as_str(), segments.as_slice()) {
        return organizations::front_door(request, organization, directory);
    }
    let Some(caller) = caller(request, directory, clock) else {
        return signed_out(request);
    };
    let answer = match segments.as_slice() {
        ["_apis", "gallery", rest @ ..] => {
            gallery::answer(request, rest, &caller.identity, directory)
        }
        ["_apis", "profile", "profiles", "me"] => {
            identities::profile(request, &caller.identity, directory)
        }
        [
            "_apis",
            "securityroles",
            "scopes",
            "gallery.publisher",
            "roleassignments",
            "resources",
            publisher,
        ] => identities::roles(request, publisher, &caller.identity, directory),
        [
            organization,
            project,
            "_apis",
            "git",
            "repositories",
            repository,
        ] => organizations::repository(
            request,
            [organization, project, repository],
            &caller,
            directory,
        ),
        [organization, "_apis", area, rest @ ..]
            if request.header("host") == Some("vsaex.dev.azure.com") =>
        {
            entitlements::answer(request, organization, area, rest, &caller, directory)
        }
        [organization, "_apis", area, rest @ ..] => {
            organizations::answer(request, organization, area, rest, &caller, directory)
        }
        _ => None,
    };
    answer.unwrap_or_else(|| no_route(request, directory))
}

fn no_route(request: &Request, directory: &mut Directory) -> Answer {
    directory.violation(format!(
        "the Marketplace has no route {} {}",
        request.method, request.path
    ));
    error(
        404,
        "VssServiceException",
        "The controller for path was not found.",
    )
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
fn caller(request: &Request, directory: &Directory, clock: &Clock) -> Option<Minted> {
    let (scheme, value) = request.header("authorization")?.split_once(' ')?;
    let token = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => value.to_owned(),
        "basic" => {
            let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
            text.split_once(':')?.1.to_owned()
        }
        _ => return None,
    };
    let minted = directory
        .access_tokens
        .iter()
        .find(|minted| minted.value == token)?;
    let is_good = minted.audience == AZURE_DEVOPS && minted.expires_on > clock.now();
    is_good.then(|| minted.clone())
}

/// 401 for a client that says that it cannot sign in by a page, and the page's address for others.
fn signed_out(request: &Request) -> Answer {
    if request.header("x-tfs-fedauthredirect") == Some("Suppress") {
        return error(
            401,
            "UnauthorizedRequestException",
            "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to access this resource.",
        )
        .with("WWW-Authenticate", "Bearer authorization_uri=https://login.microsoftonline.com/common");
    }
    error(302, "", "").with(
        "Location",
        "https://spsprodweu1.vssps.visualstudio.com/_signin",
    )
}

/// An error in the shape that all services share.
pub(crate) fn error(status: u16, key: &str, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({
            "$id": "1", "innerException": null, "message": message,
            "typeName": format!("Microsoft.VisualStudio.Services.{key}, Microsoft.VisualStudio.Services.WebApi"),
            "typeKey": key, "errorCode": 0, "eventId": 3000,
        }),
    )
    .with("ActivityId", &guid())
}

/// Refuses a request that does not name a version which the service knows.
pub(crate) fn version(request: &Request, known: &[&str]) -> Option<Answer> {
    let accept = request.header("accept").unwrap_or_default().to_owned();
    let in_accept = accept
        .split(';')
        .find_map(|part| part.trim().strip_prefix("api-version=").map(str::to_owned));
    let asked = request.parameter("api-version").or(in_accept);
    let is_known = asked
        .as_deref()
        .is_some_and(|asked| known.iter().any(|known| asked.starts_with(known)));
    (!is_known).then(|| {
        error(
            400,
            "VssVersionNotSpecifiedException",
            &format!("No api-version that is known here was supplied: {asked:?}."),
        )
    })
}

/// The body as JSON, of the right content type.
pub(crate) fn json_body(request: &Request) -> Option<Value> {
    let kind = request.header("content-type").unwrap_or_default();
    kind.starts_with("application/json")
        .then(|| serde_json::from_slice(&request.body).ok())?
}

pub(crate) fn decoded(segment: &str) -> String {
    let text = format!("x={}", segment.replace('+', "%2B"));
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
