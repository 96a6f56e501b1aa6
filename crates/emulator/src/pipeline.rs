//! Azure Pipelines: expands a YAML pipeline with its templates as the service does, and runs it step by step with the
//! emulated agent.
//!
//! It never guesses: an unknown key, step, function or name is an error with its position.
//!
//! It does not support: repositories other than `self`, variable groups and templates of variables, matrices and
//! other strategies, output variables of other jobs, containers and targets, deployments other than `runOnce` with
//! `deploy`, server jobs, `powershell` and `pwsh`, retries and time limits, Microsoft's own tasks, and `counter`. It
//! passes all checks and approvals. Jobs run one after the other, each on its own agent.
//!
//! It follows Microsoft's pages on Azure Pipelines (learn.microsoft.com): "Expressions", "Template expressions",
//! "Template parameters", "Conditions", "Define variables", "Deployment jobs", and the agent's source.

mod artifacts;
mod check;
mod definition;
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
pub use definition::{Pipeline, Run, StepRun};
pub use error::Problem;
pub use value::Value;
pub use yaml::{Content, Key, Node, Position};
