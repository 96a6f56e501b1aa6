//! Feeds on your own machine: which ones a command line means, and a sign-in for each of their tenants.
//!
//! It writes no file.

use std::path::{Path, PathBuf};

use adieu_feeds::{Plan, Reading, Request, SERVED_LOCALLY, Variables};
use adieu_identity::resource;
use adieu_identity::{Credential, Token, UserAssignedId};
use adieu_order::Map;
use adieu_transport::Transport;
use clap::Args;

use super::keeper::Tokens;
use super::{all, declared, request, tenants};
use crate::credential::{self, CredentialArguments, SignIn};
use crate::credential_kind;
use crate::failure::{Failure, FeedsProblem};
use crate::network;
use crate::report::Report;

/// The position of feeds that a flag declares.
pub(crate) const FLAG: &str = "--feed";

/// Where the reading starts.
#[derive(Debug, Args)]
pub(crate) struct FolderArguments {
    /// Folder whose files declare the feeds [default: the current one]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl FolderArguments {
    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_deref().unwrap_or(Path::new("."))
    }
}

/// Which feeds are meant.
#[derive(Debug, Args)]
pub(crate) struct FeedArguments {
    #[command(flatten)]
    folder: FolderArguments,
    /// Only this feed, declared or not: its address, or ORGANIZATION/FEED or ORGANIZATION/PROJECT/FEED; may be repeated
    #[arg(long = "feed", value_name = "FEED")]
    feeds: Vec<String>,
    /// Only these clients, separated by commas, such as npm,pip
    #[arg(
        long,
        value_name = "CLIENTS",
        default_value = "auto",
        hide_default_value = true
    )]
    tools: String,
}

/// The declarations in the files of a folder and in the environment.
pub(crate) fn read(folder: &Path, variable: Variables<'_>) -> Result<Reading, Box<Failure>> {
    match folder.is_dir() {
        true => Ok(declared(folder, variable)),
        false => Err(FeedsProblem::NoFolder(folder.display().to_string()).into()),
    }
}

/// The feeds that are meant.
pub(crate) fn find(
    arguments: &FeedArguments,
    variable: Variables<'_>,
) -> Result<(Request, Reading), Box<Failure>> {
    let folder = arguments.folder.folder();
    let reading = read(folder, variable)?;
    let feeds = arguments.feeds.join("\n");
    let lines = (FLAG, feeds.as_str());
    let request = request::choose(&reading, lines, &arguments.tools, &SERVED_LOCALLY);
    let request = request?;
    if request.served.is_empty() && request.unserved.is_empty() {
        return Err(none_found(folder, &reading));
    }
    Ok((request, reading))
}

/// The feeds of a folder.
pub(crate) fn find_in(
    folder: &Path,
    variable: Variables<'_>,
) -> Result<(Request, Reading), Box<Failure>> {
    let reading = read(folder, variable)?;
    let request = request::choose(&reading, (FLAG, ""), "auto", &SERVED_LOCALLY)?;
    match request.served.is_empty() {
        true => Err(none_found(folder, &reading)),
        false => Ok((request, reading)),
    }
}

/// A folder's absolute path.
pub(crate) fn whole(folder: &Path) -> PathBuf {
    let whole = match folder == Path::new(".") {
        true => std::env::current_dir(),
        false => std::path::absolute(folder),
    };
    whole.unwrap_or_else(|_| folder.to_owned())
}

fn none_found(folder: &Path, reading: &Reading) -> Box<Failure> {
    FeedsProblem::NoneFound {
        folder: whole(folder).display().to_string(),
        is_incomplete: reading.is_incomplete,
    }
    .into()
}

/// Each organization with its tenant: the given one, or the organization's own.
pub(crate) async fn organizations(
    request: &Request,
    tenant: Option<String>,
    transport: &Transport,
) -> Result<Map<String, Option<String>>, Box<Failure>> {
    match credential::tenant(tenant, None, transport).await? {
        Some(tenant) => Ok(all(request, Some(tenant))),
        None => tenants(request, transport).await,
    }
}

/// A token for each tenant, and the credential that returned it.
pub(crate) async fn sign_in(
    plan: &Plan,
    credential: &CredentialArguments,
    transport: &Transport,
) -> Result<(Tokens, Credential), Box<Failure>> {
    let sign_in = SignIn::new(credential.clone(), None);
    let scope = resource::azure_devops();
    let mut tokens = Tokens::new();
    for tenant in plan.tenants() {
        let token = sign_in.token(&scope, tenant, transport).await;
        let token = token.map_err(|failure| of_tenant(plan, tenant, failure))?;
        if let Some(log) = credential::workflow_log() {
            log.mask(&token.value);
        }
        tokens.insert(tenant.map(str::to_owned), token);
    }
    Ok((tokens, sign_in.used().unwrap_or_default()))
}

/// Adds the feeds to a refused sign-in.
fn of_tenant(plan: &Plan, tenant: Option<&str>, failure: Box<Failure>) -> FeedsProblem {
    let mut organizations = Vec::new();
    for (name, of) in &plan.organizations {
        if of.as_deref() == tenant {
            organizations.push(name.as_str());
        }
    }
    FeedsProblem::NoToken {
        organizations: organizations.join(", "),
        tenant: tenant.unwrap_or_default().to_owned(),
        failure,
    }
}

/// The sign-in for helpers: the credential that worked.
pub(crate) fn of_helpers(
    used: Credential,
    credential: &CredentialArguments,
) -> (String, Option<String>) {
    let identity = credential.identity.as_ref().map(|identity| match identity {
        UserAssignedId::Object(id) => format!("object-id:{id}"),
        other => other.to_string(),
    });
    (used.name().to_owned(), identity)
}

/// A token for a helper without a broker. The error is a line for a client's log.
pub(crate) async fn token_of_helper(
    (name, identity): &(String, Option<String>),
    tenant: Option<&str>,
) -> Result<Token, String> {
    let words = |failure: Box<Failure>| Report::on_a_command_line(&failure).line();
    let credential = CredentialArguments {
        credential: credential_kind::named(name)
            .ok_or("its login was made by another version of adieu")?,
        identity: identity.as_ref().and_then(|text| text.parse().ok()),
    };
    let transport = network::of_command_line().map_err(words)?;
    let sign_in = SignIn::new(credential, None).silent();
    let scope = resource::azure_devops();
    sign_in
        .token(&scope, tenant, &transport)
        .await
        .map_err(words)
}
