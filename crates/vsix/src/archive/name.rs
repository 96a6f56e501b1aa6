//! Names of entries in an archive that somebody hands to us.
//!
//! It joins no path: a name that could lead anywhere else is refused before there is one.

use std::collections::HashMap;

use super::bounds::{Bounds, Untrusted};
use super::reader::Entry;

/// A name that stays below any folder it is unpacked into, on every system.
pub(super) fn checked_name(bytes: &[u8], bounds: &Bounds) -> Result<String, Untrusted> {
    let shown: String = String::from_utf8_lossy(bytes).chars().take(200).collect();
    let refuse = |reason| {
        Err(Untrusted::UnsafeName {
            entry: shown.clone(),
            reason,
        })
    };
    let Ok(name) = std::str::from_utf8(bytes) else {
        return refuse("has a name that is no UTF-8");
    };
    if bytes.len() as u64 > bounds.name_bytes {
        return refuse("has a name that is too long");
    }
    let body = name.strip_suffix('/').unwrap_or(name);
    if name.starts_with('/') {
        return refuse("has an absolute path");
    }
    if name.contains('\\') {
        return refuse("has a backslash in its name");
    }
    if name.contains(':') {
        return refuse("has a drive letter or a stream in its name");
    }
    if name.chars().any(char::is_control) {
        return refuse("has a control character in its name");
    }
    if body.split('/').any(|segment| segment == "..") {
        return refuse("leads out of its folder");
    }
    if body
        .split('/')
        .any(|segment| segment.is_empty() || segment == ".")
    {
        return refuse("has an empty folder in its name");
    }
    // Windows drops them, so that `.. ` would be `..`, and `a.` another entry's `a`.
    if body.split('/').any(|segment| segment.ends_with(['.', ' '])) {
        return refuse("has a dot or a space at the end of a name");
    }
    Ok(name.to_owned())
}

/// Names that are one file on Windows or macOS; also a file where another entry needs a folder.
pub(super) fn check_duplicates(entries: &[Entry]) -> Result<(), Untrusted> {
    let mut seen: HashMap<String, &Entry> = HashMap::new();
    for entry in entries {
        let folded = entry.name.trim_end_matches('/').to_lowercase();
        if let Some(first) = seen.insert(folded, entry) {
            return Err(Untrusted::DuplicateName {
                first: first.name.clone(),
                second: entry.name.clone(),
            });
        }
    }
    for entry in entries {
        let folded = entry.name.trim_end_matches('/').to_lowercase();
        for (at, _) in folded.match_indices('/') {
            if let Some(file) = folded
                .get(..at)
                .and_then(|folder| seen.get(folder))
                .filter(|file| !file.is_folder())
            {
                return Err(Untrusted::DuplicateName {
                    first: file.name.clone(),
                    second: entry.name.clone(),
                });
            }
        }
    }
    Ok(())
}
