//! An identity that calls Azure DevOps while a verb runs; its token is renewed before it expires.
//!
//! It never decides what is requested.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use adieu_agent::Log;
use adieu_devops::{Client, Hosts, MicrosoftGraph, Organization};
use adieu_identity::{Claims, Error, IssuedTokens, Scope, Token};
use adieu_secret::AccessToken;
use adieu_transport::Transport;

use crate::connection::Connection;
use crate::credential::{self, Credential, CredentialArguments, SignIn};
use crate::failure::Failure;
use crate::identity_ids::IdentityIds;
use crate::network;
use crate::organization;
use crate::resource::{self, Cloud};

/// A token with less than this to live is renewed first.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// Who asks, and how the services are reached.
pub(crate) struct Session {
    transport: Transport,
    hosts: Hosts,
    source: Source,
    current: RefCell<Option<Current>>,
    /// What services said about the identity that asks.
    learned: RefCell<IdentityIds>,
}

/// Where tokens come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A task's service connection.
    Connection(Box<Connection>),
    /// What the command line has at hand.
    SignIn(SignIn),
}

struct Current {
    token: Arc<AccessToken>,
    expires_on: SystemTime,
    ids: IdentityIds,
}

impl Session {
    pub(crate) fn new(transport: Transport, hosts: Hosts, source: Source) -> Self {
        Self {
            transport,
            hosts,
            source,
            current: RefCell::new(None),
            learned: RefCell::default(),
        }
    }

    /// The services that are asked.
    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Someone who asks, with a token that is good for the next minutes.
    pub(crate) async fn client(&self) -> Result<Client<'_>, Failure> {
        if let Some(current) = self.current.borrow().as_ref()
            && current.expires_on > SystemTime::now() + MARGIN
        {
            return Ok(self.with(&current.token));
        }
        let scope = resource::azure_devops();
        let token = self.source.token_patiently(&scope, &self.transport).await?;
        let current = Current {
            ids: IdentityIds::of_token(&token),
            token: Arc::new(token.value),
            expires_on: token.expires_on,
        };
        let client = self.with(&current.token);
        *self.current.borrow_mut() = Some(current);
        Ok(client)
    }

    /// Someone who asks Microsoft Graph, by the same sign-in.
    pub(crate) async fn microsoft_graph(&self) -> Result<MicrosoftGraph<'_>, Failure> {
        let scope = well_known("graph", self.source.cloud())?;
        let token = self.source.token_patiently(&scope, &self.transport).await?;
        Ok(MicrosoftGraph::new(
            &self.transport,
            token.value.into_graph_token(),
        ))
    }

    /// The credential of the command line that gave the token, once there was one.
    pub(crate) fn used(&self) -> Option<Credential> {
        match &self.source {
            Source::SignIn(sign_in) => sign_in.used(),
            Source::Connection(_) => None,
        }
    }

    /// The tenant that the command line signs in to, where one is named or an organization has it.
    pub(crate) fn tenant(&self) -> Option<&str> {
        match &self.source {
            Source::SignIn(sign_in) => sign_in.tenant(),
            Source::Connection(_) => None,
        }
    }

    /// What the credential of the command line presents to Microsoft Entra, where it presents an ID token.
    pub(crate) async fn presented(&self) -> Option<Claims> {
        match &self.source {
            Source::SignIn(sign_in) => sign_in.presented(&self.transport).await,
            Source::Connection(_) => None,
        }
    }

    /// Who asks: as the token says, where it can be read, else as services said and as the sign-in is configured.
    pub(crate) fn ids(&self) -> IdentityIds {
        let current = self.current.borrow();
        let in_token = current
            .as_ref()
            .map(|current| current.ids.clone())
            .unwrap_or_default();
        let configured = match &self.source {
            Source::Connection(connection) => IdentityIds::from(&connection.facts),
            Source::SignIn(sign_in) => sign_in.ids(),
        };
        in_token.or(self.learned.borrow().clone()).or(configured)
    }

    /// Keeps what a service said about the identity that asks.
    pub(crate) fn learn(&self, ids: IdentityIds) {
        let mut learned = self.learned.borrow_mut();
        *learned = std::mem::take(&mut *learned).or(ids);
    }

    /// The same from a refusal, where it names the identity.
    pub(crate) fn learn_from(&self, error: &adieu_devops::Error) {
        if let adieu_devops::Error::Refused(refusal) = error {
            self.learn(IdentityIds::from(&**refusal));
        }
    }

    fn with(&self, token: &Arc<AccessToken>) -> Client<'_> {
        Client::new(&self.transport, Arc::clone(token), &self.hosts)
    }
}

/// The session of a command line, in the tenant that is named or else in the organization's own; and the organization.
pub(crate) async fn of_command_line(
    organization: Option<&str>,
    tenant: Option<String>,
    credential: CredentialArguments,
) -> Result<(Session, Option<Organization>), Failure> {
    let hosts = Hosts::public();
    let known = organization.map(|text| organization::named(&hosts, text));
    let known = known.transpose()?;
    let transport = network::of_command_line()?;
    let tenant = credential::tenant(tenant, organization, &transport).await?;
    let source = Source::SignIn(SignIn::new(credential, tenant));
    Ok((Session::new(transport, hosts, source), known))
}

impl Source {
    /// A new token. `tenant` is for a credential of the command line; a connection has its own.
    pub(crate) async fn token(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        transport: &Transport,
    ) -> Result<Token, Failure> {
        match self {
            Self::Connection(connection) => {
                let scopes = std::slice::from_ref(scope);
                one(
                    connection,
                    connection.service.tokens(scopes, transport).await,
                )
            }
            Self::SignIn(sign_in) => sign_in.token_at_once(scope, tenant, transport).await,
        }
    }

    /// The same for a verb or a task, which waits for a managed identity that is still being set up, and says so.
    pub(crate) async fn token_patiently(
        &self,
        scope: &Scope,
        transport: &Transport,
    ) -> Result<Token, Failure> {
        match self {
            Self::Connection(connection) => {
                let scopes = std::slice::from_ref(scope);
                let log = Log::new(false);
                let tokens = connection.tokens(scopes, transport, &log).await;
                one(connection, tokens)
            }
            Self::SignIn(sign_in) => sign_in.token(scope, None, transport).await,
        }
    }

    /// A token that goes to another program ([`SignIn::confirmed`]).
    pub(crate) async fn confirmed(
        &self,
        token: Token,
        scope: &Scope,
        transport: &Transport,
    ) -> Result<Token, Failure> {
        match self {
            Self::Connection(_) => Ok(token),
            Self::SignIn(sign_in) => Ok(sign_in.confirmed(token, scope, transport).await?.0),
        }
    }

    fn cloud(&self) -> &Cloud {
        match self {
            Self::Connection(connection) => &connection.cloud,
            Self::SignIn(sign_in) => sign_in.cloud(),
        }
    }
}

/// The one token of one scope.
fn one(connection: &Connection, tokens: Result<IssuedTokens, Error>) -> Result<Token, Failure> {
    let refused = |error| Failure::NoToken {
        connection: connection.facts.clone(),
        errors: vec![(String::new(), error)],
    };
    match tokens.map_err(refused)?.access.pop() {
        Some(token) => token.map_err(refused),
        None => Err(Failure::Internal("one scope has no outcome")),
    }
}

/// A resource by its word, which a custom cloud may have no address for.
fn well_known(word: &str, cloud: &Cloud) -> Result<Scope, Failure> {
    resource::scope(word, cloud).map_err(|reason| Failure::NotAResource {
        text: word.to_owned(),
        reason,
    })
}
