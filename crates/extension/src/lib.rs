//! The life of an Azure DevOps extension: package, publish, validate, share, install, and watch what happens to it.
//!
//! It does not depend on inputs, flags or message texts: it takes typed [`Operation`]s, and returns typed
//! [`Outcome`]s, [`Notice`]s and [`OperationFailure`]s. It gets no token itself; its [`Caller`](adieu_devops::Caller) does.

mod caller;
mod comparison;
mod events;
mod failure;
mod installation;
mod members;
mod notice;
mod operation;
mod organizations;
mod outcome;
mod pauses;
mod publish;
mod query_version;
mod release;
mod sharing;
mod show;
mod state;
mod target;
mod validation;
mod version;

pub use comparison::NotCompared;
pub use events::{Events, json as event_json};
pub use failure::{Action, OperationFailure, Problem, StateProblem};
pub use members::AddMember;
pub use notice::{InOrganization, Missing, Notice, Validation, VersionOrigin};
pub use operation::Operation;
pub use organizations::InOrganizations;
pub use outcome::Outcome;
pub use publish::Publish;
pub use query_version::QueryVersion;
pub use release::Release;
pub use state::State;
pub use target::{ExtensionReference, Packing, one_file};
pub use version::{Version, VersionIncrement, VersionSource};
