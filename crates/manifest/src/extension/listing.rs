//! Files that a manifest names: `files`, `icons`, `screenshots`, `content`, `details`.
//!
//! It reads declarations and never checks whether a file exists.

use super::expect::{boolean, expect_list, expect_object, incomplete};
use crate::document::{FilePosition, Node, Value};
use crate::finding::{Finding, Problem};
use crate::words;

/// What a declared path is relative to: for `files` and `icons` their manifest, for `content` and `screenshots` the
/// root. tfx does so, and manifests rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The folder of the manifest that names the file.
    Manifest,
    /// The extension's root folder.
    Root,
}

/// One file or folder to pack.
#[derive(Debug, Clone, PartialEq)]
pub struct FileDeclaration {
    /// Path, as written.
    pub path: String,
    /// What the path is relative to.
    pub base: Base,
    /// Names in the package; empty means the path relative to the root.
    pub package_paths: Vec<String>,
    /// Whether browsers can load it by its asset type.
    pub addressable: bool,
    /// Asset types; an addressable file without one uses its part name.
    pub asset_types: Vec<String>,
    /// Media type, if the default one is wrong.
    pub content_type: Option<String>,
    /// Language of the asset.
    pub lang: Option<String>,
    /// Key that declares it, for messages.
    pub key: String,
    /// Index of the manifest that declares it.
    pub origin: usize,
    /// Position of the declaration.
    pub position: FilePosition,
}

/// `files`
pub(super) fn files(value: &Node, findings: &mut Vec<Finding>) -> Vec<FileDeclaration> {
    let Some(list) = expect_list(value, "files", findings) else {
        return Vec::new();
    };
    list.iter()
        .filter_map(|entry| file(entry, findings))
        .collect()
}

fn file(entry: &Node, findings: &mut Vec<Finding>) -> Option<FileDeclaration> {
    let Some(path) = path_of(entry) else {
        findings.push(entry.position.finding(Problem::FileWithoutPath));
        return None;
    };
    let names = entry
        .get("partName")
        .filter(|node| node.is_truthy())
        .or_else(|| entry.get("packagePath"));
    let asset_type = entry.get("assetType");
    // With an empty list, the file is not an asset, whatever the other keys are.
    let has_assets = asset_type.and_then(Node::list) != Some(&[]);
    Some(FileDeclaration {
        path: path.to_owned(),
        base: Base::Manifest,
        package_paths: names
            .map(|names| texts(names, "packagePath", findings))
            .unwrap_or_default(),
        addressable: has_assets
            && entry
                .get("addressable")
                .and_then(|node| boolean(node, "addressable", findings))
                .unwrap_or_default(),
        asset_types: asset_type
            .map(|types| texts(types, "assetType", findings))
            .unwrap_or_default(),
        content_type: text_of(entry, "contentType", findings),
        lang: text_of(entry, "lang", findings),
        key: "files".to_owned(),
        origin: 0,
        position: entry.position.clone(),
    })
}

/// A string, or an array of strings.
fn texts(node: &Node, key: &str, findings: &mut Vec<Finding>) -> Vec<String> {
    match &node.value {
        Value::Text(text) if text.is_empty() => Vec::new(),
        Value::Text(text) => vec![text.clone()],
        Value::List(list) if list.iter().all(|item| item.text().is_some()) => list
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect(),
        Value::Null => Vec::new(),
        _ => {
            findings.push(Finding::wrong_type(
                node,
                key,
                "a string or an array of strings",
            ));
            Vec::new()
        }
    }
}

fn text_of(node: &Node, key: &str, findings: &mut Vec<Finding>) -> Option<String> {
    let value = node.get(key)?;
    if value.text().is_none() && value.value != Value::Null {
        findings.push(Finding::wrong_type(value, key, "a string"));
    }
    value
        .text()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The path of an entry, unless it is empty.
fn path_of(entry: &Node) -> Option<&str> {
    let path = entry.get("path").and_then(Node::text);
    path.filter(|path| !path.is_empty())
}

/// `icons`: paths by kind.
pub(super) fn icons(value: &Node, findings: &mut Vec<Finding>) -> Vec<FileDeclaration> {
    let Some(members) = expect_object(value, "icons", findings) else {
        return Vec::new();
    };
    let mut listed = Vec::new();
    for (kind, path) in members {
        let key = format!("icons.{kind}");
        match path.text() {
            Some(text) => {
                let asset = format!(
                    "Microsoft.VisualStudio.Services.Icons.{}",
                    words::start_case(kind)
                );
                // tfx joins an icon's path to the manifest's folder, so a leading slash means that folder.
                let relative = text.trim_start_matches(['/', '\\']);
                listed.push(asset_file(relative, Base::Manifest, asset, None, key, path));
            }
            None => findings.push(Finding::wrong_type(path, &key, "a path")),
        }
    }
    listed
}

/// `screenshots`, numbered from the given number: those of a second manifest do not replace the first one's.
pub(super) fn screenshots(
    value: &Node,
    already: usize,
    findings: &mut Vec<Finding>,
) -> Vec<FileDeclaration> {
    let Some(list) = expect_list(value, "screenshots", findings) else {
        return Vec::new();
    };
    let mut listed = Vec::new();
    for (index, entry) in list.iter().enumerate() {
        match entry.get("path").and_then(Node::text) {
            Some(path) => {
                let asset = format!(
                    "Microsoft.VisualStudio.Services.Screenshots.{}",
                    already + listed.len() + 1
                );
                let content_type = text_of(entry, "contentType", findings);
                listed.push(asset_file(
                    path,
                    Base::Root,
                    asset,
                    content_type,
                    "screenshots".to_owned(),
                    entry,
                ));
            }
            None => findings.push(entry.position.finding(incomplete(
                "screenshot",
                &(index + 1).to_string(),
                "path",
            ))),
        }
    }
    listed
}

/// `content`: pages by kind.
pub(super) fn content(value: &Node, findings: &mut Vec<Finding>) -> Vec<FileDeclaration> {
    let Some(members) = expect_object(value, "content", findings) else {
        return Vec::new();
    };
    let mut listed = Vec::new();
    for (kind, entry) in members {
        match path_of(entry) {
            Some(path) => {
                let asset = format!(
                    "Microsoft.VisualStudio.Services.Content.{}",
                    words::start_case(kind)
                );
                let content_type = text_of(entry, "contentType", findings);
                listed.push(asset_file(
                    path,
                    Base::Root,
                    asset,
                    content_type,
                    format!("content.{kind}"),
                    entry,
                ));
            }
            None => findings.push(
                entry
                    .position
                    .finding(incomplete("content item", kind, "path")),
            ),
        }
    }
    listed
}

/// `details`, the old spelling of `content.details`.
pub(super) fn details(value: &Node, findings: &mut Vec<Finding>) -> Option<FileDeclaration> {
    let path = path_of(value)?;
    let asset = "Microsoft.VisualStudio.Services.Content.Details".to_owned();
    Some(asset_file(
        path,
        Base::Root,
        asset,
        text_of(value, "contentType", findings),
        "details".to_owned(),
        value,
    ))
}

fn asset_file(
    path: &str,
    base: Base,
    asset: String,
    content_type: Option<String>,
    key: String,
    node: &Node,
) -> FileDeclaration {
    FileDeclaration {
        path: path.to_owned(),
        base,
        package_paths: Vec::new(),
        addressable: true,
        asset_types: vec![asset],
        content_type,
        lang: None,
        key,
        origin: 0,
        position: node.position.clone(),
    }
}
