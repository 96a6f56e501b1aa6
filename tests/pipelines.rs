//! Pipelines that users copy: the templates, our own, and every block of YAML in a document.
//!
//! They are held against Azure Pipelines' schema and against our own `task.json`, and the templates are run.

mod classic;
pub(crate) mod documents;
mod extension;
mod feeds;
mod git;
mod guide;
mod ours;
mod scan;
pub(crate) mod scenario;
mod scenarios;
pub(crate) mod schema;
mod tasks;
