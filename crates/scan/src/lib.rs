//! Personal access tokens of Azure DevOps in files and in git's history, and habits around them.
//!
//! It reads files and runs git. It must never depend on `transport`: a token that is found is verified by its
//! checksum, and never sent anywhere. Results contain no character of a token.

mod allow;
mod base64_text;
mod baseline;
mod files;
mod finding;
mod fix;
mod git;
mod habits;
mod history;
mod html;
mod jwt;
mod machine;
mod matcher;
mod output;
mod resource;
mod rules;
mod sarif;
mod scanner;
mod text;
mod token;

pub use baseline::Baseline;
pub use finding::{
    Certainty, Commit, Finding, Fix, Form, LastUse, NotRead, NotReadReason, Report, Resource,
    ResourceKind, Safety, Suppression,
};
pub use fix::apply;
pub use history::{scan_history, scan_staged};
pub use html::{escape_html, to_html};
pub use machine::scan_machine;
pub use output::{from_json, to_json};
pub use resource::{connection_with_a_pat, scan_resource};
pub use rules::{Kind, Rule};
pub use sarif::to_sarif;
pub use scanner::{Options, scan_existing, scan_paths, scan_stream};

/// Why there was no scan.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A requested path cannot be read.
    #[error("{path}: {reason}")]
    Path {
        /// The path, as requested.
        path: String,
        /// The system's error.
        reason: String,
    },
    /// There is no git on the PATH.
    #[error("git is not on the PATH")]
    NoGit,
    /// git failed, with this message.
    #[error("git: {0}")]
    Git(String),
    /// A file is not a baseline.
    #[error("{0}")]
    NotABaseline(String),
}

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::SECRETS.into_iter().chain(habits::rules())
}
