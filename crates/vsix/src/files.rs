//! Converts the files that manifests name to parts.
//!
//! It lists folders and reads sizes; it opens no file. A folder means everything in it, sorted by name.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adieu_manifest::document::FilePosition;
use adieu_manifest::extension::{Base, Extension, FileDeclaration};
use adieu_manifest::finding::{Finding, Problem};

use crate::archive::{Bounds, Source};
use crate::parts::{Asset, Part, Parts};
use crate::paths::{absolute, missing_file, named, normal, shown, words};
use crate::root::{FoundPath, Refusal, Root, RootFile};

/// Packages of the extension that may be in its folder: none of them belongs in the next package.
#[derive(Debug)]
pub(crate) struct Packages {
    /// The path of the new package.
    pub(crate) output: PathBuf,
    /// The start of the file names of this extension's packages.
    pub(crate) prefix: String,
}

impl Packages {
    fn holds(&self, path: &Path, root: &Path) -> bool {
        let name = |path: &Path| {
            path.file_name()
                .map(|name| name.to_string_lossy().to_lowercase())
                .unwrap_or_default()
        };
        let (own, output) = (name(path), name(&self.output));
        let folder = path.parent();
        if folder == self.output.parent() && own.starts_with(&output) {
            // The package itself, and what an interrupted run left of it.
            return own == output || own.ends_with(".part");
        }
        own.ends_with(".vsix")
            && (folder == Some(root)
                || folder == self.output.parent()
                || own.starts_with(&self.prefix.to_lowercase()))
    }
}

/// Adds the parts of all declarations: `files` first, then icons, screenshots and content.
pub(crate) fn add(
    extension: &Extension,
    root: &Arc<Root>,
    folders: &[PathBuf],
    packages: &Packages,
    parts: &mut Parts,
    findings: &mut Vec<Finding>,
) {
    // The folder of a manifest elsewhere: the caller named it, so files in it may be packed as well.
    let own: Vec<Option<Arc<Root>>> = folders
        .iter()
        .map(|folder| {
            Root::open(folder)
                .ok()
                .filter(|own| !root.holds(own.path()))
        })
        .collect();
    for declaration in extension.files.iter().chain(&extension.listed) {
        let own = own.get(declaration.origin).and_then(Option::as_ref);
        let base = match declaration.base {
            Base::Manifest => folders
                .get(declaration.origin)
                .map(|folder| absolute(folder))
                .unwrap_or_default(),
            Base::Root => root.path().to_path_buf(),
        };
        let path = normal(&base.join(declaration.path.replace('\\', "/")));
        let within = own.filter(|own| {
            // Without a package path, a file outside the root would have no name in the package.
            !root.holds(&path) && own.holds(&path) && !declaration.package_paths.is_empty()
        });
        declare(
            declaration,
            &path,
            within.unwrap_or(root),
            packages,
            parts,
            findings,
        );
    }
    parts.check_folders(findings);
    let total: u64 = parts.list().iter().map(|part| part.source.size()).sum();
    let limit = Bounds::DEFAULT.total_bytes;
    if total > limit {
        findings.push(
            FilePosition::file(&named(root.path(), root.path())).finding(Problem::FileTooLarge {
                path: named(root.path(), root.path()),
                size: total,
                limit,
            }),
        );
    }
}

fn declare(
    declaration: &FileDeclaration,
    path: &Path,
    root: &Arc<Root>,
    packages: &Packages,
    parts: &mut Parts,
    findings: &mut Vec<Finding>,
) {
    let mut found = FolderListing::default();
    let mut is_folder = false;
    match root.find(path) {
        Ok(FoundPath::Folder) if declaration.key != "files" => {
            is_folder = true;
            found.problems.push(Problem::NotAFile {
                path: named(path, root.path()),
                key: declaration.key.clone(),
            });
        }
        Ok(FoundPath::Folder) => {
            is_folder = true;
            found.list(path, root, packages);
        }
        Err(Refusal::Outside) => found.problems.push(Problem::OutsideFolder {
            path: declaration.path.clone(),
        }),
        Err(Refusal::Io(error)) if is_missing(&error) => {
            let missing = |path| Problem::FileMissing { path };
            found
                .problems
                .push(missing_file(path, root.path(), missing));
        }
        other => found.take(path, root, other),
    }
    findings.extend(
        found
            .problems
            .into_iter()
            .map(|problem| declaration.position.finding(problem)),
    );
    if !found.packages.is_empty() {
        findings.push(declaration.position.finding(Problem::PackagesLeftOut {
            paths: found.packages.join("`, `"),
        }));
    }
    for file in found.files {
        for name in part_names(declaration, path, file.path(), root.path(), is_folder) {
            let assets = assets(declaration, &name, is_folder);
            let part = Part {
                source: Source::File(file.clone()),
                // tfx ignores the type and language of a folder's entry for the files in it; they can only be meant
                // for all of them.
                content_type: declaration.content_type.clone(),
                assets,
                from_folder: is_folder,
                position: declaration.position.clone(),
                name,
            };
            parts.add(part, findings);
        }
    }
}

/// Whether there is no such file, or the path is not valid on this system.
fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(
        error.kind(),
        NotFound | NotADirectory | InvalidInput | InvalidFilename
    )
}

/// The files of a declaration.
#[derive(Default)]
struct FolderListing {
    files: Vec<RootFile>,
    packages: Vec<String>,
    problems: Vec<Problem>,
}

impl FolderListing {
    /// Everything in a folder, sorted by name.
    fn list(&mut self, folder: &Path, root: &Arc<Root>, packages: &Packages) {
        let children = match root.list(folder) {
            Ok(children) => children,
            Err(refusal) => return self.take(folder, root, Err(refusal)),
        };
        for (name, is_folder) in children {
            let path = folder.join(name);
            if is_folder {
                self.list(&path, root, packages);
            } else if packages.holds(&path, root.path()) {
                self.packages.push(named(&path, root.path()));
            } else {
                let found = root.find(&path);
                self.take(&path, root, found);
            }
        }
    }

    /// Adds one file. Like tfx, it follows a link to a file, but not one to a folder.
    fn take(&mut self, path: &Path, root: &Root, found: Result<FoundPath, Refusal>) {
        let path = named(path, root.path());
        let limit = Bounds::DEFAULT.entry_bytes;
        match found {
            Ok(FoundPath::File(file)) if file.size() > limit => {
                self.problems.push(Problem::FileTooLarge {
                    path,
                    size: file.size(),
                    limit,
                });
            }
            Ok(FoundPath::File(file)) => self.files.push(file),
            Ok(FoundPath::Folder | FoundPath::FolderLink) => {
                self.problems.push(Problem::FolderLink { path });
            }
            Err(Refusal::Outside) => self.problems.push(Problem::OutsideFolder { path }),
            Err(Refusal::Io(error)) => self.problems.push(Problem::Unreadable {
                path,
                detail: words(&error),
            }),
        }
    }
}

fn assets(declaration: &FileDeclaration, name: &str, is_folder: bool) -> Vec<Asset> {
    let asset = |kind: &str| Asset {
        kind: kind.to_owned(),
        addressable: declaration.addressable,
        lang: declaration.lang.clone(),
    };
    // Several files cannot share one asset type.
    if declaration.asset_types.is_empty() || is_folder {
        return if declaration.addressable {
            vec![asset(name)]
        } else {
            Vec::new()
        };
    }
    declaration
        .asset_types
        .iter()
        .map(|kind| asset(kind))
        .collect()
}

fn part_names(
    declaration: &FileDeclaration,
    declared: &Path,
    file: &Path,
    root: &Path,
    is_folder: bool,
) -> Vec<String> {
    if declaration.package_paths.is_empty() {
        return vec![shown(file.strip_prefix(root).unwrap_or(file))];
    }
    let package_paths = declaration
        .package_paths
        .iter()
        .map(|name| name.replace('\\', "/"));
    package_paths
        .map(|name| {
            let name = name.strip_prefix('/').unwrap_or(&name).to_owned();
            if !is_folder {
                return name;
            }
            let inside = file.strip_prefix(declared).map(shown).unwrap_or_default();
            let folder = name.trim_end_matches('/').trim_start_matches("./");
            if folder.is_empty() || folder == "." {
                inside
            } else {
                format!("{folder}/{inside}")
            }
        })
        .collect()
}
