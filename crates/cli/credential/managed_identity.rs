//! The identity of the machine or the app that runs this program.
//!
//! It never asks the address that virtual machines have unless it is asked for by name: elsewhere that
//! address answers nobody, after a long wait.

use std::time::Duration;

use adieu_identity::{IdentityEndpoint, Scheme, ServiceConnection};

use super::{authority, cloud, variable};
use crate::connection::Connection;
use crate::machine;
use crate::situation::{ConnectionFacts, CredentialFault};

/// How long a virtual machine's endpoint may take, where nothing says beforehand that there is one.
pub(super) const UNANNOUNCED: Duration = Duration::from_secs(6);

/// Why `auto` passes it over.
pub(super) const NOT_ANNOUNCED: CredentialFault = CredentialFault::NotSet(machine::ENDPOINT);

/// Whether the platform says that there is an identity.
pub(super) fn is_announced() -> bool {
    machine::is_announced()
}

pub(super) fn read() -> Result<Connection, CredentialFault> {
    let client_id = variable("AZURE_CLIENT_ID").unwrap_or_default();
    at(machine::endpoint(), client_id)
}

/// The identity that an endpoint knows.
pub(super) fn at(
    endpoint: IdentityEndpoint,
    client_id: String,
) -> Result<Connection, CredentialFault> {
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
            scheme: Scheme::ManagedServiceIdentity(endpoint),
        },
        cloud: cloud(),
        facts,
    })
}
