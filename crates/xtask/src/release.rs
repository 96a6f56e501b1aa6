//! `cargo xtask release`: what a release hands out beside the VSIX, from the binaries of `dist`, in
//! `target/release-files/`: archives, npm packages, Python wheels, templates of other packagers, and `SHA256SUMS`.
//!
//! It builds no binary and uploads nothing. Two runs on the same binaries write the same bytes.

mod archive;
mod manual;
mod npm;
mod templates;
#[cfg(test)]
mod tests;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, print_line};
use crate::platforms::{self, Platform};
use crate::{dist, files, package, root, target};

/// One sentence, for every packager.
const SUMMARY: &str = "Azure DevOps without personal access tokens: Entra tokens for pipelines, publishers and people";

/// Everything that a release is made from.
struct Release {
    version: String,
    /// Address of the repository, where Cargo.toml has one.
    repository: Option<String>,
    binaries: Vec<Binary>,
    readme: Vec<u8>,
    license: Vec<u8>,
    /// Licenses of the crates in the binaries.
    notices: Vec<u8>,
    /// Manual pages, for archives of systems that have `man`.
    manual: Vec<Entry>,
}

/// One platform's binary.
struct Binary {
    /// Node's name: `linux-x64`.
    platform: String,
    row: Platform,
    /// It needs the C library of a machine like the one that built it, and ships to no other.
    is_native: bool,
    bytes: Vec<u8>,
}

/// A file in an archive.
#[derive(Clone)]
struct Entry {
    path: String,
    bytes: Vec<u8>,
    is_executable: bool,
}

/// A file of the release.
struct File {
    name: String,
    bytes: Vec<u8>,
}

impl Entry {
    fn text(path: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: text.into(),
            is_executable: false,
        }
    }

    fn program(path: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            path: path.into(),
            bytes: bytes.to_vec(),
            is_executable: true,
        }
    }
}

/// Makes the release from the binaries of all platforms in `target/dist/`.
///
/// # Errors
/// One sentence: a binary is missing or wrong, or a file cannot be written.
pub(crate) fn all() -> Result<(), String> {
    make(&dist::built()?, false)
}

/// The same from this machine's binary, which is built first.
///
/// # Errors
/// As for [`all`].
pub(crate) fn host() -> Result<(), String> {
    of(&package::release_binary()?)
}

/// The same from a binary of this machine.
///
/// # Errors
/// As for [`all`].
pub(crate) fn of(binary: &Path) -> Result<(), String> {
    let (name, _) = platforms::host()?;
    make(&[(name, binary.to_path_buf())], true)
}

fn make(binaries: &[(String, PathBuf)], is_native: bool) -> Result<(), String> {
    let folder = target().join("release-files");
    let _ = fs::remove_dir_all(&folder);
    for file in write(&Release::read(binaries, is_native)?, &folder)? {
        print_line(&file.display().to_string());
    }
    Ok(())
}

/// Writes all files and their sums into a folder. Returns their paths.
fn write(release: &Release, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = archive::files(release)?;
    files.extend(npm::files(release)?);
    files.extend(wheel::files(release)?);
    let mut sums: Vec<String> = files
        .iter()
        .map(|file| format!("{}  {}\n", dist::sha256(&file.bytes), file.name))
        .collect();
    sums.sort_by(|one, other| one[64..].cmp(&other[64..]));
    files.push(File {
        name: "SHA256SUMS".to_owned(),
        bytes: sums.concat().into_bytes(),
    });
    files.extend(templates::files(release, &files)?);
    let mut paths = Vec::new();
    for file in files {
        let path = folder.join(file.name);
        files::write(&path, file.bytes)?;
        paths.push(path);
    }
    Ok(paths)
}

impl Release {
    fn read(binaries: &[(String, PathBuf)], is_native: bool) -> Result<Self, String> {
        let mut rows = platforms::all()?;
        let mut read = Vec::new();
        for (platform, path) in binaries {
            let row = rows.remove(platform);
            let row = row.ok_or_else(|| format!("There is no platform {platform}."))?;
            read.push(Binary {
                row: if is_native { native(row)? } else { row },
                is_native,
                platform: platform.clone(),
                bytes: files::read(path)?,
            });
        }
        let stage = target().join("release-stage");
        files::create(&stage)?;
        package::notices(&stage, binaries)?;
        let manifest = files::read_text(&root().join("Cargo.toml"))?;
        let repository = manifest.lines().find_map(|line| {
            let value = line.strip_prefix("repository = \"")?;
            value.strip_suffix('"').map(str::to_owned)
        });
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            repository,
            binaries: read,
            readme: files::read(&root().join("README.md"))?,
            license: files::read(&root().join("LICENSE"))?,
            notices: files::read(&stage.join("THIRD-PARTY-NOTICES"))?,
            manual: manual::pages(runnable(binaries)?, env!("CARGO_PKG_VERSION"))?,
        })
    }

    /// What goes with every binary.
    fn texts(&self, folder: &str) -> Vec<Entry> {
        vec![
            Entry::text(format!("{folder}README.md"), self.readme.clone()),
            Entry::text(format!("{folder}LICENSE"), self.license.clone()),
            Entry::text(format!("{folder}THIRD-PARTY-NOTICES"), self.notices.clone()),
        ]
    }
}

/// The binary for this machine.
fn runnable(binaries: &[(String, PathBuf)]) -> Result<&Path, String> {
    let (host, _) = platforms::host()?;
    let own = binaries.iter().find(|(platform, _)| *platform == host);
    let (_, path) = own.ok_or_else(|| {
        format!("Manual pages come from the binary for {host}, which is not among them.")
    })?;
    Ok(path)
}

/// The row with the target that Rust builds for here.
fn native(row: Platform) -> Result<Platform, String> {
    let printed = output(Command::new("rustc").arg("-vV")).unwrap_or_default();
    let host = printed.lines().find_map(|line| line.strip_prefix("host: "));
    let target = host.ok_or("rustc does not name this machine's target.")?;
    Ok(Platform {
        target: target.to_owned(),
        ..row
    })
}
