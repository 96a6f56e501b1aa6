//! Python wheels with the binary as a script: `pip install`, `pipx run`, `uvx`. Nothing is built on the user's machine.
//!
//! The format is that of packaging.python.org, "Binary distribution format".

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::archive::zip;
use super::{Binary, Entry, File, Release, SUMMARY};

/// One wheel for each platform.
pub(super) fn files(release: &Release) -> Result<Vec<File>, String> {
    let wheels = release.binaries.iter().map(|binary| {
        let tag =
            tag(binary).ok_or_else(|| format!("{} has no tag of a wheel.", binary.platform))?;
        Ok(File {
            name: format!("python/adieu-{}-py3-none-{tag}.whl", release.version),
            bytes: zip(&entries(release, binary, tag))?,
        })
    });
    wheels.collect()
}

/// The systems that a wheel is for. Linux binaries of `dist` are static, so they run with glibc and musl of any age;
/// macOS binaries ask for 11.0.
fn tag(binary: &Binary) -> Option<&'static str> {
    Some(match &*binary.platform {
        "linux-x64" if binary.is_native => "linux_x86_64",
        "linux-arm64" if binary.is_native => "linux_aarch64",
        "linux-x64" => "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
        "linux-arm64" => "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "win32-x64" => "win_amd64",
        "darwin-x64" => "macosx_11_0_x86_64",
        "darwin-arm64" => "macosx_11_0_arm64",
        _ => return None,
    })
}

fn entries(release: &Release, binary: &Binary, tag: &str) -> Vec<Entry> {
    let version = &release.version;
    let info = format!("adieu-{version}.dist-info");
    let program = format!("adieu-{version}.data/scripts/{}", binary.row.binary);
    let mut entries = vec![Entry::program(program, &binary.bytes)];
    let mut metadata = format!(
        "Metadata-Version: 2.1\nName: adieu\nVersion: {version}\nSummary: {SUMMARY}\nLicense: MIT\n\
         Requires-Python: >=3.8\nDescription-Content-Type: text/markdown\n"
    );
    if let Some(repository) = &release.repository {
        let _ = writeln!(metadata, "Project-URL: Repository, {repository}");
    }
    let _ = write!(metadata, "\n{}", String::from_utf8_lossy(&release.readme));
    entries.push(Entry::text(format!("{info}/METADATA"), metadata));
    // A compressed set of tags is written out: one line for each.
    let tags: String = tag
        .split('.')
        .map(|tag| format!("Tag: py3-none-{tag}\n"))
        .collect();
    let wheel = format!(
        "Wheel-Version: 1.0\nGenerator: adieu xtask {version}\nRoot-Is-Purelib: false\n{tags}"
    );
    entries.push(Entry::text(format!("{info}/WHEEL"), wheel));
    for text in release.texts("") {
        if text.path != "README.md" {
            entries.push(Entry::text(
                format!("{info}/licenses/{}", text.path),
                text.bytes,
            ));
        }
    }
    let mut record = String::new();
    for entry in &entries {
        let sum = URL_SAFE_NO_PAD.encode(digest(&SHA256, &entry.bytes));
        let _ = writeln!(record, "{},sha256={sum},{}", entry.path, entry.bytes.len());
    }
    let _ = writeln!(record, "{info}/RECORD,,");
    entries.push(Entry::text(format!("{info}/RECORD"), record));
    entries
}
