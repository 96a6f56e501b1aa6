//! `adieu git-credential`: the credential helper that git runs for Azure DevOps repositories.
//!
//! It never answers for another host, never over plain HTTP, and stores nothing.

mod set_up;

use std::io::{self, Read as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use adieu_agent::{Stream, process_variable};
use adieu_broker::git::{Organization, Question, RefusedToken};
use adieu_configure::{GIT_ENDPOINT, GIT_ENDPOINT_KEY};
use adieu_devops::{Client, Error as DevOpsError, Hosts, Reason, Tenant};
use adieu_identity::resource;
use adieu_identity::{LocalEndpoint, Token};
use adieu_secret::{AccessToken, EndpointSecret, GitCredential};
use adieu_transport::{Deadline, Transport};
use clap::Args;

use crate::credential::{self, CredentialArguments, SignIn};
use crate::failure::{Failure, GitProblem, UnknownIdentity};
use crate::identity_ids::IdentityIds;
use crate::network;
use crate::report::Report;
use crate::reporter::Terminal;

/// A request of git has a few hundred bytes.
const LONGEST_QUESTION: u64 = 64 * 1024;

/// git waits while the organization is asked why it refused a token.
const EXPLANATION: Duration = Duration::from_secs(5);

/// Flags of the verb.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  adieu git-credential --configure --global         set git up for this user
  adieu git-credential --configure --credential az  for this repository only
  git -c credential.helper= -c credential.helper='!adieu git-credential' \\
      clone https://dev.azure.com/contoso/web/_git/web

In a pipeline, `configure: git` of EntraToken@1 sets it up for the whole job.")]
pub(crate) struct GitCredentialArguments {
    /// Answer for this organization only; may be repeated [default: all of Azure DevOps]
    #[arg(long = "organization", value_name = "NAME")]
    organizations: Vec<String>,
    #[command(flatten)]
    credential: CredentialArguments,
    /// Configure git to use this helper for Azure DevOps
    #[arg(long)]
    configure: bool,
    /// Configure it for this user, not only for the current repository
    #[arg(long, requires = "configure")]
    global: bool,
    /// What git asks for: get, store or erase
    #[arg(required_unless_present = "configure", conflicts_with = "configure")]
    action: Option<String>,
}

/// Runs the verb.
pub(crate) async fn run(arguments: GitCredentialArguments) -> Result<ExitCode, Box<Failure>> {
    let Some(action) = arguments.action else {
        return set_up::run(
            &arguments.organizations,
            &arguments.credential,
            arguments.global,
        );
    };
    let question = Question::read(&read());
    let Some(organization) = question.organization() else {
        return Ok(ExitCode::SUCCESS);
    };
    if !is_wanted(organization, &arguments.organizations) {
        return Ok(ExitCode::SUCCESS);
    }
    match action.as_str() {
        "get" => {}
        "erase" => {
            explain(&question, organization).await?;
            return Ok(ExitCode::SUCCESS);
        }
        // Nothing is stored; other actions belong to newer versions of the protocol.
        _ => return Ok(ExitCode::SUCCESS),
    }
    let transport = network::of_command_line()?;
    let written = match answer(&question, organization, arguments.credential, &transport).await {
        Ok(token) => write(&question, &token),
        Err(failure) => {
            Terminal.error(&Report::on_a_command_line(&failure).text());
            // Otherwise git would prompt, which no one answers in a job.
            Stream::Output.text("quit=1")
        }
    };
    // git has read enough, or has exited.
    Ok(written.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS))
}

/// Reads git's request as a secret: `store` and `erase` contain a credential.
fn read() -> GitCredential {
    let mut text = String::new();
    // Invalid text is not a request, and gets no answer.
    let _ = io::stdin().take(LONGEST_QUESTION).read_to_string(&mut text);
    GitCredential::new(text)
}

/// Explains a refusal: git only knows that the sign-in failed. It passes the refused credential back, so this message
/// can show whose it was. If the token does not show that, the organization names the identity that it refuses.
async fn explain(question: &Question, organization: Organization<'_>) -> Result<(), Box<Failure>> {
    let Some(refused) = question.refused() else {
        return Ok(());
    };
    let transport = network::of_command_line()?;
    let found = tokio::time::timeout(EXPLANATION, tenant_of(organization, &transport)).await;
    let refused = match (found, refused) {
        (Ok(Err(missing)), _) => *missing,
        (_, RefusedToken::Readable(claims)) => refusal(organization, IdentityIds::from(&*claims)),
        (_, RefusedToken::Opaque(token)) => {
            let asked = who(token, organization, &transport);
            let asked = tokio::time::timeout(EXPLANATION, asked).await;
            asked.unwrap_or_else(|_elapsed| refusal(organization, IdentityIds::default()))
        }
    };
    Terminal.error(&Report::on_a_command_line(&refused).text());
    Ok(())
}

/// An organization's answer to a token that it refused to git.
async fn who(token: AccessToken, organization: Organization<'_>, transport: &Transport) -> Failure {
    let hosts = Hosts::public();
    let unknown = || refusal(organization, IdentityIds::default());
    let Ok(named) = hosts.organization(organization.name()) else {
        return unknown();
    };
    let client = Client::new(transport, Arc::new(token), &hosts);
    match client.connection_data(&named).await {
        // It knows the identity, which lacks a permission.
        Ok(known) => refusal(organization, IdentityIds::from(&known)),
        Err(error) => {
            let ids = match &error {
                DevOpsError::Refused(refusal) => IdentityIds::from(&**refusal),
                DevOpsError::SignedOut { .. } => IdentityIds::default(),
                // Only a refusal of the identity explains why git was refused.
                _ => return unknown(),
            };
            Failure::UnknownIdentity(Box::new(UnknownIdentity {
                doing: format!("sign in to {}", named.name),
                organization: named.name,
                identity: None,
                ids,
                error,
            }))
        }
    }
}

fn refusal(organization: Organization<'_>, ids: IdentityIds) -> Failure {
    Failure::Git(GitProblem::Refused {
        organization: organization.name().to_owned(),
        ids: Box::new(ids),
    })
}

fn is_wanted(organization: Organization<'_>, wanted: &[String]) -> bool {
    match organization {
        _ if wanted.is_empty() => true,
        Organization::Named(name) => wanted.iter().any(|one| one.eq_ignore_ascii_case(name)),
        Organization::NotGiven => false,
    }
}

/// A token that the organization accepts.
async fn answer(
    question: &Question,
    organization: Organization<'_>,
    credential: CredentialArguments,
    transport: &Transport,
) -> Result<Token, Box<Failure>> {
    let scope = resource::azure_devops();
    let (token, configured) = match job_endpoint()? {
        Some(endpoint) => {
            let token = endpoint.token(&scope, transport, Deadline::start()).await;
            let token = token.map_err(|error| Failure::Git(GitProblem::NoToken(error)))?;
            (token, IdentityIds::default())
        }
        None => {
            let tenant = match tenant_in(question) {
                Some(tenant) => Some(tenant),
                None => tenant_of(organization, transport).await?,
            };
            let sign_in = SignIn::new(credential, tenant).silent();
            let token = sign_in.token(&scope, None, transport).await?;
            (token, sign_in.ids())
        }
    };
    let ids = IdentityIds::of_token(&token).or(configured);
    match (tenant_in(question), &ids.tenant) {
        (Some(wanted), Some(got)) if !wanted.eq_ignore_ascii_case(got) => {
            Err(Failure::Git(GitProblem::AnotherTenant {
                organization: organization.name().to_owned(),
                wanted,
                ids: Box::new(ids),
            })
            .into())
        }
        _ => Ok(token),
    }
}

/// The organization's tenant, so that a guest gets the right token even if git is too old to pass the challenge
/// (before 2.41). If the organization does not show it, the identity's own tenant is used.
///
/// # Errors
/// Azure DevOps does not have this organization.
async fn tenant_of(
    organization: Organization<'_>,
    transport: &Transport,
) -> Result<Option<String>, Box<Failure>> {
    let Organization::Named(name) = organization else {
        return Ok(None);
    };
    let is_missing = |failure: &Failure| match failure {
        Failure::NoTenant { error, .. } => error.is(Reason::NotFound),
        _ => false,
    };
    match credential::tenant(None, Some(name), transport).await {
        Err(failure) if is_missing(&failure) => Err(failure),
        found => Ok(found.ok().flatten()),
    }
}

/// The broker, if the job has one.
fn job_endpoint() -> Result<Option<LocalEndpoint>, Box<Failure>> {
    let variable = process_variable;
    let Some(address) = variable(GIT_ENDPOINT) else {
        return Ok(None);
    };
    let problem = |reason: String| Failure::Git(GitProblem::Endpoint(reason));
    let Some(key) = variable(GIT_ENDPOINT_KEY) else {
        let reason = format!("{GIT_ENDPOINT} is set without {GIT_ENDPOINT_KEY}");
        return Err(problem(reason).into());
    };
    let endpoint = LocalEndpoint::new(&address, EndpointSecret::new(key), GIT_ENDPOINT);
    Ok(Some(endpoint.map_err(problem)?))
}

/// The tenant in the organization's challenge.
fn tenant_in(question: &Question) -> Option<String> {
    let mut challenges = question.challenges().iter();
    challenges.find_map(|challenge| match Tenant::in_challenge(challenge)? {
        Tenant::Entra(tenant) => Some(tenant),
        Tenant::MicrosoftAccounts => None,
    })
}

fn write(question: &Question, token: &Token) -> io::Result<()> {
    if let Some(log) = credential::workflow_log() {
        log.mask(&token.value);
    }
    Stream::Output.credential(&question.answer(token))
}
