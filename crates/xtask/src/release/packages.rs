//! The packages of the command line, each a list of files in a tarball or a ZIP archive: an archive with the name that
//! cargo-binstall expects (`[package.metadata.binstall]` in Cargo.toml), npm packages, and a wheel.
//!
//! No package has an install script. Entries have no time and no owner, so the same binary gives the same bytes.

use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use tar::{Builder, Header};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Binary, Entry, Release, SUMMARY, VERSION};
use crate::command::Context as _;

/// Starts the binary. Old versions of Node must be able to run it, so it has old syntax and no dependencies.
const START: &str = include_str!("adieu.js");

/// A binary's archive, npm package, and wheel for `pip install`, `pipx run` and `uvx`.
pub(super) fn of(release: &Release, binary: &Binary) -> Result<[Entry; 3], String> {
    let row = &binary.row;
    let program = Entry::program(&*row.binary, &*binary.bytes);
    let (ending, manual) = match &*row.format {
        "PE" => ("zip", &[][..]),
        _ => ("tar.gz", &*release.manual),
    };
    let entries = [&release.texts, manual, &[program]].concat();
    let name = format!("adieu-{VERSION}-{}", row.target);
    let (system, processor) = binary.platform.split_once('-').unwrap_or_default();
    // Windows on ARM runs the x64 binary.
    let processors = [processor, "arm64"];
    let processors = &processors[..if system == "win32" { 2 } else { 1 }];
    let about = json!({
        "description": format!("The binary of adieu for {}", binary.platform),
        "os": [system],
        "cpu": processors,
    });
    let program = Entry::program(format!("bin/{}", row.binary), &*binary.bytes);
    Ok([
        packed(format!("{name}.{ending}"), &format!("{name}/"), entries)?,
        npm(
            release,
            &format!("adieu-{}", binary.platform),
            about,
            program,
        )?,
        wheel(release, binary)?,
    ])
}

/// The npm package `adieu`, which depends optionally on those of all platforms, and starts the binary that npm has
/// installed.
pub(super) fn starter(release: &Release) -> Result<Entry, String> {
    let binaries = release.binaries.iter();
    let platforms = binaries.map(|binary| (format!("adieu-{}", binary.platform), VERSION.into()));
    let about = json!({
        "description": SUMMARY,
        "bin": { "adieu": "bin/adieu.js" },
        "engines": { "node": ">=16" },
        "optionalDependencies": platforms.collect::<Map<String, Value>>(),
    });
    npm(
        release,
        "adieu",
        about,
        Entry::program("bin/adieu.js", START),
    )
}

/// An npm package, with the file name of `npm pack`.
fn npm(release: &Release, name: &str, mut about: Value, program: Entry) -> Result<Entry, String> {
    about["name"] = name.into();
    about["version"] = VERSION.into();
    about["license"] = "MIT".into();
    if let Some(repository) = &release.repository {
        about["repository"] = json!({ "type": "git", "url": format!("git+{repository}.git") });
    }
    let about = Entry::text("package.json", format!("{about:#}\n"));
    let entries = [&*release.texts, &[about, program]].concat();
    packed(format!("npm/{name}-{VERSION}.tgz"), "package/", entries)
}

/// A wheel with the binary as a script (packaging.python.org, "Binary distribution format").
fn wheel(release: &Release, binary: &Binary) -> Result<Entry, String> {
    let tag = tag(&binary.row.target);
    let info = format!("adieu-{VERSION}.dist-info");
    let repository = release.repository.iter();
    let repository = repository.map(|address| format!("Project-URL: Repository, {address}\n"));
    let metadata = format!(
        "Metadata-Version: 2.1\nName: adieu\nVersion: {VERSION}\nSummary: {SUMMARY}\nLicense: MIT\n\
         Requires-Python: >=3.8\nDescription-Content-Type: text/markdown\n{}\n{}",
        repository.collect::<String>(),
        String::from_utf8_lossy(&release.texts[0].bytes),
    );
    // A compressed set of tags is expanded: one line for each.
    let tags = tag.split('.').map(|tag| format!("Tag: py3-none-{tag}\n"));
    let wheel = format!(
        "Wheel-Version: 1.0\nGenerator: adieu xtask {VERSION}\nRoot-Is-Purelib: false\n{}",
        tags.collect::<String>()
    );
    let program = format!("adieu-{VERSION}.data/scripts/{}", binary.row.binary);
    let mut entries = vec![
        Entry::program(program, &*binary.bytes),
        Entry::text(format!("{info}/METADATA"), metadata),
        Entry::text(format!("{info}/WHEEL"), wheel),
    ];
    // The metadata contains the readme.
    let licenses = release.texts[1..].iter();
    entries.extend(
        licenses.map(|text| Entry::text(format!("{info}/licenses/{}", text.path), &*text.bytes)),
    );
    let lines = entries.iter().map(|entry| {
        let sum = URL_SAFE_NO_PAD.encode(digest(&SHA256, &entry.bytes));
        format!("{},sha256={sum},{}\n", entry.path, entry.bytes.len())
    });
    let record = lines.collect::<String>() + &format!("{info}/RECORD,,\n");
    entries.push(Entry::text(format!("{info}/RECORD"), record));
    packed(
        format!("python/adieu-{VERSION}-py3-none-{tag}.whl"),
        "",
        entries,
    )
}

/// The systems that a wheel supports. Linux binaries of `dist` are static, so they run with any version of glibc and
/// musl; those that need a C library do not ship to other machines. macOS binaries need 11.0.
fn tag(target: &str) -> &'static str {
    match target {
        "x86_64-unknown-linux-musl" => {
            "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"
        }
        "aarch64-unknown-linux-musl" => {
            "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"
        }
        "x86_64-apple-darwin" => "macosx_11_0_x86_64",
        "aarch64-apple-darwin" => "macosx_11_0_arm64",
        "x86_64-unknown-linux-gnu" => "linux_x86_64",
        "aarch64-unknown-linux-gnu" => "linux_aarch64",
        _ => "win_amd64",
    }
}

/// A file with the entries in a folder, in the format of its name.
fn packed(path: String, folder: &str, entries: Vec<Entry>) -> Result<Entry, String> {
    let is_zip = path.ends_with(".zip") || path.ends_with(".whl");
    let packed = if is_zip {
        zip(folder, &entries)
    } else {
        tar_gz(folder, &entries)
    };
    Ok(Entry::text(&*path, packed.context(&path)?))
}

fn tar_gz(folder: &str, entries: &[Entry]) -> std::io::Result<Vec<u8>> {
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for Entry { path, bytes, mode } in entries {
        let mut header = Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(*mode);
        archive.append_data(&mut header, format!("{folder}{path}"), &**bytes)?;
    }
    archive.into_inner()?.finish()
}

fn zip(folder: &str, entries: &[Entry]) -> std::io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for Entry { path, bytes, mode } in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(*mode);
        archive.start_file(format!("{folder}{path}"), options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
