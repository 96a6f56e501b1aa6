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
use serde_json::{Value, json};
use tar::{Builder, Header};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Binary, Entry, Release, SUMMARY, VERSION};
use crate::command::Context as _;
use crate::files::filled;

/// Starts the binary. Old versions of Node must be able to run it, so it has old syntax and no dependencies.
const START: &str = include_str!("adieu.js");

/// The systems that a wheel for a target supports. Linux binaries of `dist` are static, so they run with any version of
/// glibc and musl; those that need a C library do not ship to other machines.
const TAGS: &str = include_str!("packages/tags.txt");

/// A binary's archive, npm package, and wheel for `pip install`, `pipx run` and `uvx`.
pub(super) fn of(release: &Release, binary: &Binary) -> Result<[Entry; 3], String> {
    let row = &binary.row;
    let program = |path: String| Entry::program(path, &*binary.bytes);
    let (ending, manual) = match &*row.format {
        "PE" => ("zip", &[][..]),
        _ => ("tar.gz", &*release.manual),
    };
    let entries = [&release.texts, manual, &[program(row.binary.clone())]].concat();
    let name = format!("adieu-{VERSION}-{}", row.target);
    let bin = format!("bin/{}", row.binary);
    Ok([
        packed(format!("{name}.{ending}"), &format!("{name}/"), &entries)?,
        npm(release, Some(&binary.platform), program(bin))?,
        wheel(release, binary)?,
    ])
}

/// The npm package `adieu`, which depends optionally on those of all platforms, and starts the binary that npm has
/// installed.
pub(super) fn starter(release: &Release) -> Result<Entry, String> {
    npm(release, None, Entry::program("bin/adieu.js", START))
}

/// The npm package of a platform's binary, or the one that starts it, with the file name of `npm pack`.
fn npm(release: &Release, platform: Option<&str>, program: Entry) -> Result<Entry, String> {
    let platforms = release.binaries.iter().map(|binary| &binary.platform);
    let about = json!({
        "platform": platform,
        "platforms": platforms.collect::<Vec<_>>(),
        "repository": release.repository,
        "summary": SUMMARY,
        "version": VERSION,
    });
    let about = filled(include_str!("packages/package.json"), about)?;
    let about: Value = serde_json::from_str(&about).context("package.json")?;
    let name = about["name"].as_str().unwrap_or_default();
    let path = format!("npm/{name}-{VERSION}.tgz");
    let about = Entry::text("package.json", format!("{about:#}\n"));
    packed(
        path,
        "package/",
        &[&*release.texts, &[about, program]].concat(),
    )
}

/// A wheel with the binary as a script (packaging.python.org, "Binary distribution format").
fn wheel(release: &Release, binary: &Binary) -> Result<Entry, String> {
    let target = &binary.row.target;
    let tags = { TAGS.lines() }.find_map(|line| line.strip_prefix(&**target)?.strip_prefix(": "));
    let tags = tags.ok_or_else(|| format!("packages/tags.txt has no line for {target}."))?;
    let info = format!("adieu-{VERSION}.dist-info");
    // The metadata contains the readme, the first of the texts.
    let values = json!({
        "readme": String::from_utf8_lossy(&release.texts[0].bytes),
        "repository": release.repository,
        "summary": SUMMARY,
        "tags": tags,
        "version": VERSION,
    });
    let program = format!("adieu-{VERSION}.data/scripts/{}", binary.row.binary);
    let metadata = filled(include_str!("packages/METADATA"), &values)?;
    let wheel = filled(include_str!("packages/WHEEL"), &values)?;
    let mut entries = vec![
        Entry::program(program, &*binary.bytes),
        Entry::text(format!("{info}/METADATA"), metadata),
        Entry::text(format!("{info}/WHEEL"), wheel),
    ];
    for license in &release.texts[1..] {
        let path = format!("{info}/licenses/{}", license.path);
        entries.push(Entry::text(path, &*license.bytes));
    }
    let lines = entries.iter().map(|entry| {
        let sum = URL_SAFE_NO_PAD.encode(digest(&SHA256, &entry.bytes));
        format!("{},sha256={sum},{}\n", entry.path, entry.bytes.len())
    });
    let record = lines.collect::<String>() + &format!("{info}/RECORD,,\n");
    entries.push(Entry::text(format!("{info}/RECORD"), record));
    packed(
        format!("python/adieu-{VERSION}-py3-none-{tags}.whl"),
        "",
        &entries,
    )
}

/// A file with the entries in a folder, in the format of its name.
fn packed(path: String, folder: &str, entries: &[Entry]) -> Result<Entry, String> {
    let packed = match path.ends_with("gz") {
        true => tar_gz(folder, entries),
        false => zip(folder, entries),
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
