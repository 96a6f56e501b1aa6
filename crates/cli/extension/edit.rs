//! `adieu extension edit`: changes a package's identity, visibility or task versions.
//!
//! It edits nothing itself.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use adieu_extension::Problem;
use adieu_vsix::{Digest, EditedPackage, Package};
use clap::Args;
use serde_json::json;

use super::findings::deactivated;
use super::{
    OverrideArguments, absolute, command, digest, inspect, one_package, timestamp, write_json,
};
use crate::failure::Failure;
use crate::result::OutputArguments;

#[derive(Debug, Args)]
pub(crate) struct EditArguments {
    /// An existing package, or a pattern with one match
    #[arg(long, value_name = "FILE")]
    vsix: String,
    /// File or folder to write to
    #[arg(long, short, value_name = "PATH")]
    output_path: Option<PathBuf>,
    #[command(flatten)]
    overrides: OverrideArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// Runs the command.
pub(super) fn run(
    arguments: EditArguments,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> io::Result<ExitCode> {
    let output = arguments.output;
    let (edited, digest) = match edited(arguments) {
        Ok(edited) => edited,
        Err(failure) => return Ok(command::refuse(&failure)),
    };
    let package = &edited.package;
    let path = absolute(&package.path);
    if edited.replaced {
        writeln!(notes, "warning: {path} already existed, and was replaced.")?;
    }
    if output.is_json() {
        let result = json!({
            "path": path,
            "extensionId": package.facts.extension_id,
            "version": package.facts.version,
            "publisher": package.facts.publisher,
            "size": package.size,
            "sha256": digest.to_string(),
            "changed": edited.changed,
            "tasks": inspect::tasks(&package.facts.tasks),
        });
        write_json(&result)?;
    } else {
        for part in &edited.changed {
            writeln!(notes, "Changed {}.", deactivated(part))?;
        }
        writeln!(notes, "SHA-256: {digest}")?;
        writeln!(out, "{path}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The edited package, with its SHA-256.
fn edited(arguments: EditArguments) -> Result<(EditedPackage, Digest), Box<Failure>> {
    let timestamp = timestamp()?;
    let vsix = one_package(&arguments.vsix)?;
    let changes = arguments.overrides.into_changes();
    let output = arguments.output_path.as_deref();
    let edited = Package::edit(&vsix, &changes, output, timestamp);
    let edited = edited.map_err(|error| Failure::Extension(Problem::NotEdited(error)))?;
    let digest = digest(&edited.package)?;
    Ok((edited, digest))
}
