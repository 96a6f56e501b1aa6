//! Turns the files that manifests name into parts.
//!
//! It lists folders and looks at sizes; it opens no file. A folder means everything below it, sorted by name.

use std::fs;
use std::path::{Path, PathBuf};

use adieu_manifest::extension::{Base, Extension, FileDeclaration};
use adieu_manifest::finding::{Finding, Problem};

use crate::archive::Source;
use crate::manifests::{normal, shown};
use crate::parts::{Asset, Part, Parts};

/// Adds the parts of all declarations: `files` first, then icons, screenshots and content.
pub(crate) fn add(
    extension: &Extension,
    root: &Path,
    folders: &[PathBuf],
    parts: &mut Parts,
    findings: &mut Vec<Finding>,
) {
    let root = absolute(root);
    for declaration in extension.files.iter().chain(&extension.listed) {
        let base = match declaration.base {
            Base::Manifest => folders
                .get(declaration.origin)
                .map(|folder| absolute(folder))
                .unwrap_or_default(),
            Base::Root => root.clone(),
        };
        let path = normal(&base.join(declaration.path.replace('\\', "/")));
        declare(declaration, &path, &root, parts, findings);
    }
    parts.check_folders(findings);
}

fn absolute(path: &Path) -> PathBuf {
    // Without a current folder nothing could have been read up to here.
    normal(
        &std::path::absolute(if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        })
        .unwrap_or_default(),
    )
}

fn declare(
    declaration: &FileDeclaration,
    path: &Path,
    root: &Path,
    parts: &mut Parts,
    findings: &mut Vec<Finding>,
) {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    let is_folder = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            list(path, &mut found, &mut problems);
            true
        }
        Ok(_) => {
            look(path, &mut found, &mut problems);
            false
        }
        Err(_) => {
            problems.push(Problem::FileMissing { path: named(path) });
            false
        }
    };
    if is_folder && declaration.key != "files" {
        problems.push(Problem::NotAFile {
            path: named(path),
            key: declaration.key.clone(),
        });
        found.clear();
    }
    findings.extend(
        problems
            .into_iter()
            .map(|problem| Finding::new(&declaration.place, problem)),
    );
    for (file, size) in found {
        for name in part_names(declaration, path, &file, root, is_folder) {
            let assets = assets(declaration, &name, is_folder);
            let part = Part {
                source: Source::File(file.clone(), size),
                // tfx drops type and language of a folder's entry for the files in it; saying them for a folder
                // can only mean all of them.
                content_type: declaration.content_type.clone(),
                assets,
                from_folder: is_folder,
                place: declaration.place.clone(),
                name,
            };
            parts.add(part, findings);
        }
    }
}

/// The path relative to where we are, for messages.
pub(crate) fn named(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    shown(path.strip_prefix(&here).unwrap_or(path))
}

fn assets(declaration: &FileDeclaration, name: &str, is_folder: bool) -> Vec<Asset> {
    let asset = |kind: &str| Asset {
        kind: kind.to_owned(),
        addressable: declaration.addressable,
        lang: declaration.lang.clone(),
    };
    // One type cannot name many files.
    if declaration.asset_types.is_empty() || is_folder {
        return if declaration.addressable {
            vec![asset(name)]
        } else {
            Vec::new()
        };
    }
    declaration
        .asset_types
        .iter()
        .map(|kind| asset(kind))
        .collect()
}

fn part_names(
    declaration: &FileDeclaration,
    declared: &Path,
    file: &Path,
    root: &Path,
    is_folder: bool,
) -> Vec<String> {
    if declaration.package_paths.is_empty() {
        return vec![relative(file, root)];
    }
    let package_paths = declaration
        .package_paths
        .iter()
        .map(|name| name.replace('\\', "/"));
    package_paths
        .map(|name| {
            let name = name.strip_prefix('/').unwrap_or(&name).to_owned();
            if !is_folder {
                return name;
            }
            let inside = file.strip_prefix(declared).map(shown).unwrap_or_default();
            let folder = name.trim_end_matches('/').trim_start_matches("./");
            if folder.is_empty() || folder == "." {
                inside
            } else {
                format!("{folder}/{inside}")
            }
        })
        .collect()
}

/// The path from the root; one outside it begins with `..`, which no part name may.
fn relative(file: &Path, root: &Path) -> String {
    match file.strip_prefix(root) {
        Ok(inside) => shown(inside),
        Err(_) => format!(
            "../{}",
            file.file_name().unwrap_or_default().to_string_lossy()
        ),
    }
}

/// Everything below a folder, sorted by name.
fn list(folder: &Path, found: &mut Vec<(PathBuf, u64)>, problems: &mut Vec<Problem>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(Problem::Unreadable {
                path: named(folder),
                detail: error.to_string(),
            });
            return;
        }
    };
    let mut children: Vec<(std::ffi::OsString, bool)> = entries
        .flatten()
        .map(|entry| {
            (
                entry.file_name(),
                entry.file_type().is_ok_and(|kind| kind.is_dir()),
            )
        })
        .collect();
    children.sort_unstable();
    for (name, is_folder) in children {
        let path = folder.join(name);
        if is_folder {
            list(&path, found, problems);
        } else {
            look(&path, found, problems);
        }
    }
}

/// One file; a link is read through, as tfx does, but not into a folder.
fn look(path: &Path, found: &mut Vec<(PathBuf, u64)>, problems: &mut Vec<Problem>) {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => found.push((path.to_path_buf(), metadata.len())),
        Ok(metadata) if metadata.is_dir() => {
            problems.push(Problem::FolderLink { path: named(path) })
        }
        Ok(_) => problems.push(Problem::Unreadable {
            path: named(path),
            detail: "it is no regular file".to_owned(),
        }),
        Err(error) => problems.push(Problem::Unreadable {
            path: named(path),
            detail: error.to_string(),
        }),
    }
}
