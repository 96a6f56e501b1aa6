//! Personal access tokens of Azure DevOps in files and in git's history, and the habits around them.
//!
//! It reads files and runs git. It must never depend on `transport`: a token that is found is judged by its checksum,
//! and never sent anywhere. What it returns holds no character of a token.

mod allow;
mod base64_text;
mod files;
mod finding;
mod git;
mod jwt;
mod matcher;
mod output;
mod rules;
mod scanner;
mod text;
mod token;

pub use finding::{
    Certainty, Commit, Finding, Fix, Form, NotRead, NotReadReason, Report, Suppression,
};
pub use output::to_json;
pub use rules::{Kind, Rule, rules};
pub use scanner::{Options, scan_paths, scan_stream};

/// Why there was no scan.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path that was asked for cannot be read.
    #[error("{path}: {reason}")]
    Path {
        /// As it was asked for.
        path: String,
        /// The system's words.
        reason: String,
    },
}
