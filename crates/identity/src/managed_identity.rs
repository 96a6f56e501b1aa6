//! Access tokens of the machine's or the app's own managed identity, from the endpoint that the platform provides.
//!
//! It never sends the endpoint's key anywhere else, and never uses a proxy.

use async_trait::async_trait;
use azure_core::http::Request;
use azure_identity::{
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId as SdkId,
};
use bytes::Bytes;
use serde::Serialize;

use adieu_transport::{Attempt, Deadline, Transport};

use crate::answers::canonical;
use crate::error::{Error, ManagedIdentityProblem as Fault};
use crate::identity_endpoint::{Endpoint, IdentityEndpoint, IssuedToken, LocalEndpoint};
use crate::scope::Scope;
use crate::sdk::{self, AttemptContext, TokenService};
use crate::token::{Token, moment};
use crate::user_assigned::UserAssignedId;

/// A managed identity: which one, and which endpoint provides its tokens.
#[derive(Debug)]
pub struct ManagedIdentity {
    /// The endpoint.
    pub endpoint: IdentityEndpoint,
    /// A user-assigned identity; `None` means the system-assigned identity or, without one, the only identity.
    pub user_assigned: Option<UserAssignedId>,
}

impl LocalEndpoint {
    /// A token for a scope.
    ///
    /// # Errors
    /// [`Error::ManagedIdentity`], with the endpoint's answer.
    pub async fn token(
        self,
        scope: &Scope,
        transport: &Transport,
        deadline: Deadline,
    ) -> Result<Token, Error> {
        // azure_identity reads the address from the process environment, but this one comes from other variables.
        let machine = Machine {
            endpoint: Endpoint::AppService(self),
            user_assigned: None,
            direct: direct(transport).map_err(Error::ManagedIdentity)?,
            is_patient: false,
        };
        machine.token(scope, deadline).await
    }
}

impl ManagedIdentity {
    /// Requests a token for each scope, one after the other: the endpoint is on this machine or its host.
    ///
    /// With `is_patient`, an endpoint that is still being set up is retried. Otherwise its answer is reported
    /// immediately, and [`ManagedIdentityProblem::settles_within`](Fault::settles_within) recognizes it.
    pub(crate) async fn tokens(
        &self,
        scopes: &[Scope],
        transport: &Transport,
        deadline: Deadline,
        is_patient: bool,
    ) -> Vec<Result<Token, Error>> {
        let machine = match self.machine(transport, is_patient) {
            Ok(machine) => machine,
            Err(fault) => {
                let refused = |_| Err(Error::ManagedIdentity(fault.clone()));
                return scopes.iter().map(refused).collect();
            }
        };
        // azure_identity reads the process environment itself, and refuses values that it finds there even if another
        // endpoint is used: a variable that was emptied when a job's endpoint stopped hides the platform's.
        let credential = self.credential(machine.clone());
        let mut tokens = Vec::new();
        for scope in scopes {
            tokens.push(match &credential {
                Ok(credential) => sdk::token(&**credential, scope, deadline).await,
                Err(_) => machine.token(scope, deadline).await,
            });
        }
        tokens
    }

    fn machine(&self, transport: &Transport, is_patient: bool) -> Result<Machine, Fault> {
        let endpoint = self.endpoint.0.as_ref().map_err(Fault::clone)?;
        Ok(Machine {
            endpoint: endpoint.duplicate(),
            user_assigned: self.user_assigned.clone(),
            direct: direct(transport)?,
            is_patient,
        })
    }

    fn credential(
        &self,
        machine: Machine,
    ) -> azure_core::Result<std::sync::Arc<ManagedIdentityCredential>> {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: match &self.user_assigned {
                Some(UserAssignedId::Client(id)) => Some(SdkId::ClientId(id.clone())),
                Some(UserAssignedId::Object(id)) => Some(SdkId::ObjectId(id.clone())),
                // azure_identity supports these only for virtual machines (Azure/azure-sdk-for-rust#2407).
                Some(UserAssignedId::Resource(_)) | None => None,
            },
            client_options: sdk::options(machine),
        };
        ManagedIdentityCredential::new(Some(options))
    }
}

/// The endpoint, as azure_identity's credential reaches it.
struct Machine {
    endpoint: Endpoint,
    user_assigned: Option<UserAssignedId>,
    direct: Transport,
    is_patient: bool,
}

adieu_secret::debug_by_name!(Machine);

/// The fields of a managed identity's answer that azure_identity reads.
#[derive(Serialize)]
struct Canonical<'a> {
    access_token: &'a str,
    expires_on: String,
    resource: &'static str,
    token_type: &'static str,
}

#[async_trait]
impl TokenService for Machine {
    /// Resource and identity come from azure_identity's request; address, version and key are the endpoint's own.
    async fn send(
        &self,
        written: &Request,
        attempt: &AttemptContext,
    ) -> Result<Bytes, Attempt<Error>> {
        let asked = written.url().query_pairs();
        let mut parameters: Vec<(String, String)> = asked
            .filter(|(name, _)| name != "api-version")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if let Some(UserAssignedId::Resource(id)) = &self.user_assigned {
            parameters.push((self.endpoint.resource_id_parameter().to_owned(), id.clone()));
        }
        let issued = self.ask(&parameters, attempt.deadline).await?;
        canonical(&Canonical {
            access_token: issued.access_token.reveal(),
            expires_on: issued.expires_on.to_string(),
            resource: "",
            token_type: "Bearer",
        })
        .map_err(Attempt::Permanent)
    }
}

impl Machine {
    fn clone(&self) -> Self {
        Self {
            endpoint: self.endpoint.duplicate(),
            user_assigned: self.user_assigned.clone(),
            direct: self.direct.clone(),
            is_patient: self.is_patient,
        }
    }

    /// Requests a token without azure_identity.
    async fn token(&self, scope: &Scope, deadline: Deadline) -> Result<Token, Error> {
        let mut parameters = vec![("resource".to_owned(), resource(&scope.value).to_owned())];
        parameters.extend(self.user_assigned.as_ref().map(|id| {
            let name = match id {
                UserAssignedId::Client(_) => "client_id",
                UserAssignedId::Object(_) => "object_id",
                UserAssignedId::Resource(_) => self.endpoint.resource_id_parameter(),
            };
            (name.to_owned(), id.to_string())
        }));
        let parameters = &parameters;
        let issued = adieu_transport::retry_until(deadline, |_| async move {
            self.ask(parameters, deadline).await
        });
        let issued = issued.await?;
        Ok(Token {
            value: issued.access_token,
            expires_on: moment(issued.expires_on),
        })
    }

    async fn ask(
        &self,
        parameters: &[(String, String)],
        deadline: Deadline,
    ) -> Result<IssuedToken, Attempt<Error>> {
        self.endpoint
            .ask(parameters, &self.direct, deadline, self.is_patient)
            .await
    }
}

fn direct(transport: &Transport) -> Result<Transport, Fault> {
    let direct = transport.direct();
    direct.map_err(|error| Fault::Unusable(error.to_string()))
}

/// The resource of a scope: the scope without `/.default`. Managed identities are asked for resources.
fn resource(scope: &str) -> &str {
    scope.strip_suffix("/.default").unwrap_or(scope)
}
