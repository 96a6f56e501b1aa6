//! The organizations' git repositories: permissions, and the routes of git itself.
//!
//! It never implements git's protocol; git's own `http-backend` does.
//!
//! Clients without a valid token get the recorded answers of Azure DevOps: 401 with three challenges for git and for
//! clients that suppress the sign-in page, a redirect to that page for all others.

mod backend;
mod lfs;
pub(crate) mod rest;
mod setup;

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Clock;
use crate::directory::{Directory, ExpectedSecrets};
use crate::fault::{SIGN_IN, redirect};
use crate::http::{Answer, Request, decoded};
use crate::issued::AZURE_DEVOPS;
use crate::shared_state::EmulatedService;
use crate::{azure_devops, organizations, vss};

/// The secrets that it expects from its clients: a Microsoft Entra token, or the job token.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &["access token", "job token"],
    body: &[],
};

/// The handle of the repositories.
pub type Git = EmulatedService<State>;

/// The state of the repositories.
#[derive(Debug, Default)]
pub struct State {
    /// The folder of the bare repositories.
    pub(crate) folder: PathBuf,
    repositories: BTreeMap<Name, Repository>,
    /// One line for each request, the result of [`Git::requests`](crate::Git).
    requests: Vec<String>,
    /// Large files by their SHA-256.
    objects: BTreeMap<String, Vec<u8>>,
}

/// The state that an answer depends on.
pub(crate) struct Context<'a> {
    pub(crate) own: &'a mut State,
    pub(crate) organizations: &'a organizations::State,
    pub(crate) azure_devops: &'a azure_devops::State,
    pub(crate) directory: &'a mut Directory,
}

/// The organization, project and name of a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) organization: String,
    pub(crate) project: String,
    pub(crate) repository: String,
}

/// A repository.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    /// The bare repository.
    pub(crate) folder: PathBuf,
    /// Its ID in the REST routes.
    pub(crate) id: String,
}

/// The repository in a request's address.
#[derive(Debug)]
pub(crate) struct Address {
    name: Name,
    /// The path after the repository's name: `info/refs`, `git-upload-pack`, …
    rest: String,
}

/// The caller.
enum Caller {
    /// A Microsoft Entra application, by its client ID.
    Application(String),
    /// A pipeline's job.
    Job,
}

impl Address {
    /// The repository that a request names; `None` if it names none.
    ///
    /// `dev.azure.com/{organization}/{project}/_git/{repository}`,
    /// `{organization}.visualstudio.com/{project}/_git/{repository}`, the latter also after `DefaultCollection`; the
    /// project can be left out if the repository has its name (learn.microsoft.com, "Clone an existing Git repo").
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let host = request.header("host")?;
        let host = host.split(':').next()?.to_ascii_lowercase();
        let path: Vec<String> = request
            .path
            .trim_start_matches('/')
            .split('/')
            .map(decoded)
            .collect();
        let mut path: Vec<&str> = path.iter().map(String::as_str).collect();
        let organization = match host.strip_suffix(".visualstudio.com") {
            Some(organization) => {
                if path.first() == Some(&"DefaultCollection") {
                    path.remove(0);
                }
                organization.to_owned()
            }
            None => path.remove(0).to_owned(),
        };
        let (project, repository, rest) = match path.as_slice() {
            [project, "_git", repository, rest @ ..] => (*project, *repository, rest),
            ["_git", repository, rest @ ..] => (*repository, *repository, rest),
            _ => return None,
        };
        // git-lfs looks for its server after `.git` (git-lfs, `docs/api/server-discovery.md`).
        let repository = match rest {
            ["info", "lfs", ..] => repository.strip_suffix(".git").unwrap_or(repository),
            _ => repository,
        };
        Some(Self {
            name: Name {
                organization,
                project: project.to_owned(),
                repository: repository.to_owned(),
            },
            rest: rest.join("/"),
        })
    }
}

/// A request that git may answer, or an answer.
pub(crate) enum Step {
    /// A request for git, which takes its time.
    Admitted(AdmittedRequest),
    Answered(Answer),
}

/// Whether git may answer a request; requests for large files are answered immediately.
pub(crate) fn begin(
    address: &Address,
    request: &Request,
    context: &mut Context<'_>,
    clock: &Clock,
) -> Step {
    match admitted(address, request, context, clock) {
        Err(refusal) => Step::Answered(refusal),
        Ok(Some(admitted)) => Step::Admitted(admitted),
        Ok(None) => Step::Answered(lfs::answer(address, request, context)),
    }
}

impl AdmittedRequest {
    /// Lets git answer.
    pub(crate) fn answer(&self, address: &Address, request: &Request) -> Answer {
        tokio::task::block_in_place(|| {
            backend::answer(&self.folder, &address.rest, &self.caller, request)
        })
    }
}

/// Records the request and the answer's status.
pub(crate) fn note(address: &Address, request: &Request, status: u16, own: &mut State) {
    let query = if request.query.is_empty() { "" } else { "?" };
    let protocol = request.header("git-protocol").unwrap_or("version=0");
    own.requests.push(format!(
        "{} {}/{}{query}{} {protocol} {} {status}",
        request.method,
        address.name.repository,
        address.rest,
        request.query,
        scheme(request)
    ));
}

/// A request that is allowed.
pub(crate) struct AdmittedRequest {
    folder: PathBuf,
    caller: String,
}

fn admitted(
    address: &Address,
    request: &Request,
    context: &mut Context<'_>,
    clock: &Clock,
) -> Result<Option<AdmittedRequest>, Answer> {
    let is_git = matches!(
        (
            request.method.as_str(),
            address.rest.as_str(),
            request.query.as_str()
        ),
        (
            "GET",
            "info/refs",
            "service=git-upload-pack" | "service=git-receive-pack"
        ) | ("POST", "git-upload-pack" | "git-receive-pack", "")
    );
    let is_lfs = address.rest.starts_with("info/lfs/");
    if !is_git && !is_lfs {
        context.directory.violation(format!(
            "git has no route {} {}?{}",
            request.method, request.path, request.query
        ));
        return Err(vss::no_controller(request));
    }
    let Some(caller) = caller(request, context, clock) else {
        return Err(signed_out(request, &address.name.organization, context));
    };
    let Name {
        organization,
        repository,
        ..
    } = &address.name;
    if let Caller::Application(client) = &caller {
        let members = context.organizations.members.get(organization);
        if !members.is_some_and(|members| members.contains(client)) {
            return Err(signed_out(request, organization, context));
        }
    }
    let may_read = match &caller {
        Caller::Application(client) => !context.organizations.is_stakeholder(organization, client),
        Caller::Job => *organization == context.directory.organization,
    };
    match context.own.repositories.get(&address.name) {
        Some(_) if may_read && is_lfs => Ok(None),
        Some(found) if may_read => Ok(Some(AdmittedRequest {
            folder: found.folder.clone(),
            caller: match caller {
                Caller::Application(client) => client,
                Caller::Job => "Project Collection Build Service".to_owned(),
            },
        })),
        // The same answer for both, so that the caller cannot learn which repositories exist.
        _ => Err(Answer {
            status: 404,
            headers: vec![("Content-Type".into(), "text/plain; charset=utf-8".into())],
            body: format!(
                "TF401019: The Git repository with name or identifier {repository} does not \
                 exist or you do not have permissions for the operation you are attempting.\n"
            )
            .into_bytes(),
        }),
    }
}

/// The caller, by a bearer token or a password with any user name.
fn caller(request: &Request, context: &Context<'_>, clock: &Clock) -> Option<Caller> {
    let token = token(request)?;
    if context
        .azure_devops
        .jobs
        .iter()
        .any(|job| job.token == token)
    {
        return Some(Caller::Job);
    }
    let issued = context
        .directory
        .access_tokens
        .iter()
        .find(|issued| issued.value == token)?;
    let is_good = issued.audience == AZURE_DEVOPS
        && issued.expires_on > clock.now()
        && !context.organizations.revoked.contains(&issued.identity);
    is_good.then(|| Caller::Application(issued.identity.clone()))
}

fn token(request: &Request) -> Option<String> {
    let (scheme, value) = request.header("authorization")?.split_once(' ')?;
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(value.to_owned()),
        "basic" => {
            let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
            Some(text.split_once(':')?.1.to_owned())
        }
        _ => None,
    }
}

/// The authentication scheme of a request, for a test's list of requests.
fn scheme(request: &Request) -> &'static str {
    let headers = request.headers.iter();
    let count = headers.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if count.count() > 1 {
        return "two headers";
    }
    let header = request.header("authorization").unwrap_or_default();
    match header.split(' ').next() {
        Some(scheme) if scheme.eq_ignore_ascii_case("bearer") => "Bearer",
        Some(scheme) if scheme.eq_ignore_ascii_case("basic") => "Basic",
        Some("") | None => "anonymous",
        Some(_) => "another scheme",
    }
}

/// The answer of Azure DevOps to a client without a valid token.
fn signed_out(request: &Request, organization: &str, context: &Context<'_>) -> Answer {
    let agent = request.header("user-agent").unwrap_or_default();
    let is_tool = ["git/", "git-lfs/"]
        .iter()
        .any(|tool| agent.starts_with(tool));
    if !is_tool && request.header("x-tfs-fedauthredirect") != Some("Suppress") {
        return redirect(SIGN_IN);
    }
    let tenant = context
        .organizations
        .tenant_of(organization, context.directory);
    vss::finished(vss::git_refusal(organization, &tenant), request, None)
}
