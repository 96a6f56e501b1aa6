//! Where an extension's manifests are.
//!
//! It reads none.

use std::path::PathBuf;

/// Where an extension's manifests are, and how they are read.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The extension's folder; part names are paths from here.
    pub root: PathBuf,
    /// Manifests, relative to the root.
    pub manifests: Vec<PathBuf>,
    /// Patterns of manifests, relative to the root; they replace `manifests`.
    pub manifest_globs: Vec<String>,
    /// File with overrides.
    pub overrides_file: Option<PathBuf>,
    /// Overrides as JSON; they are laid over the file's.
    pub overrides: Option<String>,
    /// Raises the last number of the version.
    pub rev_version: bool,
    /// Folder with one folder for each language.
    pub loc_root: Option<PathBuf>,
    /// Reads manifests as JSON5.
    pub json5: bool,
}

impl Sources {
    /// The folder's `vss-extension.json`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            manifests: vec!["vss-extension.json".into()],
            manifest_globs: Vec::new(),
            overrides_file: None,
            overrides: None,
            rev_version: false,
            loc_root: None,
            json5: false,
        }
    }
}
