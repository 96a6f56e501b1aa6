//! Pipelines for users: the templates, our own pipelines, and every YAML block in a document.
//!
//! They are checked against Azure Pipelines' schema and our own `task.json`, and the templates are run.

mod classic;
pub(crate) mod documents;
mod extension;
mod feeds;
mod git;
mod guide;
mod release;
mod scan;
pub(crate) mod scenario;
mod scenarios;
pub(crate) mod schema;
mod tasks;
