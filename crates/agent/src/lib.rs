//! What the Pipelines agent passes to a task (its environment) and what a task sends to the agent (`##vso`
//! logging commands).
//!
//! It never calls a service, and text from a service or a user never becomes a command in it. File names below are
//! those of microsoft/azure-pipelines-agent.

mod command;
mod endpoint;
mod environment;
mod input;
mod job;
mod log;
mod platform;
mod process;
mod read_only;
mod settings;
mod untrusted;
mod variable;
mod workflow;
mod writer;

pub use command::TaskResult;
pub use endpoint::{Endpoint, EndpointId};
pub use environment::{Environment, is_for_the_task_alone};
pub use input::InputError;
pub use job::Job;
pub use log::{Log, Masked};
pub use platform::PlatformVariableError;
pub use process::{is_in_a_pipeline, process_path, process_variable, process_variables};
pub use settings::{ProxySettings, TlsSettings};
pub use untrusted::{deactivate_commands, deactivate_commands_json, deactivate_commands_whole};
pub use variable::{
    Audience, NotAVariableName, TooLong, VariableName, process_value, undefined_variable,
};
pub use workflow::{WorkflowFile, WorkflowLog};
pub use writer::{Lines, Stream};
