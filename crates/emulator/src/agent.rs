//! The Pipelines agent: starts a task as the real one does, and reads what it writes.
//!
//! It never knows which task it runs. The real one's source is microsoft/azure-pipelines-agent; file names
//! in this module are its.

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
mod step;
mod variables;

pub use job::Job;
pub(crate) use job::Platform;
pub use result::TaskResult;
pub use running::{Outcome, Running};
pub use step::Step;
pub(crate) use step::{declare, has_post_job};
pub use variables::Variable;
