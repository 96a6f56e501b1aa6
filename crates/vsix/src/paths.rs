//! Paths for comparing and for messages.
//!
//! It opens no file.

use std::io;
use std::path::{Component, Path, PathBuf};

use adieu_manifest::finding::Problem;

/// A path as the user would type it, with `/` on every system.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

/// A path without `.` and `..`, for comparing; like tfx, it does not resolve links.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The absolute path, without `.` and `..`.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    // Without a current folder, no file could have been read so far.
    normal(&std::path::absolute(path).unwrap_or_default())
}

/// The path for messages: relative to the current folder, or else to the extension's folder.
pub(crate) fn named(path: &Path, root: &Path) -> String {
    let path = absolute(path);
    let here = std::env::current_dir().unwrap_or_default();
    let inside = path
        .strip_prefix(&here)
        .or_else(|_| path.strip_prefix(absolute(root)))
        .unwrap_or(&path);
    match shown(inside) {
        name if name.is_empty() => ".".to_owned(),
        name => name,
    }
}

/// The problem with a path that does not exist: its letter case, if only that differs, or `missing`.
pub(crate) fn missing_file(path: &Path, root: &Path, missing: fn(String) -> Problem) -> Problem {
    match other_case(path) {
        Some(found) => Problem::FileCase {
            path: named(path, root),
            found: named(&found, root),
        },
        None => missing(named(path, root)),
    }
}

/// The only existing path that differs from the given one just in letter case.
fn other_case(path: &Path) -> Option<PathBuf> {
    let mut found = PathBuf::new();
    for component in absolute(path).components() {
        let next = found.join(component);
        if next.symlink_metadata().is_ok() {
            found = next;
            continue;
        }
        let name = component.as_os_str().to_string_lossy().to_lowercase();
        let mut alike = std::fs::read_dir(&found)
            .ok()?
            .flatten()
            .map(|entry| entry.file_name())
            .filter(|entry| entry.to_string_lossy().to_lowercase() == name);
        let (one, None) = (alike.next()?, alike.next()) else {
            return None;
        };
        found.push(one);
    }
    Some(found)
}

/// The system's message for an error, without its number.
pub(crate) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text.get(..at).unwrap_or_default().to_owned(),
        None => text,
    }
}
