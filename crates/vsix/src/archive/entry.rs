//! An entry of an archive, from its directory, and why an archive cannot be read.

use std::io::{self, Read};

use zip::CompressionMethod;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::bounds::UnsafeArchive;

/// One entry of an archive.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Name in the archive, with `/` between folders; a folder's name ends with one.
    pub name: String,
    /// Uncompressed size in bytes.
    pub unpacked: u64,
    /// Compressed size in bytes.
    pub packed: u64,
    pub(super) is_stored: bool,
    pub(super) checksum: u32,
    pub(super) index: usize,
    /// Offset of its header, which is followed by its compressed bytes.
    pub(super) header: u64,
    pub(super) data: u64,
}

impl Entry {
    /// Whether the entry is a folder.
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Reads the directory's record of an entry.
    pub(super) fn of<R: Read>(name: String, index: usize, file: &ZipFile<'_, R>) -> Self {
        Self {
            name,
            unpacked: file.size(),
            packed: file.compressed_size(),
            is_stored: file.compression() == CompressionMethod::Stored,
            checksum: file.crc32(),
            index,
            header: file.header_start(),
            data: file.data_start().unwrap_or_default(),
        }
    }
}

/// Why an archive was not opened or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The archive is not trustworthy.
    #[error(transparent)]
    UnsafeArchive(#[from] UnsafeArchive),
}

impl From<ZipError> for ArchiveError {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => Self::Io(error),
            // The other messages are about structures that only authors of ZIP tools know.
            _ => Self::UnsafeArchive(UnsafeArchive::NotAnArchive {
                detail: "its directory is missing, damaged or cut off",
            }),
        }
    }
}
