//! The stand-in proxy: a loopback HTTP proxy that replaces a worthless word with a fresh token, for named organizations.
//!
//! It never shows a token to its clients, and changes nothing of what goes to any other host.
//!
//! A client that reads its credential once, at its start, reads a stand-in: a random word that no service knows. What it
//! sends to Azure DevOps goes through this proxy, which ends TLS for those hosts alone and puts a fresh token in place of
//! the word. All else is a tunnel from end to end.

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
pub use policy::{Allowed, hosts_of};
pub use proxy::StandInProxy;
