//! `adieu extension edit`: another identity, another visibility, other task versions for a package.
//!
//! It edits nothing itself.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use adieu_vsix::{EditError, EditOptions, edit};
use clap::Args;
use serde_json::json;

use super::findings::defused;
use super::{OverrideArguments, absolute, asked_wrongly, inspect, refused, timestamp, write_json};

/// Flags of `adieu extension edit`.
#[derive(Debug, Args)]
pub(crate) struct EditArguments {
    /// Package to read
    #[arg(long, value_name = "FILE")]
    vsix: PathBuf,
    /// File or folder to write to
    #[arg(long, short, value_name = "PATH")]
    output_path: Option<PathBuf>,
    #[command(flatten)]
    overrides: OverrideArguments,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(
    arguments: EditArguments,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> io::Result<ExitCode> {
    let timestamp = match timestamp() {
        Ok(timestamp) => timestamp,
        Err(sentence) => return asked_wrongly(notes, &sentence),
    };
    let overrides = &arguments.overrides;
    let changes = &overrides.changes;
    let options = EditOptions {
        visibility: changes.visibility(),
        pricing: changes.pricing(),
        tasks: changes.tasks.updates(),
        publisher: overrides.publisher.clone(),
        extension_id: overrides.extension_id.clone(),
        version: changes.extension_version.clone(),
        name: changes.extension_name.clone(),
        vsix: arguments.vsix,
        output: arguments.output_path,
        timestamp,
    };
    let edited = match edit(&options) {
        Ok(edited) => edited,
        Err(error @ EditError::Value(_)) => {
            return asked_wrongly(notes, &defused(&error.to_string()));
        }
        Err(error) => return refused(notes, &defused(&error.to_string())),
    };
    let path = absolute(&edited.path);
    if arguments.json {
        let result = json!({
            "path": path,
            "extensionId": edited.extension_id,
            "version": edited.version,
            "publisher": edited.publisher,
            "size": edited.size,
            "changed": edited.changed,
            "tasks": inspect::tasks(&edited.tasks),
        });
        write_json(&result)?;
    } else {
        for part in &edited.changed {
            writeln!(notes, "Changed {}.", defused(part))?;
        }
        writeln!(out, "{path}")?;
    }
    Ok(ExitCode::SUCCESS)
}
