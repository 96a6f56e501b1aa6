//! `adieu version`: identifies this build.
//!
//! It uses no network.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::result::{self, OutputFormat};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// From `build.rs`.
const TARGET: &str = env!("ADIEU_TARGET");
/// `cargo xtask dist` sets it; a build of a working tree has none.
const COMMIT: Option<&str> = option_env!("ADIEU_COMMIT");

#[derive(Debug, Args)]
pub(crate) struct VersionArguments {
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
}

/// Runs the verb.
pub(crate) fn run(arguments: &VersionArguments) -> Result<ExitCode, Box<Failure>> {
    let json = json!({ "version": VERSION, "commit": COMMIT, "target": TARGET });
    result::print(arguments.output, &[line()], &json)?;
    Ok(ExitCode::SUCCESS)
}

/// Version, commit and target in one line.
pub(crate) fn line() -> String {
    match COMMIT {
        Some(commit) => format!("adieu {VERSION} ({commit}, {TARGET})"),
        None => format!("adieu {VERSION} ({TARGET})"),
    }
}
