//! The artifacts that a run publishes and its later jobs download.
//!
//! It has no artifacts of other runs.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The artifacts of one run.
#[derive(Debug)]
pub(crate) struct Artifacts {
    folder: TempDir,
}

impl Artifacts {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder }
    }

    /// Adds a file or the contents of a folder.
    pub(crate) fn publish(&self, path: &Path, name: &str) -> Result<(), String> {
        let artifact = self.folder.path().join(name);
        if artifact.exists() {
            return Err(format!("Artifact {name} already exists"));
        }
        if path.is_dir() {
            copy(path, &artifact);
        } else if path.is_file() {
            fs::create_dir(&artifact).expect("a folder");
            let file = path.file_name().expect("a file's name");
            fs::copy(path, artifact.join(file)).expect("a copy");
        } else {
            return Err(format!("Path does not exist: {}", path.display()));
        }
        Ok(())
    }

    /// Copies one artifact, or all of them, to a folder, each into a folder with its name.
    pub(crate) fn download(&self, name: &str, below: &Path) -> Result<(), String> {
        if name.is_empty() {
            copy(self.folder.path(), below);
            return Ok(());
        }
        let artifact = self.folder.path().join(name);
        if !artifact.is_dir() {
            return Err(format!("Artifact {name} not found"));
        }
        copy(&artifact, &below.join(name));
        Ok(())
    }

    /// Files of the artifacts, `artifact/file`.
    pub(crate) fn files(&self) -> Vec<(String, PathBuf)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.folder.path()).expect("it is below");
                    found.push((name.to_string_lossy().replace('\\', "/"), path.clone()));
                }
            }
        }
        found.sort();
        found
    }
}

/// Copies the contents of a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
