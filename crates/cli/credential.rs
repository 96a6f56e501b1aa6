//! The identity that a command line has at hand: a pipeline's service connection, a workload's or a
//! machine's own identity, or a person's sign-in by azd or az.
//!
//! It never prompts, never keeps a token and never prints; each credential has a file of its own.

mod az;
mod azd;
pub(crate) mod kind;
mod managed_identity;
mod pipelines;
mod sign_in;
mod tenant;
mod tool;
mod workload_identity;

use std::time::Duration;

use adieu_identity::{Authority, Claims, Scope, Token};
use adieu_transport::{Deadline, Transport};

use crate::connection::Connection;
use crate::identity_ids::IdentityIds;
use crate::resource::{Cloud, is_guid};
use crate::situation::{CredentialFault, CredentialProblem, Situation};
use crate::voice::while_waiting;

pub(crate) use kind::Credential;
pub(crate) use sign_in::{SignIn, SignInArguments};
pub(crate) use tenant::tenant;
pub(crate) use workload_identity::SCHEME as WORKLOAD_IDENTITY;

/// The longest that one credential may take.
const ONE: Duration = Duration::from_secs(15);

/// The longest that all of them may take, one after the other.
const ALL: Duration = Duration::from_secs(17);

/// A token, and how it came.
struct First {
    credential: Credential,
    token: Token,
    passed_over: Vec<CredentialProblem>,
}

/// A credential that is configured here.
enum Ready {
    /// It signs in by itself, within this time.
    Connection(Box<Connection>, Duration),
    /// A tool is signed in.
    Tool(tool::Tool),
}

impl Credential {
    /// The credentials that are configured here, in the order of trying, and why the others are not.
    pub(crate) fn configured(self) -> (Vec<Self>, Vec<CredentialProblem>) {
        let (ready, problems) = self.ready(None);
        let names = ready.into_iter().map(|(credential, _)| credential);
        (names.collect(), problems)
    }

    /// What the first credential with a federated token presents to Microsoft Entra, if there is one here.
    pub(crate) async fn presented(
        self,
        tenant: Option<&str>,
        transport: &Transport,
    ) -> Option<Result<Claims, Situation>> {
        let (ready, _) = self.ready(tenant);
        let (credential, ready) = ready.into_iter().find(|(credential, _)| {
            matches!(credential, Self::Pipelines | Self::WorkloadIdentity)
        })?;
        let Ready::Connection(connection, _) = ready else {
            return None;
        };
        match connection.service.presented(transport).await {
            Ok(claims) => claims.map(Ok),
            Err(error) => {
                let connection = connection.facts;
                let fault = CredentialFault::Identity { connection, error };
                Some(Err(Situation::NoCredential(vec![CredentialProblem {
                    credential,
                    fault,
                }])))
            }
        }
    }

    /// A fresh token, or why each way to one is closed.
    async fn first(
        self,
        scope: &Scope,
        tenant: Option<&str>,
        transport: &Transport,
    ) -> Result<First, Situation> {
        let (ready, mut passed_over) = self.ready(tenant);
        let mut waiting = ready.len();
        let deadline = Deadline::after(ALL);
        for (credential, ready) in ready {
            // Whoever hangs leaves the next ones time to answer.
            waiting -= 1;
            let left = deadline.left();
            let limit = if waiting > 0 { left / 2 } else { left }.min(ONE);
            let is_tool = matches!(ready, Ready::Tool(_));
            let asking = ready.token(scope, tenant, transport, limit);
            let asked = if is_tool {
                while_waiting(credential.name(), asking).await
            } else {
                asking.await
            };
            match asked {
                Ok(token) => {
                    passed_over.retain(|problem| problem.credential < credential);
                    passed_over.sort_by_key(|problem| problem.credential);
                    return Ok(First {
                        credential,
                        token,
                        passed_over,
                    });
                }
                Err(fault) => passed_over.push(CredentialProblem { credential, fault }),
            }
        }
        passed_over.sort_by_key(|problem| problem.credential);
        Err(Situation::NoCredential(passed_over))
    }

    /// What is configured here, in the order of trying, and what is not.
    fn ready(self, tenant: Option<&str>) -> (Vec<(Self, Ready)>, Vec<CredentialProblem>) {
        let (mut ready, mut problems) = (Vec::new(), Vec::new());
        let all = [
            Self::Pipelines,
            Self::WorkloadIdentity,
            Self::ManagedIdentity,
            Self::Azd,
            Self::Az,
        ];
        for credential in all {
            if self != Self::Auto && self != credential {
                continue;
            }
            match credential.read(self == Self::Auto, tenant) {
                Ok(one) => ready.push((credential, one)),
                Err(fault) => problems.push(CredentialProblem { credential, fault }),
            }
        }
        (ready, problems)
    }

    /// The ids that it is configured with; of a tool, the tenant that it was asked for.
    fn ids(self, tenant: Option<&str>) -> IdentityIds {
        match self.read(false, tenant) {
            Ok(Ready::Connection(connection, _)) => IdentityIds::from(&connection.facts),
            Ok(Ready::Tool(_)) | Err(_) => IdentityIds {
                tenant: tenant.filter(|text| is_guid(text)).map(str::to_owned),
                ..IdentityIds::default()
            },
        }
    }

    fn read(self, is_auto: bool, tenant: Option<&str>) -> Result<Ready, CredentialFault> {
        let within = |limit| move |connection| Ready::Connection(Box::new(connection), limit);
        match self {
            Self::Pipelines => pipelines::read(tenant).map(within(ONE)),
            Self::WorkloadIdentity => workload_identity::read(tenant).map(within(ONE)),
            Self::ManagedIdentity if managed_identity::is_announced() => {
                managed_identity::read().map(within(ONE))
            }
            Self::ManagedIdentity if is_auto => Err(managed_identity::NOT_ANNOUNCED),
            Self::ManagedIdentity => {
                managed_identity::read().map(within(managed_identity::UNANNOUNCED))
            }
            Self::Azd => tool::find(&azd::COMMAND).map(Ready::Tool),
            Self::Auto | Self::Az => tool::find(&az::COMMAND).map(Ready::Tool),
        }
    }
}

impl Ready {
    async fn token(
        self,
        scope: &Scope,
        tenant: Option<&str>,
        transport: &Transport,
        limit: Duration,
    ) -> Result<Token, CredentialFault> {
        let token = match self {
            Self::Tool(tool) => tool.token(scope, tenant, limit).await?,
            Self::Connection(connection, longest) => {
                of_connection(*connection, scope, transport, limit.min(longest)).await?
            }
        };
        // A managed identity and a tool's own sign-in can be of another tenant than the one that is asked.
        let got = token.claims().and_then(|claims| claims.tenant);
        match (tenant, got) {
            (Some(asked), Some(got)) if is_guid(asked) && !asked.eq_ignore_ascii_case(&got) => {
                let asked = asked.to_owned();
                Err(CredentialFault::AnotherTenant { asked, got })
            }
            _ => Ok(token),
        }
    }
}

async fn of_connection(
    connection: Connection,
    scope: &Scope,
    transport: &Transport,
    limit: Duration,
) -> Result<Token, CredentialFault> {
    let scopes = std::slice::from_ref(scope);
    let deadline = Deadline::after(limit);
    let got = connection.service.tokens_by(scopes, transport, deadline);
    let result = match got.await {
        Ok(mut tokens) => tokens.access.pop(),
        Err(error) => Some(Err(error)),
    };
    match result {
        Some(Ok(token)) => Ok(token),
        Some(Err(error)) => Err(CredentialFault::Identity {
            connection: connection.facts,
            error,
        }),
        None => Err(CredentialFault::NoToken),
    }
}

/// The cloud that `AZURE_AUTHORITY_HOST` stands for: the words for resources mean its addresses.
pub(crate) fn cloud() -> Cloud {
    let host = variable("AZURE_AUTHORITY_HOST").unwrap_or_default();
    if host.contains("login.microsoftonline.us") {
        Cloud::UsGovernment
    } else if host.contains("login.chinacloudapi.cn")
        || host.contains("login.partner.microsoftonline.cn")
    {
        Cloud::China
    } else {
        Cloud::Public
    }
}

/// Where tokens come from: `AZURE_AUTHORITY_HOST`, which some write without `https://`.
fn authority() -> Result<Authority, CredentialFault> {
    let text = variable("AZURE_AUTHORITY_HOST")
        .unwrap_or_else(|| "https://login.microsoftonline.com/".to_owned());
    let address = if text.contains("://") {
        text.clone()
    } else {
        format!("https://{text}")
    };
    Authority::parse(&address).map_err(|reason| CredentialFault::Authority { text, reason })
}

/// A variable that has a value. One that still says `$(name)` is a pipeline variable that there is not.
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    let is_undefined = adieu_agent::undefined_variable(value).is_some();
    (!value.is_empty() && !is_undefined).then(|| value.to_owned())
}

fn required(name: &'static str) -> Result<String, CredentialFault> {
    variable(name).ok_or(CredentialFault::NotSet(name))
}
