//! pnpm's `tokenHelper`: prints the header for an organization's feeds (pnpm.io, "tokenHelper").
//!
//! pnpm passes no arguments: the organization is in the file name.

use std::process::ExitCode;

use zeroize::Zeroizing;

use super::{NPM_TOKEN, NoToken, ServedFolder, complain, password, write};

/// Runs the helper.
pub(super) fn run() -> ExitCode {
    let program = std::env::current_exe().unwrap_or_default();
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_prefix(NPM_TOKEN).unwrap_or_default();
    let organization = name.strip_suffix(".exe").unwrap_or(name);
    let served = ServedFolder::find();
    let token = served.map_or(Err(NoToken::NotOurs), |served| {
        served.token_of_organization(organization)
    });
    let is_written = match token {
        Ok(token) => write(&Zeroizing::new(format!(
            "Bearer {}",
            password(&token.value)
        ))),
        Err(NoToken::NotOurs) => false,
        Err(NoToken::Refused(reason)) => {
            complain(&reason);
            false
        }
    };
    match is_written {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
