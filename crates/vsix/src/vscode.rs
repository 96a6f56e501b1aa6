//! Packages for Visual Studio Code, which have a second manifest with the same values.
//!
//! It changes only values that are in both manifests; `vsce` writes the rest from `package.json`.

use adieu_manifest::document::{Dialect, Node, SyntaxError, Value};

use crate::changes::Changes;
use crate::task_update::replace;

/// Name of the second manifest in a package.
pub(crate) const MANIFEST: &str = "extension/package.json";

/// A change that is not possible in such a package.
pub(crate) fn unfit(changes: &Changes) -> Option<&'static str> {
    let is_semantic = |version: &String| {
        let numbers: Vec<&str> = version.split('.').collect();
        let is_number = |text: &&str| *text == "0" || !text.starts_with('0');
        numbers.len() == 3 && numbers.iter().all(is_number)
    };
    if !changes.tasks.is_none() {
        return Some("it has no tasks");
    }
    if changes.visibility.is_some() || changes.pricing.is_some() {
        return Some("visibility and price are not a part of it");
    }
    if changes.name.is_some() {
        return Some("its display name may be translated; change it in package.json and run vsce");
    }
    if !changes.version.as_ref().is_none_or(is_semantic) {
        return Some("its version has three numbers, such as 1.4.0");
    }
    None
}

/// `package.json` with the new values; `None` if it lacks one of the keys.
pub(crate) fn edit(text: &str, changes: &Changes) -> Result<Option<String>, SyntaxError> {
    let document = Node::read(text, MANIFEST, Dialect::Json)?;
    let values = [
        ("publisher", &changes.publisher),
        ("name", &changes.extension_id),
        ("version", &changes.version),
    ];
    let mut edits = Vec::new();
    for (key, value) in values {
        let Some(value) = value else { continue };
        let Some(node) = document.get(key) else {
            return Ok(None);
        };
        let value = Node::made(node.position.clone(), Value::Text(value.clone())).to_json();
        edits.push((node.span.clone(), value.trim_end().to_owned()));
    }
    Ok(Some(replace(text, edits)))
}
