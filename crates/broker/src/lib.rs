//! The loopback credential endpoint: a small HTTP server that has a fresh token for every client of a job.
//!
//! It never knows where tokens come from, writes nothing anywhere, and answers nobody who lacks its key.
//!
//! It speaks App Service's managed-identity protocol, which every Azure SDK, az and the Azure DevOps
//! tools know, and azd's protocol for external authentication. Both lead to the same tokens.

mod broker;
mod connections;
mod gate;
mod places;
mod protocol;
mod resources;
mod source;
mod tokens;

pub use broker::{Address, Broker, Ended};
pub use gate::is_key;
pub use resources::Resources;
pub use source::{Refusal, RefusalScope, TokenSource};
