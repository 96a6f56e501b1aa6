//! Runs git: without hooks, file-system monitors, pagers, signatures or the network.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A git command for a folder, independent of the repository of a surrounding hook.
pub(crate) fn command(git: &Path, folder: &Path) -> Command {
    let mut command = within_a_hook(git, folder);
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    ] {
        command.env_remove(name);
    }
    command
}

/// A git command with the repository and the index of a hook: `git commit FILE` has a separate index.
pub(crate) fn within_a_hook(git: &Path, folder: &Path) -> Command {
    let mut command = Command::new(git);
    command
        .arg("-C")
        .arg(folder)
        .args(["--no-pager", "-c", "core.fsmonitor=false"])
        .args(["-c", "core.hooksPath=/dev/null"])
        .args(["-c", "log.showSignature=false", "-c", "log.showRoot=true"])
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        // A partial clone would fetch missing objects.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command
}

/// A path as git prints it.
#[cfg(unix)]
pub(crate) fn path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

/// A path as git prints it.
#[cfg(not(unix))]
pub(crate) fn path(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}
