//! Archives of the command line: `tar.gz`, and `zip` for Windows. Their names are those that cargo-binstall looks for
//! (`[package.metadata.binstall]` in Cargo.toml).
//!
//! Entries have no time and no owner, so that the same binary gives the same bytes.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Binary, Entry, File, Release};

/// One archive for each platform.
pub(super) fn files(release: &Release) -> Result<Vec<File>, String> {
    let archives = release.binaries.iter().map(|binary| {
        let folder = format!("adieu-{}-{}", release.version, binary.row.target);
        let mut entries = release.texts(&format!("{folder}/"));
        if binary.row.format != "PE" {
            let pages = release.manual.iter().cloned();
            entries.extend(pages.map(|page| Entry {
                path: format!("{folder}/{}", page.path),
                ..page
            }));
        }
        let program = format!("{folder}/{}", binary.row.binary);
        entries.push(Entry::program(program, &binary.bytes));
        Ok(File {
            name: name(release, binary),
            bytes: if binary.row.format == "PE" {
                zip(&entries)?
            } else {
                tar_gz(&entries)?
            },
        })
    });
    archives.collect()
}

/// The name of a platform's archive.
pub(super) fn name(release: &Release, binary: &Binary) -> String {
    let kind = if binary.row.format == "PE" {
        "zip"
    } else {
        "tar.gz"
    };
    format!("adieu-{}-{}.{kind}", release.version, binary.row.target)
}

/// A compressed tarball.
pub(super) fn tar_gz(entries: &[Entry]) -> Result<Vec<u8>, String> {
    let write = || -> std::io::Result<Vec<u8>> {
        let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
        for entry in entries {
            let mut header = Header::new_ustar();
            header.set_size(entry.bytes.len() as u64);
            header.set_mode(if entry.is_executable { 0o755 } else { 0o644 });
            archive.append_data(&mut header, &entry.path, &*entry.bytes)?;
        }
        archive.into_inner()?.finish()
    };
    write().map_err(|error| format!("A tarball cannot be made: {error}."))
}

/// A ZIP archive.
pub(super) fn zip(entries: &[Entry]) -> Result<Vec<u8>, String> {
    let write = || -> Result<Vec<u8>, zip::result::ZipError> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for entry in entries {
            let mode = if entry.is_executable { 0o755 } else { 0o644 };
            let options = SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated)
                .last_modified_time(zip::DateTime::default())
                .unix_permissions(mode);
            archive.start_file(&*entry.path, options)?;
            archive.write_all(&entry.bytes)?;
        }
        Ok(archive.finish()?.into_inner())
    };
    write().map_err(|error| format!("An archive cannot be made: {error}."))
}
