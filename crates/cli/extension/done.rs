//! What an operation found or made, in one form for steps and command lines.
//!
//! It words nothing but a length of time.

use crate::lines::meaningful_lines;
use std::time::Duration;

use super::resume::State;

/// What an operation found or made.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Output variables.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The result for people who pipe it: lines for standard output.
    pub(crate) lines: Vec<String>,
    /// The result for programs.
    pub(crate) json: serde_json::Value,
    /// A page for the run, in Markdown.
    pub(crate) page: Option<String>,
    /// Written once the result has been delivered.
    pub(crate) state: Option<State>,
}

/// A length of time, as a sentence has it.
pub(crate) fn in_minutes(time: Duration) -> String {
    match time.as_secs() / 60 {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

/// The lines of an input that say something.
pub(crate) fn lines(text: &str) -> Vec<String> {
    meaningful_lines(text).map(str::to_owned).collect()
}
