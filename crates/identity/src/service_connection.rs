//! A service connection that signs in: how it proves its identity, and how it gets several tokens with one proof.
//!
//! It does not know which pipeline uses it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::ClientMethodOptions;
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions,
};
use futures_util::future::{FutureExt as _, join_all};

use adieu_secret::{ClientCertificate, ClientSecret, IdToken};
use adieu_transport::{Deadline, MICROSOFT_ENTRA, Transport};

use crate::answers::seconds_now;
use crate::authority::{Authority, AzureCloud};
use crate::certificate;
use crate::claims::Claims;
use crate::entra::{ASSERTION_EXPIRED, Entra};
use crate::error::Error;
use crate::id_token::IdTokenRequest;
use crate::managed_identity::ManagedIdentity;
use crate::scope::Scope;
use crate::sdk;
use crate::token::{Token, TokenRequest};
use crate::workflow_token::WorkflowTokenRequest;

/// A service connection, or any other identity that Microsoft Entra issues tokens to.
#[derive(Debug)]
pub struct ServiceConnection {
    /// The authority where it signs in.
    pub authority: Authority,
    /// Tenant, as GUID or domain.
    pub tenant: String,
    /// Application (client) ID; empty for a managed identity without one.
    pub client_id: String,
    /// How it proves its identity.
    pub scheme: Scheme,
}

/// How a connection proves its identity.
#[derive(Debug)]
pub enum Scheme {
    /// With an ID token that Azure DevOps issues for the job.
    WorkloadIdentityFederation {
        /// The request for one.
        request: IdTokenRequest,
        /// An ID token that came with the job. It may have expired when this step runs.
        late_bound: Option<Arc<IdToken>>,
    },
    /// With a secret.
    ServicePrincipalKey(ClientSecret),
    /// With a certificate.
    ServicePrincipalCertificate(ClientCertificate),
    /// With a token in a file that a platform writes and renews, as Kubernetes does.
    FederatedTokenFile(PathBuf),
    /// With a token that the platform set in a variable, once for the whole job, as GitLab does.
    FederatedToken(Arc<IdToken>),
    /// With an ID token that GitHub Actions issues for the workflow.
    Workflow(WorkflowTokenRequest),
    /// Without a proof: the machine's endpoint knows the identity.
    ManagedServiceIdentity(ManagedIdentity),
}

/// The tokens that a connection got.
#[derive(Debug)]
pub struct IssuedTokens {
    /// One token for each scope, in order.
    pub access: Vec<Result<Token, Error>>,
    /// The last ID token that was used, if any.
    pub id: Option<Arc<IdToken>>,
}

/// A connection as a credential of the Azure SDK.
///
/// It requests a new token each time: the SDK's clients keep theirs (`BearerTokenAuthorizationPolicy`), and so do
/// Adieu's verbs and its broker. Errors contain an [`Error`], which [`Error::of`] finds.
pub struct ConnectionCredential {
    connection: ServiceConnection,
    transport: Transport,
}

adieu_secret::debug_by_name!(ConnectionCredential);

impl ConnectionCredential {
    /// The managed identity of this machine or app.
    pub fn of_managed_identity(identity: ManagedIdentity, transport: Transport) -> Arc<Self> {
        let connection = ServiceConnection {
            authority: Authority::of(AzureCloud::Public),
            tenant: String::new(),
            client_id: String::new(),
            scheme: Scheme::ManagedServiceIdentity(identity),
        };
        Self::new(connection, transport)
    }

    /// A credential that sends its requests over `transport`.
    pub fn new(connection: ServiceConnection, transport: Transport) -> Arc<Self> {
        Arc::new(Self {
            connection,
            transport,
        })
    }
}

#[async_trait]
impl TokenCredential for ConnectionCredential {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<azure_core::credentials::AccessToken> {
        let request = TokenRequest::read(scopes, options.as_ref());
        let scopes = std::slice::from_ref(&request.scope);
        let (connection, transport) = (&self.connection, &self.transport);
        let mut token = connection.token(scopes, transport, request.deadline).await;
        if request.waits
            && let Some(time) = token.as_ref().err().and_then(Error::settles_within)
        {
            token = one(connection
                .tokens_when_settled(scopes, transport, time)
                .await);
        }
        Ok(token?.into())
    }
}

/// The only token of a result for one scope.
fn one(tokens: Result<IssuedTokens, Error>) -> Result<Token, Error> {
    let first = tokens?.access.pop();
    first.unwrap_or_else(|| Err(Error::Credential("no scope was given".to_owned())))
}

impl ServiceConnection {
    /// Requests a token for each scope: one ID token serves all exchanges, which run concurrently.
    ///
    /// # Errors
    /// No proof of identity could be obtained. The failure of one scope is in its own result.
    pub async fn tokens(
        &self,
        scopes: &[Scope],
        transport: &Transport,
    ) -> Result<IssuedTokens, Error> {
        self.tokens_by(scopes, transport, Deadline::start()).await
    }

    /// Requests a token for each scope, with all attempts before `deadline`. A managed identity that is still being
    /// set up is reported immediately: a caller that wants to wait informs the user and calls
    /// [`tokens_when_settled`](Self::tokens_when_settled).
    ///
    /// # Errors
    /// As for [`tokens`](Self::tokens).
    pub async fn tokens_by(
        &self,
        scopes: &[Scope],
        transport: &Transport,
        deadline: Deadline,
    ) -> Result<IssuedTokens, Error> {
        let exchange = Exchange {
            connection: self,
            transport,
            deadline,
        };
        let endpoint = self.authority.token_endpoint(&self.tenant);
        let mut id = None;
        let proof = match &self.scheme {
            Scheme::WorkloadIdentityFederation {
                request,
                late_bound,
            } => {
                transport.preconnect(&endpoint, scopes.len()).await;
                let late_bound = late_bound.as_ref();
                return exchange.federate(request, late_bound, scopes).await;
            }
            Scheme::ManagedServiceIdentity(identity) => {
                let access = identity.tokens(scopes, transport, deadline, false).await;
                return Ok(IssuedTokens { access, id });
            }
            Scheme::ServicePrincipalKey(secret) => Proof::Secret(secret),
            Scheme::FederatedTokenFile(path) => Proof::Assertion(Arc::new(read(path)?)),
            Scheme::FederatedToken(token) => Proof::Assertion(Arc::clone(token)),
            Scheme::Workflow(request) => {
                transport.preconnect(&endpoint, scopes.len()).await;
                let token = Arc::new(request.send(transport, deadline).await?);
                id = Some(Arc::clone(&token));
                Proof::Assertion(token)
            }
            Scheme::ServicePrincipalCertificate(certificate) => {
                let assertion = certificate::sign(certificate, &self.client_id, endpoint.as_str());
                Proof::Assertion(Arc::new(assertion.map_err(Error::Certificate)?))
            }
        };
        let access = exchange.all(&proof, scopes).await;
        Ok(IssuedTokens { access, id })
    }

    /// Requests tokens from a managed identity that is still being set up: retries within `time`, which is the result
    /// of [`Error::settles_within`].
    ///
    /// # Errors
    /// As for [`tokens`](Self::tokens).
    pub async fn tokens_when_settled(
        &self,
        scopes: &[Scope],
        transport: &Transport,
        time: Duration,
    ) -> Result<IssuedTokens, Error> {
        let Scheme::ManagedServiceIdentity(identity) = &self.scheme else {
            return self.tokens(scopes, transport).await;
        };
        let access = identity
            .tokens(scopes, transport, Deadline::after(time), true)
            .await;
        Ok(IssuedTokens { access, id: None })
    }

    async fn token(
        &self,
        scopes: &[Scope],
        transport: &Transport,
        deadline: Deadline,
    ) -> Result<Token, Error> {
        one(self.tokens_by(scopes, transport, deadline).await)
    }

    /// The claims of the ID token that the connection presents to Microsoft Entra; `None` if it uses another proof or
    /// an opaque token.
    ///
    /// # Errors
    /// The issuer refuses to issue one, or the file that holds it cannot be read.
    pub async fn presented(&self, transport: &Transport) -> Result<Option<Claims>, Error> {
        let token = match &self.scheme {
            Scheme::WorkloadIdentityFederation { request, .. } => {
                request.send(transport, Deadline::start()).await?
            }
            Scheme::FederatedTokenFile(path) => read(path)?,
            Scheme::FederatedToken(token) => return Ok(Claims::read(token.reveal())),
            Scheme::Workflow(request) => request.send(transport, Deadline::start()).await?,
            Scheme::ServicePrincipalKey(_)
            | Scheme::ServicePrincipalCertificate(_)
            | Scheme::ManagedServiceIdentity(_) => return Ok(None),
        };
        Ok(Claims::read(token.reveal()))
    }

    /// Whether the connection can provide ID tokens.
    pub fn has_id_token(&self) -> bool {
        matches!(self.scheme, Scheme::WorkloadIdentityFederation { .. })
    }
}

/// What proves the client's identity.
enum Proof<'a> {
    Assertion(Arc<IdToken>),
    Secret(&'a ClientSecret),
}

/// An ID token or a signed assertion, in the form that azure_identity's credential accepts.
struct Assertion(Arc<IdToken>);

adieu_secret::debug_by_name!(Assertion);

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.reveal_to_wire().to_owned())
    }
}

/// The exchanges of one connection, all before one deadline.
struct Exchange<'a> {
    connection: &'a ServiceConnection,
    transport: &'a Transport,
    deadline: Deadline,
}

/// Seconds: an ID token with less time left is not presented.
const LATE_BOUND_MARGIN: i64 = 60;

impl Exchange<'_> {
    async fn federate(
        &self,
        request: &IdTokenRequest,
        late_bound: Option<&Arc<IdToken>>,
        scopes: &[Scope],
    ) -> Result<IssuedTokens, Error> {
        let fresh = async || {
            request
                .send(self.transport, self.deadline)
                .await
                .map(Arc::new)
        };
        let mut id = match late_bound.filter(|token| is_alive(token)) {
            Some(token) => Arc::clone(token),
            None => fresh().await?,
        };
        let mut access = self.all(&Proof::Assertion(Arc::clone(&id)), scopes).await;
        if access.iter().any(is_assertion_expired) {
            // Clocks differ, or a retry took long: one new ID token helps in both cases.
            id = fresh().await?;
            let proof = Proof::Assertion(Arc::clone(&id));
            for (result, scope) in access.iter_mut().zip(scopes) {
                if is_assertion_expired(result) {
                    *result = self.one(&proof, scope).await;
                }
            }
        }
        Ok(IssuedTokens {
            access,
            id: Some(id),
        })
    }

    async fn all(&self, proof: &Proof<'_>, scopes: &[Scope]) -> Vec<Result<Token, Error>> {
        let asking = scopes.iter().map(|scope| self.one(proof, scope).boxed());
        join_all(asking).await
    }

    /// Each scope has its own credential, because a shared one would request its scopes one after the other.
    async fn one(&self, proof: &Proof<'_>, scope: &Scope) -> Result<Token, Error> {
        let credential = self
            .credential(proof)
            .map_err(|error| Error::Credential(error.to_string()))?;
        let connection = self.connection;
        let endpoint = connection.authority.token_endpoint(&connection.tenant);
        let asking = sdk::token(&*credential, scope, self.deadline);
        self.transport
            .telling(&MICROSOFT_ENTRA, &endpoint, asking)
            .await
    }

    fn credential(&self, proof: &Proof<'_>) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let connection = self.connection;
        let client_id = connection.client_id.clone();
        let client_options = sdk::options(Entra {
            endpoint: connection.authority.token_endpoint(&connection.tenant),
            tenant: connection.tenant.clone(),
            transport: self.transport.clone(),
        });
        Ok(match proof {
            Proof::Assertion(token) => ClientAssertionCredential::new(
                sdk::TENANT.to_owned(),
                client_id,
                Assertion(Arc::clone(token)),
                Some(ClientAssertionCredentialOptions { client_options }),
            )?,
            Proof::Secret(secret) => ClientSecretCredential::new(
                sdk::TENANT,
                client_id,
                Secret::new(secret.reveal_to_wire().to_owned()),
                Some(ClientSecretCredentialOptions { client_options }),
            )?,
        })
    }
}

/// Reads a federated token each time it is needed, because the platform renews its file.
fn read(path: &std::path::Path) -> Result<IdToken, Error> {
    let unreadable = |reason: String| Error::FederatedTokenFile {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    match text.trim() {
        "" => Err(unreadable("it is empty".to_owned())),
        token => IdToken::parse(token.to_owned())
            .map_err(|_| unreadable("it contains something that is not a token".to_owned())),
    }
}

/// Whether a token that came with the job has not expired. A token whose claims cannot be read is tried.
fn is_alive(token: &IdToken) -> bool {
    Claims::read(token.reveal())
        .and_then(|claims| claims.expires_on)
        .is_none_or(|expires_on| expires_on > seconds_now() + LATE_BOUND_MARGIN)
}

fn is_assertion_expired(result: &Result<Token, Error>) -> bool {
    matches!(
        result,
        Err(Error::EntraRefused {
            code: Some(ASSERTION_EXPIRED),
            ..
        })
    )
}
