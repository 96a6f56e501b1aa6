//! From a service connection to access tokens: the ID token, the exchange with Microsoft Entra, and
//! the HTTPS that carries both.
//!
//! It knows nothing of the Pipelines agent, of tasks or of logs: values come in, tokens or situations
//! go out.

// Named so that Cargo.toml can pin it; `url` uses it.
use idna_adapter as _;

mod answer;
mod authority;
mod certificate_assertion;
mod claims;
mod early;
mod error;
mod exchange;
mod id_token;
mod managed_identity;
mod proxy;
mod retry;
mod scope;
mod service_connection;
mod transport;
mod trust;

pub use authority::{Authority, NotAnAuthority};
pub use claims::Claims;
pub use error::{Correlation, Error, Mismatch, NoAnswer, NotTheService, Service};
pub use exchange::Token;
pub use id_token::{IdTokenRequest, NotTheCollection};
pub use proxy::Proxy;
pub use scope::Scope;
pub use service_connection::{Scheme, ServiceConnection, Tokens};
pub use transport::{ClientIdentity, Network, Transport, UnusableNetwork};
