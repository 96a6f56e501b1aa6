//! An existing package: its facts, its integrity and its digests.
//!
//! It writes no unpacked files.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use adieu_manifest::document::Node;

use crate::archive::Archive;
use crate::changes::Changes;
use crate::checksums::{self, CHECKSUMS, Checksums};
use crate::digest::{Digest, entry_digests};
use crate::opened::{OpenedPackage, ReadError, view};
use crate::task_update::{Owner, PackagedTask, task_facts, task_version, update_facts};

/// A package on disk.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its path.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its facts.
    pub facts: Facts,
}

/// Identity, version and tasks of an extension or a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Publisher's ID.
    pub publisher: String,
    /// Extension's ID.
    pub extension_id: String,
    /// Version.
    pub version: String,
    /// Platform of a package for Visual Studio Code, such as `linux-x64`.
    pub target_platform: Option<String>,
    /// Whether a package for Visual Studio Code is a pre-release version.
    pub is_pre_release: bool,
    /// Tasks.
    pub tasks: Vec<PackagedTask>,
}

impl Facts {
    /// The facts after these changes.
    #[must_use]
    pub fn with(mut self, changes: &Changes) -> Self {
        for (fact, change) in [
            (&mut self.publisher, &changes.publisher),
            (&mut self.extension_id, &changes.extension_id),
            (&mut self.version, &changes.version),
        ] {
            if let Some(change) = change {
                fact.clone_from(change);
            }
        }
        let mut tasks = std::mem::take(&mut self.tasks);
        // All versions of a task, which one contribution offers, share an ID, whatever their names are.
        let mut ids: HashMap<(String, String), String> = HashMap::new();
        for task in &mut tasks {
            let old = (task.contribution.clone(), task.id.to_lowercase());
            update_facts(task, self.owner(), changes.tasks);
            task.id = ids.entry(old).or_insert_with(|| task.id.clone()).clone();
        }
        self.tasks = tasks;
        self
    }

    /// The values that decide the tasks' new IDs and versions.
    pub(crate) fn owner(&self) -> Owner<'_> {
        Owner {
            publisher: &self.publisher,
            extension_id: &self.extension_id,
            version: task_version(&self.version),
        }
    }
}

/// The rest of a package's description.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// Display name.
    pub name: String,
    /// Description in one sentence.
    pub description: String,
    /// `Public`, `Preview`, …
    pub gallery_flags: Vec<String>,
    /// Marketplace categories.
    pub categories: Vec<String>,
    /// Search terms.
    pub tags: Vec<String>,
    /// Products and their versions.
    pub targets: Vec<(String, Option<String>)>,
    /// ID and type of each contribution.
    pub contributions: Vec<(String, String)>,
    /// Number of files, without folders.
    pub files: usize,
    /// Uncompressed size of all files, in bytes.
    pub unpacked: u64,
}

impl Package {
    /// Opens a package: checks its directory and all headers, and reads its facts. [`verify`](Self::verify) checks
    /// the contents of the other entries.
    ///
    /// # Errors
    /// The file cannot be read, is not trustworthy, or is not a VSIX.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::of(path, &mut OpenedPackage::open(path)?)
    }

    pub(crate) fn of(path: &Path, opened: &mut OpenedPackage) -> Result<Self, ReadError> {
        let (_, text) = opened.package_manifest()?;
        let view = view(&text, opened)?;
        let contributions = opened.contributions()?;
        let mut tasks = Vec::new();
        for (contribution, entry) in opened.task_parts(&contributions) {
            let text = opened.text(&entry)?;
            let document = opened.json(&text, &entry.name)?;
            tasks.push(task_facts(&contribution, &entry.name, &document));
        }
        Ok(Self {
            path: path.to_path_buf(),
            size: opened.size,
            facts: Facts {
                publisher: view.publisher.value,
                extension_id: view.id.value,
                version: view.version.value,
                target_platform: view.target_platform,
                is_pre_release: view.is_pre_release,
                tasks,
            },
        })
    }

    /// Opens a package and reads every entry, to check its size and checksum.
    ///
    /// # Errors
    /// As for [`open`](Self::open), or a size or checksum is wrong.
    pub fn verify(path: &Path) -> Result<Self, ReadError> {
        let mut opened = OpenedPackage::open(path)?;
        opened.archive(Archive::verify)?;
        Self::of(path, &mut opened)
    }

    /// The rest of the package's description.
    ///
    /// # Errors
    /// The file cannot be read, is not trustworthy, or is not a VSIX.
    pub fn describe(&self) -> Result<Description, ReadError> {
        let mut opened = OpenedPackage::open(&self.path)?;
        let (_, text) = opened.package_manifest()?;
        let view = view(&text, &opened)?;
        let split = |text: &str, by: char| {
            text.split(by)
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let word = |node: &Node, key: &str| {
            node.get(key)
                .and_then(Node::text)
                .unwrap_or_default()
                .to_owned()
        };
        let contributions = opened.contributions()?;
        let entries = opened.archive.entries();
        Ok(Description {
            name: view.name.value,
            description: view.description.value,
            gallery_flags: split(&view.gallery_flags.value, ' '),
            categories: split(&view.categories.value, ','),
            tags: split(&view.tags.value, ','),
            targets: view.targets,
            contributions: contributions
                .iter()
                .map(|node| (word(node, "id"), word(node, "type")))
                .collect(),
            files: entries.iter().filter(|entry| !entry.is_folder()).count(),
            unpacked: entries.iter().map(|entry| entry.unpacked).sum(),
        })
    }

    /// The SHA-256 of the file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn digest(&self) -> std::io::Result<Digest> {
        Digest::of_reader(File::open(&self.path)?)
    }

    /// Compares each entry with the package's own `SHA256SUMS`; `None` if it has none.
    ///
    /// # Errors
    /// The file cannot be read, the package is not trustworthy, or the list cannot be parsed.
    pub fn checksums(&self) -> Result<Option<Checksums>, ReadError> {
        let mut opened = OpenedPackage::open(&self.path)?;
        let Some(entry) = opened.archive.find(CHECKSUMS).cloned() else {
            return Ok(None);
        };
        let text = opened.text(&entry)?;
        let digests = entry_digests(&self.path)?;
        checksums::compare(&text, &digests)
            .map(Some)
            .map_err(|line| opened.broken(CHECKSUMS, line, "the line is not a checksum and a name"))
    }
}
