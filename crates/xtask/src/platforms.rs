//! The one table of platforms, `task/platforms.json`, which the launcher reads too.
//!
//! It never builds anything.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{files, root};

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
    let text = files::read_text(&path)?;
    serde_json::from_str(&text).map_err(|error| format!("{} is wrong: {error}.", path.display()))
}

/// The rows of these names, or of all where none is given.
///
/// # Errors
/// The table cannot be read, or has no such row.
pub(crate) fn named(names: &[&str]) -> Result<BTreeMap<String, Platform>, String> {
    let mut all = all()?;
    if let Some(name) = names.iter().find(|name| !all.contains_key(**name)) {
        return Err(format!("task/platforms.json has no platform {name}."));
    }
    all.retain(|name, _| names.is_empty() || names.contains(&&**name));
    Ok(all)
}

/// This machine's row.
///
/// # Errors
/// The table cannot be read, or has no such row.
pub(crate) fn host() -> Result<(String, Platform), String> {
    let name = name_of_host();
    let row = named(&[&name])?.remove(&name);
    Ok((name, row.ok_or("task/platforms.json is empty.")?))
}

/// Node's name of this machine.
fn name_of_host() -> String {
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
