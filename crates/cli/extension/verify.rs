//! `adieu extension verify`: compares a package with the `SHA256SUMS` in it, entry by entry.
//!
//! It changes nothing.

use std::io::{self, Write};
use std::process::ExitCode;

use adieu_vsix::{Outcome, Package};
use clap::Args;
use serde_json::json;

use super::findings::deactivated;
use super::{command, verified, write_json};
use crate::failure::Failure;
use crate::result::OutputArguments;

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// An existing package, or a pattern with one match
    #[arg(long, value_name = "FILE")]
    vsix: String,
    #[command(flatten)]
    output: OutputArguments,
}

/// Runs the command.
pub(super) fn run(
    arguments: &VerifyArguments,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> io::Result<ExitCode> {
    let read = verified(&arguments.vsix, Package::checksums);
    let (package, checksums, digest) = match read {
        Ok(read) => read,
        Err(failure) => return Ok(command::refuse(&failure)),
    };
    let Some(checksums) = checksums else {
        return Ok(command::refuse(&Failure::NotVerified {
            path: package.path.display().to_string(),
            digest: digest.to_string(),
            has_checksums: false,
        }));
    };
    if arguments.output.is_json() {
        let listed = checksums.listed.iter();
        let listed =
            listed.map(|(name, outcome)| json!({ "name": name, "result": word(*outcome) }));
        write_json(&json!({
            "sha256": digest.to_string(),
            "ok": checksums.is_ok(),
            "listed": listed.collect::<Vec<_>>(),
            "unlisted": checksums.unlisted,
        }))?;
    } else {
        for (name, outcome) in &checksums.listed {
            writeln!(out, "{:<9}{}", word(*outcome), deactivated(name))?;
        }
        writeln!(out, "SHA-256  {digest}")?;
        let failed = checksums.listed.iter();
        let failed = failed
            .filter(|(_, outcome)| *outcome != Outcome::Ok)
            .count();
        let count = checksums.listed.len();
        writeln!(
            notes,
            "Files that match SHA256SUMS: {} of {count}. Not listed: {}.",
            count - failed,
            checksums.unlisted.len()
        )?;
    }
    if checksums.is_ok() {
        return Ok(ExitCode::SUCCESS);
    }
    Ok(command::refuse(&Failure::NotVerified {
        path: package.path.display().to_string(),
        digest: digest.to_string(),
        has_checksums: true,
    }))
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Differs => "differs",
        Outcome::Missing => "missing",
    }
}
