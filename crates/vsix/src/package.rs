//! Makes a package of an extension's folder: reads, checks, writes.
//!
//! It changes nothing but the output file, and that one only when everything else has gone well.

use std::io::Seek;
use std::path::{Path, PathBuf};

use adieu_manifest::document::{Node, Place, Value};
use adieu_manifest::extension::localisation::service_manifest;
use adieu_manifest::extension::{Extension, Pricing, Said, Visibility, check, gallery, merge};
use adieu_manifest::finding::{Finding, Problem, Severity};
use zip::DateTime;

use crate::archive::{ArchiveWriter, Bounds, Source};
use crate::files::Packages;
use crate::manifests::{self, Manifests, shown};
use crate::output::{file_name, output_path, replace};
use crate::parts::{Asset, Part, Parts};
use crate::root::{Root, absolute};
use crate::task_update::{self, NewIds, Owner, TaskUpdates};
use crate::tasks::{self, Task};
use crate::{content_type, files, image, vsixmanifest};

/// What to change in the manifests, for this package only.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// File with overrides.
    pub file: Option<PathBuf>,
    /// Overrides as JSON; they are laid over the file's.
    pub json: Option<String>,
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
}

/// Which extension to pack, and how.
#[derive(Debug, Clone)]
pub struct PackageOptions {
    /// The extension's folder; part names are paths from here.
    pub root: PathBuf,
    /// Manifests, relative to the root.
    pub manifests: Vec<PathBuf>,
    /// Patterns of manifests, relative to the root; they take the place of `manifests`.
    pub manifest_globs: Vec<String>,
    /// What to change.
    pub overrides: Overrides,
    /// Raises the last number of the version.
    pub rev_version: bool,
    /// Folder with one folder for each language.
    pub loc_root: Option<PathBuf>,
    /// What to change in tasks.
    pub tasks: TaskUpdates,
    /// Reads manifests as JSON5.
    pub json5: bool,
    /// Packs in spite of errors, as long as a package can be made.
    pub bypass_validation: bool,
    /// File or folder to write to; none means the current folder.
    pub output: Option<PathBuf>,
    /// Time of every entry.
    pub timestamp: DateTime,
}

impl PackageOptions {
    /// The options for the folder's `vss-extension.json`, as it is.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            manifests: vec!["vss-extension.json".into()],
            manifest_globs: Vec::new(),
            overrides: Overrides::default(),
            rev_version: false,
            loc_root: None,
            tasks: TaskUpdates::default(),
            json5: false,
            bypass_validation: false,
            output: None,
            timestamp: DateTime::default(),
        }
    }
}

/// A package that was made.
#[derive(Debug, Clone)]
pub struct Packaged {
    /// Where it is.
    pub path: PathBuf,
    /// Publisher's ID.
    pub publisher: String,
    /// Extension's ID.
    pub extension_id: String,
    /// Version.
    pub version: String,
    /// Bytes of the package.
    pub size: u64,
    /// Files in it.
    pub parts: usize,
    /// What is wrong all the same.
    pub findings: Vec<Finding>,
}

/// Why no package was made.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The extension is not fit to be packed; the findings say why, warnings among them.
    #[error("the extension cannot be packed: {} to correct", count(findings))]
    Refused {
        /** Everything that was found. */
        findings: Vec<Finding>,
    },
    /// A file could not be read while the package was written.
    #[error("`{path}` cannot be packed: {source}")]
    Part {
        /** File or part. */
        path: String,
        /** The system's words. */
        source: std::io::Error,
    },
    /// The package could not be written.
    #[error("`{path}` cannot be written: {source}")]
    Output {
        /** Package. */
        path: String,
        /** The system's words. */
        source: std::io::Error,
    },
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

/// Makes a package.
///
/// # Errors
/// The extension is not fit to be packed, or a file cannot be read or written.
pub fn package(options: &PackageOptions) -> Result<Packaged, PackageError> {
    let mut findings = Vec::new();
    let root = Root::open(&options.root).ok();
    let manifests = manifests::read(options, root.as_ref(), &mut findings);
    let (mut extension, merged) = merge(&manifests.partials);
    findings.extend(merged);
    set_gallery(&mut extension, &options.overrides);
    let manifest = manifests.partials.first().map_or_else(
        || Place::file(&shown(&options.root)),
        |first| first.document.place.clone(),
    );
    // Without its manifests an extension lacks everything; saying so again for each key would hide the reason.
    let is_readable = !findings
        .iter()
        .any(|finding| finding.severity() == Severity::Fatal);
    if is_readable {
        findings.extend(check::check(&extension, &manifest));
    }
    let mut parts = Parts::default();
    if let Some(root) = &root {
        files::add(
            &extension,
            root,
            &manifests.folders,
            &packages(&extension, options),
            &mut parts,
            &mut findings,
        );
    }
    let mut tasks = tasks::check(&extension, &parts, &options.root, &mut findings);
    update_tasks(
        &mut extension,
        &mut parts,
        &mut tasks,
        options.tasks,
        &mut findings,
    );
    tasks::check_identities(&tasks, &mut findings);
    parts.check_names(extension.servers(), &mut findings);
    localise(&extension, &manifests, &mut parts, &mut findings);
    if is_readable {
        check_icon(&extension, &parts, &manifest, &mut findings);
    }
    parts.check_assets(&mut findings);

    let least = if options.bypass_validation {
        Severity::Fatal
    } else {
        Severity::Error
    };
    if findings.iter().any(|finding| finding.severity() >= least) {
        return Err(PackageError::Refused { findings });
    }
    let (publisher, extension_id, version) = (
        said(&extension.publisher),
        said(&extension.id),
        said(&extension.version),
    );
    let path = output(&extension, options);
    let entries = entries(&extension, &parts);
    let size = write(&path, &entries, options.timestamp)?;
    check_size(size, &path, &mut findings);
    Ok(Packaged {
        path,
        publisher,
        extension_id,
        version,
        size,
        parts: entries.len(),
        findings,
    })
}

/// Where the package is written.
fn output(extension: &Extension, options: &PackageOptions) -> PathBuf {
    let name = file_name(
        &said(&extension.publisher),
        &said(&extension.id),
        &said(&extension.version),
    );
    output_path(options.output.as_deref(), &name)
}

/// The packages that do not belong into this one.
pub(crate) fn packages(extension: &Extension, options: &PackageOptions) -> Packages {
    Packages {
        output: absolute(&output(extension, options)),
        prefix: format!("{}.{}-", said(&extension.publisher), said(&extension.id)),
    }
}

/// What the manifests say, or nothing.
pub(crate) fn said(value: &Option<Said<String>>) -> String {
    value
        .as_ref()
        .map(|said| said.value.clone())
        .unwrap_or_default()
}

fn set_gallery(extension: &mut Extension, overrides: &Overrides) {
    use adieu_manifest::extension::Element;
    if overrides.visibility.is_none() && overrides.pricing.is_none() {
        return;
    }
    if let Some(visibility) = overrides.visibility {
        gallery::set_visibility(&mut extension.gallery_flags, visibility);
    }
    if let Some(pricing) = overrides.pricing {
        gallery::set_pricing(&mut extension.gallery_flags, pricing);
    }
    if !extension.elements.contains(&Element::GalleryFlags) {
        extension.elements.push(Element::GalleryFlags);
    }
}

/// Gives tasks their new versions and IDs, in `task.json`, `task.loc.json` and wherever another task supports them.
pub(crate) fn update_tasks(
    extension: &mut Extension,
    parts: &mut Parts,
    tasks: &mut [Task],
    updates: TaskUpdates,
    findings: &mut Vec<Finding>,
) {
    if updates.is_none() {
        return;
    }
    let (publisher, extension_id) = (said(&extension.publisher), said(&extension.id));
    let owner = Owner {
        publisher: &publisher,
        extension_id: &extension_id,
        version: task_version(&said(&extension.version)),
    };
    let mut ids = NewIds::default();
    for task in tasks {
        let name = task.facts.name.as_ref().map(|name| name.value.clone());
        let mut update = |text: &str, file: &str| {
            task_update::update(text, file, name.as_deref(), owner, updates, &mut ids)
                .map_err(|error| {
                    let detail = error.detail;
                    findings.push(Finding::new(&error.place, Problem::TaskSyntax { detail }));
                })
                .ok()
        };
        if let Some(changed) = update(&task.text, &task.place.file) {
            parts.replace(&task.part, changed.text.into_bytes());
            if let (Some(id), Some(new)) = (&mut task.facts.id, changed.id) {
                id.value = new;
            }
            if let (Some(version), Some(new)) = (&mut task.facts.version, changed.version) {
                version.value = new;
            }
        }
        let localised = format!(
            "{}task.loc.json",
            task.part
                .get(..task.part.len() - "task.json".len())
                .unwrap_or_default()
        );
        let Some(part) = parts.find(&localised) else {
            continue;
        };
        let text = part
            .source
            .read_text(Bounds::DEFAULT.text_bytes)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .unwrap_or_default();
        if let Some(changed) = update(&text, &localised) {
            parts.replace(&localised, changed.text.into_bytes());
        }
    }
    let contributions = extension
        .service
        .iter_mut()
        .find(|(key, _)| key == "contributions");
    if let Some((
        _,
        Node {
            value: Value::List(contributions),
            ..
        },
    )) = contributions
    {
        task_update::update_supports_tasks(contributions, &ids);
    }
}

/// The three numbers that a task takes from an extension's version; a fourth has no place there.
pub(crate) fn task_version(version: &str) -> [u32; 3] {
    let numbers = check::parse_version(version).unwrap_or_default();
    [0, 1, 2].map(|index| numbers.get(index).copied().unwrap_or(0))
}

fn check_icon(extension: &Extension, parts: &Parts, manifest: &Place, findings: &mut Vec<Finding>) {
    const ICON: &str = "Microsoft.VisualStudio.Services.Icons.Default";
    match parts
        .list()
        .iter()
        .find(|part| part.assets.iter().any(|asset| asset.kind == ICON))
    {
        Some(part) => image::check(part, 128, findings),
        // An icon that is named and missing is a finding of its own.
        None if extension
            .listed
            .iter()
            .any(|file| file.asset_types.iter().any(|kind| kind == ICON)) => {}
        None => findings.push(Finding::new(manifest, Problem::NoIcon)),
    }
}

/// Sizes that Azure DevOps Server takes when nobody has raised them: `maxPackageSize` of the gallery's settings.
fn check_size(size: u64, path: &Path, findings: &mut Vec<Finding>) {
    let limits = [
        ("Azure DevOps Server 2022", 104_857_600),
        ("Azure DevOps Server 2019", 26_214_400),
    ];
    if let Some((server, limit)) = limits.into_iter().find(|(_, limit)| size > *limit) {
        findings.push(Finding::new(
            &Place::file(&shown(path)),
            Problem::TooLarge {
                size,
                limit,
                server,
            },
        ));
    }
}

/// Adds the manifests in other languages.
fn localise(
    extension: &Extension,
    manifests: &Manifests,
    parts: &mut Parts,
    findings: &mut Vec<Finding>,
) {
    for translations in &manifests.translations {
        let language = &translations.language;
        let mut add = |file: &str, text: String, assets| {
            let part = Part {
                name: format!("{language}/{file}"),
                source: Source::Bytes(text.into_bytes()),
                content_type: None,
                assets,
                from_folder: false,
                place: translations.document.place.clone(),
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

/// Everything that goes into the archive, sorted by name.
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
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    entries
}

fn write(
    path: &Path,
    entries: &[(String, Source)],
    timestamp: DateTime,
) -> Result<u64, PackageError> {
    let failed = |source| PackageError::Output {
        path: shown(path),
        source,
    };
    replace(path, |file| {
        let mut writer = ArchiveWriter::new(file, timestamp);
        writer.add(entries).map_err(|(index, source)| {
            let (name, entry) = entries
                .get(index)
                .map_or(("", None), |(name, entry)| (name.as_str(), entry.path()));
            PackageError::Part {
                path: entry.map_or_else(|| name.to_owned(), shown),
                source,
            }
        })?;
        let mut written = writer.finish().map_err(failed)?;
        written.seek(std::io::SeekFrom::End(0)).map_err(failed)
    })
    .map_err(|error| error.unwrap_or_else(failed))
}
