//! Docker's credential helper for Azure Container Registry (docs.docker.com, "Credential helpers").
//!
//! It answers only for the step's registries, and stores nothing.

use std::ffi::OsString;
use std::io::{BufRead, Read as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Served, exit_code};

/// The user name for a registry's refresh token.
const USER: &str = "00000000-0000-0000-0000-000000000000";

/// The message for a registry without a credential.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// Runs the helper. Errors are also written to standard output.
pub(super) fn run(
    arguments: &[OsString],
    input: &mut dyn BufRead,
    served: &Served<'_>,
) -> ExitCode {
    let answered = match arguments.first().and_then(|word| word.to_str()) {
        Some("get") => get(input, served),
        Some("list") => Ok(json!({})),
        // Signing in by hand does not replace the step's sign-in.
        Some("store" | "erase") => return ExitCode::SUCCESS,
        _ => return ExitCode::FAILURE,
    };
    let is_written = match answered {
        Ok(answer) => served.write_json(&answer),
        Err(reason) => {
            served.caller.write(&reason);
            false
        }
    };
    exit_code(is_written, 1)
}

fn get(input: &mut dyn BufRead, served: &Served<'_>) -> Result<Value, String> {
    let mut asked = String::new();
    let read = input.take(4096).read_to_string(&mut asked);
    let asked = asked.trim();
    let registry = asked
        .strip_prefix("https://")
        .unwrap_or(asked)
        .trim_end_matches('/');
    let folder = served.folder.filter(|folder| {
        let mut registries = folder.plan.containers.iter();
        read.is_ok() && registries.any(|one| one == registry)
    });
    let folder = folder.ok_or(NOT_FOUND)?;
    let secret = served.caller.registry_token(folder, registry)?;
    Ok(json!({ "ServerURL": asked, "Username": USER, "Secret": *secret }))
}
