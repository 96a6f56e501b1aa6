//! The binary `adieu`: reads the command line, runs one verb, ends with its status.
//!
//! It knows no verb's work.

mod extension;

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Azure DevOps without personal access tokens.
#[derive(Debug, Parser)]
#[command(name = "adieu", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Pack, inspect and edit Azure DevOps extensions.
    #[command(subcommand)]
    Extension(extension::ExtensionCommand),
}

fn main() -> ExitCode {
    let Arguments {
        verb: Verb::Extension(command),
    } = Arguments::parse();
    match extension::run(command, &mut io::stdout().lock(), &mut io::stderr().lock()) {
        Ok(status) => status,
        // Whoever reads has heard enough: that is no failure of ours.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(1),
    }
}
