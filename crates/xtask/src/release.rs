//! `cargo xtask release`: writes the files of a release besides the VSIX, from the binaries of `dist`, into
//! `target/release-files/`: archives, npm packages, Python wheels, `SHA256SUMS`, and files for other packagers from
//! `templates/`.
//!
//! It builds no binary and uploads nothing. Two runs with the same binaries write the same bytes.

mod manual;
mod packages;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use minijinja::{ErrorKind, UndefinedBehavior};
use serde_json::{Value, json};

use crate::command::{Context as _, output, print_line, words};
use crate::platforms::{self, Platform};
use crate::{dist, files, package, root, target};

/// One sentence about Adieu, for every packager.
const SUMMARY: &str = "Azure DevOps without personal access tokens: Entra tokens for pipelines, publishers and people";

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The contents of a release.
struct Release {
    /// Address of the repository, if Cargo.toml has one.
    repository: Option<String>,
    binaries: Vec<Binary>,
    /// What accompanies each binary: the readme, the license, and the licenses of the crates in the binaries.
    texts: Vec<Entry>,
    /// Manual pages, for the archives of systems that have `man`.
    manual: Vec<Entry>,
}

/// One platform's binary.
struct Binary {
    /// Node's name: `linux-x64`.
    platform: String,
    row: Platform,
    bytes: Vec<u8>,
}

/// A file of the release, or in an archive of it.
#[derive(Clone)]
struct Entry {
    path: String,
    bytes: Vec<u8>,
    mode: u32,
}

impl Entry {
    fn text(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let (path, bytes) = (path.into(), bytes.into());
        let mode = 0o644;
        Self { path, bytes, mode }
    }

    fn program(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let mode = 0o755;
        Self {
            mode,
            ..Self::text(path, bytes)
        }
    }
}

/// Makes the release from the binaries of all platforms in `target/dist/`.
pub(crate) fn all() -> Result<(), String> {
    make(&dist::built()?, false)
}

/// The same from this machine's binary, which is built first.
pub(crate) fn host() -> Result<(), String> {
    of(&package::release_binary()?)
}

/// The same from a given binary for this machine.
pub(crate) fn of(binary: &Path) -> Result<(), String> {
    make(&[(platforms::host()?.0, binary.to_path_buf())], true)
}

fn make(binaries: &[dist::Binary], is_native: bool) -> Result<(), String> {
    let folder = target().join("release-files");
    let _ = fs::remove_dir_all(&folder);
    for file in write(&read(binaries, is_native)?, &folder)? {
        print_line(&file.display().to_string());
    }
    Ok(())
}

fn read(paths: &[dist::Binary], is_native: bool) -> Result<Release, String> {
    let host = platforms::host()?.0;
    let own = paths.iter().find(|(platform, _)| *platform == host);
    let missing = || format!("Manual pages come from the binary for {host}, which is missing.");
    let manual = manual::pages(&own.ok_or_else(missing)?.1)?;
    let mut binaries = Vec::new();
    for (platform, path) in paths {
        let row = platforms::one(platform)?;
        binaries.push(Binary {
            row: if is_native { native(row)? } else { row },
            platform: platform.clone(),
            bytes: files::read(path)?,
        });
    }
    let stage = target().join("release-stage");
    package::shipped::write(&stage, &[], paths)?;
    let texts = [
        root().join("README.md"),
        root().join("LICENSE"),
        stage.join("THIRD-PARTY-NOTICES"),
    ];
    let texts = texts.map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Entry::text(name, files::read(&path)?))
    });
    let manifest = files::read_text(&root().join("Cargo.toml"))?;
    let repository = manifest.split_once("\nrepository = \"");
    let repository = repository.and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned()));
    Ok(Release {
        repository,
        binaries,
        texts: texts.into_iter().collect::<Result<_, String>>()?,
        manual,
    })
}

/// The row of the target that Rust builds for on this machine.
fn native(row: Platform) -> Result<Platform, String> {
    let printed = output(&mut words("rustc -vV")).unwrap_or_default();
    let host = printed.lines().find_map(|line| line.strip_prefix("host: "));
    let target = host
        .ok_or("rustc does not name this machine's target.")?
        .to_owned();
    Ok(Platform { target, ..row })
}

/// Writes all files and their checksums into a folder. Returns their paths.
fn write(release: &Release, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = vec![packages::starter(release)?];
    let mut values = json!({ "version": VERSION });
    if let Some(repository) = &release.repository {
        values["repository"] = repository.clone().into();
    }
    for binary in &release.binaries {
        let packages = packages::of(release, binary)?;
        let name = binary.platform.replace('-', "_");
        values["sha256"][name] = dist::sha256(&packages[0].bytes).into();
        files.extend(packages);
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let sum = |file: &Entry| format!("{}  {}\n", dist::sha256(&file.bytes), file.path);
    let sums: String = files.iter().map(sum).collect();
    files.push(Entry::text("SHA256SUMS", sums));
    files.extend(filled(&values)?);
    let written = files.into_iter().map(|file| {
        let path = folder.join(file.path);
        files::write(&path, file.bytes)?;
        Ok(path)
    });
    written.collect()
}

/// The templates for packagers that download a release (a container file, a Homebrew formula, and manifests for winget)
/// whose values are known.
fn filled(values: &Value) -> Result<Vec<Entry>, String> {
    let mut jinja = files::jinja();
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    let folder = root().join("crates/xtask/src/release/templates");
    let mut written = Vec::new();
    for path in files::find(&folder, "**/*")? {
        let name = path.strip_prefix(&folder).unwrap_or(&path);
        let name = name.to_string_lossy().replace('\\', "/");
        let template = files::read_text(&path)?;
        match jinja.render_str(&template, values) {
            Err(error) if error.kind() == ErrorKind::UndefinedError => print_line(&format!(
                "{name} needs a repository in Cargo.toml and the binaries of all platforms: not written."
            )),
            text => written.push(Entry::text(&*name, text.context(&name)?)),
        }
    }
    Ok(written)
}
