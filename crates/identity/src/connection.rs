//! A connection that can sign in, with the facts by which people find it.
//!
//! It never signs in.

use crate::resource::Cloud;
use crate::service_connection::ServiceConnection;

/// A connection that can sign in, with facts for people.
#[derive(Debug)]
pub struct Connection {
    /// The identity, and how it proves itself.
    pub service: ServiceConnection,
    /// Its cloud, which decides the addresses of resources.
    pub cloud: Cloud,
    /// The facts for people.
    pub facts: ConnectionFacts,
}

/// The facts with which a person finds a connection.
#[derive(Debug, Clone, Default)]
pub struct ConnectionFacts {
    /// Its ID.
    pub id: String,
    /// The page on which it can be changed.
    pub page: String,
    /// Its scheme, as the agent names it.
    pub scheme: String,
    /// The tenant that it signs in to.
    pub tenant: String,
    /// Its client ID.
    pub client_id: String,
    /// The authority's host.
    pub authority: String,
    /// The organization of a connection of the type "Azure DevOps", by its name.
    pub organization: Option<String>,
}
