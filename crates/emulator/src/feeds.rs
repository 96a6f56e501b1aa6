//! Feeds of Azure Artifacts: their readers and publishers, and the answers to clients without a valid token.
//!
//! Each feed has the package `hello-feed` 1.0.0 for npm, NuGet, pip, Maven and Cargo, and accepts more. Addresses are
//! those of learn.microsoft.com, "Connect to a feed"; roles those of "Manage permissions". Files are elsewhere: a
//! download redirects to blob storage, which must not receive a credential.

mod cargo;
mod exchange;
mod form;
pub(crate) mod management;
mod maven;
mod npm;
mod nuget;
mod packages;
mod protocols;
mod python;
pub(crate) mod registry;
mod setup;

use std::collections::BTreeMap;

use crate::clock::Clock;
use crate::directory::{Directory, ExpectedSecrets, IssuedToken};
use crate::http::{Answer, Request, decoded};
use crate::ids::guid;
use crate::shared_state::EmulatedService;
use crate::vss::{self, Credential, error};
use crate::{azure_devops, organizations};

use exchange::{Exchange, FeedRequest};
use protocols::Packages;

/// The host of feeds.
pub(crate) const HOST: &str = "pkgs.dev.azure.com";

/// Each older organization also has its own host.
pub(crate) const OWN_HOST: &str = ".pkgs.visualstudio.com";

/// The host of packages' files.
pub(crate) const BLOB_HOST: &str = "adieu.blob.core.windows.net";

/// The secrets that feeds expect from their clients: a Microsoft Entra token, or the job token.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &["access token", "job token"],
    body: &[],
};

/// Blob storage expects none: its addresses are signed.
pub(crate) const BLOBS_ASK_FOR: ExpectedSecrets = ExpectedSecrets {
    headers: &[],
    body: &[],
};

/// The views of every feed (learn.microsoft.com, "Feed views").
const VIEWS: [&str; 3] = ["local", "prerelease", "release"];

/// The handle of the feeds.
pub type Feeds = EmulatedService<State>;

/// The state of feeds.
#[derive(Debug, Default)]
pub struct State {
    /// By organization and name.
    feeds: BTreeMap<(String, String), Feed>,
    blobs: Blobs,
    /// One line for each request that a feed accepted: method, path, scheme of its credential.
    requests: Vec<String>,
    /// Whether the list of feeds is refused.
    hides_roles: bool,
    /// The container registry, which is a separate Azure service.
    pub(crate) registry: registry::State,
}

/// A role in a feed. Each role has the rights of the roles before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A member of the organization who cannot read the feed.
    None,
    /// Feed Reader.
    Reader,
    /// Feed and Upstream Reader (Collaborator): also saves packages from upstream sources.
    Collaborator,
    /// Feed Publisher (Contributor): also publishes.
    Publisher,
    /// Feed Owner: also assigns roles.
    Owner,
}

/// A feed.
#[derive(Debug)]
struct Feed {
    /// The ID, which links in answers use instead of the name.
    id: String,
    /// The project that it belongs to.
    project: Option<String>,
    /// By identity; other members of the organization are readers.
    roles: BTreeMap<String, Role>,
    /// The role of pipelines in the feed's organization, which Azure Artifacts gives to their build service.
    role_of_jobs: Role,
    packages: Packages,
}

/// The blob storage.
#[derive(Debug, Default)]
struct Blobs {
    /// Files by the last part of their address.
    files: BTreeMap<String, Vec<u8>>,
    /// Another host to which downloads redirect.
    host: Option<String>,
}

impl Blobs {
    /// Stores a file and redirects a download to it.
    fn stored(&mut self, bytes: &[u8]) -> Answer {
        let name = guid();
        self.files.insert(name.clone(), bytes.to_vec());
        let host = self.host.as_deref().unwrap_or(BLOB_HOST);
        Answer {
            status: 303,
            headers: Vec::new(),
            body: Vec::new(),
        }
        .with(
            "Location",
            &format!("https://{host}/files/{name}?sv=2019-07-07&sig=signature"),
        )
    }
}

/// The state that a feed's answer depends on.
pub(crate) struct Context<'a> {
    pub(crate) own: &'a mut State,
    pub(crate) organizations: &'a mut organizations::State,
    pub(crate) azure_devops: &'a azure_devops::State,
    pub(crate) directory: &'a mut Directory,
}

/// The caller.
enum Caller {
    Identity(IssuedToken),
    /// A pipeline's job, in its own organization.
    Job,
}

/// Whether a host belongs to feeds.
pub(crate) fn is_host(host: &str) -> bool {
    host == HOST || host.ends_with(OWN_HOST)
}

/// A file of a package, by its signed address.
pub(crate) fn blob(request: &Request, context: &mut Context<'_>) -> Answer {
    if request.header("authorization").is_some() {
        context
            .directory
            .violation("the store of blobs was sent a credential".to_owned());
    }
    file_of_blob(request, context.own).unwrap_or_else(|| empty(404))
}

/// A file in the storage.
pub(crate) fn file_of_blob(request: &Request, own: &State) -> Option<Answer> {
    let name = request.path.rsplit('/').next()?;
    let bytes = own.blobs.files.get(name)?;
    request.parameter("sig")?;
    Some(file("application/octet-stream", bytes.clone()))
}

/// `[{organization}/][{project}/]_packaging/{feed}[@{view}]/…`
pub(crate) fn answer(request: &Request, context: &mut Context<'_>, clock: &Clock) -> Answer {
    let host = request
        .header("host")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let path: Vec<String> = request
        .path
        .trim_matches('/')
        .split('/')
        .map(decoded)
        .collect();
    let mut path: Vec<&str> = path.iter().map(String::as_str).collect();
    let organization = match host.strip_suffix(OWN_HOST) {
        Some(organization) => organization.to_owned(),
        None => path.remove(0).to_ascii_lowercase(),
    };
    let (project, feed, rest) = match path.as_slice() {
        ["_packaging", feed, rest @ ..] => (None, *feed, rest),
        [project, "_packaging", feed, rest @ ..] => (Some(*project), *feed, rest),
        _ => return vss::no_controller(request),
    };
    let Some(caller) = caller(request, &organization, context, clock) else {
        return signed_out(&organization, context);
    };
    if let Caller::Identity(caller) = &caller {
        let members = &mut organizations::Context {
            own: context.organizations,
            directory: context.directory,
        };
        if let Some(refusal) = organizations::not_a_member(&organization, caller, members) {
            return refusal;
        }
    }
    let (name, view) = match feed.split_once('@') {
        Some((name, view)) => (name, Some(view.to_ascii_lowercase())),
        None => (feed, None),
    };
    let State {
        feeds,
        blobs,
        requests,
        ..
    } = &mut *context.own;
    let found = feeds.iter_mut().find(|((of, known), there)| {
        *of == organization
            && (known.eq_ignore_ascii_case(name) || there.id == name)
            && there.project.as_deref() == project
    });
    let Some(((_, feed), there)) = found else {
        return error(
            404,
            "FeedIdNotFoundException",
            &format!("The feed with ID '{name}' doesn't exist."),
        );
    };
    if let Some(view) = view.as_deref().filter(|view| !VIEWS.contains(view)) {
        return error(
            404,
            "FeedViewNotFoundException",
            &format!("The view '{view}' doesn't exist in feed '{feed}'."),
        );
    }
    let (id, role) = match &caller {
        Caller::Identity(caller) => (
            context.directory.azure_devops_id(&caller.identity),
            there.roles.get(&caller.identity).copied(),
        ),
        Caller::Job => (guid(), Some(there.role_of_jobs)),
    };
    let role = role.unwrap_or(Role::Reader);
    if role == Role::None {
        return lacks(&id, "ReadPackages");
    }
    let scheme = request
        .header("authorization")
        .and_then(|header| header.split(' ').next());
    requests.push(format!(
        "{} {} {}",
        request.method,
        request.path,
        scheme.unwrap_or_default()
    ));
    let base = match project {
        Some(project) => format!("https://{HOST}/{organization}/{project}/_packaging"),
        None => format!("https://{HOST}/{organization}/_packaging"),
    };
    let suffix = view
        .as_deref()
        .map_or(String::new(), |view| format!("@{view}"));
    let asked = FeedRequest {
        by_id: format!("{base}/{}{suffix}", there.id),
        by_name: format!("{base}/{feed}{suffix}"),
        view,
        caller: id,
        role,
        rest,
    };
    let exchange = Exchange {
        request,
        asked,
        packages: &mut there.packages,
        blobs,
    };
    // The tests contain no client that requests what no feed of this kind has.
    protocols::answer(exchange).unwrap_or_else(|| {
        context.directory.violation(format!(
            "the feed {organization}/{feed} has no route {} {}",
            request.method, request.path
        ));
        vss::no_controller(request)
    })
}

/// 403 for an identity without a permission (MicrosoftDocs/azure-devops-docs#4626 has the whole answer).
fn lacks(id: &str, right: &str) -> Answer {
    error(
        403,
        "FeedNeedsPermissionsException",
        &format!(
            "User '{id}' lacks permission to complete this action. You need to have '{right}'."
        ),
    )
}

/// 401 with the challenges of a feed, and the organization's tenant.
fn signed_out(organization: &str, context: &Context<'_>) -> Answer {
    let tenant = context
        .organizations
        .tenant_of(organization, context.directory);
    challenges(&tenant)
}

/// The three challenges, which every client in the tests gets, also from other hosts.
pub(crate) fn challenges(tenant: &str) -> Answer {
    vss::early_error(
        401,
        "UnauthorizedRequestException",
        "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to \
         access this resource.",
    )
    .with("WWW-Authenticate", &vss::bearer(tenant))
    .with(
        "WWW-Authenticate",
        "Basic realm=\"https://pkgsprodweu1.pkgs.visualstudio.com/\"",
    )
    .with("WWW-Authenticate", "TFS-Federated")
    .with("X-VSS-ResourceTenant", tenant)
}

/// The caller, by a bearer token or a password with any user name.
fn caller(
    request: &Request,
    organization: &str,
    context: &Context<'_>,
    clock: &Clock,
) -> Option<Caller> {
    let credential = Credential::of(request);
    let token = credential.token()?;
    let of_this = organization == context.directory.organization;
    if of_this && context.azure_devops.has_job_token(token) {
        return Some(Caller::Job);
    }
    let mut issued = context.directory.access_tokens.iter();
    let found = issued.find(|issued| issued.value == token)?;
    let is_good = found.audience == crate::issued::AZURE_DEVOPS && found.expires_on > clock.now();
    is_good.then(|| Caller::Identity(found.clone()))
}

/// An answer with a file.
fn file(kind: &str, body: Vec<u8>) -> Answer {
    Answer {
        status: 200,
        headers: vec![("Content-Type".to_owned(), kind.to_owned())],
        body,
    }
}

/// An answer without a body.
fn empty(status: u16) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    }
}
