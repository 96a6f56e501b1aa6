//! Which extension an operation is about: by its ids, by a finished package, or by its manifests.
//!
//! It asks no service.

use std::path::{Path, PathBuf};

use adieu_devops::{ExtensionName, Package};
use adieu_vsix::{Facts, Folder, PackError, PackagedTask, Sources, fold};

use super::findings::in_one_line;
use super::settings::Settings;
use super::timestamp;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;

/// An extension, as far as it is known without asking.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) name: ExtensionName,
    /// Its version, where something says it.
    pub(crate) version: Option<String>,
    /// Its tasks, where a package or manifests are there.
    pub(crate) tasks: Vec<PackagedTask>,
}

/// The extension that the settings mean.
pub(crate) fn find(settings: &Settings) -> Result<Subject, Situation> {
    let given = match (&settings.changes.publisher, &settings.changes.extension_id) {
        // Manifests count where they are the named extension's own: the folder may be another one's.
        (Some(publisher), Some(extension)) if settings.vsix.is_none() => {
            let mut unnamed = settings.clone();
            unnamed.changes.publisher = None;
            unnamed.changes.extension_id = None;
            let is_it = |own: &Facts| {
                let is_publisher = own.publisher.eq_ignore_ascii_case(publisher);
                (is_publisher || own.publisher.is_empty())
                    && own.extension_id.eq_ignore_ascii_case(extension)
            };
            let own = read(&unnamed).ok();
            own.filter(is_it).unwrap_or_default()
        }
        _ => read(settings)?,
    };
    let name = ExtensionName {
        publisher: settings
            .changes
            .publisher
            .clone()
            .unwrap_or_else(|| given.publisher.clone()),
        extension: settings
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
    let version = settings.changes.version.clone();
    let version = version.or(Some(given.version.clone()).filter(|version| !version.is_empty()));
    // A folder is read with the changes already; a package is published as a changed copy.
    let tasks = match settings.vsix {
        Some(_) => given.with(&settings.changes).tasks,
        None => given.tasks,
    };
    Ok(Subject {
        name,
        version,
        tasks,
    })
}

/// What the package or the manifests state; nothing where there is neither.
pub(crate) fn read(settings: &Settings) -> Result<Facts, Situation> {
    if let Some(pattern) = &settings.vsix {
        let vsix = one_file(&settings.root, pattern)?;
        let package = adieu_vsix::Package::open(&vsix).map_err(|error| unusable(&error))?;
        return Ok(package.facts);
    }
    let sources = sources(settings);
    let is_there = !sources.manifest_globs.is_empty()
        || sources
            .manifests
            .iter()
            .any(|manifest| sources.root.join(manifest).is_file());
    if is_there {
        let folder = Folder::read(&sources, &settings.changes, settings.output.as_deref());
        let facts = folder.facts().cloned();
        facts.map_err(|error| package_problem(&error, &settings.root))
    } else {
        Ok(Facts::default())
    }
}

/// Makes the package, or a changed copy of the one that is there. Findings go to `voice`.
pub(crate) fn make(settings: &Settings, voice: &dyn Voice) -> Result<Package, Situation> {
    let made = match &settings.vsix {
        None => pack(settings, voice)?,
        Some(pattern) => {
            let vsix = one_file(&settings.root, pattern)?;
            if settings.changes.is_none() {
                adieu_vsix::Package::verify(&vsix).map_err(|error| unusable(&error))?
            } else {
                edited(settings, &vsix, voice)?
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

fn pack(settings: &Settings, voice: &dyn Voice) -> Result<adieu_vsix::Package, Situation> {
    let output = settings.output.as_deref();
    let folder = Folder::read(&sources(settings), &settings.changes, output);
    let packed = folder
        .pack(settings.bypass_validation, time_of_entries()?)
        .map_err(|error| package_problem(&error, &settings.root))?;
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
    settings: &Settings,
    vsix: &Path,
    voice: &dyn Voice,
) -> Result<adieu_vsix::Package, Situation> {
    let output = settings.output.as_deref();
    let edited = adieu_vsix::Package::edit(vsix, &settings.changes, output, time_of_entries()?)
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

fn sources(settings: &Settings) -> Sources {
    let is_pattern = |manifest: &String| manifest.contains(['*', '?', '[', '{']);
    let manifests = if settings.manifests.is_empty() {
        vec!["vss-extension.json".to_owned()]
    } else {
        settings.manifests.clone()
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
        overrides_file: settings.overrides_file.clone(),
        loc_root: settings.loc_root.clone(),
        ..Sources::new(&settings.root)
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
