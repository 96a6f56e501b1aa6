//! The result of a verb on standard output: lines for people, or one JSON document for programs.
//!
//! It never writes a secret, and lets no text of a service's become a command of the agent's.

use std::io::{self, ErrorKind, Write as _};

use adieu_agent::{defused, defused_json};
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
    let text = match form {
        Form::Text => lines
            .iter()
            .flat_map(|line| defused(line))
            .collect::<Vec<_>>(),
        Form::Json => vec![defused_json(&format!("{json:#}"))],
    };
    let mut out = io::stdout().lock();
    for line in text {
        match writeln!(out, "{line}") {
            Ok(()) => {}
            // Whoever reads has heard enough: that is no failure of ours.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            Err(error) => return Err(Situation::NotWritten(error.to_string())),
        }
    }
    Ok(())
}
