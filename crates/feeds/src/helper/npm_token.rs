//! pnpm's `tokenHelper`: prints the header for an organization's feeds (pnpm.io, "tokenHelper").
//!
//! pnpm passes no arguments: the organization is in the file name.

use std::process::ExitCode;

use zeroize::Zeroizing;

use super::{NPM_TOKEN, NoToken, Served, exit_code};

/// Runs the helper.
pub(super) fn run(served: &Served<'_>) -> ExitCode {
    let program = std::env::current_exe().unwrap_or_default();
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_prefix(NPM_TOKEN).unwrap_or_default();
    let organization = name.strip_suffix(".exe").unwrap_or(name);
    let is_written = match served.token_of_organization(organization) {
        Ok(token) => {
            let header = Zeroizing::new(format!("Bearer {}", token.value.reveal()));
            served.caller.write(&header)
        }
        Err(NoToken::NotOurs) => false,
        Err(NoToken::Refused(reason)) => {
            served.caller.report(&reason);
            false
        }
    };
    exit_code(is_written, 1)
}
