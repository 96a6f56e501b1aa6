//! The managed identity of this machine, as its platform announces it: never one of our brokers, whose variables hide
//! the platform's own.
//!
//! It sends no requests.

use adieu_agent::process_variable as variable;
use adieu_configure::{IDENTITY_ENDPOINT, IDENTITY_HEADER, announced};
use adieu_identity::{IdentityEndpoint, LocalEndpoint};
use adieu_secret::EndpointSecret;

/// The endpoint of the machine's own identity.
pub(crate) fn endpoint() -> IdentityEndpoint {
    IdentityEndpoint::announced(|name| announced(name, variable))
}

/// Whether the platform announces an identity of this machine.
pub(crate) fn is_announced() -> bool {
    announced(IDENTITY_ENDPOINT, variable).is_some()
}

/// The broker that the environment names; another adieu process started it for this one.
pub(crate) fn broker() -> Option<Result<IdentityEndpoint, String>> {
    let key = variable(IDENTITY_HEADER).filter(|key| adieu_broker::is_key(key))?;
    let address = variable(IDENTITY_ENDPOINT)?;
    let endpoint = LocalEndpoint::new(&address, EndpointSecret::new(key), IDENTITY_ENDPOINT);
    Some(endpoint.map(LocalEndpoint::into_endpoint))
}
