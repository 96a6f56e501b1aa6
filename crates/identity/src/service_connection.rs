//! A service connection that signs in: which proof it has, and how many tokens it makes of it.
//!
//! It never knows whose pipeline it serves.

use std::sync::Arc;

use futures_util::future::join_all;

use adieu_secret::{ClientCertificate, ClientSecret, IdToken};
use adieu_transport::{Deadline, Transport};

use crate::answers::seconds_now;
use crate::authority::Authority;
use crate::certificate_assertion;
use crate::claims::Claims;
use crate::error::Error;
use crate::exchange::{ASSERTION_EXPIRED, Exchange, Proof, Token};
use crate::id_token::IdTokenRequest;
use crate::managed_identity::{self, IdentityEndpoint};
use crate::scope::Scope;

/// An Azure Resource Manager service connection.
#[derive(Debug)]
pub struct ServiceConnection {
    /// Where it signs in.
    pub authority: Authority,
    /// Tenant, as GUID or domain.
    pub tenant: String,
    /// Application (client) id; empty for a system-assigned managed identity.
    pub client_id: String,
    /// How it proves who it is.
    pub scheme: Scheme,
}

/// How a connection proves who it is.
#[derive(Debug)]
pub enum Scheme {
    /// With an ID token that Azure DevOps mints for the job.
    WorkloadIdentityFederation {
        /// How to get one.
        request: IdTokenRequest,
        /// One that came with the job. It can be too old by the time when this step runs.
        late_bound: Option<Arc<IdToken>>,
    },
    /// With a secret.
    ServicePrincipalKey(ClientSecret),
    /// With a certificate.
    ServicePrincipalCertificate(ClientCertificate),
    /// With a token that somebody else mints and renews, as Kubernetes does in a file.
    FederatedToken(IdToken),
    /// Not at all: this endpoint knows it.
    ManagedServiceIdentity(IdentityEndpoint),
}

/// What a connection gave.
#[derive(Debug)]
pub struct Tokens {
    /// A token for each scope, in the scopes' order.
    pub access: Vec<Result<Token, Error>>,
    /// The ID token that was used last, where there is one.
    pub id: Option<Arc<IdToken>>,
}

impl ServiceConnection {
    /// A token for each scope: one ID token serves all exchanges, which run at once.
    ///
    /// # Errors
    /// There is no proof of identity to exchange. What goes wrong with one scope stands in its place.
    pub async fn tokens(&self, scopes: &[Scope], transport: &Transport) -> Result<Tokens, Error> {
        self.tokens_by(scopes, transport, Deadline::start()).await
    }

    /// The same, with all attempts before `deadline`.
    ///
    /// # Errors
    /// As for [`tokens`](Self::tokens).
    pub async fn tokens_by(
        &self,
        scopes: &[Scope],
        transport: &Transport,
        deadline: Deadline,
    ) -> Result<Tokens, Error> {
        let endpoint = self.authority.token_endpoint(&self.tenant);
        let exchange = Exchange {
            endpoint: endpoint.clone(),
            tenant: &self.tenant,
            client_id: &self.client_id,
        };
        match &self.scheme {
            Scheme::WorkloadIdentityFederation {
                request,
                late_bound,
            } => {
                transport.open_ahead(&endpoint, scopes.len()).await;
                federate(
                    &exchange,
                    request,
                    late_bound.as_ref(),
                    scopes,
                    transport,
                    deadline,
                )
                .await
            }
            Scheme::ServicePrincipalKey(secret) => {
                let proof = Proof::Secret(secret);
                Ok(without_id(
                    exchange_all(&exchange, &proof, scopes, transport, deadline).await,
                ))
            }
            Scheme::FederatedToken(token) => {
                let proof = Proof::Assertion(token);
                Ok(without_id(
                    exchange_all(&exchange, &proof, scopes, transport, deadline).await,
                ))
            }
            Scheme::ServicePrincipalCertificate(certificate) => {
                let assertion =
                    certificate_assertion::sign(certificate, &self.client_id, endpoint.as_str())
                        .map_err(Error::Certificate)?;
                let proof = Proof::Assertion(&assertion);
                Ok(without_id(
                    exchange_all(&exchange, &proof, scopes, transport, deadline).await,
                ))
            }
            Scheme::ManagedServiceIdentity(endpoint) => {
                let client_id = Some(self.client_id.as_str()).filter(|id| !id.is_empty());
                Ok(without_id(
                    managed_identity::access_tokens(
                        endpoint, client_id, scopes, transport, deadline,
                    )
                    .await,
                ))
            }
        }
    }

    /// What the ID token says of itself that the connection presents to Microsoft Entra; nothing, where it
    /// has another proof or an opaque token.
    ///
    /// # Errors
    /// Azure DevOps mints none.
    pub async fn presented(&self, transport: &Transport) -> Result<Option<Claims>, Error> {
        match &self.scheme {
            Scheme::WorkloadIdentityFederation { request, .. } => {
                let token = request.send(transport, Deadline::start()).await?;
                Ok(Claims::read(token.reveal()))
            }
            Scheme::FederatedToken(token) => Ok(Claims::read(token.reveal())),
            Scheme::ServicePrincipalKey(_)
            | Scheme::ServicePrincipalCertificate(_)
            | Scheme::ManagedServiceIdentity(_) => Ok(None),
        }
    }

    /// Whether the connection has ID tokens to give.
    #[must_use]
    pub fn has_id_token(&self) -> bool {
        matches!(self.scheme, Scheme::WorkloadIdentityFederation { .. })
    }
}

/// An ID token with less than this to live is not worth presenting.
const LATE_BOUND_MARGIN: i64 = 60;

async fn federate(
    exchange: &Exchange<'_>,
    request: &IdTokenRequest,
    late_bound: Option<&Arc<IdToken>>,
    scopes: &[Scope],
    transport: &Transport,
    deadline: Deadline,
) -> Result<Tokens, Error> {
    let mut id = match late_bound.filter(|token| is_alive(token)) {
        Some(token) => token.clone(),
        None => Arc::new(request.send(transport, deadline).await?),
    };
    let mut access = exchange_all(
        exchange,
        &Proof::Assertion(&id),
        scopes,
        transport,
        deadline,
    )
    .await;
    if access.iter().any(is_assertion_expired) {
        // Clocks differ, or a retry took long: one fresh ID token heals both.
        id = Arc::new(request.send(transport, deadline).await?);
        let proof = Proof::Assertion(&id);
        for (result, scope) in access.iter_mut().zip(scopes) {
            if is_assertion_expired(result) {
                *result = exchange.send(&proof, scope, transport, deadline).await;
            }
        }
    }
    Ok(Tokens {
        access,
        id: Some(id),
    })
}

async fn exchange_all(
    exchange: &Exchange<'_>,
    proof: &Proof<'_>,
    scopes: &[Scope],
    transport: &Transport,
    deadline: Deadline,
) -> Vec<Result<Token, Error>> {
    join_all(
        scopes
            .iter()
            .map(|scope| exchange.send(proof, scope, transport, deadline)),
    )
    .await
}

fn without_id(access: Vec<Result<Token, Error>>) -> Tokens {
    Tokens { access, id: None }
}

/// Whether a token that came with the job is still good. One whose claims cannot be read is tried.
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
