//! `configure`: which clients get their tokens from the broker or sign in as the connection, and the environment
//! variables and files for them.
//!
//! It must never depend on the agent, on flags or on message texts, and sends nothing: its callers read the words, set
//! the variables and start the processes.

mod configure;
mod git;
mod headers;
mod machine;
mod problem;
mod settings;
mod stand_in;
mod step;

pub use configure::{Configure, Endpoints, GIT_ENDPOINT, GIT_ENDPOINT_KEY, StepToken, WORDS};
pub use git::{REPOSITORIES, shell_word};
pub use headers::{Git, Headers};
pub use machine::{IDENTITY_ENDPOINT, IDENTITY_HEADER, announced};
pub use problem::{ConfigureProblem, ConfigureProblemKind};
pub use settings::{KEPT_NO_PROXY, Setting, Value, environment_of, names_to_empty, no_proxy};
pub use stand_in::{
    OwnProxy, Roots, are_our_roots, check_machine, is_our_proxy, stand_in_settings,
};
pub use step::Step;
