//! `cargo xtask dist`: the binary of every platform in `target/dist/<platform>/`, built and checked here.
//!
//! It never ships one that it could not check, and changes nothing outside `target/` but by the system's
//! own package manager.

mod compile;
pub(crate) mod frameworks;
mod inspect;
mod small_ring;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::command::tell;
use crate::package::{BINARY_BUDGET, DEFLATED_BUDGET};
use crate::platforms::{self, Platform};
use crate::target;

/// A platform's name, and where its binary is.
pub(crate) type Binary = (String, PathBuf);

/// Builds and checks the named platforms, or all. Returns their binaries.
pub(crate) fn run(names: &[&str]) -> Result<Vec<Binary>, String> {
    let all = platforms::all()?;
    let every: Vec<&str> = all.keys().map(String::as_str).collect();
    let binaries = build(if names.is_empty() { &every } else { names })?;
    within_budget(&check(&binaries)?)?;
    Ok(binaries)
}

/// Checks the binaries of all platforms that another machine has built, and perhaps signed. Returns them.
pub(crate) fn built() -> Result<Vec<Binary>, String> {
    let binaries: Vec<Binary> = platforms::all()?
        .into_iter()
        .map(|(name, platform)| {
            let binary = place_of(&name, &platform);
            (name, binary)
        })
        .collect();
    within_budget(&check(&binaries)?)?;
    Ok(binaries)
}

/// Builds the named platforms, one after the other.
pub(crate) fn build(names: &[&str]) -> Result<Vec<Binary>, String> {
    let platforms = platforms::all()?;
    if let Some(name) = names.iter().find(|name| !platforms.contains_key(**name)) {
        return Err(no_platform(name));
    }
    let mut binaries = Vec::new();
    for name in names {
        let platform = &platforms[*name];
        let start = Instant::now();
        let built = compile::run(platform).map_err(|reason| format!("{name}: {reason}"))?;
        let binary = place_of(name, platform);
        place(&built, &binary)?;
        tell(&format!(
            "{name}: {} s",
            start.elapsed().as_secs_f64().ceil()
        ));
        binaries.push(((*name).to_owned(), binary));
    }
    Ok(binaries)
}

/// Looks at each binary, and says how large it is. Returns the names of those that are over the budget.
pub(crate) fn check(binaries: &[Binary]) -> Result<Vec<String>, String> {
    let platforms = platforms::all()?;
    let mut table = Vec::new();
    for (name, binary) in binaries {
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
    Ok(table
        .into_iter()
        .filter(|(_, facts)| facts.is_over_budget())
        .map(|(name, _)| name.clone())
        .collect())
}

/// # Errors
/// The sentence that names the platforms whose binaries are too large.
pub(crate) fn within_budget(over: &[String]) -> Result<(), String> {
    if over.is_empty() {
        Ok(())
    } else {
        Err(format!("Over the budget: {}.", over.join(", ")))
    }
}

/// Whether this machine builds for the platform as it ships, with the small standard library. With
/// rustup's it is built for its system's own people, and the budget is not for that.
pub(crate) fn is_as_it_ships(platform: &Platform) -> bool {
    compile::is_small(platform)
}

/// Makes the tools for a platform be there.
///
/// # Errors
/// The sentence that says what to install.
pub(crate) fn tools(platform: &Platform) -> Result<(), String> {
    compile::tools(platform)
}

/// The sentence for a name that is in no row of the table.
pub(crate) fn no_platform(name: &str) -> String {
    format!("There is no platform {name} in task/platforms.json.")
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    inspect::sha256(bytes)
}

fn place_of(name: &str, platform: &Platform) -> PathBuf {
    target().join("dist").join(name).join(&platform.binary)
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
