//! An application that trusts the ID tokens of an issuer other than Azure DevOps, as a connection.
//!
//! It makes no requests.

use adieu_identity::{Scheme, ServiceConnection};

use super::{authority, cloud, required};
use crate::connection::Connection;
use crate::failure::{ConnectionFacts, CredentialProblemKind};
use crate::federated_credential::Federation;

impl Federation {
    /// The application `AZURE_CLIENT_ID` in the requested tenant, or else in `AZURE_TENANT_ID`.
    pub(super) fn connection(
        self,
        tenant: Option<&str>,
        scheme: Scheme,
    ) -> Result<Connection, CredentialProblemKind> {
        let client_id = required("AZURE_CLIENT_ID")?;
        let tenant = match tenant {
            Some(tenant) => tenant.to_owned(),
            None => required("AZURE_TENANT_ID")?,
        };
        let authority = authority()?;
        let facts = ConnectionFacts {
            scheme: self.scheme().to_owned(),
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
                scheme,
            },
            cloud: cloud(),
            facts,
        })
    }
}
