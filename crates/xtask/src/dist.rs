//! `cargo xtask dist`: the binary of every platform in `target/dist/<platform>/`, built and checked here.
//!
//! It never ships one that it could not check, and changes nothing outside `target/` but by the system's
//! own package manager.

mod compile;
pub(crate) mod frameworks;
mod inspect;
mod small_ring;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::command::tell;
use crate::package::{BINARY_BUDGET, DEFLATED_BUDGET};
use crate::platforms::{self, Platform};
use crate::target;

/// Builds and checks the named platforms, or all. Returns their names and binaries.
pub(crate) fn run(names: &[&str]) -> Result<Vec<(String, PathBuf)>, String> {
    let mut platforms = platforms::all()?;
    if let Some(name) = names.iter().find(|name| !platforms.contains_key(**name)) {
        return Err(format!(
            "There is no platform {name} in task/platforms.json."
        ));
    }
    platforms.retain(|name, _| names.is_empty() || names.contains(&name.as_str()));
    let mut binaries = Vec::new();
    for (name, platform) in &platforms {
        let start = Instant::now();
        let built = compile::run(platform).map_err(|reason| format!("{name}: {reason}"))?;
        let binary = target().join("dist").join(name).join(&platform.binary);
        place(&built, &binary)?;
        tell(&format!(
            "{name}: {} s",
            start.elapsed().as_secs_f64().ceil()
        ));
        binaries.push((name.clone(), binary));
    }
    check(&platforms, binaries)
}

/// Checks the binaries of all platforms that another machine has built, and perhaps signed. Returns their
/// names and binaries.
pub(crate) fn built() -> Result<Vec<(String, PathBuf)>, String> {
    let platforms = platforms::all()?;
    let binaries = platforms
        .iter()
        .map(|(name, platform)| {
            let binary = target().join("dist").join(name).join(&platform.binary);
            (name.clone(), binary)
        })
        .collect();
    check(&platforms, binaries)
}

/// Looks at each binary, and says how large it is.
fn check(
    platforms: &BTreeMap<String, Platform>,
    binaries: Vec<(String, PathBuf)>,
) -> Result<Vec<(String, PathBuf)>, String> {
    let mut table = Vec::new();
    for (name, binary) in &binaries {
        let bytes = fs::read(binary)
            .map_err(|error| format!("{} cannot be read: {error}.", binary.display()))?;
        let facts = inspect::run(&platforms[name], &bytes)
            .map_err(|reason| format!("{}: {reason}", binary.display()))?;
        table.push((name, facts));
    }
    tell(&format!(
        "{:<14} {:>9} {:>9}  {}",
        "platform", "bytes", "deflated", "sha256"
    ));
    for (name, facts) in &table {
        tell(&format!(
            "{name:<14} {:>9} {:>9}  {}",
            facts.bytes, facts.deflated, facts.sha256
        ));
    }
    tell(&format!(
        "{:<14} {:>9} {:>9}",
        "budget", BINARY_BUDGET, DEFLATED_BUDGET
    ));
    let over: Vec<&str> = table
        .iter()
        .filter(|(_, facts)| facts.is_over_budget())
        .map(|(name, _)| name.as_str())
        .collect();
    if over.is_empty() {
        Ok(binaries)
    } else {
        Err(format!("Over the budget: {}.", over.join(", ")))
    }
}

/// Makes the tools for a platform be there.
///
/// # Errors
/// The sentence that says what to install.
pub(crate) fn tools(platform: &Platform) -> Result<(), String> {
    compile::tools(platform)
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    inspect::sha256(bytes)
}

/// Copies what was built, unless it is there already: an unchanged file keeps its time.
fn place(built: &Path, binary: &Path) -> Result<(), String> {
    let unreadable = |path: &Path, error: std::io::Error| format!("{}: {error}.", path.display());
    let bytes = fs::read(built).map_err(|error| unreadable(built, error))?;
    if fs::read(binary).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = binary.parent().unwrap_or(binary);
    fs::create_dir_all(folder).map_err(|error| unreadable(folder, error))?;
    fs::copy(built, binary)
        .map(|_| ())
        .map_err(|error| unreadable(binary, error))
}
