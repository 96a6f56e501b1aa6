//! The credentials of a command line: the service connection of a pipeline, the identity of a workload or a machine,
//! or the user's sign-in with azd or az; and the order in which they are tried.
//!
//! It never prompts, never keeps a token, and reads variables and finds programs only through [`Surroundings`]; each
//! credential has its own file.

mod federated;
mod github_actions;
mod gitlab;
mod kind;
mod managed_identity;
mod pipelines;
mod problem;
mod workload_identity;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adieu_transport::{Deadline, Transport};
use azure_core::credentials::TokenCredential;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::authority::{Authority, AzureCloud};
use crate::claims::Claims;
use crate::connection::{Connection, ConnectionFacts};
use crate::error::Error;
use crate::identity_endpoint::IdentityEndpoint;
use crate::resource::Cloud;
use crate::scope::Scope;
use crate::service_connection::{ConnectionCredential, ServiceConnection};
use crate::token::{Token, TokenRequest};
use crate::tool::{Tool, ToolError};
use crate::user_assigned::{UserAssignedId, is_guid};

pub use federated::Federation;
pub use kind::Credential;
pub use problem::{CredentialProblem, CredentialProblemKind};

/// Time limit for one credential.
const ONE: Duration = Duration::from_secs(15);

/// Time limit for all credentials.
const ALL: Duration = Duration::from_secs(17);

/// What surrounds a sign-in.
pub trait Surroundings: Sync {
    /// A variable; `None` if it is not set or empty.
    fn variable(&self, name: &str) -> Option<String>;

    /// The endpoint of the machine's own identity, and whether the platform announces it.
    fn machine(&self) -> (IdentityEndpoint, bool);

    /// The broker of the job, if it has one.
    fn broker(&self) -> Option<IdentityEndpoint>;

    /// The path of a program, if it is installed.
    fn program(&self, name: &str) -> Option<PathBuf>;

    /// The time limit for a tool, if the user has set one.
    fn tool_limit(&self) -> Option<Duration>;

    /// A tool is running until the returned value is dropped.
    fn runs(&self, tool: &'static str) -> Box<dyn Send>;

    /// A managed identity is still being set up, which takes at most this long.
    fn settles(&self, error: &Error, time: Duration);
}

/// The credentials of a command line, as its flags choose them.
pub struct Credentials<'a> {
    /// The requested one, or `auto`.
    pub chosen: Credential,
    /// A user-assigned managed identity, if it is not that of `AZURE_CLIENT_ID`.
    pub identity: Option<&'a UserAssignedId>,
    /// The tenant to sign in to, if it is not the identity's own.
    pub tenant: Option<&'a str>,
    /// Where they are configured.
    pub around: &'a dyn Surroundings,
}

/// A token, and the credential that returned it.
pub struct FirstToken {
    /// The credential.
    pub credential: Credential,
    /// Its token.
    pub token: Token,
    /// Why those before it returned none.
    pub passed_over: Vec<CredentialProblem>,
}

/// The claims that a credential with a federated token presents to Microsoft Entra.
pub struct PresentedClaims {
    /// The credential.
    pub credential: Credential,
    /// The application that must trust it.
    pub client_id: String,
    /// The claims.
    pub claims: Claims,
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

impl Credentials<'_> {
    /// The credentials that are configured here, in order, and why the others are not.
    #[must_use]
    pub fn configured(&self, transport: &Transport) -> (Vec<Credential>, Vec<CredentialProblem>) {
        let (ready, problems) = self.ready(transport);
        (
            ready.into_iter().map(|ready| ready.kind).collect(),
            problems,
        )
    }

    /// The issuer of a workflow's ID tokens, if there is one.
    #[must_use]
    pub fn workflow_issuer(&self) -> Option<String> {
        let is_asked = matches!(self.chosen, Credential::Auto | Credential::GithubActions);
        let request = is_asked.then(|| self.workflow_request())?.ok()?;
        Some(request.origin())
    }

    /// The claims that the first credential with a federated token presents to Microsoft Entra, if there is one here.
    ///
    /// # Errors
    /// It cannot get that token.
    pub async fn presented(
        &self,
        transport: &Transport,
    ) -> Option<Result<PresentedClaims, CredentialProblem>> {
        let federated = [
            Credential::Pipelines,
            Credential::GithubActions,
            Credential::Gitlab,
            Credential::WorkloadIdentity,
        ];
        let (credential, connection) = federated
            .into_iter()
            .filter(|kind| self.chosen == Credential::Auto || self.chosen == *kind)
            .find_map(|kind| Some((kind, self.connection(kind)?.ok()?)))?;
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
                Some(Err(CredentialProblem { credential, fault }))
            }
        }
    }

    /// A new token, or why no credential returned one. With `is_patient`, it waits for a managed identity that is
    /// still being set up, after a message.
    ///
    /// A slow credential does not delay the next one, and continues meanwhile: az and azd need seconds, the others do
    /// not.
    ///
    /// # Errors
    /// Why each returned none.
    pub async fn first(
        &self,
        scope: &Scope,
        transport: &Transport,
        is_patient: bool,
    ) -> Result<FirstToken, Vec<CredentialProblem>> {
        let (mut ready, mut passed_over) = self.ready(transport);
        let mut all = ALL;
        if ready.iter().any(|one| one.kind.is_tool())
            && let Some(limit) = self.around.tool_limit()
        {
            let tools = ready.iter_mut().filter(|one| one.kind.is_tool());
            tools.for_each(|tool| tool.limit = limit);
            all = ALL.max(limit + (ALL - ONE));
        }
        let deadline = Deadline::after(all);
        let ask = |ready: ConfiguredCredential| async move {
            let request = TokenRequest {
                scope: scope.clone(),
                tenant: self.tenant.map(str::to_owned),
                deadline: Deadline::after(ready.limit.min(deadline.left())),
                waits: false,
            };
            let tool = ready.kind.is_tool();
            let running = tool.then(|| self.around.runs(ready.kind.name()));
            let outcome = ready.token(request, is_patient, self.around).await;
            drop(running);
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
        Err(passed_over)
    }

    /// The credentials that are configured here, in order, and those that are not.
    fn ready(&self, transport: &Transport) -> (Vec<ConfiguredCredential>, Vec<CredentialProblem>) {
        let (mut ready, mut problems) = (Vec::new(), Vec::new());
        for credential in Credential::ALL {
            let is_passed_over = match self.chosen {
                Credential::Auto => self.is_of_another_ci(credential),
                chosen => chosen != credential,
            };
            if is_passed_over {
                continue;
            }
            match self.read(credential, transport) {
                Ok(one) => ready.push(one),
                Err(fault) => problems.push(CredentialProblem { credential, fault }),
            }
        }
        (ready, problems)
    }

    /// The facts of the connection that a credential is configured with; `None` for a tool, and if it is not.
    #[must_use]
    pub fn facts(&self, kind: Credential) -> Option<ConnectionFacts> {
        Some(self.connection(kind)?.ok()?.facts)
    }

    /// The connection of a credential; `None` for a tool.
    fn connection(&self, kind: Credential) -> Option<Result<Connection, CredentialProblemKind>> {
        match kind {
            Credential::Pipelines => Some(self.pipelines()),
            Credential::GithubActions => Some(self.github_actions()),
            Credential::Gitlab => Some(self.gitlab()),
            Credential::WorkloadIdentity => Some(self.workload_identity()),
            Credential::ManagedIdentity => {
                let is_passed_over = self.chosen == Credential::Auto && !self.around.machine().1;
                Some(match is_passed_over {
                    true => Err(CredentialProblemKind::NotSet("IDENTITY_ENDPOINT")),
                    false => self.managed_identity(),
                })
            }
            Credential::Auto | Credential::Azd | Credential::Az => None,
        }
    }

    fn read(
        &self,
        kind: Credential,
        transport: &Transport,
    ) -> Result<ConfiguredCredential, CredentialProblemKind> {
        if let Some(connection) = self.connection(kind) {
            let connection = connection?;
            let is_unannounced = kind == Credential::ManagedIdentity && !self.around.machine().1;
            return Ok(ConfiguredCredential {
                kind,
                credential: ConnectionCredential::new(connection.service, transport.clone()),
                connection: connection.facts,
                limit: match is_unannounced {
                    true => managed_identity::UNANNOUNCED,
                    false => ONE,
                },
            });
        }
        let name = kind.name();
        let path = self.around.program(name);
        let path = path.ok_or(CredentialProblemKind::NotInstalled(name))?;
        let folder = self.system_folder();
        Ok(ConfiguredCredential {
            kind,
            credential: Arc::new(match kind {
                Credential::Azd => Tool::azd(path, folder),
                _ => Tool::az(path, folder),
            }),
            connection: ConnectionFacts::default(),
            limit: ONE,
        })
    }

    /// Whether a credential belongs to a CI system that does not run this program: `auto` does not mention it.
    fn is_of_another_ci(&self, credential: Credential) -> bool {
        match credential {
            Credential::GithubActions => !self.is_in_github_actions(),
            Credential::Gitlab => !self.is_in_gitlab(),
            _ => false,
        }
    }

    /// The cloud of `AZURE_AUTHORITY_HOST`, which decides the addresses of resources.
    #[must_use]
    pub fn cloud(&self) -> Cloud {
        match self
            .authority()
            .ok()
            .and_then(|authority| authority.cloud())
        {
            Some(AzureCloud::UsGovernment) => Cloud::UsGovernment,
            Some(AzureCloud::China) => Cloud::China,
            Some(AzureCloud::Public) | None => Cloud::Public,
        }
    }

    /// The authority for tokens: `AZURE_AUTHORITY_HOST`, which may lack `https://`.
    ///
    /// # Errors
    /// The variable is not an authority.
    pub fn authority(&self) -> Result<Authority, CredentialProblemKind> {
        let Some(text) = self.variable("AZURE_AUTHORITY_HOST") else {
            return Ok(Authority::of(AzureCloud::Public));
        };
        let address = match text.contains("://") {
            true => text.clone(),
            false => format!("https://{text}"),
        };
        Authority::parse(&address)
            .map_err(|reason| CredentialProblemKind::Authority { text, reason })
    }

    /// The folder in which tools run, as in the Azure SDKs.
    fn system_folder(&self) -> PathBuf {
        let folder = match cfg!(windows) {
            true => self
                .variable("SystemRoot")
                .unwrap_or_else(|| "C:\\Windows".to_owned()),
            false => "/".to_owned(),
        };
        PathBuf::from(folder)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.around.variable(name)
    }

    /// A connection with its facts; `facts` has those that are not in `service`.
    fn connection_of(&self, service: ServiceConnection, facts: ConnectionFacts) -> Connection {
        Connection {
            facts: ConnectionFacts {
                tenant: service.tenant.clone(),
                client_id: service.client_id.clone(),
                authority: service.authority.host(),
                ..facts
            },
            cloud: self.cloud(),
            service,
        }
    }

    fn required(&self, name: &'static str) -> Result<String, CredentialProblemKind> {
        self.variable(name)
            .ok_or(CredentialProblemKind::NotSet(name))
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
        around: &dyn Surroundings,
    ) -> Result<Token, CredentialProblemKind> {
        let tenant = request.tenant.clone();
        let mut result = request.clone().send(&*self.credential).await;
        if let Err(error) = &result
            && let Some(error) = Error::of(error)
            && let Some(time) = error.settles_within()
            && is_patient
        {
            around.settles(error, time);
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
