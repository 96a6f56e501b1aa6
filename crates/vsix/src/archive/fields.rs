//! Little-endian fields and signatures of ZIP headers.
//!
//! It moves bytes and judges none.

/// Signature of the header in front of an entry's bytes.
pub(super) const LOCAL: u32 = 0x0403_4b50;
/// Signature of an entry's record in the central directory.
pub(super) const CENTRAL: u32 = 0x0201_4b50;
/// Signature of the record at the archive's end.
pub(super) const END: u32 = 0x0605_4b50;

/// Length of a local header without name and extra field.
pub(super) const LOCAL_LENGTH: usize = 30;
/// Length of a central record without name, extra field and comment.
pub(super) const CENTRAL_LENGTH: usize = 46;
/// Length of the end record without comment.
pub(super) const END_LENGTH: usize = 22;

/// Method "stored": the bytes as they are.
pub(super) const STORED: u16 = 0;
/// Method "deflated".
pub(super) const DEFLATED: u16 = 8;

/// General purpose bit: sizes and checksum stand behind the data.
pub(super) const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// General purpose bit: the name is UTF-8.
pub(super) const FLAG_UTF8: u16 = 1 << 11;

/// The two bytes at an offset; zero behind the end, which no caller reaches.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .and_then(|field| field.try_into().ok())
        .map_or(0, u16::from_le_bytes)
}

/// The four bytes at an offset; zero behind the end, which no caller reaches.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|field| field.try_into().ok())
        .map_or(0, u32::from_le_bytes)
}

/// Appends two bytes.
pub(super) fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends four bytes.
pub(super) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}
