//! The interface of `crc32fast` 1.5 over the CRC-32 of `zlib-rs`, which the binary contains anyway.
//!
//! It must never compute a checksum itself.
//!
//! `zip` uses `crc32fast` for checksums, and `zlib-rs` compresses. Each has tables: the 16 KB in `crc32fast` are used
//! only by processors without carry-less multiplication, and such tables do not compress. Without them, every binary
//! is 20 KB smaller to download. `flate2` does the same if `zlib-rs` is its backend.

use zlib_rs::crc32;

/// A checksum in progress.
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    checksum: u32,
    /// The number of bytes so far.
    length: u64,
}

impl Hasher {
    /// The checksum of no bytes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Continues from another checksum.
    #[must_use]
    pub fn new_with_initial(checksum: u32) -> Self {
        Self::new_with_initial_len(checksum, 0)
    }

    /// Continues from the checksum of `length` bytes.
    #[must_use]
    pub fn new_with_initial_len(checksum: u32, length: u64) -> Self {
        Self { checksum, length }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.checksum = crc32::crc32(self.checksum, bytes);
        self.length += bytes.len() as u64;
    }

    /// The number of bytes so far.
    #[must_use]
    pub fn total_len(&self) -> u64 {
        self.length
    }

    /// The checksum.
    #[must_use]
    pub fn finalize(self) -> u32 {
        self.checksum
    }

    /// Resets it to the checksum of no bytes.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Appends the bytes that another checksum covers.
    pub fn combine(&mut self, other: &Self) {
        self.checksum = crc32::crc32_combine(self.checksum, other.checksum, other.length);
        self.length += other.length;
    }
}

impl std::hash::Hasher for Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn finish(&self) -> u64 {
        u64::from(self.checksum)
    }
}

/// The checksum of these bytes.
#[must_use]
pub fn hash(bytes: &[u8]) -> u32 {
    crc32::crc32(0, bytes)
}

#[cfg(test)]
mod tests {
    use super::{Hasher, hash};

    /// The check value of CRC-32/ISO-HDLC in the catalog of parametrized CRC algorithms.
    const CHECK: u32 = 0xCBF4_3926;

    #[test]
    fn is_the_checksum_of_zip() {
        assert_eq!(hash(b"123456789"), CHECK);
        assert_eq!(hash(b""), 0);
    }

    #[test]
    fn is_the_same_in_pieces_of_every_length() {
        let bytes: Vec<u8> = (0..1000_u32).map(|n| (n * 7 % 251) as u8).collect();
        for cut in 0..=bytes.len() {
            let (first, rest) = bytes.split_at(cut);
            let mut whole = Hasher::new();
            whole.update(first);
            let mut other = Hasher::new();
            other.update(rest);
            let mut combined = whole.clone();
            combined.combine(&other);
            whole.update(rest);
            assert_eq!(whole.clone().finalize(), hash(&bytes));
            assert_eq!(combined.total_len(), 1000);
            assert_eq!(combined.finalize(), hash(&bytes));
            assert_eq!(whole.total_len(), 1000);
        }
    }
}
