//! Which extension an operation is for: by its IDs, by an existing package, or by its manifests.
//!
//! It contacts no service.

use std::path::{Path, PathBuf};

use adieu_devops::ExtensionName;
use adieu_vsix::{
    Changes, DateTime, Facts, Folder, PackError, Package, PackagedTask, Sources, fold,
};

use crate::failure::Problem;
use crate::notice::Notice;
use crate::release::Release;

/// The extension that is meant.
#[derive(Debug, Clone)]
pub struct ExtensionReference {
    /// The extension's folder and manifests.
    pub sources: Sources,
    /// An existing package, or a pattern with one match; used instead of the folder.
    pub vsix: Option<String>,
    /// Values that replace the extension's own, including its IDs.
    pub changes: Changes,
}

/// Creates a package from an extension's folder or from an existing package.
#[derive(Debug, Clone)]
pub struct Packing {
    /// The extension.
    pub extension: ExtensionReference,
    /// Whether errors of the manifest's checks count as warnings.
    pub bypass_validation: bool,
    /// File or folder for the package; `None` means the current folder.
    pub output: Option<PathBuf>,
    /// The time of the package's entries.
    pub timestamp: DateTime,
}

/// An extension, as far as it is known without a service.
#[derive(Debug, Clone)]
pub(crate) struct ExtensionTarget {
    pub(crate) release: Release,
    /// Its tasks, if a package or manifests are available.
    pub(crate) tasks: Vec<PackagedTask>,
}

/// Finds the extension.
pub(crate) fn find(extension: &ExtensionReference) -> Result<ExtensionTarget, Problem> {
    let given = match (
        &extension.changes.publisher,
        &extension.changes.extension_id,
    ) {
        // Manifests count only if they belong to the named extension: the folder may hold another one.
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
        let publisher = name.publisher.is_empty();
        return Err(Problem::NoName { publisher });
    }
    let platform = given.target_platform.clone();
    let version = extension.changes.version.clone();
    let version = version.or(Some(given.version.clone()).filter(|version| !version.is_empty()));
    // A folder is read with the changes already applied; a package is published as a changed copy.
    let tasks = match extension.vsix {
        Some(_) => given.with(&extension.changes).tasks,
        None => given.tasks,
    };
    Ok(ExtensionTarget {
        release: Release {
            name,
            version,
            platform,
        },
        tasks,
    })
}

/// The facts in the package or the manifests; `None` if there are neither.
pub(crate) fn read(extension: &ExtensionReference) -> Result<Facts, Problem> {
    let sources = &extension.sources;
    if let Some(pattern) = &extension.vsix {
        let vsix = one_file(&sources.root, pattern)?;
        let package = Package::open(&vsix).map_err(Problem::NotRead)?;
        return Ok(package.facts);
    }
    let is_there = !sources.manifest_globs.is_empty()
        || sources
            .manifests
            .iter()
            .any(|manifest| sources.root.join(manifest).is_file());
    if !is_there {
        return Ok(Facts::default());
    }
    let folder = Folder::read(sources, &extension.changes, None);
    let facts = folder.facts().cloned();
    facts.map_err(|error| not_packed(sources, false, error))
}

/// Creates the package, or a changed copy of the existing one. Returns the number of its files if it was packed.
pub(crate) fn make(
    packing: &Packing,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<(Package, Option<usize>), Problem> {
    let Some(pattern) = &packing.extension.vsix else {
        let (package, parts) = pack(packing, tell)?;
        return Ok((package, Some(parts)));
    };
    let vsix = one_file(&packing.extension.sources.root, pattern)?;
    let package = if packing.extension.changes.is_none() {
        Package::verify(&vsix).map_err(Problem::NotRead)?
    } else {
        edit(packing, &vsix, tell)?
    };
    Ok((package, None))
}

fn pack(packing: &Packing, tell: &dyn Fn(&Notice<'_>)) -> Result<(Package, usize), Problem> {
    let ExtensionReference {
        sources, changes, ..
    } = &packing.extension;
    let bypass_validation = packing.bypass_validation;
    let packed = Folder::read(sources, changes, packing.output.as_deref())
        .pack(bypass_validation, packing.timestamp)
        .map_err(|error| not_packed(sources, bypass_validation, error))?;
    for report in fold(&packed.findings) {
        tell(&Notice::Finding(&report));
    }
    Ok((packed.package, packed.parts))
}

fn edit(packing: &Packing, vsix: &Path, tell: &dyn Fn(&Notice<'_>)) -> Result<Package, Problem> {
    let output = packing.output.as_deref();
    let edited = Package::edit(vsix, &packing.extension.changes, output, packing.timestamp)
        .map_err(Problem::NotEdited)?;
    for part in &edited.changed {
        tell(&Notice::Changed(part));
    }
    if edited.replaced {
        tell(&Notice::Replaced(&edited.package.path));
    }
    Ok(edited.package)
}

fn not_packed(sources: &Sources, bypass_validation: bool, error: PackError) -> Problem {
    Problem::NotPacked {
        root: sources.root.clone(),
        bypass_validation,
        error,
    }
}

/// The only file that matches a path or a pattern.
///
/// # Errors
/// No file matches, or several do.
pub fn one_file(root: &Path, pattern: &str) -> Result<PathBuf, Problem> {
    let path = root.join(pattern);
    if path.is_file() {
        return Ok(path);
    }
    let mut found = if is_pattern(pattern) {
        adieu_vsix::files_like(root, pattern)
    } else {
        Vec::new()
    };
    adieu_order::sort(&mut found);
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        count => Err(Problem::NotOneFile {
            pattern: pattern.to_owned(),
            root: root.display().to_string(),
            found: found
                .iter()
                .take(5)
                .map(|path| path.display().to_string())
                .collect(),
            count,
        }),
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

impl ExtensionReference {
    /// The extension in a folder. Manifests are names or patterns; an empty list means `vss-extension.json`.
    pub fn in_folder(root: impl Into<PathBuf>, manifests: Vec<String>) -> Self {
        let mut sources = Sources::new(root);
        // The packer takes either patterns or names; a name also is a pattern with one match.
        if manifests.iter().any(|manifest| is_pattern(manifest)) {
            sources.manifests = Vec::new();
            sources.manifest_globs = manifests;
        } else if !manifests.is_empty() {
            sources.manifests = manifests.into_iter().map(PathBuf::from).collect();
        }
        Self {
            sources,
            vsix: None,
            changes: Changes::default(),
        }
    }

    /// Its name, from the changes, the package or the manifests.
    ///
    /// # Errors
    /// None of them has a name, or the file that should have it cannot be read.
    pub fn name(&self) -> Result<ExtensionName, Problem> {
        Ok(find(self)?.release.name)
    }
}
