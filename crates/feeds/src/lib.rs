//! Azure Artifacts feeds: their addresses, what a repository declares for each package client, and the files that
//! give a client its credential.
//!
//! It never uses the network, and depends on neither the agent, the command line, nor message texts.

mod address;
mod declaration;
mod files;
mod gradle;
mod maven;
mod nuget;
mod python;
mod reading;
mod rules;
mod sections;
mod source;
mod xml;
mod yarn;

pub use address::{FeedAddress, NotAFeed, Userinfo, with_userinfo};
pub use declaration::{Declaration, Edit, Reading, StaleCredential, Tool, edited};
pub use files::{OtherClients, YARN_FILE, netrc, npmrc, pypirc, yarnrc};
pub use gradle::{maker, script as gradle_script};
pub use maven::{Mirror, settings};
pub use python::keyring_backend;
pub use reading::{read, read_variables};
