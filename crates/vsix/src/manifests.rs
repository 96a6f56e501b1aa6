//! Finds and reads the manifests, overrides and translations of an extension.
//!
//! It never changes one: `--rev-version` increments the version in the package, not in the file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adieu_manifest::document::{Dialect, FilePosition, Node, Value};
use adieu_manifest::extension::Partial;
use adieu_manifest::extension::localisation::Translations;
use adieu_manifest::finding::{Finding, Problem};

use crate::archive::{Bounds, Source};
use crate::changes::Changes;
use crate::paths::{absolute, missing_file, named, normal, shown, words};
use crate::root::{FoundPath, Refusal, Root};
use crate::sources::Sources;

/// All manifests that were read.
#[derive(Debug, Default)]
pub(crate) struct Manifests {
    /// Manifests, followed by overrides.
    pub(crate) partials: Vec<Partial>,
    /// The folder of each.
    pub(crate) folders: Vec<PathBuf>,
    /// Translations by language.
    pub(crate) translations: Vec<Translations>,
}

/// Reads the manifests that the sources name.
pub(crate) fn read(
    sources: &Sources,
    changes: &Changes,
    root: Option<&Arc<Root>>,
    findings: &mut Vec<Finding>,
) -> Manifests {
    let mut manifests = Manifests::default();
    let folders: Vec<Arc<Root>> = root.cloned().into_iter().collect();
    let dialect = if sources.json5 {
        Dialect::Json5
    } else {
        Dialect::Json
    };
    for path in find(sources, findings) {
        let position = FilePosition::file(&named(&path, &sources.root));
        if is_program(&path) {
            findings.push(position.finding(Problem::ManifestProgram));
            continue;
        }
        if path.is_dir() || path.as_os_str().is_empty() {
            let path = position.file.to_string();
            findings.push(
                FilePosition::file("--manifests").finding(Problem::ManifestIsFolder { path }),
            );
            continue;
        }
        let missing = |path| Problem::ManifestMissing { path };
        if let Some(mut document) =
            read_document(&path, &sources.root, &folders, dialect, missing, findings)
        {
            if sources.rev_version {
                raise_version(&mut document, findings);
            }
            manifests
                .folders
                .push(path.parent().map(Path::to_path_buf).unwrap_or_default());
            manifests.partials.push(Partial {
                document,
                is_override: false,
            });
        }
    }
    overrides(
        sources,
        changes,
        &folders,
        dialect,
        &mut manifests,
        findings,
    );
    if let Some(folder) = &sources.loc_root {
        manifests.translations = translations(folder, &sources.root, &folders, findings);
    }
    manifests
}

fn is_program(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["js", "cjs", "mjs", "ts"]
            .iter()
            .any(|program| extension.eq_ignore_ascii_case(program))
    })
}

/// Files whose path from `root` matches a pattern such as `out/*.vsix` or `../*.json`, those in the nearest folder
/// first, then by name.
pub fn files_like(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let pattern = pattern.replace('\\', "/");
    // The folders before the first special character are literal: they may lead outside the root, and only what they
    // name is read.
    let plain = pattern.find(['*', '?', '[', '{']).unwrap_or(pattern.len());
    let (folder, pattern) = pattern.split_at(pattern[..plain].rfind('/').map_or(0, |at| at + 1));
    let folder = root.join(folder);
    let mut found = Vec::new();
    walk(&folder, "", pattern, &mut found);
    adieu_order::sort(&mut found);
    found
        .into_iter()
        .map(|(_, relative)| normal(&folder.join(relative)))
        .collect()
}

/// The manifests in the order in which they count: pattern by pattern, because the first value of a key wins.
fn find(sources: &Sources, findings: &mut Vec<Finding>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut add = |path: PathBuf| {
        if !paths.contains(&path) {
            paths.push(path);
        }
    };
    if sources.manifest_globs.is_empty() {
        for path in &sources.manifests {
            add(normal(&sources.root.join(path)));
        }
        return paths;
    }
    for pattern in &sources.manifest_globs {
        files_like(&sources.root, pattern)
            .into_iter()
            .for_each(&mut add);
    }
    if paths.is_empty() {
        let patterns = sources.manifest_globs.join(", ");
        findings.push(
            FilePosition::file(&shown(&sources.root)).finding(Problem::NoManifestLike { patterns }),
        );
    }
    paths
}

/// Collects the files that a pattern matches. As in node-glob, a name that starts with a dot matches only if the
/// pattern has the dot, and links to folders are not followed.
fn walk(root: &Path, relative: &str, pattern: &str, found: &mut Vec<(usize, String)>) {
    let Ok(entries) = fs::read_dir(root.join(relative)) else {
        return;
    };
    let says = |name: &str| {
        pattern
            .split('/')
            .any(|segment| segment.starts_with('.') && fast_glob::glob_match(segment, name))
    };
    for entry in entries.flatten() {
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        if name.starts_with('.') && !says(&name) {
            continue;
        }
        let path = if relative.is_empty() {
            name
        } else {
            format!("{relative}/{name}")
        };
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            // A pattern without `**` has a fixed number of folders.
            if pattern.contains("**") || path.matches('/').count() < pattern.matches('/').count() {
                walk(root, &path, pattern, found);
            }
        } else if fast_glob::glob_match(pattern, &path) {
            found.push((path.matches('/').count(), path));
        }
    }
}

/// Reads one document; problems become findings. `missing` creates the finding for a file that does not exist.
fn read_document(
    path: &Path,
    root: &Path,
    folders: &[Arc<Root>],
    dialect: Dialect,
    missing: fn(String) -> Problem,
    findings: &mut Vec<Finding>,
) -> Option<Node> {
    let name = named(path, root);
    let text = match read_file(path, folders) {
        Ok(bytes) => String::from_utf8(bytes).ok(),
        Err(refusal) => {
            let problem = match refusal {
                Refusal::Outside => Problem::OutsideFolder { path: name.clone() },
                Refusal::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                    missing_file(path, root, missing)
                }
                Refusal::Io(error) => Problem::Unreadable {
                    path: name.clone(),
                    detail: words(&error),
                },
            };
            findings.push(FilePosition::file(&name).finding(problem));
            return None;
        }
    };
    let Some(text) = text else {
        findings.push(FilePosition::file(&name).finding(Problem::NotUtf8));
        return None;
    };
    object(&text, &name, dialect, findings)
}

/// Parses an object; problems become findings.
fn object(text: &str, name: &str, dialect: Dialect, findings: &mut Vec<Finding>) -> Option<Node> {
    let problem = match Node::read(text, name, dialect) {
        Ok(node) if node.members().is_some() => return Some(node),
        Ok(node) => {
            let found = node.kind();
            node.position.finding(Problem::NotAnObject { found })
        }
        Err(error) => {
            let detail = error.detail;
            error.position.finding(Problem::Syntax { detail })
        }
    };
    findings.push(problem);
    None
}

/// Reads a file that a flag or an input names. Links must not lead outside these folders or, if the caller named a
/// file elsewhere, outside that file's folder.
fn read_file(path: &Path, folders: &[Arc<Root>]) -> Result<Vec<u8>, Refusal> {
    let path = absolute(path);
    let own;
    let folder = match folders.iter().find(|folder| folder.holds(&path)) {
        Some(folder) => folder,
        None => {
            own = Root::open(path.parent().unwrap_or(&path))?;
            &own
        }
    };
    match folder.find(&path)? {
        FoundPath::File(file) => Ok(Source::File(file).read_text(Bounds::DEFAULT.text_bytes)?),
        FoundPath::Folder | FoundPath::FolderLink => Err(Refusal::Io(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder",
        ))),
    }
}

/// The overrides from the file and the command line, as one more manifest whose scalars win.
fn overrides(
    sources: &Sources,
    changes: &Changes,
    folders: &[Arc<Root>],
    dialect: Dialect,
    manifests: &mut Manifests,
    findings: &mut Vec<Finding>,
) {
    let missing = |path| Problem::ArgumentMissing { path };
    let line = FilePosition::file("--override");
    let mut document = Node::made(line.clone(), Value::Object(Vec::new()));
    let root = &sources.root;
    let mut folder = root.clone();
    if let Some(path) = &sources.overrides_file {
        folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        if path.is_dir() {
            let problem = Problem::ArgumentIsNot {
                path: named(path, root),
                flag: "--overrides-file",
                found: "a folder",
                wanted: "a file",
            };
            findings.push(FilePosition::file("--overrides-file").finding(problem));
        } else if let Some(node) = read_document(path, root, folders, dialect, missing, findings) {
            document = node;
        }
    }
    if let Some(json) = &sources.overrides
        && let Some(node) = object(json, &line.file, dialect, findings)
    {
        lay_over(&mut document, node);
    }
    let flags = [
        ("publisher", "--publisher", &changes.publisher),
        ("extensionid", "--extension-id", &changes.extension_id),
        ("version", "--extension-version", &changes.version),
        ("name", "--extension-name", &changes.name),
    ];
    for (key, flag, value) in flags {
        let (Some(value), Value::Object(members)) = (value, &mut document.value) else {
            continue;
        };
        // The flag replaces the key in every spelling, so that the file's own spelling does not follow it.
        members.retain(|(name, _)| {
            let name = name.to_lowercase();
            name != key && !(key == "extensionid" && matches!(name.as_str(), "id" | "namespace"))
        });
        members.push((
            key.to_owned(),
            Node::made(FilePosition::file(flag), Value::Text(value.clone())),
        ));
    }
    manifests.folders.push(folder);
    manifests.partials.push(Partial {
        document,
        is_override: true,
    });
}

/// Merges one document into another like lodash's `merge`, which tfx uses: objects key by key, arrays index by index.
fn lay_over(under: &mut Node, over: Node) {
    match (&mut under.value, over.value) {
        (Value::Object(members), Value::Object(over)) => {
            for (key, value) in over {
                match members.iter_mut().find(|(name, _)| *name == key) {
                    Some((_, existing)) => lay_over(existing, value),
                    None => members.push((key, value)),
                }
            }
        }
        (Value::List(items), Value::List(over)) => {
            for (index, value) in over.into_iter().enumerate() {
                match items.get_mut(index) {
                    Some(existing) => lay_over(existing, value),
                    None => items.push(value),
                }
            }
        }
        (_, value) => *under = Node { value, ..over },
    }
}

/// Increments the last number of a manifest's version.
fn raise_version(document: &mut Node, findings: &mut Vec<Finding>) {
    let Value::Object(members) = &mut document.value else {
        return;
    };
    let Some((_, node)) = members.iter_mut().find(|(key, _)| key == "version") else {
        return;
    };
    let Some(version) = node.text().map(str::to_owned) else {
        return;
    };
    let numbers: Option<Vec<u64>> = version
        .split('.')
        .map(|part| part.trim().parse().ok())
        .collect();
    match numbers {
        Some(mut numbers) => {
            if let Some(last) = numbers.last_mut() {
                *last = last.saturating_add(1);
            }
            node.value = Value::Text(
                numbers
                    .iter()
                    .map(u64::to_string)
                    .collect::<Vec<_>>()
                    .join("."),
            );
        }
        None => findings.push(
            node.position
                .finding(Problem::CannotRaise { value: version }),
        ),
    }
}

/// `<folder>/<language>/resources.resjson`, sorted by language.
fn translations(
    folder: &Path,
    root: &Path,
    folders: &[Arc<Root>],
    findings: &mut Vec<Finding>,
) -> Vec<Translations> {
    let missing = |path| Problem::ArgumentMissing { path };
    // If this folder is outside the extension's, the caller named it; its links must not lead outside it either.
    let mut folders = folders.to_vec();
    folders.extend(Root::open(folder));
    let Ok(entries) = fs::read_dir(folder) else {
        let problem = if folder.is_file() {
            Problem::ArgumentIsNot {
                path: named(folder, root),
                flag: "--loc-root",
                found: "a file",
                wanted: "a folder",
            }
        } else {
            missing_file(folder, root, missing)
        };
        findings.push(FilePosition::file("--loc-root").finding(problem));
        return Vec::new();
    };
    let mut languages: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    adieu_order::sort(&mut languages);
    let mut translations = Vec::new();
    for language in languages {
        let path = folder.join(&language).join("resources.resjson");
        if !path.is_file() {
            continue;
        }
        if let Some(document) =
            read_document(&path, root, &folders, Dialect::Json, missing, findings)
        {
            translations.push(Translations { language, document });
        }
    }
    translations
}
