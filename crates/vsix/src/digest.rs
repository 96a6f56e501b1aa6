//! SHA-256 digests of a package and of its entries.
//!
//! All data is streamed; no entry is held in memory.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use adieu_order::Map;
use sha2::{Digest as _, Sha256};

use crate::opened::{OpenedPackage, ReadError};

/// A SHA-256 digest (FIPS 180-4). `Display` writes lowercase hexadecimal, as in `SHA256SUMS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of the rest of a reader.
    ///
    /// # Errors
    /// Reading fails.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut chunk = vec![0; 64 << 10];
        loop {
            let count = reader.read(&mut chunk)?;
            match chunk.get(..count) {
                Some(bytes) if !bytes.is_empty() => hasher.update(bytes),
                _ => return Ok(Self(hasher.finalize().into())),
            }
        }
    }

    /// Parses 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// The digest of each file in a package, by entry name; folders are left out.
///
/// The gallery may rewrite or sign the archive around the entries, so two packages contain the same extension if
/// these maps are equal.
///
/// # Errors
/// The file cannot be read, or the package is not trustworthy.
pub fn entry_digests(path: &Path) -> Result<Map<String, Digest>, ReadError> {
    let mut opened = OpenedPackage::open(path)?;
    let mut digests = Vec::new();
    for entry in opened.archive.entries().to_vec() {
        if entry.is_folder() {
            continue;
        }
        let mut hasher = Sha256::new();
        opened.archive(|archive| archive.unpack(&entry, |chunk| hasher.update(chunk)))?;
        digests.push((entry.name, Digest(hasher.finalize().into())));
    }
    Ok(digests.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn is_written_and_read_as_sha256sum_does() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), text);
        assert_eq!(
            Digest::from_hex(&text.to_uppercase()),
            Some(Digest::of(b"abc"))
        );
        let bad = [
            "",
            "ba78",
            &text[1..],
            &format!("{text}0"),
            &"+1".repeat(32),
        ];
        assert_eq!(bad.map(Digest::from_hex), [None; 5]);
    }
}
