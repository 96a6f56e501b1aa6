//! The locations of an extension's manifests.
//!
//! It reads no file.

use std::path::PathBuf;

/// The locations of an extension's manifests, and how to read them.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The extension's folder; part names are relative to it.
    pub root: PathBuf,
    /// Manifests, relative to the root.
    pub manifests: Vec<PathBuf>,
    /// Patterns of manifests, relative to the root; they replace `manifests`.
    pub manifest_globs: Vec<String>,
    /// File of overrides.
    pub overrides_file: Option<PathBuf>,
    /// Overrides as JSON; they take precedence over the file's.
    pub overrides: Option<String>,
    /// Whether to increment the last number of the version.
    pub rev_version: bool,
    /// Folder with a folder for each language.
    pub loc_root: Option<PathBuf>,
    /// Whether manifests are read as JSON5.
    pub json5: bool,
}

impl Sources {
    /// The folder's `vss-extension.json`.
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
