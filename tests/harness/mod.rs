//! What all tests use: a task's folder, a job with a broker, placeholders for unstable text.
//!
//! It contains no test. shell.rs has shell sessions. The file is called mod.rs because two
//! test programs use it as a module, one of them with an explicit path.

mod broker;
pub(crate) mod schema;
mod stable;
mod task;

use std::path::{Path, PathBuf};

pub(crate) use broker::{AZURE_DEVOPS, Endpoint, JobWithBroker, answer, ask, seconds_left};
pub(crate) use stable::{stable, without_number};
pub(crate) use task::{TaskFolder, platform, run};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder in which `cargo xtask test` installs all clients.
pub(crate) fn clients() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("clients")
}

/// The folder of a client.
pub(crate) fn client(name: &str) -> PathBuf {
    let folder = clients().join(name);
    assert!(
        folder.is_dir(),
        "the client {name} is not installed: run `cargo xtask test`"
    );
    folder
}

#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_path: &Path, _mode: u32) {}
