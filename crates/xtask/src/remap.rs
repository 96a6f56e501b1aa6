//! Replaces this machine's folders with short names in compiled code, so that two machines build the same bytes.
//!
//! A binary never contains the path of a home folder or a checkout.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// Flags for rustc. If two match a path, rustc uses the later one.
pub(crate) fn flags(standard_library: Option<&Path>) -> Vec<String> {
    let sources = cargo_home().join("registry").join("src");
    let registries = fs::read_dir(&sources).into_iter().flatten().flatten();
    let crates = registries.map(|registry| (registry.path(), "crates"));
    // Debian's path of the source is a link, and rustc prints its target.
    let library = standard_library.into_iter().flat_map(|path| {
        let real = path.canonicalize().ok();
        [Some(path.to_path_buf()), real]
            .into_iter()
            .flatten()
            .map(|path| (path, "rust"))
    });
    [(root(), "."), (sources.clone(), "crates")]
        .into_iter()
        .chain(crates)
        .chain(library)
        .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()))
        .collect()
}

/// The folder of cargo's downloads.
pub(crate) fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .unwrap_or_default()
}
