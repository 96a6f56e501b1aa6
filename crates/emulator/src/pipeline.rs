//! Azure Pipelines: a YAML pipeline with its templates, expanded as the service does, and run step by step by
//! the emulated agent.
//!
//! It never guesses: a key, a step, a function or a name that it does not know is an error with its place.
//!
//! What it does not know: repositories other than `self`, variable groups and templates of variables, matrices and
//! other strategies, output variables of other jobs, containers and targets, deployments other than `runOnce` with
//! `deploy`, server jobs, `powershell` and `pwsh`, retries and time limits, Microsoft's own tasks, and `counter`.
//! Checks and approvals are passed. Jobs run one after the other, each on its own agent.
//!
//! Written from Microsoft's pages on Azure Pipelines (learn.microsoft.com): "Expressions", "Template expressions",
//! "Template parameters", "Conditions", "Define variables", "Deployment jobs", and from the agent's source.

mod artifacts;
mod check;
mod error;
mod expression;
mod job;
mod parameters;
mod plan;
mod run;
mod template;
mod value;
mod yaml;

pub use check::{Tasks, check};
pub use error::Problem;
pub use run::{Pipeline, Run, StepRun};
pub use value::Value;
pub use yaml::{Content, Key, Node, Place};
