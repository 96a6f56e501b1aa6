//! Python wheels with the binary as a script, for `pip install`, `pipx run` and `uvx`. Nothing is built on the user's
//! machine.
//!
//! The format is that of packaging.python.org, "Binary distribution format".

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::archive::zip;
use super::{Binary, Entry, Release, SUMMARY};

/// One wheel for each platform.
pub(super) fn files(release: &Release) -> Result<Vec<Entry>, String> {
    let wheels = release.binaries.iter().map(|binary| {
        let tag = tag(binary);
        let path = format!("python/adieu-{}-py3-none-{tag}.whl", release.version);
        Ok(Entry::text(path, zip(&entries(release, binary, tag))?))
    });
    wheels.collect()
}

/// The systems that a wheel supports. Linux binaries of `dist` are static, so they run with any version of glibc and
/// musl; macOS binaries need 11.0.
fn tag(binary: &Binary) -> &'static str {
    match &*binary.platform {
        "linux-x64" if binary.is_native => "linux_x86_64",
        "linux-arm64" if binary.is_native => "linux_aarch64",
        "linux-x64" => "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
        "linux-arm64" => "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "win32-x64" => "win_amd64",
        "darwin-x64" => "macosx_11_0_x86_64",
        _ => "macosx_11_0_arm64",
    }
}

fn entries(release: &Release, binary: &Binary, tag: &str) -> Vec<Entry> {
    let version = &release.version;
    let info = format!("adieu-{version}.dist-info");
    let repository = release.repository.iter();
    let repository = repository.map(|address| format!("Project-URL: Repository, {address}\n"));
    let metadata = format!(
        "Metadata-Version: 2.1\nName: adieu\nVersion: {version}\nSummary: {SUMMARY}\nLicense: MIT\n\
         Requires-Python: >=3.8\nDescription-Content-Type: text/markdown\n{}\n{}",
        repository.collect::<String>(),
        String::from_utf8_lossy(&release.readme),
    );
    // A compressed set of tags is expanded: one line for each.
    let tags = tag.split('.').map(|tag| format!("Tag: py3-none-{tag}\n"));
    let wheel = format!(
        "Wheel-Version: 1.0\nGenerator: adieu xtask {version}\nRoot-Is-Purelib: false\n{}",
        tags.collect::<String>()
    );
    let program = format!("adieu-{version}.data/scripts/{}", binary.row.binary);
    let mut entries = vec![
        Entry::program(program, &binary.bytes),
        Entry::text(format!("{info}/METADATA"), metadata),
        Entry::text(format!("{info}/WHEEL"), wheel),
    ];
    // The metadata contains the readme.
    entries.extend(
        release
            .texts(&format!("{info}/licenses/"))
            .into_iter()
            .skip(1),
    );
    let lines = entries.iter().map(|entry| {
        let sum = URL_SAFE_NO_PAD.encode(digest(&SHA256, &entry.bytes));
        format!("{},sha256={sum},{}\n", entry.path, entry.bytes.len())
    });
    let record = lines.collect::<String>() + &format!("{info}/RECORD,,\n");
    entries.push(Entry::text(format!("{info}/RECORD"), record));
    entries
}
