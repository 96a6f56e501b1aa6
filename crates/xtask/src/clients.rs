//! Other people's programs that the tests run beside ours, each in one pinned version.
//!
//! It installs into `target/clients` and nowhere else.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The tfx-cli that packages are compared with. A newer one may pack differently: raise it with the tests.
pub(crate) const TFX_VERSION: &str = "0.23.1";

/// Installs tfx-cli into `<target>/clients/tfx`, unless that version is there already.
///
/// # Errors
/// npm is not there, or cannot install; the text says what to do.
pub(crate) fn install_tfx(target: &Path) -> Result<(), String> {
    let folder = target.join("clients").join("tfx");
    let installed =
        fs::read_to_string(folder.join("node_modules/tfx-cli/package.json")).unwrap_or_default();
    if installed.contains(&format!("\"version\": \"{TFX_VERSION}\"")) {
        return Ok(());
    }
    fs::create_dir_all(&folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let status = Command::new(npm)
        .args(["install", "--prefix"])
        .arg(&folder)
        .args([
            "--no-audit",
            "--no-fund",
            "--no-save",
            "--loglevel",
            "error",
        ])
        .arg(format!("tfx-cli@{TFX_VERSION}"))
        .status()
        .map_err(|error| format!("npm cannot be started ({error}): install Node.js 20 or newer"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!(
            "npm could not install tfx-cli {TFX_VERSION} ({status}): is its registry within reach?"
        ))
    }
}
