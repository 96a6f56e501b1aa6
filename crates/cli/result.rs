//! The result of a verb on standard output: lines for people, or one JSON document for programs.
//!
//! It never writes a secret, and never lets text from a service become a logging command.

use adieu_agent::{Stream, deactivate_commands};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::failure::Failure;

/// What `--output` takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON document
    Json,
}

// `--output` next to the older `--json`, for verbs in which `-o` is a path.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct OutputArguments {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    /// The same as --output json
    #[arg(long, hide = true)]
    json: bool,
}

impl OutputArguments {
    /// Whether the result is for a program.
    pub(crate) fn is_json(self) -> bool {
        self.json || self.output == OutputFormat::Json
    }
}

/// Prints the result in the requested form.
pub(crate) fn print(
    form: OutputFormat,
    lines: &[String],
    json: &Value,
) -> Result<(), Box<Failure>> {
    let printed = match form {
        OutputFormat::Text => lines
            .iter()
            .flat_map(|line| deactivate_commands(line))
            .try_for_each(|line| Stream::Output.text(&line)),
        OutputFormat::Json => Stream::Output.json(json),
    };
    Ok(printed.map_err(Failure::NotWritten)?)
}

/// Prints lines for people, each with a prefix of this program, with its colors.
pub(crate) fn print_styled(lines: &[(String, String)]) -> Result<(), Box<Failure>> {
    let written = lines.iter().try_for_each(|(start, text)| {
        let text = deactivate_commands(text).join(" ");
        Stream::Output.styled(&format!("{start}{text}"))
    });
    Ok(written.map_err(Failure::NotWritten)?)
}
