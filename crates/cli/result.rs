//! The result of a verb on standard output: lines for people, or one JSON document for programs.
//!
//! It never writes a secret, and lets no text of a service's become a command of the agent's.

use adieu_agent::{Stream, deactivate_commands};
use clap::ValueEnum;
use serde_json::Value;

use crate::situation::Situation;

/// What `--output` takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Lines for people
    #[default]
    Text,
    /// One JSON document
    Json,
}

/// Prints the result in the form that was asked for.
pub(crate) fn print(form: Form, lines: &[String], json: &Value) -> Result<(), Situation> {
    let printed = match form {
        Form::Text => lines
            .iter()
            .flat_map(|line| deactivate_commands(line))
            .try_for_each(|line| Stream::Output.text(&line)),
        Form::Json => Stream::Output.json(json),
    };
    printed.map_err(|error| Situation::NotWritten(error.to_string()))
}
