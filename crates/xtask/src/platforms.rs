//! The one table of platforms, `task/platforms.json`, which the launcher reads too.
//!
//! It never builds anything.

use std::collections::BTreeMap;
use std::env::consts::{ARCH, OS};

use serde::Deserialize;

use crate::command::Context as _;
use crate::{files, root};

/// A platform for which a task's package has a binary.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    /// Rust's name of the target.
    pub(crate) target: String,
    /// File name of the binary.
    pub(crate) binary: String,
    /// Format of the executable: ELF, PE or Mach-O.
    pub(crate) format: String,
    /// Number of the processor in that format.
    pub(crate) machine: u32,
}

/// All platforms, by Node's name (`process.platform` and `process.arch`).
pub(crate) fn all() -> Result<BTreeMap<String, Platform>, String> {
    let text = files::read_text(&root().join("task/platforms.json"))?;
    serde_json::from_str(&text).context("task/platforms.json is wrong")
}

/// The rows with these names, or all rows if there are no names.
pub(crate) fn named(names: &[&str]) -> Result<BTreeMap<String, Platform>, String> {
    let mut all = all()?;
    if let Some(name) = names.iter().find(|name| !all.contains_key(**name)) {
        return Err(format!("task/platforms.json has no platform {name}."));
    }
    all.retain(|name, _| names.is_empty() || names.contains(&&**name));
    Ok(all)
}

/// The row with this name.
pub(crate) fn one(name: &str) -> Result<Platform, String> {
    let row = named(&[name])?.remove(name);
    row.ok_or_else(|| "task/platforms.json is empty.".to_owned())
}

/// This machine's name and row.
pub(crate) fn host() -> Result<(String, Platform), String> {
    let system = OS.replace("macos", "darwin");
    let processor = ARCH.replace("x86_64", "x64").replace("aarch64", "arm64");
    // Windows on ARM runs the x64 binary, which the launcher chooses there.
    let name = match OS {
        "windows" => "win32-x64".to_owned(),
        _ => format!("{system}-{processor}"),
    };
    Ok((name.clone(), one(&name)?))
}
