//! Opens an archive from an unknown source, and trusts nothing that it has not checked.
//!
//! It writes no file and unpacks no path. All checks come before the first byte is returned; `checks.rs` has those
//! that the crate `zip` does not make.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::{Crc, read::DeflateDecoder};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::bounds::{Bounds, UnsafeArchive};
use super::checks;
use super::entry::{ArchiveError, Entry};

/// An archive whose directory has been checked.
#[derive(Debug)]
pub struct Archive<R> {
    zip: ZipArchive<R>,
    entries: Vec<Entry>,
    bounds: Bounds,
}

impl Archive<BufReader<File>> {
    /// Opens a file.
    ///
    /// # Errors
    /// The file cannot be read, is not an archive, or exceeds a limit.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        Self::read_from(BufReader::new(File::open(path)?), Bounds::DEFAULT)
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Reads and checks the directory and every entry's own header.
    ///
    /// # Errors
    /// Reading fails, or the archive is not trustworthy.
    pub fn read_from(mut input: R, bounds: Bounds) -> Result<Self, ArchiveError> {
        checks::check_end(&mut input, &bounds)?;
        let length = input.seek(SeekFrom::End(0))?;
        let mut zip = ZipArchive::new(input)?;
        let mut entries = Vec::with_capacity(zip.len());
        for index in 0..zip.len() {
            entries.push(checks::entry(&mut zip, index, &bounds)?);
        }
        checks::check_sizes(&entries, length, &bounds)?;
        checks::check_names(&entries)?;
        checks::check_ranges(&entries, zip.central_directory_start())?;
        checks::check_headers(&mut zip, &entries)?;
        let mut input = zip.into_inner();
        checks::check_fields(&mut input, &entries)?;
        Ok(Self {
            zip: ZipArchive::new(input)?,
            entries,
            bounds,
        })
    }

    /// The entries, in the directory's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with that name, in any letter case, as the Open Packaging Conventions compare part names.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// An entry with its compressed bytes.
    pub(super) fn raw(&mut self, entry: &Entry) -> Result<ZipFile<'_, R>, ZipError> {
        self.zip.by_index_raw(entry.index)
    }

    /// The uncompressed bytes of an entry, checked against its size and checksum.
    ///
    /// # Errors
    /// Reading fails, or the size or checksum is wrong.
    pub fn read(&mut self, entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        self.unpack(entry, |chunk| bytes.extend_from_slice(chunk))?;
        Ok(bytes)
    }

    /// The bytes of an entry that will be parsed: a document needs many times its size in memory.
    ///
    /// # Errors
    /// The entry is too large for a document, reading fails, or the size or checksum is wrong.
    pub fn read_text(&mut self, entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
        if entry.unpacked > self.bounds.text_bytes {
            return Err(UnsafeArchive::EntryTooLarge {
                entry: entry.name.clone(),
                found: entry.unpacked,
                limit: self.bounds.text_bytes,
            }
            .into());
        }
        self.read(entry)
    }

    /// Reads every entry, to check its size and checksum.
    ///
    /// # Errors
    /// Reading fails, or a size or checksum is wrong.
    pub fn verify(&mut self) -> Result<(), ArchiveError> {
        for entry in self.entries.clone() {
            self.unpack(&entry, |_| {})?;
        }
        Ok(())
    }

    /// Passes the uncompressed bytes of an entry to `sink`, piece by piece, and checks them against its size and
    /// checksum.
    ///
    /// `zip` can do this as well, but does not report extra bytes after the compressed data, which every copy would
    /// include.
    ///
    /// # Errors
    /// Reading fails, or the size or checksum is wrong; the bytes that `sink` received must then be discarded.
    pub fn unpack(&mut self, entry: &Entry, sink: impl FnMut(&[u8])) -> Result<(), ArchiveError> {
        let limit = entry.unpacked.min(self.bounds.entry_bytes);
        let mut packed = self.raw(entry)?;
        let (drained, used) = if entry.is_stored {
            (drain(&mut packed, limit, sink), entry.packed)
        } else {
            let mut decoder = DeflateDecoder::new(packed);
            let drained = drain(&mut decoder, limit, sink);
            (drained, decoder.total_in())
        };
        let name = || entry.name.clone();
        let (size, checksum) = drained.map_err(|_| UnsafeArchive::Corrupt { entry: name() })?;
        if size != entry.unpacked {
            return Err(UnsafeArchive::LyingSize {
                entry: name(),
                stated: entry.unpacked,
            }
            .into());
        }
        if checksum != entry.checksum {
            return Err(UnsafeArchive::Checksum { entry: name() }.into());
        }
        if used != entry.packed {
            return Err(UnsafeArchive::Remainder { entry: name() }.into());
        }
        Ok(())
    }
}

/// Reads to the end, or up to the limit. Returns size and checksum.
fn drain(
    reader: &mut impl Read,
    limit: u64,
    mut sink: impl FnMut(&[u8]),
) -> io::Result<(u64, u32)> {
    let mut checksum = Crc::new();
    let mut size = 0;
    let mut chunk = vec![0; 64 << 10];
    loop {
        let count = reader.read(&mut chunk)?;
        let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        size += count as u64;
        if size > limit {
            break;
        }
        checksum.update(bytes);
        sink(bytes);
    }
    Ok((size, checksum.sum()))
}
