//! The loopback credential endpoint: a small HTTP server that has a fresh token for every client of a job.
//!
//! It never knows where tokens come from, writes nothing anywhere, and answers no request without its key.
//!
//! It speaks App Service's managed-identity protocol, which every Azure SDK, az and the Azure DevOps
//! tools know, and azd's protocol for external authentication. Both lead to the same tokens.

mod auth;
mod broker;
mod connections;
mod protocol;
mod resources;
mod slots;
mod source;
mod tokens;

pub use auth::is_key;
pub use broker::{Address, Broker};
pub use connections::Ended;
pub use resources::Resources;
pub use source::{Refusal, RefusalScope, TokenSource};
