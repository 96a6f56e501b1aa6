//! The identity of the machine or the app that runs this program.
//!
//! It uses the endpoint of virtual machines only when selected by name, because elsewhere that address times out
//! slowly.

use std::time::Duration;

use adieu_agent::process_value as variable;
use adieu_identity::{
    IdentityEndpoint, ManagedIdentity, Scheme, ServiceConnection, UserAssignedId,
};

use super::{authority, cloud};
use crate::connection::Connection;
use crate::failure::{ConnectionFacts, CredentialProblemKind};
use crate::machine;

/// Time limit for a virtual machine's endpoint that nothing announces.
pub(super) const UNANNOUNCED: Duration = Duration::from_secs(6);

/// Why `auto` skips it.
pub(super) const NOT_ANNOUNCED: CredentialProblemKind =
    CredentialProblemKind::NotSet(machine::ENDPOINT);

/// Whether the platform announces an identity.
pub(super) fn is_announced() -> bool {
    machine::is_announced()
}

/// The given identity, or else the one of `AZURE_CLIENT_ID`, or else the machine's own.
pub(super) fn read(identity: Option<&UserAssignedId>) -> Result<Connection, CredentialProblemKind> {
    let of_environment = || variable("AZURE_CLIENT_ID").map(UserAssignedId::Client);
    at(
        machine::endpoint(),
        identity.cloned().or_else(of_environment),
    )
}

/// The identity at an endpoint.
pub(super) fn at(
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
            authority: authority()?,
            tenant: String::new(),
            client_id,
            scheme: Scheme::ManagedServiceIdentity(ManagedIdentity {
                endpoint,
                user_assigned,
            }),
        },
        cloud: cloud(),
        facts,
    })
}
