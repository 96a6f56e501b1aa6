//! The one table of platforms, `task/platforms.json`, which the launcher reads too.
//!
//! It never builds anything.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;

use crate::root;

/// A platform that a task's package has a binary for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    /// Rust's name of the target.
    pub(crate) target: String,
    /// File name of the binary.
    pub(crate) binary: String,
    /// Kind of executable: ELF, PE or Mach-O.
    pub(crate) format: String,
    /// The machine's number in that format.
    pub(crate) machine: u32,
}

/// All platforms, by Node's name (`process.platform` and `process.arch`).
///
/// # Errors
/// The table cannot be read.
pub(crate) fn all() -> Result<BTreeMap<String, Platform>, String> {
    let path = root().join("task/platforms.json");
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("{} cannot be read: {error}.", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is wrong: {error}.", path.display()))
}

/// Node's name of this machine.
pub(crate) fn host() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" if system != "win32" => "arm64",
        // Windows for ARM runs the x64 binary, which is the one that the launcher picks there.
        "aarch64" => "x64",
        other => other,
    };
    format!("{system}-{architecture}")
}
