//! A package that was opened: its manifest as text with the places of what can be changed.
//!
//! It changes nothing and trusts nothing: sizes and checksums of all entries have been checked before a
//! manifest is looked at.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use adieu_manifest::document::{Dialect, Node, SyntaxError};
use roxmltree::{Document, ParsingOptions};

use crate::archive::{Archive, ArchiveError, Entry};

/// Name of the package manifest.
pub(crate) const PACKAGE_MANIFEST: &str = "extension.vsixmanifest";
/// Name of the services' manifest.
pub(crate) const SERVICE_MANIFEST: &str = "extension.vsomanifest";

/// Why a package could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The archive is unreadable, or not to be trusted.
    #[error("`{path}`: {source}")]
    Archive {
        /** Package. */
        path: String,
        /** Why. */
        source: ArchiveError,
    },
    /// A ZIP archive, and no VSIX.
    #[error("`{path}` has no `{part}`: it is no VSIX package")]
    NoManifest {
        /** Package. */
        path: String,
        /** Part looked for. */
        part: &'static str,
    },
    /// A manifest that cannot be read.
    #[error("`{path}`: {part}:{line}: {detail}")]
    Manifest {
        /** Package. */
        path: String,
        /** Part. */
        part: String,
        /** Line. */
        line: u32,
        /** What is wrong. */
        detail: String,
    },
}

/// A package whose every byte has been checked.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) path: String,
    pub(crate) archive: Archive<File>,
}

impl Opened {
    /// Opens and checks a package.
    pub(crate) fn open(path: &Path) -> Result<Self, ReadError> {
        let shown = crate::manifests::shown(path);
        let failed = |source| ReadError::Archive {
            path: shown.clone(),
            source,
        };
        let mut archive = Archive::open(path).map_err(failed)?;
        archive.verify().map_err(failed)?;
        Ok(Self {
            path: shown,
            archive,
        })
    }

    /// The text of a part.
    pub(crate) fn text(&mut self, entry: &Entry) -> Result<String, ReadError> {
        let bytes = self
            .archive
            .read(entry)
            .map_err(|source| ReadError::Archive {
                path: self.path.clone(),
                source,
            })?;
        String::from_utf8(bytes).map_err(|_| self.broken(&entry.name, 1, "the part is not UTF-8"))
    }

    /// The text of the package manifest.
    pub(crate) fn package_manifest(&mut self) -> Result<(Entry, String), ReadError> {
        let entry = self.archive.find(PACKAGE_MANIFEST).cloned();
        let entry = entry.ok_or_else(|| ReadError::NoManifest {
            path: self.path.clone(),
            part: PACKAGE_MANIFEST,
        })?;
        let text = self.text(&entry)?;
        Ok((entry, text))
    }

    /// The services' manifests: the extension's own first, then the translated ones.
    pub(crate) fn service_manifests(&mut self) -> Result<Vec<(Entry, Node)>, ReadError> {
        let is_manifest = |entry: &&Entry| {
            let name = entry.name.to_lowercase();
            name == SERVICE_MANIFEST
                || name
                    .strip_suffix(SERVICE_MANIFEST)
                    .is_some_and(|folder| folder.matches('/').count() == 1 && folder.ends_with('/'))
        };
        let mut entries: Vec<Entry> = self
            .archive
            .entries()
            .iter()
            .filter(is_manifest)
            .cloned()
            .collect();
        entries.sort_by_key(|entry| entry.name.matches('/').count());
        entries
            .into_iter()
            .map(|entry| {
                let text = self.text(&entry)?;
                let node = self.json(&text, &entry.name)?;
                Ok((entry, node))
            })
            .collect()
    }

    /// A part as a JSON document.
    pub(crate) fn json(&self, text: &str, part: &str) -> Result<Node, ReadError> {
        Node::read(text, part, Dialect::Json).map_err(|error| self.no_json(&error))
    }

    /// A part that is no JSON.
    pub(crate) fn no_json(&self, error: &SyntaxError) -> ReadError {
        self.broken(&error.place.file, error.place.line, &error.detail)
    }

    /// A part that is not what it should be.
    pub(crate) fn broken(&self, part: &str, line: u32, detail: &str) -> ReadError {
        ReadError::Manifest {
            path: self.path.clone(),
            part: part.to_owned(),
            line,
            detail: detail.to_owned(),
        }
    }

    /// The names of the `task.json` parts that contributions offer.
    pub(crate) fn task_parts(&self, contributions: &[Node]) -> Vec<Entry> {
        let folders = contributions.iter().filter_map(|contribution| {
            let is_task = contribution.get("type")?.text()? == "ms.vss-distributed-task.task";
            let folder = contribution.get("properties")?.get("name")?.text()?;
            is_task.then(|| folder.replace('\\', "/").trim_matches('/').to_lowercase())
        });
        let folders: Vec<String> = folders.collect();
        let is_task = |entry: &&Entry| {
            let name = entry.name.to_lowercase();
            name.strip_suffix("/task.json").is_some_and(|folder| {
                let parent = folder.rsplit_once('/').map(|(parent, _)| parent);
                folders
                    .iter()
                    .any(|known| known == folder || Some(known.as_str()) == parent)
            })
        };
        self.archive
            .entries()
            .iter()
            .filter(is_task)
            .cloned()
            .collect()
    }
}

/// What the package manifest says, and where.
#[derive(Debug, Default)]
pub(crate) struct ManifestView {
    pub(crate) id: Spanned,
    pub(crate) publisher: Spanned,
    pub(crate) version: Spanned,
    pub(crate) name: Spanned,
    pub(crate) description: Spanned,
    pub(crate) gallery_flags: Spanned,
    pub(crate) categories: Spanned,
    pub(crate) tags: Spanned,
    pub(crate) targets: Vec<(String, Option<String>)>,
    /// Where another child of `Metadata` can be put, and the prefix of its name.
    pub(crate) insert_at: Option<(usize, String)>,
}

/// A text, and the bytes that hold it.
#[derive(Debug, Default)]
pub(crate) struct Spanned {
    pub(crate) value: String,
    pub(crate) place: Option<Held>,
}

/// How a text stands in the document.
#[derive(Debug, Clone)]
pub(crate) enum Held {
    /// Between quotes, or between tags: the bytes can be replaced.
    Inside(Range<usize>),
    /// In an element that closes itself: the whole element is replaced, and keeps its name.
    Empty(Range<usize>, String),
}

/// Reads the package manifest.
pub(crate) fn view(text: &str, opened: &Opened) -> Result<ManifestView, ReadError> {
    let options = ParsingOptions {
        nodes_limit: 1_000_000,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| opened.broken(PACKAGE_MANIFEST, error.pos().row, &error.to_string()))?;
    let root = document.root_element();
    let child = |parent: roxmltree::Node<'_, '_>, name: &str| {
        parent
            .children()
            .find(|node| node.tag_name().name() == name)
            .map(|node| node.id())
    };
    let missing = |name: &str| opened.broken(PACKAGE_MANIFEST, 1, &format!("there is no <{name}>"));
    let get = |id| document.get_node(id).unwrap_or(root);
    let metadata = get(child(root, "Metadata").ok_or_else(|| missing("Metadata"))?);
    let identity = get(child(metadata, "Identity").ok_or_else(|| missing("Identity"))?);
    let attribute = |name: &str| {
        identity
            .attribute_node(name)
            .map_or_else(Spanned::default, |attribute| Spanned {
                value: attribute.value().to_owned(),
                place: Some(Held::Inside(attribute.range_value())),
            })
    };
    let element =
        |name: &str| child(metadata, name).map_or_else(Spanned::default, |id| held(get(id), text));
    let installation = child(root, "Installation").map(get);
    let targets = installation
        .iter()
        .flat_map(|installation| installation.children())
        .filter(roxmltree::Node::is_element)
        .map(|target| {
            (
                target.attribute("Id").unwrap_or_default().to_owned(),
                target.attribute("Version").map(str::to_owned),
            )
        })
        .collect();
    Ok(ManifestView {
        id: attribute("Id"),
        publisher: attribute("Publisher"),
        version: attribute("Version"),
        name: element("DisplayName"),
        description: element("Description"),
        gallery_flags: element("GalleryFlags"),
        categories: element("Categories"),
        tags: element("Tags"),
        targets,
        insert_at: Some((identity.range().end, prefix(identity, text))),
    })
}

/// The element's text and where it stands.
fn held(node: roxmltree::Node<'_, '_>, text: &str) -> Spanned {
    let value = node.text().unwrap_or_default().to_owned();
    let inside = node
        .first_child()
        .zip(node.last_child())
        .map(|(first, last)| first.range().start..last.range().end);
    let place = inside.map_or_else(
        || {
            Held::Empty(
                node.range(),
                format!("{}{}", prefix(node, text), node.tag_name().name()),
            )
        },
        Held::Inside,
    );
    Spanned {
        value,
        place: Some(place),
    }
}

/// The prefix with which the element's name is written, colon included.
fn prefix(node: roxmltree::Node<'_, '_>, text: &str) -> String {
    let written = text
        .get(node.range())
        .unwrap_or_default()
        .trim_start_matches('<');
    let name = written
        .split([' ', '/', '>', '\t', '\r', '\n'])
        .next()
        .unwrap_or_default();
    name.split_once(':')
        .map_or_else(String::new, |(prefix, _)| format!("{prefix}:"))
}
