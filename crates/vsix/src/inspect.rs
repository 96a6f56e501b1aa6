//! Shows what a package is: identity, targets, contributions, tasks, sizes.
//!
//! It unpacks nothing to disk.

use std::path::Path;

use adieu_manifest::document::Node;

use crate::opened::{Opened, ReadError, view};

/// What a package says about itself.
#[derive(Debug, Clone, Default)]
pub struct PackageFacts {
    /// Publisher's ID.
    pub publisher: String,
    /// Extension's ID.
    pub extension_id: String,
    /// Version.
    pub version: String,
    /// Name that people see.
    pub name: String,
    /// One sentence about it.
    pub description: String,
    /// `Public`, `Preview`, …
    pub gallery_flags: Vec<String>,
    /// Marketplace categories.
    pub categories: Vec<String>,
    /// Search words.
    pub tags: Vec<String>,
    /// Products and their versions.
    pub targets: Vec<(String, Option<String>)>,
    /// Platform of a VS Code package, such as `linux-x64`.
    pub target_platform: Option<String>,
    /// ID and type of each contribution.
    pub contributions: Vec<(String, String)>,
    /// Tasks.
    pub tasks: Vec<PackagedTask>,
    /// Files, folders not counted.
    pub files: usize,
    /// Bytes of the package.
    pub packed: u64,
    /// Bytes of all files, unpacked.
    pub unpacked: u64,
}

/// A task in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagedTask {
    /// Part that is its `task.json`.
    pub part: String,
    /// Name in YAML.
    pub name: String,
    /// GUID.
    pub id: String,
    /// `Major.Minor.Patch`.
    pub version: String,
}

/// Opens a package and reads what it says.
///
/// # Errors
/// The file cannot be read, is not to be trusted, or is no VSIX.
pub fn inspect(path: &Path) -> Result<PackageFacts, ReadError> {
    let mut opened = Opened::open(path)?;
    let (_, text) = opened.package_manifest()?;
    let view = view(&text, &opened)?;
    let split = |text: &str, by: char| {
        text.split(by)
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let contributions = opened.contributions()?;
    let mut tasks = Vec::new();
    for entry in opened.task_parts(&contributions) {
        let text = opened.text(&entry)?;
        let task = opened.json(&text, &entry.name)?;
        tasks.push(task_facts(&entry.name, &task));
    }
    let word = |node: &Node, key: &str| {
        node.get(key)
            .and_then(Node::text)
            .unwrap_or_default()
            .to_owned()
    };
    let entries = opened.archive.entries();
    Ok(PackageFacts {
        publisher: view.publisher.value,
        extension_id: view.id.value,
        version: view.version.value,
        name: view.name.value,
        description: view.description.value,
        gallery_flags: split(&view.gallery_flags.value, ' '),
        categories: split(&view.categories.value, ','),
        tags: split(&view.tags.value, ','),
        targets: view.targets,
        target_platform: view.target_platform,
        contributions: contributions
            .iter()
            .map(|node| (word(node, "id"), word(node, "type")))
            .collect(),
        tasks,
        files: entries.iter().filter(|entry| !entry.is_folder()).count(),
        packed: std::fs::metadata(path)
            .map(|metadata| metadata.len())
            .unwrap_or_default(),
        unpacked: entries.iter().map(|entry| entry.unpacked).sum(),
    })
}

pub(crate) fn task_facts(part: &str, task: &Node) -> PackagedTask {
    let word = |key: &str| {
        task.get(key)
            .and_then(Node::text)
            .unwrap_or_default()
            .to_owned()
    };
    let number = |key: &str| {
        task.get("version")
            .and_then(|version| version.get(key)?.scalar())
            .unwrap_or_default()
    };
    PackagedTask {
        part: part.to_owned(),
        name: word("name"),
        id: word("id"),
        version: ["Major", "Minor", "Patch"].map(number).join("."),
    }
}
