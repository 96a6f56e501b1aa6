//! The loopback credential endpoint: a small HTTP server with a valid token for every client of a job.
//!
//! It does not know where tokens come from, writes no files or output, and answers no request without its key.
//!
//! It supports App Service's managed-identity protocol, which every Azure SDK, az and the Azure DevOps tools use, and
//! azd's protocol for external authentication. Both return the same tokens.

mod auth;
mod broker;
mod connections;
pub mod git;
mod protocol;
mod resources;
mod slots;
mod source;
mod tokens;

pub use auth::{is_key, new_key};
pub use broker::{Address, Broker};
pub use connections::StopReason;
pub use resources::Resources;
pub use slots::{ConnectionSlots, SlotGuard};
pub use source::{Refusal, RefusalScope, TokenSource};
pub use tokens::Tokens;
