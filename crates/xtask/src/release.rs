//! `cargo xtask release`: writes the files of a release besides the VSIX, from the binaries of `dist`, into
//! `target/release-files/`: archives, npm packages, Python wheels, templates for other packagers, and `SHA256SUMS`.
//!
//! It builds no binary and uploads nothing. Two runs with the same binaries write the same bytes.

mod archive;
mod manual;
mod npm;
mod templates;
#[cfg(test)]
mod tests;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{output, print_line, words};
use crate::platforms::{self, Platform};
use crate::{dist, files, package, root, target};

/// One sentence about Adieu, for every packager.
const SUMMARY: &str = "Azure DevOps without personal access tokens: Entra tokens for pipelines, publishers and people";

/// The contents of a release.
struct Release {
    version: String,
    /// Address of the repository, if Cargo.toml has one.
    repository: Option<String>,
    binaries: Vec<Binary>,
    readme: Vec<u8>,
    license: Vec<u8>,
    /// Licenses of the crates in the binaries.
    notices: Vec<u8>,
    /// Manual pages, for the archives of systems that have `man`.
    manual: Vec<Entry>,
}

/// One platform's binary.
struct Binary {
    /// Node's name: `linux-x64`.
    platform: String,
    row: Platform,
    /// Whether it needs a C library like this machine's. Such a binary does not ship to other machines.
    is_native: bool,
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
    fn text(path: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: text.into(),
            mode: 0o644,
        }
    }

    fn program(path: impl Into<String>, bytes: &[u8]) -> Self {
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
    let (name, _) = platforms::host()?;
    make(&[(name, binary.to_path_buf())], true)
}

fn make(binaries: &[dist::Binary], is_native: bool) -> Result<(), String> {
    let folder = target().join("release-files");
    let _ = fs::remove_dir_all(&folder);
    for file in write(&Release::read(binaries, is_native)?, &folder)? {
        print_line(&file.display().to_string());
    }
    Ok(())
}

/// Writes all files and their checksums into a folder. Returns their paths.
fn write(release: &Release, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = archive::files(release)?;
    let templates = templates::files(release, &files)?;
    files.extend(npm::files(release)?);
    files.extend(wheel::files(release)?);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let sum = |file: &Entry| format!("{}  {}\n", dist::sha256(&file.bytes), file.path);
    let sums: String = files.iter().map(sum).collect();
    files.push(Entry::text("SHA256SUMS", sums));
    files.extend(templates);
    let written = files.into_iter().map(|file| {
        let path = folder.join(file.path);
        files::write(&path, file.bytes)?;
        Ok(path)
    });
    written.collect()
}

impl Release {
    fn read(binaries: &[dist::Binary], is_native: bool) -> Result<Self, String> {
        let host = platforms::host()?.0;
        let own = binaries.iter().find(|(platform, _)| *platform == host);
        let (_, runnable) = own.ok_or_else(|| {
            format!("Manual pages come from the binary for {host}, which is not among them.")
        })?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let manual = manual::pages(runnable, &version)?;
        let read = binaries.iter().map(|(platform, path)| {
            let row = platforms::one(platform)?;
            Ok(Binary {
                row: if is_native { native(row)? } else { row },
                is_native,
                platform: platform.clone(),
                bytes: files::read(path)?,
            })
        });
        let stage = target().join("release-stage");
        package::notices(&stage, binaries)?;
        let manifest = files::read_text(&root().join("Cargo.toml"))?;
        let repository = { manifest.lines() }.find_map(|line| {
            let value = line.strip_prefix("repository = \"")?;
            value.strip_suffix('"').map(str::to_owned)
        });
        Ok(Self {
            version,
            repository,
            binaries: read.collect::<Result<_, String>>()?,
            readme: files::read(&root().join("README.md"))?,
            license: files::read(&root().join("LICENSE"))?,
            notices: files::read(&stage.join("THIRD-PARTY-NOTICES"))?,
            manual,
        })
    }

    /// The texts that accompany each binary.
    fn texts(&self, folder: &str) -> Vec<Entry> {
        vec![
            Entry::text(format!("{folder}README.md"), &*self.readme),
            Entry::text(format!("{folder}LICENSE"), &*self.license),
            Entry::text(format!("{folder}THIRD-PARTY-NOTICES"), &*self.notices),
        ]
    }
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
