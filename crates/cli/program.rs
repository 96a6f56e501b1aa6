//! Finds a program on the PATH.
//!
//! It starts nothing.

use std::path::{Path, PathBuf};

/// Finds a program on the PATH. Relative entries are skipped, because the user did not install what is in the working
/// directory.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = adieu_agent::process_path("PATH").unwrap_or_default();
    let names: Vec<String> = if cfg!(windows) {
        ["exe", "cmd", "bat"]
            .map(|extension| format!("{name}.{extension}"))
            .to_vec()
    } else {
        vec![name.to_owned()]
    };
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| {
            let in_folder = names.iter().map(move |name| folder.join(name));
            in_folder.collect::<Vec<_>>()
        })
        .find(|path| may_run(path))
}

#[cfg(unix)]
fn may_run(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn may_run(path: &Path) -> bool {
    path.is_file()
}
