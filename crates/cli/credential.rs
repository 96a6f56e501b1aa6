//! The identity of a command line: the service connection of a pipeline, the identity of a workload or a machine, or
//! the user's sign-in with azd or az.
//!
//! It never prompts, never keeps a token and never prints; each credential has its own file.

mod federated;
mod github_actions;
mod gitlab;
mod managed_identity;
mod pipelines;
mod sign_in;
mod tenant;
mod workload_identity;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adieu_agent::{Stream, WorkflowLog, process_value as variable};
use adieu_identity::azure_core::{self, credentials::TokenCredential};
use adieu_identity::resource::Cloud;
use adieu_identity::{
    Authority, AzureCloud, Claims, ConnectionCredential, Error, Scheme, Scope, Token, TokenRequest,
    Tool, ToolError, is_guid,
};
use adieu_transport::{Deadline, Transport};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::connection::Connection;
use crate::failure::{ConnectionFacts, CredentialProblem, CredentialProblemKind, Failure};
use crate::identity_ids::IdentityIds;
use crate::program;
use crate::report;
use crate::reporter::{Reporter as _, Terminal, while_waiting};

pub(crate) use crate::credential_kind::{Credential, CredentialArguments};
pub(crate) use sign_in::{AdministratorArguments, SignIn, SignInArguments};
pub(crate) use tenant::tenant;

/// Time limit for one credential.
const ONE: Duration = Duration::from_secs(15);

/// Time limit for all credentials.
const ALL: Duration = Duration::from_secs(17);

/// Variable with another limit for az and azd, in seconds: on a slow disk, az takes longer than [`ONE`] to start.
const TOOL_LIMIT: &str = "ADIEU_TOOL_TIMEOUT";

/// The limit that the user has set for tools.
fn tool_limit() -> Option<Duration> {
    let text = variable(TOOL_LIMIT)?;
    match text.trim().parse() {
        Ok(seconds @ 1..=600) => Some(Duration::from_secs(seconds)),
        _ => {
            Terminal.warn(&format!(
                "{TOOL_LIMIT} is '{text}', which is not a number of seconds from 1 to 600, so it \
                 has no effect."
            ));
            None
        }
    }
}

/// A token, and the credential that returned it.
struct FirstToken {
    credential: Credential,
    token: Token,
    passed_over: Vec<CredentialProblem>,
}

/// The claims that a credential with a federated token presents to Microsoft Entra.
pub(crate) struct PresentedClaims {
    pub(crate) credential: Credential,
    /// The application that must trust it.
    pub(crate) client_id: String,
    pub(crate) claims: Claims,
}

/// A credential that is configured here.
struct ConfiguredCredential {
    kind: Credential,
    credential: Arc<dyn TokenCredential>,
    /// The facts for its errors, if it is a connection.
    connection: ConnectionFacts,
    /// Its time limit.
    limit: Duration,
}

impl CredentialArguments {
    /// The credentials that are configured here, in order, and why the others are not.
    pub(crate) fn configured(
        &self,
        transport: &Transport,
    ) -> (Vec<Credential>, Vec<CredentialProblem>) {
        let (ready, problems) = self.ready(None, transport);
        (
            ready.into_iter().map(|ready| ready.kind).collect(),
            problems,
        )
    }

    /// The issuer of a workflow's ID tokens, if there is one.
    pub(crate) fn workflow_issuer(&self) -> Option<String> {
        let chosen = self.chosen();
        let is_asked = chosen == Credential::Auto || chosen == Credential::GithubActions;
        let connection = is_asked.then(|| github_actions::read(Some("")))?.ok()?;
        match connection.service.scheme {
            Scheme::Workflow(request) => Some(request.origin()),
            _ => None,
        }
    }

    /// The claims that the first credential with a federated token presents to Microsoft Entra, if there is one here.
    pub(crate) async fn presented(
        &self,
        tenant: Option<&str>,
        transport: &Transport,
    ) -> Option<Result<PresentedClaims, Failure>> {
        let chosen = self.chosen();
        let federated = [
            Credential::Pipelines,
            Credential::GithubActions,
            Credential::Gitlab,
            Credential::WorkloadIdentity,
        ];
        let (credential, connection) = federated
            .into_iter()
            .filter(|kind| chosen == Credential::Auto || chosen == *kind)
            .find_map(|kind| Some((kind, self.connection(kind, tenant)?.ok()?)))?;
        match connection.service.presented(transport).await {
            Ok(claims) => claims.map(|claims| {
                Ok(PresentedClaims {
                    credential,
                    client_id: connection.facts.client_id,
                    claims,
                })
            }),
            Err(error) => {
                let connection = connection.facts;
                let fault = CredentialProblemKind::Identity { connection, error };
                Some(Err(Failure::NoCredential(vec![CredentialProblem {
                    credential,
                    fault,
                }])))
            }
        }
    }

    /// A new token, or why no credential returned one. With `is_patient`, it waits for a managed identity that is
    /// still being set up, after a message.
    ///
    /// A slow credential does not delay the next one, and continues meanwhile: az and azd need seconds, the others do
    /// not.
    async fn first(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        transport: &Transport,
        is_patient: bool,
    ) -> Result<FirstToken, Failure> {
        let (mut ready, mut passed_over) = self.ready(tenant, transport);
        let mut all = ALL;
        let is_tool =
            |one: &&mut ConfiguredCredential| matches!(one.kind, Credential::Azd | Credential::Az);
        let mut tools = ready.iter_mut().filter(is_tool).peekable();
        if tools.peek().is_some()
            && let Some(limit) = tool_limit()
        {
            tools.for_each(|tool| tool.limit = limit);
            all = ALL.max(limit + (ALL - ONE));
        }
        let deadline = Deadline::after(all);
        let ask = |ready: ConfiguredCredential| async move {
            let request = TokenRequest {
                scope: scope.clone(),
                tenant: tenant.map(str::to_owned),
                deadline: Deadline::after(ready.limit.min(deadline.left())),
                waits: false,
            };
            let asking = ready.token(request, is_patient);
            let outcome = match ready.kind {
                Credential::Azd | Credential::Az => while_waiting(ready.kind.name(), asking).await,
                _ => asking.await,
            };
            (ready.kind, outcome)
        };
        let mut waiting = ready.into_iter();
        let mut running = FuturesUnordered::new();
        loop {
            if running.is_empty() {
                match waiting.next() {
                    Some(next) => running.push(ask(next)),
                    None => break,
                }
            }
            let has_next = !waiting.as_slice().is_empty();
            let head_start = deadline.left().min(ALL) / 2;
            tokio::select! {
                Some((credential, outcome)) = running.next() => match outcome {
                    Ok(token) => {
                        passed_over.retain(|problem| problem.credential < credential);
                        sort(&mut passed_over);
                        return Ok(FirstToken { credential, token, passed_over });
                    }
                    Err(fault) => {
                        passed_over.push(CredentialProblem { credential, fault });
                        running.extend(waiting.next().map(&ask));
                    }
                },
                () = tokio::time::sleep(head_start), if has_next => {
                    running.extend(waiting.next().map(&ask));
                }
            }
        }
        sort(&mut passed_over);
        Err(Failure::NoCredential(passed_over))
    }

    /// The credentials that are configured here, in order, and those that are not.
    fn ready(
        &self,
        tenant: Option<&str>,
        transport: &Transport,
    ) -> (Vec<ConfiguredCredential>, Vec<CredentialProblem>) {
        let (mut ready, mut problems) = (Vec::new(), Vec::new());
        let all = [
            Credential::Pipelines,
            Credential::GithubActions,
            Credential::Gitlab,
            Credential::WorkloadIdentity,
            Credential::ManagedIdentity,
            Credential::Azd,
            Credential::Az,
        ];
        let chosen = self.chosen();
        for credential in all {
            let is_passed_over = match chosen {
                Credential::Auto => is_of_another_ci(credential),
                chosen => chosen != credential,
            };
            if is_passed_over {
                continue;
            }
            match self.read(credential, tenant, transport) {
                Ok(one) => ready.push(one),
                Err(fault) => problems.push(CredentialProblem { credential, fault }),
            }
        }
        (ready, problems)
    }

    /// The IDs that a credential is configured with; for a tool, the requested tenant.
    fn ids(&self, used: Credential, tenant: Option<&str>) -> IdentityIds {
        match self.connection(used, tenant) {
            Some(Ok(connection)) => IdentityIds::from(&connection.facts),
            Some(Err(_)) | None => IdentityIds {
                tenant: tenant.filter(|text| is_guid(text)).map(str::to_owned),
                ..IdentityIds::default()
            },
        }
    }

    /// The connection of a credential; `None` for a tool.
    fn connection(
        &self,
        kind: Credential,
        tenant: Option<&str>,
    ) -> Option<Result<Connection, CredentialProblemKind>> {
        match kind {
            Credential::Pipelines => Some(pipelines::read(tenant)),
            Credential::GithubActions => Some(github_actions::read(tenant)),
            Credential::Gitlab => Some(gitlab::read(tenant)),
            Credential::WorkloadIdentity => Some(workload_identity::read(tenant)),
            Credential::ManagedIdentity => {
                let is_passed_over =
                    self.chosen() == Credential::Auto && !managed_identity::is_announced();
                Some(if is_passed_over {
                    Err(managed_identity::NOT_ANNOUNCED)
                } else {
                    managed_identity::read(self.identity.as_ref())
                })
            }
            Credential::Auto | Credential::Azd | Credential::Az => None,
        }
    }

    fn read(
        &self,
        kind: Credential,
        tenant: Option<&str>,
        transport: &Transport,
    ) -> Result<ConfiguredCredential, CredentialProblemKind> {
        let unannounced = kind == Credential::ManagedIdentity && !managed_identity::is_announced();
        if let Some(connection) = self.connection(kind, tenant) {
            let connection = connection?;
            return Ok(ConfiguredCredential {
                kind,
                credential: ConnectionCredential::new(connection.service, transport.clone()),
                connection: connection.facts,
                limit: if unannounced {
                    managed_identity::UNANNOUNCED
                } else {
                    ONE
                },
            });
        }
        let name = kind.name();
        let path = program::on_path(name).ok_or(CredentialProblemKind::NotInstalled(name))?;
        let tool = match kind {
            Credential::Azd => Tool::azd(path, system_folder()),
            _ => Tool::az(path, system_folder()),
        };
        Ok(ConfiguredCredential {
            kind,
            credential: Arc::new(tool),
            connection: ConnectionFacts::default(),
            limit: ONE,
        })
    }
}

/// In the order in which they were tried.
fn sort(passed_over: &mut [CredentialProblem]) {
    adieu_order::sort_by(passed_over, |one, other| {
        one.credential.cmp(&other.credential)
    });
}

impl ConfiguredCredential {
    async fn token(
        &self,
        mut request: TokenRequest,
        is_patient: bool,
    ) -> Result<Token, CredentialProblemKind> {
        let tenant = request.tenant.clone();
        let mut result = request.clone().send(&*self.credential).await;
        if let Err(error) = &result
            && let Some(error) = Error::of(error)
            && let Some(time) = error.settles_within()
            && is_patient
        {
            Terminal.say(&report::settling(error, time));
            request.waits = true;
            result = request.send(&*self.credential).await;
        }
        let token = result.map_err(|error| self.fault(error))?;
        // A managed identity or a tool's sign-in can belong to another tenant than the requested one.
        let actual = token.claims().and_then(|claims| claims.tenant);
        match (tenant, actual) {
            (Some(expected), Some(actual))
                if is_guid(&expected) && !expected.eq_ignore_ascii_case(&actual) =>
            {
                Err(CredentialProblemKind::AnotherTenant { expected, actual })
            }
            _ => Ok(token),
        }
    }

    /// The error that a credential reported through the Azure SDK: a tool's problem, or the failure of a connection.
    fn fault(&self, error: azure_core::Error) -> CredentialProblemKind {
        match error.into_downcast::<ToolError>() {
            Ok(error) => CredentialProblemKind::Tool(error),
            Err(error) => CredentialProblemKind::Identity {
                connection: self.connection.clone(),
                error: Error::take(error).unwrap_or_else(Error::Credential),
            },
        }
    }
}

/// The application that the running GitHub Actions workflow signs in as, as a connection.
pub(crate) fn workflow(tenant: Option<&str>) -> Result<Connection, Failure> {
    github_actions::read(tenant).map_err(|fault| {
        Failure::NoCredential(vec![CredentialProblem {
            credential: Credential::GithubActions,
            fault,
        }])
    })
}

/// The log of the GitHub Actions job that runs this program, on standard error: standard output may be read by
/// another program.
pub(crate) fn workflow_log() -> Option<WorkflowLog> {
    github_actions::is_a_job().then(|| WorkflowLog::on(Stream::Error))
}

/// Whether a credential belongs to a CI system that does not run this program: `auto` does not mention it.
fn is_of_another_ci(credential: Credential) -> bool {
    match credential {
        Credential::GithubActions => !github_actions::is_here(),
        Credential::Gitlab => !gitlab::is_here(),
        _ => false,
    }
}

/// The folder in which tools run, as in the Azure SDKs.
fn system_folder() -> PathBuf {
    let folder = match cfg!(windows) {
        true => variable("SystemRoot").unwrap_or_else(|| "C:\\Windows".to_owned()),
        false => "/".to_owned(),
    };
    PathBuf::from(folder)
}

/// The cloud of `AZURE_AUTHORITY_HOST`, which decides the addresses of resources.
pub(crate) fn cloud() -> Cloud {
    match authority().ok().and_then(|authority| authority.cloud()) {
        Some(AzureCloud::UsGovernment) => Cloud::UsGovernment,
        Some(AzureCloud::China) => Cloud::China,
        Some(AzureCloud::Public) | None => Cloud::Public,
    }
}

/// The authority for tokens: `AZURE_AUTHORITY_HOST`, which may lack `https://`.
pub(crate) fn authority() -> Result<Authority, CredentialProblemKind> {
    let Some(text) = variable("AZURE_AUTHORITY_HOST") else {
        return Ok(Authority::of(AzureCloud::Public));
    };
    let address = if text.contains("://") {
        text.clone()
    } else {
        format!("https://{text}")
    };
    Authority::parse(&address).map_err(|reason| CredentialProblemKind::Authority { text, reason })
}

fn required(name: &'static str) -> Result<String, CredentialProblemKind> {
    variable(name).ok_or(CredentialProblemKind::NotSet(name))
}
