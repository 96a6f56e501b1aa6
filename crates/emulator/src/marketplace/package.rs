//! The parts of a package that the gallery reads: the identity, the flags and the tasks' IDs.
//!
//! It shares no code with the packer: the names are those of the VSIX schema.

use std::io::{Cursor, Read as _};

use serde_json::Value;

/// A task in a package.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: [u64; 3],
}

/// The parts of a package that the gallery reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    pub(crate) publisher: String,
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) flags: String,
    pub(crate) name: String,
    pub(crate) categories: String,
    pub(crate) tasks: Vec<Task>,
    /// `TargetPlatform` of a VS Code package.
    pub(crate) platform: Option<String>,
}

/// Parses a package; `None` if it is not one.
pub(crate) fn read(bytes: &[u8]) -> Option<Package> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut manifest = String::new();
    archive
        .by_name("extension.vsixmanifest")
        .ok()?
        .read_to_string(&mut manifest)
        .ok()?;
    let names: Vec<String> = archive
        .file_names()
        .flatten()
        .map(std::borrow::Cow::into_owned)
        .collect();
    let mut tasks = Vec::new();
    for name in names.iter().filter(|name| name.ends_with("/task.json")) {
        let mut text = String::new();
        archive.by_name(name).ok()?.read_to_string(&mut text).ok()?;
        let task: Value = serde_json::from_str(&text).ok()?;
        let number = |key: &str| {
            let value = &task["version"][key];
            value
                .as_u64()
                .or_else(|| value.as_str()?.parse().ok())
                .unwrap_or_default()
        };
        tasks.push(Task {
            id: task["id"].as_str()?.to_lowercase(),
            name: task["name"].as_str()?.to_owned(),
            version: ["Major", "Minor", "Patch"].map(number),
        });
    }
    let identity = between(&manifest, "<Identity ", ">")?;
    Some(Package {
        publisher: attribute(identity, "Publisher")?,
        id: attribute(identity, "Id")?,
        version: attribute(identity, "Version")?,
        flags: element(&manifest, "GalleryFlags"),
        name: element(&manifest, "DisplayName"),
        categories: element(&manifest, "Categories"),
        platform: attribute(identity, "TargetPlatform"),
        tasks,
    })
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    between(tag, &format!("{name}=\""), "\"").map(str::to_owned)
}

fn element(manifest: &str, name: &str) -> String {
    between(manifest, &format!("<{name}>"), "<")
        .unwrap_or_default()
        .to_owned()
}
