//! Where the bytes of an entry come from.
//!
//! It compresses nothing.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Where an entry's bytes come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file; its size when it was found decides how it is packed.
    File(PathBuf, u64),
    /// Bytes that were made here.
    Bytes(Vec<u8>),
}

impl Source {
    /// Bytes before compression, as far as they are known.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::File(_, size) => *size,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// All the bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::File(path, _) => std::fs::read(path),
            Self::Bytes(bytes) => Ok(bytes.clone()),
        }
    }

    /// The bytes as a stream that can be read twice.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(super) fn open(&self) -> io::Result<Box<dyn ReadSeek + '_>> {
        match self {
            Self::File(path, _) => Ok(Box::new(File::open(path)?)),
            Self::Bytes(bytes) => Ok(Box::new(io::Cursor::new(bytes))),
        }
    }

    /// The file, where there is one, for messages.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path, _) => Some(path),
            Self::Bytes(_) => None,
        }
    }
}

pub(super) trait ReadSeek: Read + io::Seek {}
impl<T: Read + io::Seek> ReadSeek for T {}
