//! Archives of the command line: `tar.gz`, and `zip` for Windows. Their names are those that cargo-binstall expects
//! (`[package.metadata.binstall]` in Cargo.toml).
//!
//! Entries have no time and no owner, so the same binary gives the same bytes.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Entry, Release};
use crate::command::Context as _;

/// One archive for each platform.
pub(super) fn files(release: &Release) -> Result<Vec<Entry>, String> {
    let archives = release.binaries.iter().map(|binary| {
        let name = format!("adieu-{}-{}", release.version, binary.row.target);
        let mut entries = release.texts(&format!("{name}/"));
        let is_for_windows = binary.row.format == "PE";
        let pages = release.manual.iter().filter(|_| !is_for_windows);
        entries.extend(pages.map(|page| Entry {
            path: format!("{name}/{}", page.path),
            ..page.clone()
        }));
        let program = format!("{name}/{}", binary.row.binary);
        entries.push(Entry::program(program, &binary.bytes));
        Ok(match is_for_windows {
            true => Entry::text(name + ".zip", zip(&entries)?),
            false => Entry::text(name + ".tar.gz", tar_gz(&entries)?),
        })
    });
    archives.collect()
}

/// A compressed tarball.
pub(super) fn tar_gz(entries: &[Entry]) -> Result<Vec<u8>, String> {
    let write = || -> std::io::Result<Vec<u8>> {
        let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
        for entry in entries {
            let mut header = Header::new_ustar();
            header.set_size(entry.bytes.len() as u64);
            header.set_mode(entry.mode);
            archive.append_data(&mut header, &entry.path, &*entry.bytes)?;
        }
        archive.into_inner()?.finish()
    };
    write().context("A tarball cannot be created")
}

/// A ZIP archive.
pub(super) fn zip(entries: &[Entry]) -> Result<Vec<u8>, String> {
    let write = || -> Result<Vec<u8>, zip::result::ZipError> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for entry in entries {
            let options = SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated)
                .last_modified_time(zip::DateTime::default())
                .unix_permissions(entry.mode);
            archive.start_file(&*entry.path, options)?;
            archive.write_all(&entry.bytes)?;
        }
        Ok(archive.finish()?.into_inner())
    };
    write().context("An archive cannot be created")
}
