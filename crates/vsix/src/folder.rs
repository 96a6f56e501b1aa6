//! An extension's folder: reads, checks and packs it.
//!
//! It writes only the output file, and only if everything else has succeeded.

use std::path::{Path, PathBuf};

use adieu_manifest::document::{Dialect, FilePosition, Node};
use adieu_manifest::extension::localisation::{Translations, service_manifest};
use adieu_manifest::extension::{Element, Extension, WithPosition, check, merge};
use adieu_manifest::finding::{Finding, Problem, Severity};
use zip::DateTime;

use crate::archive::{ArchiveWriter, Source};
use crate::changes::Changes;
use crate::files::Packages;
use crate::manifests;
use crate::output::{file_name, output_path, replace};
use crate::package::{Facts, Package};
use crate::parts::{Asset, Part, Parts};
use crate::paths::{absolute, shown};
use crate::root::Root;
use crate::sources::Sources;
use crate::task_update::{self, NewIds, TaskName, TaskUpdates, task_facts};
use crate::tasks::{self, Task};
use crate::{content_type, files, image, vsixmanifest};

/// An extension from its folder, with the changes for its package.
#[derive(Debug)]
pub struct Folder {
    extension: Extension,
    parts: Parts,
    findings: Vec<Finding>,
    facts: Facts,
    output: PathBuf,
    /// Whether every manifest could be read.
    is_readable: bool,
}

/// A package that was created from a folder.
#[derive(Debug, Clone)]
pub struct PackedFolder {
    /// The package.
    pub package: Package,
    /// The number of files in it.
    pub parts: usize,
    /// The findings that did not prevent it.
    pub findings: Vec<Finding>,
}

/// Why no package was created.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the facts in the sentence")]
pub enum PackError {
    /// The extension cannot be packed; the findings, including warnings, have the reasons.
    #[error("the extension cannot be packed: {} to correct", count(findings))]
    Refused { findings: Vec<Finding> },
    /// A file could not be read while the package was written.
    #[error("`{path}` cannot be packed: {cause}")]
    Part { path: String, cause: std::io::Error },
    /// The package could not be written.
    #[error("`{path}` cannot be written: {cause}")]
    Output { path: String, cause: std::io::Error },
}

fn count(findings: &[Finding]) -> String {
    match findings
        .iter()
        .filter(|finding| finding.severity() > Severity::Warning)
        .count()
    {
        1 => "1 error".to_owned(),
        errors => format!("{errors} errors"),
    }
}

impl Folder {
    /// Reads and checks an extension. It always succeeds: problems become findings, which [`pack`](Self::pack)
    /// evaluates.
    ///
    /// `output` is the file or folder for the package; `None` means the current folder.
    pub fn read(sources: &Sources, changes: &Changes, output: Option<&Path>) -> Self {
        let mut findings = Vec::new();
        let root = Root::open(&sources.root).ok();
        let manifests = manifests::read(sources, changes, root.as_ref(), &mut findings);
        let is_fatal = |finding: &Finding| finding.severity() == Severity::Fatal;
        let is_readable = !findings.iter().any(is_fatal);
        let (mut extension, merged) = merge(&manifests.partials);
        let has_merged = !merged.iter().any(is_fatal);
        findings.extend(merged);
        let is_new = !extension.elements.contains(&Element::GalleryFlags);
        if changes.set_flags(&mut extension.gallery_flags) && is_new {
            extension.elements.push(Element::GalleryFlags);
        }
        let manifest = manifests.partials.first().map_or_else(
            || FilePosition::file(&shown(&sources.root)),
            |first| first.document.position.clone(),
        );
        let mut facts = Facts {
            publisher: or_empty(&extension.publisher),
            extension_id: or_empty(&extension.id),
            version: or_empty(&extension.version),
            ..Facts::default()
        };
        let name = file_name(&facts.publisher, &facts.extension_id, &facts.version);
        let output = output_path(output, &name);
        // Without its manifests an extension lacks everything; reporting each key would hide the reason.
        if is_readable && has_merged {
            findings.extend(check::check(&extension, &manifest));
        }
        let mut parts = Parts::default();
        if let Some(root) = &root {
            let packages = Packages {
                output: absolute(&output),
                prefix: format!("{}.{}-", facts.publisher, facts.extension_id),
            };
            let folders = &manifests.folders;
            files::add(
                &extension,
                root,
                folders,
                &packages,
                &mut parts,
                &mut findings,
            );
        }
        let mut tasks = tasks::check(&extension, &parts, &sources.root, &mut findings);
        let updates = changes.tasks;
        update_tasks(
            &mut extension,
            &mut parts,
            &mut tasks,
            updates,
            &facts,
            &mut findings,
        );
        tasks::check_identities(&tasks, &mut findings);
        parts.check_names(extension.servers(), &mut findings);
        facts.tasks = tasks
            .iter()
            .filter_map(|task| {
                let text = parts.find(&task.part)?.source.text()?;
                let node = Node::read(&text, &task.position.file, Dialect::Json);
                let contribution = task.contribution_folder();
                Some(task_facts(contribution, &task.part, &node.ok()?))
            })
            .collect();
        localise(
            &extension,
            &manifests.translations,
            &mut parts,
            &mut findings,
        );
        if is_readable && has_merged {
            check_icon(&extension, &parts, &manifest, &mut findings);
        }
        parts.check_assets(&mut findings);
        Self {
            extension,
            parts,
            findings,
            facts,
            output,
            is_readable,
        }
    }

    /// Identity, version and tasks in the manifests. IDs and version are empty if no manifest has them.
    ///
    /// # Errors
    /// A manifest cannot be read.
    pub fn facts(&self) -> Result<&Facts, PackError> {
        if self.is_readable {
            Ok(&self.facts)
        } else {
            Err(PackError::Refused {
                findings: self.findings.clone(),
            })
        }
    }

    /// Creates the package. With `bypass_validation`, errors do not prevent it, as long as it can be written. Every
    /// entry gets the timestamp.
    ///
    /// # Errors
    /// The extension cannot be packed, or a file cannot be read or written.
    pub fn pack(
        mut self,
        bypass_validation: bool,
        timestamp: DateTime,
    ) -> Result<PackedFolder, PackError> {
        let least = if bypass_validation {
            Severity::Fatal
        } else {
            Severity::Error
        };
        let is_grave = |finding: &Finding| finding.severity() >= least;
        if self.findings.iter().any(is_grave) {
            return Err(PackError::Refused {
                findings: self.findings,
            });
        }
        let entries = entries(&self.extension, &self.parts);
        let size = write(&self.output, &entries, timestamp)?;
        check_size(size, &self.output, &mut self.findings);
        Ok(PackedFolder {
            package: Package {
                path: self.output,
                size,
                facts: self.facts,
            },
            parts: entries.len(),
            findings: self.findings,
        })
    }
}

/// The value in the manifests, or an empty text.
fn or_empty(value: &Option<WithPosition<String>>) -> String {
    value
        .as_ref()
        .map(|value| value.value.clone())
        .unwrap_or_default()
}

/// Sets the new versions of tasks, and their new IDs in `task.json`, `task.loc.json` and wherever another task
/// supports them.
fn update_tasks(
    extension: &mut Extension,
    parts: &mut Parts,
    tasks: &mut [Task],
    updates: TaskUpdates,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    if updates.is_none() {
        return;
    }
    let mut ids = NewIds::default();
    for task in tasks {
        let name = task.facts.name.as_ref().map(|name| name.value.clone());
        let contribution = task.contribution_folder().to_owned();
        let mut update = |text: &str, file: &str| {
            task_update::update(
                text,
                file,
                TaskName {
                    contribution: &contribution,
                    name: name.as_deref(),
                },
                facts.owner(),
                updates,
                &mut ids,
            )
            .map_err(|error| {
                let detail = error.detail;
                findings.push(error.position.finding(Problem::TaskSyntax { detail }));
            })
            .ok()
        };
        if let Some(changed) = update(&task.text, &task.position.file) {
            parts.replace(&task.part, changed.text.into_bytes());
            if let (Some(id), Some(new)) = (&mut task.facts.id, changed.id) {
                id.value = new;
            }
            if let (Some(version), Some(new)) = (&mut task.facts.version, changed.version) {
                version.value = new;
            }
        }
        let localised = task_update::localised(&task.part);
        let Some(part) = parts.find(&localised) else {
            continue;
        };
        let text = part.source.text().unwrap_or_default();
        if let Some(changed) = update(&text, &localised) {
            parts.replace(&localised, changed.text.into_bytes());
        }
    }
    let mut service = extension.service.iter_mut();
    if let Some((_, contributions)) = service.find(|(key, _)| key == "contributions") {
        task_update::update_supports_tasks(contributions, &ids);
    }
}

fn check_icon(
    extension: &Extension,
    parts: &Parts,
    manifest: &FilePosition,
    findings: &mut Vec<Finding>,
) {
    const ICON: &str = "Microsoft.VisualStudio.Services.Icons.Default";
    match parts
        .list()
        .iter()
        .find(|part| part.assets.iter().any(|asset| asset.kind == ICON))
    {
        Some(part) => image::check(part, 128, findings),
        // A missing icon file already has a finding.
        None if extension
            .listed
            .iter()
            .any(|file| file.asset_types.iter().any(|kind| kind == ICON)) => {}
        None => findings.push(manifest.finding(Problem::NoIcon)),
    }
}

/// The sizes that Azure DevOps Server accepts by default: `maxPackageSize` in the gallery's settings.
fn check_size(size: u64, path: &Path, findings: &mut Vec<Finding>) {
    let limits = [
        ("Azure DevOps Server 2022", 104_857_600),
        ("Azure DevOps Server 2019", 26_214_400),
    ];
    if let Some((server, limit)) = limits.into_iter().find(|(_, limit)| size > *limit) {
        findings.push(FilePosition::file(&shown(path)).finding(Problem::TooLarge {
            size,
            limit,
            server,
        }));
    }
}

/// Adds the manifests in other languages.
fn localise(
    extension: &Extension,
    translations: &[Translations],
    parts: &mut Parts,
    findings: &mut Vec<Finding>,
) {
    for translations in translations {
        let language = &translations.language;
        let mut add = |file: &str, text: String, assets| {
            let part = Part {
                name: format!("{language}/{file}"),
                source: Source::Bytes(text.into_bytes()),
                content_type: None,
                assets,
                from_folder: false,
                position: translations.document.position.clone(),
            };
            parts.add(part, findings);
        };
        add(
            "Extension.vsixlangpack",
            vsixmanifest::language_pack(extension, translations),
            Vec::new(),
        );
        if extension.has_service_manifest() {
            let asset = Asset {
                kind: vsixmanifest::SERVICE_MANIFEST.to_owned(),
                addressable: true,
                lang: Some(language.clone()),
            };
            add(
                "extension.vsomanifest",
                service_manifest(extension, Some(translations)).to_json(),
                vec![asset],
            );
        }
    }
}

/// All entries of the archive, sorted by name.
fn entries(extension: &Extension, parts: &Parts) -> Vec<(String, Source)> {
    let made = |text: String| Source::Bytes(text.into_bytes());
    let mut entries: Vec<(String, Source)> = parts
        .list()
        .iter()
        .map(|part| (part.name.clone(), part.source.clone()))
        .collect();
    entries.push((
        "[Content_Types].xml".to_owned(),
        made(content_type::document(parts.list())),
    ));
    entries.push((
        "extension.vsixmanifest".to_owned(),
        made(vsixmanifest::document(extension, parts.list())),
    ));
    if extension.has_service_manifest() {
        entries.push((
            "extension.vsomanifest".to_owned(),
            made(service_manifest(extension, None).to_json()),
        ));
    }
    adieu_order::sort_by(&mut entries, |(one, _), (other, _)| one.cmp(other));
    entries
}

fn write(path: &Path, entries: &[(String, Source)], timestamp: DateTime) -> Result<u64, PackError> {
    let failed = |cause| PackError::Output {
        path: shown(path),
        cause,
    };
    replace(path, failed, |file| {
        let mut writer = ArchiveWriter::new(file, timestamp);
        writer.add(entries).map_err(|(index, cause)| {
            let (name, entry) = entries
                .get(index)
                .map_or(("", None), |(name, entry)| (name.as_str(), entry.path()));
            PackError::Part {
                path: entry.map_or_else(|| name.to_owned(), shown),
                cause,
            }
        })?;
        writer.finish().map_err(failed)
    })
}
