//! Changes identity, name, visibility, pricing and tasks of a package that exists already.
//!
//! It never compresses an entry that it does not change, and never writes over the package that it reads.

use std::collections::HashMap;
use std::io::Seek;
use std::ops::Range;
use std::path::{Path, PathBuf};

use adieu_manifest::document::{Node, Place, Value};
use adieu_manifest::extension::{Pricing, Visibility, check, gallery};
use adieu_manifest::finding::{Finding, Problem};
use zip::DateTime;

use crate::archive::{ArchiveWriter, Source};
use crate::inspect::{PackagedTask, task_facts};
use crate::manifests::shown;
use crate::opened::{ManifestView, Opened, ReadError, Spanned, view};
use crate::output::{file_name, output_path, replace};
use crate::package::task_version;
use crate::task_update::{self, NewIds, Owner, TaskUpdates};
use crate::xml::escape;

/// What to change in a package.
#[derive(Debug, Clone, Default)]
pub struct EditOptions {
    /// Package to read.
    pub vsix: PathBuf,
    /// File or folder to write to; none means the current folder.
    pub output: Option<PathBuf>,
    /// Publisher's ID.
    pub publisher: Option<String>,
    /// Extension's ID.
    pub extension_id: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Name that people see.
    pub name: Option<String>,
    /// Who sees it.
    pub visibility: Option<Visibility>,
    /// What it costs.
    pub pricing: Option<Pricing>,
    /// What to change in tasks.
    pub tasks: TaskUpdates,
    /// Time of the entries that change.
    pub timestamp: DateTime,
}

/// A package that was edited.
#[derive(Debug, Clone)]
pub struct Edited {
    /// Where it is.
    pub path: PathBuf,
    /// Publisher's ID.
    pub publisher: String,
    /// Extension's ID.
    pub extension_id: String,
    /// Version.
    pub version: String,
    /// Parts that changed; all others are byte for byte what they were.
    pub changed: Vec<String>,
    /// Tasks as they are now.
    pub tasks: Vec<PackagedTask>,
    /// Bytes of the package.
    pub size: u64,
}

/// Why a package was not edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The package cannot be read.
    #[error("{0}")]
    Read(#[from] ReadError),
    /// A new value that the Marketplace would refuse.
    #[error("{}: {}", .0.place, .0.problem)]
    Value(Finding),
    /// The output is the input.
    #[error("`{path}` is the package that is read: write to another file")]
    SameFile {
        /** Package. */
        path: String,
    },
    /// The new package cannot be written.
    #[error("`{path}` cannot be written: {source}")]
    Output {
        /** Package. */
        path: String,
        /** The system's words. */
        source: std::io::Error,
    },
}

/// Edits a package.
///
/// # Errors
/// The package cannot be read, a value is refused, or the new package cannot be written. Nothing is written then.
pub fn edit(options: &EditOptions) -> Result<Edited, EditError> {
    check_values(options)?;
    let mut opened = Opened::open(&options.vsix)?;
    let (entry, text) = opened.package_manifest()?;
    let view = view(&text, &opened)?;
    let mut changed: HashMap<String, Vec<u8>> = HashMap::new();
    let manifest = edited_manifest(&text, &view, options);
    if manifest != text {
        changed.insert(entry.name, manifest.into_bytes());
    }
    let said =
        |new: &Option<String>, old: &Spanned| new.clone().unwrap_or_else(|| old.value.clone());
    let publisher = said(&options.publisher, &view.publisher);
    let extension_id = said(&options.extension_id, &view.id);
    let version = said(&options.version, &view.version);
    let owner = Owner {
        publisher: &publisher,
        extension_id: &extension_id,
        version: task_version(&version),
    };
    let tasks = edit_tasks(&mut opened, owner, options.tasks, &mut changed)?;

    let path = output_path(
        options.output.as_deref(),
        &file_name(&publisher, &extension_id, &version),
    );
    let is_input = path.canonicalize().is_ok_and(|output| {
        options
            .vsix
            .canonicalize()
            .is_ok_and(|input| input == output)
    });
    if is_input {
        return Err(EditError::SameFile { path: shown(&path) });
    }
    let size = write(&mut opened, &path, &changed, options.timestamp)?;
    let mut changed: Vec<String> = changed.into_keys().collect();
    changed.sort_unstable();
    Ok(Edited {
        path,
        publisher,
        extension_id,
        version,
        changed,
        tasks,
        size,
    })
}

fn check_values(options: &EditOptions) -> Result<(), EditError> {
    let refuse =
        |flag: &str, problem| Err(EditError::Value(Finding::new(&Place::file(flag), problem)));
    let is_identifier = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if let Some(id) = options
        .extension_id
        .as_deref()
        .filter(|id| !is_identifier(id))
    {
        return refuse(
            "--extension-id",
            Problem::BadIdentifier {
                what: "extension ID",
                value: id.to_owned(),
            },
        );
    }
    if let Some(publisher) = options
        .publisher
        .as_deref()
        .filter(|publisher| publisher.is_empty())
    {
        return refuse(
            "--publisher",
            Problem::BadIdentifier {
                what: "publisher",
                value: publisher.to_owned(),
            },
        );
    }
    if let Some(version) = options
        .version
        .as_deref()
        .filter(|version| check::parse_version(version).is_none())
    {
        return refuse(
            "--extension-version",
            Problem::BadVersion {
                value: version.to_owned(),
            },
        );
    }
    Ok(())
}

/// The package manifest with new values in their places, and every other byte as it was.
fn edited_manifest(text: &str, view: &ManifestView, options: &EditOptions) -> String {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut set = |spanned: &Spanned, value: &str| {
        if spanned.value != value {
            let (before, after) = &spanned.around;
            let new = format!("{before}{}{after}", escape(value));
            edits.push((spanned.range.clone(), new));
        }
    };
    for (spanned, value) in [
        (&view.id, &options.extension_id),
        (&view.publisher, &options.publisher),
        (&view.version, &options.version),
        (&view.name, &options.name),
    ] {
        if let Some(value) = value {
            set(spanned, value);
        }
    }
    let mut flags: Vec<String> = view
        .gallery_flags
        .value
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if let Some(visibility) = options.visibility {
        gallery::set_visibility(&mut flags, visibility);
    }
    if let Some(pricing) = options.pricing {
        gallery::set_pricing(&mut flags, pricing);
    }
    if options.visibility.is_some() || options.pricing.is_some() {
        set(&view.gallery_flags, &flags.join(" "));
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, value) in edits {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&value);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Gives tasks new versions and IDs, and the contributions that support them the new IDs.
fn edit_tasks(
    opened: &mut Opened,
    owner: Owner<'_>,
    updates: TaskUpdates,
    changed: &mut HashMap<String, Vec<u8>>,
) -> Result<Vec<PackagedTask>, EditError> {
    let mut ids = NewIds::default();
    let mut tasks = Vec::new();
    let contributions = opened.contributions()?;
    for entry in opened.task_parts(&contributions) {
        let text = opened.text(&entry)?;
        let name = opened
            .json(&text, &entry.name)?
            .get("name")
            .and_then(Node::text)
            .map(str::to_owned);
        let localised = format!(
            "{}task.loc.json",
            entry
                .name
                .get(..entry.name.len() - "task.json".len())
                .unwrap_or_default()
        );
        let localised = opened.archive.find(&localised).cloned();
        for entry in std::iter::once(entry).chain(localised) {
            let text = opened.text(&entry)?;
            let update = task_update::update(
                &text,
                &entry.name,
                name.as_deref(),
                owner,
                updates,
                &mut ids,
            )
            .map_err(|error| opened.no_json(&error))?;
            if entry.name.to_lowercase().ends_with("task.json") {
                tasks.push(task_facts(
                    &entry.name,
                    &opened.json(&update.text, &entry.name)?,
                ));
            }
            if update.text != text {
                changed.insert(entry.name, update.text.into_bytes());
            }
        }
    }
    check_versions(&tasks, updates)?;
    if ids.is_empty() {
        return Ok(tasks);
    }
    for entry in opened.service_manifests() {
        let text = opened.text(&entry)?;
        let mut manifest = opened.json(&text, &entry.name)?;
        let Value::Object(members) = &mut manifest.value else {
            continue;
        };
        let contributions = members.iter_mut().find(|(key, _)| key == "contributions");
        if let Some((
            _,
            Node {
                value: Value::List(contributions),
                ..
            },
        )) = contributions
            && task_update::update_supports_tasks(contributions, &ids)
        {
            changed.insert(entry.name, manifest.to_json().into_bytes());
        }
    }
    Ok(tasks)
}

/// Refuses an update that gives two versions of one task the same number.
fn check_versions(tasks: &[PackagedTask], updates: TaskUpdates) -> Result<(), EditError> {
    if updates.is_none() {
        return Ok(());
    }
    let mut seen: HashMap<(&str, &str), &PackagedTask> = HashMap::new();
    for task in tasks {
        if let Some(first) = seen.insert((&task.id, &task.version), task) {
            let problem = Problem::CollidingUpdate {
                name: task.name.clone(),
                version: task.version.clone(),
                first: Place::file(&first.part),
            };
            return Err(EditError::Value(Finding::new(
                &Place::file(&task.part),
                problem,
            )));
        }
    }
    Ok(())
}

fn write(
    opened: &mut Opened,
    path: &Path,
    changed: &HashMap<String, Vec<u8>>,
    timestamp: DateTime,
) -> Result<u64, EditError> {
    let failed = |source| EditError::Output {
        path: shown(path),
        source,
    };
    replace(path, |file| {
        let mut writer = ArchiveWriter::new(file, timestamp);
        for entry in opened.archive.entries().to_vec() {
            match changed.get(&entry.name) {
                Some(bytes) => {
                    let new = [(entry.name.clone(), Source::Bytes(bytes.clone()))];
                    writer.add(&new).map_err(|(_, source)| failed(source))?;
                }
                None => writer.copy(&mut opened.archive, &entry).map_err(failed)?,
            }
        }
        let mut written = writer.finish().map_err(failed)?;
        written.seek(std::io::SeekFrom::End(0)).map_err(failed)
    })
    .map_err(|error| error.unwrap_or_else(failed))
}
