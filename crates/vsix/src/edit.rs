//! Changes identity, name, visibility, pricing and tasks of an existing package.
//!
//! It never recompresses an entry that it does not change, and never overwrites the package that it reads.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use adieu_manifest::document::{FilePosition, Node};
use adieu_manifest::finding::{Finding, Problem};
use zip::DateTime;

use crate::archive::{Archive, ArchiveWriter, Source};
use crate::changes::Changes;
use crate::opened::{ManifestView, OpenedPackage, ReadError, Spanned, view};
use crate::output::{file_name, output_path, replace};
use crate::package::{Facts, Package};
use crate::paths::shown;
use crate::task_update::{self, NewIds, PackagedTask, TaskName, task_facts};
use crate::vscode;
use crate::xml::escape;

/// The result of an edit.
#[derive(Debug, Clone)]
pub struct EditedPackage {
    /// The new package.
    pub package: Package,
    /// Parts that changed; all others are identical byte for byte.
    pub changed: Vec<String>,
    /// Whether an existing file was replaced.
    pub replaced: bool,
}

/// Why a package was not edited.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the facts in the sentence")]
pub enum EditError {
    /// The package cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The Marketplace would refuse a new value.
    #[error("{}: {}", .0.position, .0.problem)]
    Value(Finding),
    /// A change that is not possible in a package for Visual Studio Code.
    #[error("`{path}` is a package for Visual Studio Code: {reason}")]
    VsCode { path: String, reason: &'static str },
    /// The output is the same file as the input.
    #[error("`{path}` is the package that is read: write to another file")]
    SameFile { path: String },
    /// The new package cannot be written.
    #[error("`{path}` cannot be written: {cause}")]
    Output { path: String, cause: std::io::Error },
}

impl Package {
    /// Verifies a package and writes a changed copy of it to a file or folder; `None` means the current folder.
    /// Changed entries get the timestamp.
    ///
    /// # Errors
    /// The package cannot be read, a value is refused, or the copy cannot be written. No file is written then.
    pub fn edit(
        path: &Path,
        changes: &Changes,
        output: Option<&Path>,
        timestamp: DateTime,
    ) -> Result<EditedPackage, EditError> {
        changes.check().map_err(EditError::Value)?;
        let mut opened = OpenedPackage::open(path)?;
        opened.archive(Archive::verify)?;
        let facts = Self::of(path, &mut opened)?.facts.with(changes);
        let (entry, text) = opened.package_manifest()?;
        let view = view(&text, &opened)?;
        let mut changed: HashMap<String, Vec<u8>> = HashMap::new();
        let manifest = edited_manifest(&text, &view, changes);
        if manifest != text {
            changed.insert(entry.name, manifest.into_bytes());
        }
        edit_vs_code(&mut opened, changes, &mut changed)?;
        edit_tasks(&mut opened, &facts, changes, &mut changed)?;

        let name = file_name(&facts.publisher, &facts.extension_id, &facts.version);
        let output = output_path(output, &name);
        let existing = output.canonicalize().ok();
        if existing.is_some() && existing == path.canonicalize().ok() {
            return Err(EditError::SameFile {
                path: shown(&output),
            });
        }
        let size = write(&mut opened, &output, &changed, timestamp)?;
        let mut changed: Vec<String> = changed.into_keys().collect();
        adieu_order::sort(&mut changed);
        Ok(EditedPackage {
            package: Package {
                path: output,
                size,
                facts,
            },
            changed,
            replaced: existing.is_some(),
        })
    }
}

/// Changes the second manifest of a package for Visual Studio Code, which repeats its identity.
fn edit_vs_code(
    opened: &mut OpenedPackage,
    changes: &Changes,
    changed: &mut HashMap<String, Vec<u8>>,
) -> Result<(), EditError> {
    let Some(entry) = opened.archive.find(vscode::MANIFEST).cloned() else {
        return Ok(());
    };
    let refuse = |opened: &OpenedPackage, reason| EditError::VsCode {
        path: opened.path.clone(),
        reason,
    };
    if let Some(reason) = vscode::unfit(changes) {
        return Err(refuse(opened, reason));
    }
    let text = opened.text(&entry)?;
    match vscode::edit(&text, changes).map_err(|error| opened.no_json(&error))? {
        None => Err(refuse(
            opened,
            "its package.json lacks publisher, name or version",
        )),
        Some(new) if new == text => Ok(()),
        Some(new) => {
            changed.insert(entry.name, new.into_bytes());
            Ok(())
        }
    }
}

/// The package manifest with new values; all other bytes stay.
fn edited_manifest(text: &str, view: &ManifestView, changes: &Changes) -> String {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut set = |spanned: &Spanned, value: &str| {
        if spanned.value != value {
            let (before, after) = &spanned.around;
            let new = format!("{before}{}{after}", escape(value));
            edits.push((spanned.range.clone(), new));
        }
    };
    for (spanned, value) in [
        (&view.id, &changes.extension_id),
        (&view.publisher, &changes.publisher),
        (&view.version, &changes.version),
        (&view.name, &changes.name),
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
    if changes.set_flags(&mut flags) {
        set(&view.gallery_flags, &flags.join(" "));
    }
    task_update::replace(text, edits)
}

/// Sets new versions and IDs of tasks, and the new IDs in contributions that support them.
fn edit_tasks(
    opened: &mut OpenedPackage,
    facts: &Facts,
    changes: &Changes,
    changed: &mut HashMap<String, Vec<u8>>,
) -> Result<(), EditError> {
    let mut ids = NewIds::default();
    let mut tasks = Vec::new();
    let contributions = opened.contributions()?;
    for (contribution, entry) in opened.task_parts(&contributions) {
        let text = opened.text(&entry)?;
        let name = opened
            .json(&text, &entry.name)?
            .get("name")
            .and_then(Node::text)
            .map(str::to_owned);
        let localised = opened
            .archive
            .find(&task_update::localised(&entry.name))
            .cloned();
        for entry in std::iter::once(entry).chain(localised) {
            let text = opened.text(&entry)?;
            let update = task_update::update(
                &text,
                &entry.name,
                TaskName {
                    contribution: &contribution,
                    name: name.as_deref(),
                },
                facts.owner(),
                changes.tasks,
                &mut ids,
            )
            .map_err(|error| opened.no_json(&error))?;
            if !entry.name.to_lowercase().ends_with(".loc.json") {
                tasks.push(task_facts(
                    &contribution,
                    &entry.name,
                    &opened.json(&update.text, &entry.name)?,
                ));
            }
            if update.text != text {
                changed.insert(entry.name, update.text.into_bytes());
            }
        }
    }
    if !changes.tasks.is_none() {
        check_versions(&tasks)?;
    }
    if ids.is_empty() {
        return Ok(());
    }
    for entry in opened.service_manifests() {
        let text = opened.text(&entry)?;
        let mut manifest = opened.json(&text, &entry.name)?;
        let contributions = manifest.get_mut("contributions");
        if contributions.is_some_and(|node| task_update::update_supports_tasks(node, &ids)) {
            changed.insert(entry.name, manifest.to_json().into_bytes());
        }
    }
    Ok(())
}

/// Refuses changes that would give two versions of a task the same number.
fn check_versions(tasks: &[PackagedTask]) -> Result<(), EditError> {
    let mut seen: HashMap<(&str, &str), &PackagedTask> = HashMap::new();
    for task in tasks {
        if let Some(first) = seen.insert((&task.id, &task.version), task) {
            let problem = Problem::CollidingUpdate {
                name: task.name.clone(),
                version: task.version.clone(),
                first: FilePosition::file(&first.part),
            };
            return Err(EditError::Value(
                FilePosition::file(&task.part).finding(problem),
            ));
        }
    }
    Ok(())
}

fn write(
    opened: &mut OpenedPackage,
    path: &Path,
    changed: &HashMap<String, Vec<u8>>,
    timestamp: DateTime,
) -> Result<u64, EditError> {
    let failed = |cause| EditError::Output {
        path: shown(path),
        cause,
    };
    replace(path, failed, |file| {
        let mut writer = ArchiveWriter::new(file, timestamp);
        for entry in opened.archive.entries().to_vec() {
            match changed.get(&entry.name) {
                Some(bytes) => {
                    let new = [(entry.name.clone(), Source::Bytes(bytes.clone()))];
                    writer.add(&new).map_err(|(_, cause)| failed(cause))?;
                }
                None => writer.copy(&mut opened.archive, &entry).map_err(failed)?,
            }
        }
        writer.finish().map_err(failed)
    })
}
