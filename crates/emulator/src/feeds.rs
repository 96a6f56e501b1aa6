//! Feeds of Azure Artifacts: who may read one, and what they answer to a client without a good token.
//!
//! Each has one package, `hello-feed` 1.0.0, for npm, pip, Maven and Cargo. It is read-only. Addresses are those of
//! learn.microsoft.com, "Connect to a feed". Files are elsewhere: a download leads to a store of blobs, which must not
//! be sent a credential.

mod packages;
mod protocols;
mod setup;

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Clock;
use crate::directory::{AsksFor, Directory, Issued};
use crate::ground::Emulated;
use crate::http::{Answer, Request, decoded};
use crate::ids::guid;
use crate::vss::{self, Credential, error};
use crate::{azure_devops, organizations};

/// Where feeds are.
pub(crate) const HOST: &str = "pkgs.dev.azure.com";

/// Each older organization also has its own host.
pub(crate) const OWN_HOST: &str = ".pkgs.visualstudio.com";

/// Where the files of packages are.
pub(crate) const BLOB_HOST: &str = "adieu.blob.core.windows.net";

/// The secrets that feeds ask their clients for: a Microsoft Entra token, or the job token.
pub(crate) const ASKS_FOR: AsksFor = AsksFor {
    headers: &["access token", "job token"],
    body: &[],
};

/// The store of blobs asks for none: its addresses are signed.
pub(crate) const BLOBS_ASK_FOR: AsksFor = AsksFor {
    headers: &[],
    body: &[],
};

/// The feeds' handle.
pub type Feeds = Emulated<State>;

/// What feeds know.
#[derive(Debug, Default)]
pub struct State {
    /// By organization and name.
    feeds: BTreeMap<(String, String), Feed>,
    /// Files by the last part of their address.
    blobs: BTreeMap<String, Vec<u8>>,
    /// One line for each request to a feed that was let in: method, path, scheme of its credential.
    requests: Vec<String>,
}

/// A feed.
#[derive(Debug, Clone)]
struct Feed {
    /// Links in answers have it in place of the name.
    id: String,
    /// The project that it belongs to.
    project: Option<String>,
    /// Identities that may not read it.
    refused: BTreeSet<String>,
}

/// What a question to a feed is answered from.
pub(crate) struct Context<'a> {
    pub(crate) own: &'a mut State,
    pub(crate) organizations: &'a mut organizations::State,
    pub(crate) azure_devops: &'a azure_devops::State,
    pub(crate) directory: &'a mut Directory,
}

/// Who asks.
enum Caller {
    Identity(Issued),
    /// A pipeline's job, in its own organization.
    Job,
}

/// What is asked for.
struct Asked<'a> {
    organization: &'a str,
    feed: &'a str,
    /// The feed's address, by its id.
    by_id: String,
    /// The same by its name.
    by_name: String,
    rest: &'a [&'a str],
}

/// Whether a host is one of feeds.
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
    let name = request.path.rsplit('/').next().unwrap_or_default();
    match context.own.blobs.get(name) {
        Some(bytes) if request.parameter("sig").is_some() => {
            file("application/octet-stream", bytes.clone())
        }
        _ => Answer {
            status: 404,
            headers: Vec::new(),
            body: Vec::new(),
        },
    }
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
    let name = feed.split('@').next().unwrap_or_default();
    let found = context.own.feeds.iter().find(|((of, known), there)| {
        *of == organization
            && (known.eq_ignore_ascii_case(name) || there.id == name)
            && there.project.as_deref() == project
    });
    let Some(((_, feed), there)) = found.map(|(key, feed)| (key.clone(), feed.clone())) else {
        return error(
            404,
            "FeedIdNotFoundException",
            &format!("The feed {name} does not exist."),
        );
    };
    if let Caller::Identity(caller) = &caller
        && there.refused.contains(&caller.identity)
    {
        let id = context.directory.azure_devops_id(&caller.identity);
        return vss::access_check(403, &id, &feed, "ReadPackages");
    }
    let scheme = request
        .header("authorization")
        .and_then(|header| header.split(' ').next());
    context.own.requests.push(format!(
        "{} {} {}",
        request.method,
        request.path,
        scheme.unwrap_or_default()
    ));
    let base = match project {
        Some(project) => format!("https://{HOST}/{organization}/{project}/_packaging"),
        None => format!("https://{HOST}/{organization}/_packaging"),
    };
    let asked = Asked {
        organization: &organization,
        by_id: format!("{base}/{}", there.id),
        by_name: format!("{base}/{feed}"),
        feed: &feed,
        rest,
    };
    protocols::answer(request, &asked, context)
}

/// 401 with the challenges of a feed, and the organization's tenant.
fn signed_out(organization: &str, context: &Context<'_>) -> Answer {
    let tenant = context
        .organizations
        .tenant_of(organization, context.directory);
    vss::early_error(
        401,
        "UnauthorizedRequestException",
        "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to \
         access this resource.",
    )
    .with("WWW-Authenticate", &vss::bearer(&tenant))
    .with(
        "WWW-Authenticate",
        "Basic realm=\"https://pkgsprodweu1.pkgs.visualstudio.com/\"",
    )
    .with("WWW-Authenticate", "TFS-Federated")
    .with("X-VSS-ResourceTenant", &tenant)
}

/// Who asks, by a bearer's token or as the password of any user.
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

/// A download: the file is in the store of blobs.
fn stored(bytes: Vec<u8>, context: &mut Context<'_>) -> Answer {
    let name = guid();
    context.own.blobs.insert(name.clone(), bytes);
    Answer {
        status: 303,
        headers: Vec::new(),
        body: Vec::new(),
    }
    .with(
        "Location",
        &format!("https://{BLOB_HOST}/files/{name}?sv=2019-07-07&sig=signature"),
    )
}
