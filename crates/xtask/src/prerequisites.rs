//! What a chore needs and cannot install, named in one sentence when it is missing.
//!
//! It installs nothing.

use std::process::Command;

use crate::command::output;

/// The oldest Node that the Azure SDK for JavaScript, a peer in the tests, runs on. The launcher needs Node 10.
const NODE: u32 = 18;

/// Node is there and new enough.
///
/// # Errors
/// The sentence that says what to install.
pub(crate) fn node() -> Result<(), String> {
    let install =
        format!("Install Node.js {NODE} or newer (https://nodejs.org) and put it on the PATH.");
    let version = output(Command::new("node").arg("--version"))
        .ok_or_else(|| format!("Node.js is missing. {install}"))?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE => Ok(()),
        _ => Err(format!("Node.js is {version}, which is too old. {install}")),
    }
}
