//! The stand-in proxy: a loopback HTTP proxy that replaces a worthless word with a fresh token, for named organizations.
//!
//! It never shows a token to its clients, and never changes traffic to other hosts.
//!
//! A client that reads its credential once, when it starts, gets a stand-in: a random word that no service accepts. Its
//! requests to Azure DevOps go through this proxy, which terminates TLS for those hosts only and replaces the word with a
//! fresh token. All other connections are tunneled unchanged.

mod authority;
mod connection;
mod der;
mod exchange;
mod head;
mod journal;
mod policy;
mod proxy;
mod watch;

pub use journal::{Journal, OnRequest};
pub use policy::{AllowList, hosts_of};
pub use proxy::{StandInProxy, StandIns};
