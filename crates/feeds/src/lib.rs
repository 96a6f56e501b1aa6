//! Azure Artifacts feeds: their addresses, what a repository declares for each package client, and the files,
//! variables and programs that give a client its credential.
//!
//! It never uses the network, and depends on neither the agent, the command line, nor message texts. It gets no token
//! itself; its [`HelperCaller`] does.

mod address;
mod containers;
mod declaration;
mod files;
mod folder;
mod gradle;
mod helper;
mod login;
mod maven;
mod nuget;
mod outside;
mod plan;
mod private_files;
mod project_files;
mod python;
mod reading;
mod request;
mod rules;
mod sections;
mod source;
mod variables;
mod xml;
mod yarn;

pub use address::{FeedAddress, NotAFeed, Userinfo, with_userinfo};
pub use containers::parse_registry;
pub use declaration::{Declaration, Edit, Reading, StaleCredential, Tool, edited};
pub use folder::{FOLDER_PREFIX, Folder};
pub use helper::{FeedToken, HelperCaller, Name as HelperName, ServedFolder};
pub use login::{Change, EarlierLogin};
pub use outside::add_outside;
pub use plan::{Plan, Variables, plan};
pub use private_files::{NoFolder, create, remove, write};
pub use project_files::{TakenOut, restore_project_files, take_out};
pub use reading::{read, read_variables};
pub use request::{FeedLine, NotAFeedLine, Request, SERVED_LOCALLY, parse_tools};
pub use variables::{earlier_values, programs, variables, variables_of_processes};
