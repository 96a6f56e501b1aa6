//! The service connection of the pipeline step that runs this program: from the variables that `AzureCLI@2`,
//! `AzurePowerShell@5` and our own `configure: azurePipelinesCredential` set, or from the broker that one of our
//! tasks started for it.
//!
//! It never sends the job token to a host other than the collection's.

use adieu_agent::process_value as variable;
use adieu_identity::{IdTokenRequest, Scheme, ServiceConnection, are_of_one_collection};
use adieu_secret::JobToken;

use super::{authority, cloud, managed_identity, required};
use crate::connection::Connection;
use crate::failure::{ConnectionFacts, CredentialProblemKind};
use crate::machine;

/// Reads the variables of the Azure SDKs' `AzurePipelinesCredential` from the environment.
pub(super) fn read(tenant: Option<&str>) -> Result<Connection, CredentialProblemKind> {
    match (by_its_variables(tenant), machine::broker()) {
        (Err(CredentialProblemKind::NotSet(_)), Some(Ok(broker)))
            if variable("TF_BUILD").is_some() =>
        {
            managed_identity::at(broker, None)
        }
        (own, _) => own,
    }
}

fn by_its_variables(tenant: Option<&str>) -> Result<Connection, CredentialProblemKind> {
    let uri = required("SYSTEM_OIDCREQUESTURI")?;
    let id = required("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")?;
    let client_id = required("AZURESUBSCRIPTION_CLIENT_ID")?;
    let own_tenant = required("AZURESUBSCRIPTION_TENANT_ID")?;
    let job_token = JobToken::parse(required("SYSTEM_ACCESSTOKEN")?)
        .map_err(|_| CredentialProblemKind::NotAToken("SYSTEM_ACCESSTOKEN"))?;
    let collection = variable("SYSTEM_COLLECTIONURI")
        .or_else(|| variable("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"))
        .ok_or(CredentialProblemKind::NotSet("SYSTEM_COLLECTIONURI"))?;
    if let Some(connection) = variable("ENDPOINT_URL_SYSTEMVSSCONNECTION")
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
    let authority = authority()?;
    let tenant = tenant.map_or(own_tenant, str::to_owned);
    let facts = ConnectionFacts {
        scheme: "WorkloadIdentityFederation".to_owned(),
        tenant: tenant.clone(),
        client_id: client_id.clone(),
        authority: authority.host(),
        id,
        ..ConnectionFacts::default()
    };
    Ok(Connection {
        service: ServiceConnection {
            authority,
            tenant,
            client_id,
            scheme: Scheme::WorkloadIdentityFederation {
                request,
                late_bound: None,
            },
        },
        cloud: cloud(),
        facts,
    })
}
