//! The parts of the Azure DevOps and Marketplace APIs that Adieu uses: extensions, their validation, sharing,
//! installation, members, events, entitlements, users and their personal access tokens; and the one look-up in
//! Microsoft Graph that entitlements need.
//!
//! It never gets a token, never decides what to do, and writes no messages: values come in, answers or failures go
//! out. Every route is written out; none is discovered with `OPTIONS`.

mod audit;
mod client;
mod connection_data;
mod download;
mod entitlements;
mod error;
mod events;
mod feeds;
mod gallery;
mod hosts;
mod installation;
mod list;
mod members;
mod microsoft_graph;
mod organization_tenant;
mod page;
mod pats;
mod position;
mod profile;
mod projects;
mod publish;
mod refusal;
mod resources;
mod sharing;
mod task_definitions;
mod tenant;
mod upload;
mod users;
mod values;

pub use audit::PatUses;
pub use client::{Caller, Client};
pub use connection_data::ConnectionData;
pub use entitlements::{
    AccessLevel, Entitlement, EntitlementChange, ProjectGroup, ProjectMembership,
    application_removal,
};
pub use error::Error;
pub use events::{DailyStatistics, Event};
pub use feeds::FeedRole;
pub use gallery::{ExtensionName, PublishedExtension, PublishedVersion, ValidationState};
pub use hosts::{Hosts, NotAHost, NotAnOrganization, Organization};
pub use installation::{Installation, InstalledExtension};
pub use list::Pages;
pub use members::{Member, Role};
pub use microsoft_graph::{Application, FederatedCredential, GivenId, MicrosoftGraph};
pub use pats::{PersonalAccessToken, revocation_request};
pub use position::{NotAPosition, Position};
pub use profile::Profile;
pub use projects::Project;
pub use publish::{Outcome, Package, Progress, Publication};
pub use refusal::{Reason, Refusal};
pub use resources::Listing;
pub use task_definitions::TaskDefinition;
pub use tenant::Tenant;
pub use users::User;
