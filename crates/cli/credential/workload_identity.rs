//! The identity of a workload whose platform writes a federated token into a file, as Azure Kubernetes
//! Service does, by the variables that its webhook sets.
//!
//! It never reads the file: that happens for each token, since the platform renews it.

use std::path::PathBuf;

use adieu_identity::{Scheme, ServiceConnection};

use super::{authority, cloud, required};
use crate::connection::Connection;
use crate::situation::{ConnectionFacts, CredentialFault};

/// The scheme that facts of a workload identity have; no service connection has it.
pub(crate) const SCHEME: &str = "workload identity";

/// What `WorkloadIdentityCredential` of the Azure SDKs goes by, from the environment.
pub(super) fn read(tenant: Option<&str>) -> Result<Connection, CredentialFault> {
    let path = PathBuf::from(required("AZURE_FEDERATED_TOKEN_FILE")?);
    let client_id = required("AZURE_CLIENT_ID")?;
    let tenant = match tenant {
        Some(tenant) => tenant.to_owned(),
        None => required("AZURE_TENANT_ID")?,
    };
    let authority = authority()?;
    let facts = ConnectionFacts {
        scheme: SCHEME.to_owned(),
        tenant: tenant.clone(),
        client_id: client_id.clone(),
        authority: authority.host(),
        ..ConnectionFacts::default()
    };
    Ok(Connection {
        service: ServiceConnection {
            authority,
            tenant,
            client_id,
            scheme: Scheme::FederatedTokenFile(path),
        },
        cloud: cloud(),
        facts,
    })
}
