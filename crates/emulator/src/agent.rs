//! The Pipelines agent: starts a task as the real agent does, and reads its output.
//!
//! It does not know which task it runs. File names in this module are those of microsoft/azure-pipelines-agent.

mod area;
mod command;
mod container;
mod endpoint;
mod environment;
mod job;
mod log;
mod masker;
mod process;
mod restriction;
mod result;
mod running;
mod script;
mod step;
mod variables;

pub use job::Job;
pub(crate) use job::Platform;
pub use result::TaskResult;
pub use running::{Outcome, RunningStep};
pub use step::Step;
pub(crate) use step::{declare, has_post_job};
pub use variables::Variable;
