//! The identity of the machine or the app that runs this program.
//!
//! It uses the endpoint of virtual machines only when selected by name, because elsewhere that address times out
//! slowly.

use std::time::Duration;

use super::{CredentialProblemKind, Credentials};
use crate::connection::{Connection, ConnectionFacts};
use crate::identity_endpoint::IdentityEndpoint;
use crate::managed_identity::ManagedIdentity;
use crate::service_connection::{Scheme, ServiceConnection};
use crate::user_assigned::UserAssignedId;

/// Time limit for a virtual machine's endpoint that nothing announces.
pub(super) const UNANNOUNCED: Duration = Duration::from_secs(6);

impl Credentials<'_> {
    /// The given identity, or else the one of `AZURE_CLIENT_ID`, or else the machine's own.
    pub(super) fn managed_identity(&self) -> Result<Connection, CredentialProblemKind> {
        let of_environment = || self.variable("AZURE_CLIENT_ID").map(UserAssignedId::Client);
        let identity = self.identity.cloned().or_else(of_environment);
        self.machine_at(self.around.machine().0, identity)
    }

    /// The identity at an endpoint.
    pub(super) fn machine_at(
        &self,
        endpoint: IdentityEndpoint,
        user_assigned: Option<UserAssignedId>,
    ) -> Result<Connection, CredentialProblemKind> {
        let client_id = match &user_assigned {
            Some(UserAssignedId::Client(id)) => id.clone(),
            _ => String::new(),
        };
        let facts = ConnectionFacts {
            scheme: "ManagedServiceIdentity".to_owned(),
            client_id: client_id.clone(),
            ..ConnectionFacts::default()
        };
        Ok(Connection {
            service: ServiceConnection {
                authority: self.authority()?,
                tenant: String::new(),
                client_id,
                scheme: Scheme::ManagedServiceIdentity(ManagedIdentity {
                    endpoint,
                    user_assigned,
                }),
            },
            cloud: self.cloud(),
            facts,
        })
    }
}
