//! The source of an entry's bytes.
//!
//! It compresses nothing.

use std::io::{self, Read, Seek};
use std::path::Path;

use super::bounds::Bounds;
use crate::root::RootFile;

/// The source of an entry's bytes.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file; the size that it had when it was found decides how it is packed.
    File(RootFile),
    /// Bytes in memory.
    Bytes(Vec<u8>),
}

impl Source {
    /// Uncompressed size in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Self::File(file) => file.size(),
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// All the bytes.
    ///
    /// # Errors
    /// The file cannot be read, or its size has changed.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::File(file) => file.read(),
            Self::Bytes(bytes) => Ok(bytes.clone()),
        }
    }

    /// All the bytes of a document, if there are at most `limit`: it needs many times its size in memory.
    ///
    /// # Errors
    /// As for [`read`](Self::read), or the document is too large.
    pub fn read_text(&self, limit: u64) -> io::Result<Vec<u8>> {
        if self.size() > limit {
            let detail = format!("it has {} bytes, and {limit} is the limit", self.size());
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, detail));
        }
        self.read()
    }

    /// The text of a small document; `None` if it cannot be read, is too large or is not UTF-8.
    pub(crate) fn text(&self) -> Option<String> {
        let bytes = self.read_text(Bounds::DEFAULT.text_bytes).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// The first bytes, at most `count`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn head(&self, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open()?.take(count).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The bytes as a stream that can be read several times.
    pub(super) fn open(&self) -> io::Result<Box<dyn ReadSeek + '_>> {
        match self {
            Self::File(file) => Ok(Box::new(file.open()?)),
            Self::Bytes(bytes) => Ok(Box::new(io::Cursor::new(bytes))),
        }
    }

    /// The file, if there is one, for messages.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file.path()),
            Self::Bytes(_) => None,
        }
    }
}

/// A stream that can be read several times.
pub(super) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}
