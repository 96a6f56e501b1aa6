//! An identity that calls Azure DevOps while a verb runs; its token is renewed before it expires.
//!
//! It never decides what is requested.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use adieu_agent::Log;
use adieu_devops::{Application, Caller, Client, Hosts, MicrosoftGraph, Organization, Profile};
use adieu_identity::resource::{self, Cloud};
use adieu_identity::{Claims, Connection, Credential, Scope, Token};
use adieu_secret::AccessToken;
use adieu_transport::Transport;

use crate::connection;
use crate::credential::{self, CredentialArguments, SignIn};
use crate::failure::{Failure, UnknownIdentity};
use crate::identity_ids::IdentityIds;
use crate::network;
use crate::organization;
use crate::report::Report;
use crate::tokens;

/// A token with less time left than this is renewed first.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// The identity, and how to reach the services.
pub(crate) struct Session {
    transport: Transport,
    hosts: Hosts,
    source: Source,
    current: RefCell<Option<Current>>,
    /// What services reported about the caller's identity.
    learned: RefCell<IdentityIds>,
}

/// The source of tokens.
#[derive(Debug)]
pub(crate) enum Source {
    /// A task's service connection.
    Connection(Box<Connection>),
    /// The sign-in of a command line.
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

    /// The services' hosts.
    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// A client with a token that is valid for the next minutes.
    pub(crate) async fn client(&self) -> Result<Client<'_>, Box<Failure>> {
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

    /// A client of Microsoft Graph, with the same sign-in.
    pub(crate) async fn microsoft_graph(&self) -> Result<MicrosoftGraph<'_>, Box<Failure>> {
        let scope = tokens::scope("graph", self.source.cloud())?;
        let token = self.source.token_patiently(&scope, &self.transport).await?;
        Ok(MicrosoftGraph::new(
            &self.transport,
            token.value.into_graph_token(),
        ))
    }

    /// The application with one of its IDs, as Microsoft Graph shows it, or why it does not.
    pub(crate) async fn application(&self, id: &str) -> Result<Option<Application>, String> {
        match self.microsoft_graph().await {
            Ok(graph) => graph
                .application(id)
                .await
                .map_err(|error| error.to_string()),
            Err(failure) => Err(Report::sentence_of(&failure)),
        }
    }

    /// The command line's credential that returned the token, once there is one.
    pub(crate) fn used(&self) -> Option<Credential> {
        match &self.source {
            Source::SignIn(sign_in) => sign_in.used(),
            Source::Connection(_) => None,
        }
    }

    /// The tenant to sign in to, if one was given or the organization has one.
    pub(crate) fn tenant(&self) -> Option<&str> {
        match &self.source {
            Source::SignIn(sign_in) => sign_in.tenant(),
            Source::Connection(_) => None,
        }
    }

    /// The claims that the command line's credential presents to Microsoft Entra, if it presents an ID token.
    pub(crate) async fn presented(&self) -> Option<Claims> {
        match &self.source {
            Source::SignIn(sign_in) => sign_in.presented(&self.transport).await,
            Source::Connection(_) => None,
        }
    }

    /// The caller's IDs: from the token if it can be decoded, or else from services and the configuration.
    pub(crate) fn ids(&self) -> IdentityIds {
        let current = self.current.borrow();
        let in_token = current.as_ref().map(|current| current.ids.clone());
        let configured = match &self.source {
            Source::Connection(connection) => IdentityIds::from(&connection.facts),
            Source::SignIn(sign_in) => sign_in.ids(),
        };
        let in_token = in_token.unwrap_or_default();
        in_token.or(self.learned.borrow().clone()).or(configured)
    }

    /// Stores what a service reported about the caller.
    pub(crate) fn learn(&self, ids: IdentityIds) {
        let mut learned = self.learned.borrow_mut();
        *learned = std::mem::take(&mut *learned).or(ids);
    }

    /// Stores the identity that a refusal names.
    pub(crate) fn learn_from(&self, error: &adieu_devops::Error) {
        if let adieu_devops::Error::Refused(refusal) = error {
            self.learn(IdentityIds::from(&**refusal));
        }
    }

    /// An organization's refusal: of the caller, or of the request.
    pub(crate) fn refused(
        &self,
        organization: &str,
        doing: String,
        identity: Option<&Profile>,
        error: adieu_devops::Error,
    ) -> Failure {
        self.learn_from(&error);
        Failure::UnknownIdentity(Box::new(UnknownIdentity {
            organization: organization.to_owned(),
            doing,
            identity: identity.cloned(),
            ids: self.ids(),
            error,
        }))
    }

    fn with(&self, token: &Arc<AccessToken>) -> Client<'_> {
        Client::new(&self.transport, Arc::clone(token), &self.hosts)
    }
}

impl Caller for Session {
    type Error = Box<Failure>;

    fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    async fn client(&self) -> Result<Client<'_>, Box<Failure>> {
        Session::client(self).await
    }
}

/// The session of a command line, in the given tenant or else in the organization's own; and the organization.
pub(crate) async fn of_command_line(
    organization: Option<&str>,
    tenant: Option<String>,
    credential: CredentialArguments,
) -> Result<(Session, Option<Organization>), Box<Failure>> {
    let hosts = Hosts::public();
    let known = organization.map(|text| organization::named(&hosts, text));
    let known = known.transpose()?;
    let transport = network::of_command_line()?;
    let tenant = credential::tenant(tenant, organization, &transport).await?;
    let source = Source::SignIn(SignIn::new(credential, tenant));
    Ok((Session::new(transport, hosts, source), known))
}

impl Source {
    /// A new token. `tenant` is for a command line's credential; a connection has its own.
    pub(crate) async fn token(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        transport: &Transport,
    ) -> Result<Token, Box<Failure>> {
        match self {
            Self::Connection(connection) => {
                let scopes = std::slice::from_ref(scope);
                let tokens = connection.service.tokens(scopes, transport).await;
                connection::one(connection, tokens)
            }
            Self::SignIn(sign_in) => sign_in.token_at_once(scope, tenant, transport).await,
        }
    }

    /// A new token for a verb or a task, which waits for a managed identity that is still being set up, with a
    /// message.
    pub(crate) async fn token_patiently(
        &self,
        scope: &Scope,
        transport: &Transport,
    ) -> Result<Token, Box<Failure>> {
        match self {
            Self::Connection(connection) => {
                let scopes = std::slice::from_ref(scope);
                let log = Log::new(false);
                let tokens = connection::tokens(connection, scopes, transport, &log).await;
                connection::one(connection, tokens)
            }
            Self::SignIn(sign_in) => sign_in.token(scope, None, transport).await,
        }
    }

    /// A token for another program ([`SignIn::confirmed`]).
    pub(crate) async fn confirmed(
        &self,
        token: Token,
        scope: &Scope,
        transport: &Transport,
    ) -> Result<Token, Box<Failure>> {
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
