//! Which extension an operation is about: by its ids, by a finished package, or by its manifests.
//!
//! It asks no service.

use std::path::{Path, PathBuf};

use adieu_devops::{ExtensionName, Package};
use adieu_vsix::{
    EditOptions, Identity, Overrides, PackageFacts, PackageOptions, PackagedTask, TaskUpdates,
    VersionPart, edit, fold, identify, inspect, package, task_id,
};

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
    let given = match (&settings.publisher, &settings.extension_id) {
        // Manifests count where they are the named extension's own: the folder may be another one's.
        (Some(publisher), Some(extension)) if settings.vsix.is_none() => {
            let unnamed = Settings {
                publisher: None,
                extension_id: None,
                ..settings.clone()
            };
            let is_it = |own: &Identity| {
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
        publisher: settings.publisher.clone().unwrap_or(given.publisher),
        extension: settings.extension_id.clone().unwrap_or(given.extension_id),
    };
    if name.publisher.is_empty() || name.extension.is_empty() {
        return Err(Situation::Extension(ExtensionProblem::NoName {
            publisher: name.publisher.is_empty(),
        }));
    }
    let version = settings
        .version
        .clone()
        .or(Some(given.version).filter(|version| !version.is_empty()));
    let mut tasks = given.tasks;
    if settings.vsix.is_some() {
        as_published(&mut tasks, &name, version.as_deref(), settings.tasks);
    }
    Ok(Subject {
        name,
        version,
        tasks,
    })
}

/// Tasks of a finished package as `publish` would change them in its copy of it.
fn as_published(
    tasks: &mut [PackagedTask],
    name: &ExtensionName,
    version: Option<&str>,
    updates: TaskUpdates,
) {
    for task in tasks {
        if updates.ids {
            task.id = task_id(&name.publisher, &name.extension, &task.name);
        }
        let keep = match updates.version {
            Some(VersionPart::Major) => 0,
            Some(VersionPart::Minor) => 1,
            Some(VersionPart::Patch) => 2,
            None => continue,
        };
        let own = task.version.split('.').take(keep);
        let extensions = version.unwrap_or_default().split('.').take(3).skip(keep);
        task.version = own.chain(extensions).collect::<Vec<_>>().join(".");
    }
}

/// What the package or the manifests say; nothing where there is neither.
pub(crate) fn read(settings: &Settings) -> Result<Identity, Situation> {
    if let Some(pattern) = &settings.vsix {
        return of_package(&one_file(&settings.root, pattern)?);
    }
    let options = options(settings)?;
    let is_there = !options.manifest_globs.is_empty()
        || options
            .manifests
            .iter()
            .any(|manifest| options.root.join(manifest).is_file());
    if is_there {
        identify(&options).map_err(|error| package_problem(&error, &settings.root))
    } else {
        Ok(Identity::default())
    }
}

/// Makes the package, or a changed copy of the one that is there. Findings go to `voice`.
pub(crate) fn make(settings: &Settings, voice: &dyn Voice) -> Result<Package, Situation> {
    let path = match &settings.vsix {
        None => {
            let packaged = package(&options(settings)?)
                .map_err(|error| package_problem(&error, &settings.root))?;
            for report in fold(&packaged.findings) {
                voice.warn(&in_one_line(&report));
            }
            voice.say(&format!(
                "Packed {}.{} {}: {} parts, {} bytes.",
                packaged.publisher,
                packaged.extension_id,
                packaged.version,
                packaged.parts,
                packaged.size
            ));
            packaged.path
        }
        Some(pattern) => {
            let vsix = one_file(&settings.root, pattern)?;
            if changes(settings) {
                edited(settings, vsix, voice)?
            } else {
                vsix
            }
        }
    };
    let facts = facts(&path)?;
    Ok(Package {
        name: ExtensionName {
            publisher: facts.publisher,
            extension: facts.extension_id,
        },
        version: facts.version,
        target_platform: facts.target_platform,
        path: std::path::absolute(&path).unwrap_or(path),
        size: facts.packed,
    })
}

fn edited(settings: &Settings, vsix: PathBuf, voice: &dyn Voice) -> Result<PathBuf, Situation> {
    let options = EditOptions {
        vsix,
        output: settings.output.clone(),
        publisher: settings.publisher.clone(),
        extension_id: settings.extension_id.clone(),
        version: settings.version.clone(),
        name: settings.name.clone(),
        visibility: settings.visibility,
        pricing: settings.pricing,
        tasks: settings.tasks,
        timestamp: time_of_entries()?,
    };
    let edited = edit(&options)
        .map_err(|error| Situation::Extension(ExtensionProblem::Package(error.to_string())))?;
    for part in &edited.changed {
        voice.say(&format!("Changed {part} in a copy of the package."));
    }
    Ok(edited.path)
}

fn changes(settings: &Settings) -> bool {
    settings.publisher.is_some()
        || settings.extension_id.is_some()
        || settings.version.is_some()
        || settings.name.is_some()
        || settings.visibility.is_some()
        || settings.pricing.is_some()
        || !settings.tasks.is_none()
}

fn facts(path: &Path) -> Result<PackageFacts, Situation> {
    inspect(path).map_err(|error| {
        Situation::Extension(ExtensionProblem::Package(format!(
            "{}: {error}",
            path.display()
        )))
    })
}

fn of_package(path: &Path) -> Result<Identity, Situation> {
    let facts = facts(path)?;
    Ok(Identity {
        publisher: facts.publisher,
        extension_id: facts.extension_id,
        version: facts.version,
        tasks: facts.tasks,
    })
}

fn options(settings: &Settings) -> Result<PackageOptions, Situation> {
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
    Ok(PackageOptions {
        manifests,
        manifest_globs,
        overrides: Overrides {
            file: settings.overrides_file.clone(),
            json: None,
            publisher: settings.publisher.clone(),
            extension_id: settings.extension_id.clone(),
            version: settings.version.clone(),
            name: settings.name.clone(),
            visibility: settings.visibility,
            pricing: settings.pricing,
        },
        loc_root: settings.loc_root.clone(),
        tasks: settings.tasks,
        output: settings.output.clone(),
        bypass_validation: settings.bypass_validation,
        timestamp: time_of_entries()?,
        ..PackageOptions::new(&settings.root)
    })
}

fn time_of_entries() -> Result<adieu_vsix::DateTime, Situation> {
    timestamp().map_err(|reason| Situation::Extension(ExtensionProblem::Package(reason)))
}

/// The one file that a path or a pattern means.
fn one_file(root: &Path, pattern: &str) -> Result<PathBuf, Situation> {
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

fn package_problem(error: &adieu_vsix::PackageError, root: &Path) -> Situation {
    match error {
        adieu_vsix::PackageError::Refused { findings } => {
            Situation::Extension(ExtensionProblem::Refused {
                root: root.display().to_string(),
                findings: fold(findings)
                    .iter()
                    .filter(|report| report.severity > adieu_vsix::Severity::Warning)
                    .map(in_one_line)
                    .collect(),
            })
        }
        error => Situation::Extension(ExtensionProblem::Package(error.to_string())),
    }
}
