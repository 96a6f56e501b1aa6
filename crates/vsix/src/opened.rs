//! An opened package: its manifest as text, with the byte ranges of the values that can be changed.
//!
//! It changes nothing and trusts nothing: sizes and checksums of all entries are checked before a manifest is read.

use std::fs::File;
use std::io::BufReader;
use std::ops::Range;
use std::path::Path;

use adieu_manifest::document::{Dialect, Node, SyntaxError};
use adieu_manifest::extension::task_folder;
use roxmltree::{Document, ParsingOptions};

use crate::archive::{Archive, ArchiveError, Bounds, Entry};

/// Name of the package manifest.
pub(crate) const PACKAGE_MANIFEST: &str = "extension.vsixmanifest";
/// Name of the services' manifest.
pub(crate) const SERVICE_MANIFEST: &str = "extension.vsomanifest";

/// Why a package could not be read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the facts in the sentence")]
pub enum ReadError {
    /// The archive is unreadable or not trustworthy.
    #[error("`{path}`: {cause}")]
    Archive { path: String, cause: ArchiveError },
    /// A ZIP archive that is not a VSIX.
    #[error("`{path}` has no `{part}`: it is not a VSIX package")]
    NoManifest { path: String, part: &'static str },
    /// A manifest cannot be parsed.
    #[error("`{path}`: {part}:{line}: {detail}")]
    Manifest {
        path: String,
        part: String,
        line: u32,
        detail: String,
    },
}

/// A package whose directory and headers have been checked.
#[derive(Debug)]
pub(crate) struct OpenedPackage {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) archive: Archive<BufReader<File>>,
}

impl OpenedPackage {
    /// Opens a package. The contents of entries are checked when they are read.
    pub(crate) fn open(path: &Path) -> Result<Self, ReadError> {
        let shown = crate::paths::shown(path);
        let open = || {
            let file = File::open(path)?;
            let size = file.metadata()?.len();
            let archive = Archive::read_from(BufReader::new(file), Bounds::DEFAULT)?;
            Ok((size, archive))
        };
        match open() {
            Ok((size, archive)) => Ok(Self {
                path: shown,
                size,
                archive,
            }),
            Err(cause) => Err(ReadError::Archive { path: shown, cause }),
        }
    }

    /// Works with the archive; its failures name the package.
    pub(crate) fn archive<T>(
        &mut self,
        work: impl FnOnce(&mut Archive<BufReader<File>>) -> Result<T, ArchiveError>,
    ) -> Result<T, ReadError> {
        let path = &self.path;
        work(&mut self.archive).map_err(|cause| ReadError::Archive {
            path: path.clone(),
            cause,
        })
    }

    /// The text of a part.
    pub(crate) fn text(&mut self, entry: &Entry) -> Result<String, ReadError> {
        let bytes = self.archive(|archive| archive.read_text(entry))?;
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
    pub(crate) fn service_manifests(&self) -> Vec<Entry> {
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
        let depth = |entry: &Entry| entry.name.matches('/').count();
        adieu_order::sort_by(&mut entries, |one, other| depth(one).cmp(&depth(other)));
        entries
    }

    /// The extension's contributions.
    pub(crate) fn contributions(&mut self) -> Result<Vec<Node>, ReadError> {
        let Some(entry) = self.service_manifests().into_iter().next() else {
            return Ok(Vec::new());
        };
        let text = self.text(&entry)?;
        let manifest = self.json(&text, &entry.name)?;
        let contributions = manifest.get("contributions").and_then(Node::list);
        Ok(contributions.map(<[Node]>::to_vec).unwrap_or_default())
    }

    /// Parses a part as JSON.
    pub(crate) fn json(&self, text: &str, part: &str) -> Result<Node, ReadError> {
        Node::read(text, part, Dialect::Json).map_err(|error| self.no_json(&error))
    }

    /// A part is not JSON.
    pub(crate) fn no_json(&self, error: &SyntaxError) -> ReadError {
        self.broken(&error.position.file, error.position.line, &error.detail)
    }

    /// A part does not have the expected contents.
    pub(crate) fn broken(&self, part: &str, line: u32, detail: &str) -> ReadError {
        ReadError::Manifest {
            path: self.path.clone(),
            part: part.to_owned(),
            line,
            detail: detail.to_owned(),
        }
    }

    /// The `task.json` parts that contributions offer, each with its contribution's folder in lowercase.
    pub(crate) fn task_parts(&self, contributions: &[Node]) -> Vec<(String, Entry)> {
        let folders = contributions.iter().filter_map(|contribution| {
            let is_task = contribution.get("type")?.text()? == "ms.vss-distributed-task.task";
            let folder = contribution.get("properties")?.get("name")?.text()?;
            is_task.then(|| task_folder(folder).to_lowercase())
        });
        let folders: Vec<String> = folders.collect();
        let offered_by = |entry: &Entry| {
            let name = entry.name.to_lowercase();
            let folder = name.strip_suffix("/task.json")?;
            let parent = folder.rsplit_once('/').map(|(parent, _)| parent);
            let mut folders = folders.iter();
            let known = folders.find(|known| *known == folder || Some(known.as_str()) == parent)?;
            Some((known.clone(), entry.clone()))
        };
        self.archive
            .entries()
            .iter()
            .filter_map(offered_by)
            .collect()
    }
}

/// The values in the package manifest, with their byte ranges.
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
    pub(crate) target_platform: Option<String>,
    pub(crate) is_pre_release: bool,
}

/// A value, and the byte range that a new value replaces.
#[derive(Debug, Default)]
pub(crate) struct Spanned {
    pub(crate) value: String,
    /// Empty if the document does not have the attribute or element yet.
    pub(crate) range: Range<usize>,
    /// Text around a new value: quotes or tags that the document does not have yet.
    pub(crate) around: (String, String),
}

/// The property that marks a pre-release version of a VS Code extension in the Marketplace.
const PRE_RELEASE: &str = "Microsoft.VisualStudio.Code.PreRelease";

/// Reads the package manifest.
pub(crate) fn view(text: &str, opened: &OpenedPackage) -> Result<ManifestView, ReadError> {
    let options = ParsingOptions {
        nodes_limit: 1_000_000,
        ..ParsingOptions::default()
    };
    check_attributes(text, opened)?;
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
    let prefix = prefix(identity, text);
    let behind_name = identity.range().start + "<Identity".len() + prefix.len();
    let attribute = |name: &str| match identity.attribute_node(name) {
        Some(attribute) => Spanned {
            value: attribute.value().to_owned(),
            range: attribute.range_value(),
            ..Spanned::default()
        },
        None => Spanned {
            range: behind_name..behind_name,
            around: (format!(" {name}=\""), "\"".to_owned()),
            ..Spanned::default()
        },
    };
    let behind = identity.range().end;
    let element = |name: &str| {
        let Some(node) = child(metadata, name).map(get) else {
            return Spanned {
                range: behind..behind,
                around: tags(&format!("{prefix}{name}")),
                ..Spanned::default()
            };
        };
        let inside = node.first_child().zip(node.last_child());
        let (range, around) = match inside {
            Some((first, last)) => (first.range().start..last.range().end, Default::default()),
            // An empty element.
            None => (node.range(), tags(&format!("{prefix}{name}"))),
        };
        Spanned {
            value: node.text().unwrap_or_default().to_owned(),
            range,
            around,
        }
    };
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
    // `<Properties><Property Id="…" Value="true"/></Properties>`, as vsce writes it.
    let properties = child(metadata, "Properties").map(get);
    let is_pre_release = properties
        .iter()
        .flat_map(|properties| properties.children())
        .filter(|property| property.attribute("Id") == Some(PRE_RELEASE))
        .any(|property| property.attribute("Value") == Some("true"));
    Ok(ManifestView {
        is_pre_release,
        id: attribute("Id"),
        publisher: attribute("Publisher"),
        version: attribute("Version"),
        name: element("DisplayName"),
        description: element("Description"),
        gallery_flags: element("GalleryFlags"),
        categories: element("Categories"),
        tags: element("Tags"),
        targets,
        target_platform: identity
            .attribute("TargetPlatform")
            .filter(|platform| !platform.is_empty())
            .map(str::to_owned),
    })
}

/// Limits the number of attributes: the parser compares each attribute of an element with all others, so very many
/// would take minutes. Attribute values contain no `<`.
fn check_attributes(text: &str, opened: &OpenedPackage) -> Result<(), ReadError> {
    let mut line = 1;
    for element in text.split('<') {
        if element.matches('=').nth(1_000).is_some() {
            let detail = "an element has more than 1000 attributes";
            return Err(opened.broken(PACKAGE_MANIFEST, line, detail));
        }
        line += u32::try_from(element.matches('\n').count()).unwrap_or_default();
    }
    Ok(())
}

fn tags(name: &str) -> (String, String) {
    (format!("<{name}>"), format!("</{name}>"))
}

/// The namespace prefix of the element's name, including the colon.
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
