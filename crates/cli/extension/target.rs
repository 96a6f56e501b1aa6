//! Which extension an operation is about: by its ids, by a finished package, or by its manifests.
//!
//! It asks no service.

use std::path::{Path, PathBuf};

use adieu_devops::{ExtensionName, Package};
use adieu_vsix::{Changes, Facts, Folder, PackError, PackagedTask, Sources, fold};

use super::findings::in_one_line;
use super::timestamp;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;

/// Which extension a step or a command line means.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExtensionReference {
    /// The extension's folder, against which relative paths count.
    pub(crate) root: PathBuf,
    /// Manifests or patterns.
    pub(crate) manifests: Vec<String>,
    /// A finished package, or a pattern with one match.
    pub(crate) vsix: Option<String>,
    pub(crate) overrides_file: Option<PathBuf>,
    /// Values that replace the extension's own, its ids among them.
    pub(crate) changes: Changes,
}

/// A package to make of an extension's folder, or of a finished package.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packing {
    pub(crate) extension: ExtensionReference,
    pub(crate) loc_root: Option<PathBuf>,
    /// Errors of the manifest's checks are warnings.
    pub(crate) bypass_validation: bool,
    /// File or folder for the package.
    pub(crate) output: Option<PathBuf>,
}

/// An extension, as far as it is known without asking.
#[derive(Debug, Clone)]
pub(crate) struct ExtensionTarget {
    pub(crate) name: ExtensionName,
    /// Its version, where something says it.
    pub(crate) version: Option<String>,
    /// Its tasks, where a package or manifests are there.
    pub(crate) tasks: Vec<PackagedTask>,
}

/// The extension that is meant.
pub(crate) fn find(extension: &ExtensionReference) -> Result<ExtensionTarget, Situation> {
    let given = match (
        &extension.changes.publisher,
        &extension.changes.extension_id,
    ) {
        // Manifests count where they are the named extension's own: the folder may be another one's.
        (Some(publisher), Some(id)) if extension.vsix.is_none() => {
            let mut unnamed = extension.clone();
            unnamed.changes.publisher = None;
            unnamed.changes.extension_id = None;
            let is_it = |own: &Facts| {
                let is_publisher = own.publisher.eq_ignore_ascii_case(publisher);
                (is_publisher || own.publisher.is_empty())
                    && own.extension_id.eq_ignore_ascii_case(id)
            };
            let own = read(&unnamed).ok();
            own.filter(is_it).unwrap_or_default()
        }
        _ => read(extension)?,
    };
    let name = ExtensionName {
        publisher: extension
            .changes
            .publisher
            .clone()
            .unwrap_or_else(|| given.publisher.clone()),
        extension: extension
            .changes
            .extension_id
            .clone()
            .unwrap_or_else(|| given.extension_id.clone()),
    };
    if name.publisher.is_empty() || name.extension.is_empty() {
        return Err(Situation::Extension(ExtensionProblem::NoName {
            publisher: name.publisher.is_empty(),
        }));
    }
    let version = extension.changes.version.clone();
    let version = version.or(Some(given.version.clone()).filter(|version| !version.is_empty()));
    // A folder is read with the changes already; a package is published as a changed copy.
    let tasks = match extension.vsix {
        Some(_) => given.with(&extension.changes).tasks,
        None => given.tasks,
    };
    Ok(ExtensionTarget {
        name,
        version,
        tasks,
    })
}

/// What the package or the manifests state; nothing where there is neither.
pub(crate) fn read(extension: &ExtensionReference) -> Result<Facts, Situation> {
    if let Some(pattern) = &extension.vsix {
        let vsix = one_file(&extension.root, pattern)?;
        let package = adieu_vsix::Package::open(&vsix).map_err(|error| unusable(&error))?;
        return Ok(package.facts);
    }
    let sources = sources(extension);
    let is_there = !sources.manifest_globs.is_empty()
        || sources
            .manifests
            .iter()
            .any(|manifest| sources.root.join(manifest).is_file());
    if is_there {
        let folder = Folder::read(&sources, &extension.changes, None);
        let facts = folder.facts().cloned();
        facts.map_err(|error| package_problem(&error, &extension.root))
    } else {
        Ok(Facts::default())
    }
}

/// Makes the package, or a changed copy of the one that is there. Findings go to `voice`.
pub(crate) fn make(packing: &Packing, voice: &dyn Voice) -> Result<Package, Situation> {
    let made = match &packing.extension.vsix {
        None => pack(packing, voice)?,
        Some(pattern) => {
            let vsix = one_file(&packing.extension.root, pattern)?;
            if packing.extension.changes.is_none() {
                adieu_vsix::Package::verify(&vsix).map_err(|error| unusable(&error))?
            } else {
                edited(packing, &vsix, voice)?
            }
        }
    };
    Ok(Package {
        name: ExtensionName {
            publisher: made.facts.publisher,
            extension: made.facts.extension_id,
        },
        version: made.facts.version,
        target_platform: made.facts.target_platform,
        path: std::path::absolute(&made.path).unwrap_or(made.path),
        size: made.size,
    })
}

fn pack(packing: &Packing, voice: &dyn Voice) -> Result<adieu_vsix::Package, Situation> {
    let output = packing.output.as_deref();
    let sources = Sources {
        loc_root: packing.loc_root.clone(),
        ..sources(&packing.extension)
    };
    let folder = Folder::read(&sources, &packing.extension.changes, output);
    let packed = folder
        .pack(packing.bypass_validation, time_of_entries()?)
        .map_err(|error| package_problem(&error, &packing.extension.root))?;
    for report in fold(&packed.findings) {
        voice.warn(&in_one_line(&report));
    }
    let adieu_vsix::Package { size, facts, .. } = &packed.package;
    voice.say(&format!(
        "Packed {}.{} {}: {} parts, {size} bytes.",
        facts.publisher, facts.extension_id, facts.version, packed.parts
    ));
    Ok(packed.package)
}

fn edited(
    packing: &Packing,
    vsix: &Path,
    voice: &dyn Voice,
) -> Result<adieu_vsix::Package, Situation> {
    let output = packing.output.as_deref();
    let edited =
        adieu_vsix::Package::edit(vsix, &packing.extension.changes, output, time_of_entries()?)
            .map_err(|error| unusable(&error))?;
    for part in &edited.changed {
        voice.say(&format!("Changed {part} in a copy of the package."));
    }
    if edited.replaced {
        let path = edited.package.path.display();
        voice.warn(&format!("{path} was there before, and was replaced."));
    }
    Ok(edited.package)
}

fn unusable(error: &dyn std::error::Error) -> Situation {
    Situation::Extension(ExtensionProblem::Package(error.to_string()))
}

fn sources(extension: &ExtensionReference) -> Sources {
    let is_pattern = |manifest: &String| manifest.contains(['*', '?', '[', '{']);
    let manifests = if extension.manifests.is_empty() {
        vec!["vss-extension.json".to_owned()]
    } else {
        extension.manifests.clone()
    };
    // The packer takes patterns or names; a name is a pattern that has one match.
    let (manifests, manifest_globs) = if manifests.iter().any(is_pattern) {
        (Vec::new(), manifests)
    } else {
        let paths = manifests.into_iter().map(PathBuf::from).collect();
        (paths, Vec::new())
    };
    Sources {
        manifests,
        manifest_globs,
        overrides_file: extension.overrides_file.clone(),
        ..Sources::new(&extension.root)
    }
}

fn time_of_entries() -> Result<adieu_vsix::DateTime, Situation> {
    timestamp().map_err(|reason| Situation::Extension(ExtensionProblem::Package(reason)))
}

/// The one file that a path or a pattern means.
pub(super) fn one_file(root: &Path, pattern: &str) -> Result<PathBuf, Situation> {
    let path = root.join(pattern);
    if path.is_file() {
        return Ok(path);
    }
    let mut found = if pattern.contains(['*', '?', '[', '{']) {
        adieu_vsix::files_like(root, pattern)
    } else {
        Vec::new()
    };
    found.sort();
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        count => Err(Situation::Extension(ExtensionProblem::NotOneFile {
            pattern: pattern.to_owned(),
            root: root.display().to_string(),
            found: found
                .iter()
                .take(5)
                .map(|path| path.display().to_string())
                .collect(),
            count,
        })),
    }
}

fn package_problem(error: &PackError, root: &Path) -> Situation {
    match error {
        PackError::Refused { findings } => Situation::Extension(ExtensionProblem::Refused {
            root: root.display().to_string(),
            findings: fold(findings)
                .iter()
                .filter(|report| report.severity > adieu_vsix::Severity::Warning)
                .map(in_one_line)
                .collect(),
        }),
        error => Situation::Extension(ExtensionProblem::Package(error.to_string())),
    }
}
