//! Writes the few types of DER (ITU-T X.690) that a certificate needs.
//!
//! It parses nothing. rcgen would add 29 KB to the deflated binary.

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag `[number]` of a primitive value.
pub(crate) const fn context(number: u8) -> u8 {
    0x80 | number
}

/// The tag `[number]` of a value that contains other values.
pub(crate) const fn constructed(number: u8) -> u8 {
    0xa0 | number
}

/// Encodes a value: its tag, its length and its parts.
pub(crate) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = vec![tag];
    let digits = length.to_be_bytes();
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    if length >= 0x80 {
        bytes.push(0x80 | (digits.len() - zeros).to_be_bytes()[7]);
        bytes.extend_from_slice(&digits[zeros..]);
    } else {
        bytes.push(digits[digits.len() - 1]);
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_lengths_in_the_shortest_form() {
        for (length, head) in [
            (0, &[4, 0][..]),
            (127, &[4, 127]),
            (128, &[4, 0x81, 128]),
            (255, &[4, 0x81, 255]),
            (256, &[4, 0x82, 1, 0]),
            (70_000, &[4, 0x83, 1, 0x11, 0x70]),
        ] {
            let content = vec![0; length];
            let whole = value(
                OCTET_STRING,
                &[&content[..length / 2], &content[length / 2..]],
            );
            assert_eq!(whole[..head.len()], *head);
            assert_eq!(whole.len(), head.len() + length);
        }
    }
}
