//! The service connection of the pipeline step that runs this program: from the variables that `AzureCLI@2`,
//! `AzurePowerShell@5` and our own `configure: azurePipelinesCredential` set, or from the broker that one of our
//! tasks started for it.
//!
//! It never sends the job token to a host other than the collection's.

use adieu_secret::JobToken;

use super::{CredentialProblemKind, Credentials};
use crate::connection::{Connection, ConnectionFacts};
use crate::id_token::{IdTokenRequest, are_of_one_collection};
use crate::service_connection::{Scheme, ServiceConnection};

impl Credentials<'_> {
    /// Reads the variables of the Azure SDKs' `AzurePipelinesCredential`.
    pub(super) fn pipelines(&self) -> Result<Connection, CredentialProblemKind> {
        match (self.connection_of_variables(), self.around.broker()) {
            (Err(CredentialProblemKind::NotSet(_)), Some(broker))
                if self.variable("TF_BUILD").is_some() =>
            {
                self.machine_at(broker, None)
            }
            (own, _) => own,
        }
    }

    fn connection_of_variables(&self) -> Result<Connection, CredentialProblemKind> {
        let uri = self.required("SYSTEM_OIDCREQUESTURI")?;
        let id = self.required("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")?;
        let client_id = self.required("AZURESUBSCRIPTION_CLIENT_ID")?;
        let own_tenant = self.required("AZURESUBSCRIPTION_TENANT_ID")?;
        let job_token = JobToken::parse(self.required("SYSTEM_ACCESSTOKEN")?)
            .map_err(|_| CredentialProblemKind::NotAToken("SYSTEM_ACCESSTOKEN"))?;
        let collection = self
            .variable("SYSTEM_COLLECTIONURI")
            .or_else(|| self.variable("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"))
            .ok_or(CredentialProblemKind::NotSet("SYSTEM_COLLECTIONURI"))?;
        if let Some(connection) = self.variable("ENDPOINT_URL_SYSTEMVSSCONNECTION")
            && !are_of_one_collection(&collection, &connection)
                .map_err(CredentialProblemKind::NotTheCollection)?
        {
            return Err(CredentialProblemKind::AnotherCollection {
                collection,
                connection,
            });
        }
        let request = IdTokenRequest::to(&uri, &collection, &id, job_token)
            .map_err(CredentialProblemKind::NotTheCollection)?;
        let service = ServiceConnection {
            authority: self.authority()?,
            tenant: self.tenant.map_or(own_tenant, str::to_owned),
            client_id,
            scheme: Scheme::WorkloadIdentityFederation {
                request,
                late_bound: None,
            },
        };
        let facts = ConnectionFacts {
            scheme: "WorkloadIdentityFederation".to_owned(),
            id,
            ..ConnectionFacts::default()
        };
        Ok(self.connection_of(service, facts))
    }
}
