//! From a service connection to access tokens: the ID token and the exchange with Microsoft Entra.
//!
//! It knows nothing of the Pipelines agent, of tasks or of logs: values come in, tokens or situations
//! go out.

mod answers;
mod authority;
mod certificate_assertion;
mod claims;
mod error;
mod exchange;
mod id_token;
mod managed_identity;
mod scope;
mod service_connection;

pub use authority::{Authority, NotAnAuthority};
pub use claims::Claims;
pub use error::{Error, ManagedIdentityFault, Mismatch};
pub use exchange::Token;
pub use id_token::{IdTokenRequest, NotTheCollection, are_of_one_collection};
pub use managed_identity::{IdentityEndpoint, LocalEndpoint};
pub use scope::Scope;
pub use service_connection::{Scheme, ServiceConnection, Tokens};
