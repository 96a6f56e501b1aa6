//! The formats of Azure DevOps personal access tokens, their checksums, and the public fingerprint.
//!
//! It verifies exact candidates and does not search. The checksums are those of Microsoft's own detector
//! (microsoft/security-utilities: `IdentifiableSecrets.cs`, `SEC101_102_AdoPat.cs`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::base64_text;

/// Length of the format that Azure DevOps has issued since July 2024.
pub(crate) const NEW_LENGTH: usize = 84;
/// Length of the older format, which Azure DevOps Server still issues.
pub(crate) const OLD_LENGTH: usize = 52;
/// The signature of the new format, and its offset.
pub(crate) const SIGNATURE: &[u8] = b"JQQJ9";
pub(crate) const SIGNATURE_AT: usize = 52;
const YEAR_AT: usize = 58;
const MONTH_AT: usize = 59;
const PROVIDER_AT: usize = 76;
const CHECKSUM_AT: usize = 80;

/// Other Azure services whose keys have the same format.
const OTHER_PROVIDERS: [&[u8]; 6] = [b"APIM", b"ACDb", b"AZEG", b"AZFU", b"AzSe", b"AzCa"];

/// What 84 characters with the signature at its offset are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NewShape {
    /// A personal access token; whether its checksum is valid, and the month of its creation.
    Pat { is_valid: bool, created: String },
    /// A key of another Azure service.
    OtherAzureKey,
}

/// Verifies 84 letters and digits.
pub(crate) fn new_shape(token: &[u8]) -> Option<NewShape> {
    let is_shape = token.len() == NEW_LENGTH
        && token.iter().all(u8::is_ascii_alphanumeric)
        && token[SIGNATURE_AT..].starts_with(SIGNATURE)
        && matches!(token[SIGNATURE_AT + SIGNATURE.len()], b'9' | b'D' | b'H')
        && matches!(token[MONTH_AT], b'A'..=b'L');
    if !is_shape {
        return None;
    }
    let provider = &token[PROVIDER_AT..CHECKSUM_AT];
    if provider == b"AZDO" {
        let year = 2024 + u32::from(base62_value(token[YEAR_AT]));
        let month = token[MONTH_AT] - b'A' + 1;
        return Some(NewShape::Pat {
            is_valid: token[CHECKSUM_AT..] == new_checksum(&token[..CHECKSUM_AT]),
            created: format!("{year}-{month:02}"),
        });
    }
    OTHER_PROVIDERS
        .contains(&provider)
        .then_some(NewShape::OtherAzureKey)
}

/// Whether 52 characters of lowercase base32 have the checksum of a user's or an application's token.
pub(crate) fn is_valid_old_shape(token: &[u8]) -> bool {
    const USER: u32 = 0xE0B9_692D;
    const APPLICATION: u32 = 0x1019_F92E;
    let Some(bytes) = base32(token) else {
        return false;
    };
    let mut crc = crc32fast::Hasher::new();
    for part in [0..2, 3..7, 9..22, 23..32] {
        crc.update(&bytes[part]);
    }
    let crc = crc.finalize();
    let stored = u32::from_le_bytes([bytes[22], bytes[8], bytes[7], bytes[2]]);
    stored == crc ^ USER || stored == crc ^ APPLICATION
}

/// The Cross-Company Correlating ID, with which Azure DevOps identifies a token without showing it
/// (`crossCompanyCorrelatingId` of its Token Administration API). Only for texts with too many random bits to guess.
pub(crate) fn fingerprint(token: &[u8]) -> String {
    let mut named = b"CrossMicrosoftCorrelatingId:".to_vec();
    for byte in Sha256::digest(token) {
        named.extend_from_slice(format!("{byte:02X}").as_bytes());
    }
    STANDARD.encode(&Sha256::digest(&named)[..15])
}

/// The digits of the year: `A` to `Z`, `a` to `z`, `0` to `9`.
fn base62_value(letter: u8) -> u8 {
    match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        _ => letter.saturating_sub(b'0') + 52,
    }
}

/// The last four characters for the first eighty.
fn new_checksum(start: &[u8]) -> [u8; 4] {
    /// `Default0`, reversed.
    const SEED: u64 = 0x4465_6661_756c_7430;
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut bytes = Vec::new();
    base64_text::decode(start, &mut bytes);
    let mut number = marvin32(SEED, &bytes).swap_bytes();
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(DIGITS[(number % 62) as usize]);
        number /= 62;
    }
    digits.reverse();
    digits.resize(4, b'0');
    [digits[0], digits[1], digits[2], digits[3]]
}

/// Marvin32, with its two halves combined.
fn marvin32(seed: u64, data: &[u8]) -> u32 {
    fn mixed((mut low, mut high): (u32, u32), word: u32) -> (u32, u32) {
        low = low.wrapping_add(word);
        high ^= low;
        low = low.rotate_left(20).wrapping_add(high);
        high = high.rotate_left(9) ^ low;
        low = low.rotate_left(27).wrapping_add(high);
        high = high.rotate_left(19);
        (low, high)
    }
    let mut state = (seed as u32, (seed >> 32) as u32);
    let words = data.chunks_exact(4);
    let mut last = [0_u8; 4];
    let rest = words.remainder();
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    for word in words {
        state = mixed(
            state,
            u32::from_le_bytes([word[0], word[1], word[2], word[3]]),
        );
    }
    state = mixed(state, u32::from_le_bytes(last));
    let (low, high) = mixed(state, 0);
    low ^ high
}

/// RFC 4648's base32 in lowercase: 52 characters are 32 bytes and four unused bits.
fn base32(text: &[u8]) -> Option<[u8; 32]> {
    if text.len() != OLD_LENGTH {
        return None;
    }
    let mut bytes = [0; 32];
    let (mut bits, mut count, mut at) = (0_u32, 0, 0);
    for letter in text {
        let value = match letter {
            b'a'..=b'z' => letter - b'a',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 && at < bytes.len() {
            count -= 8;
            bytes[at] = (bits >> count) as u8;
            at += 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Synthetic tokens in pieces, and their fingerprints.
    const NEW: [(&[&str], &str); 2] = [
        (
            &[
                "u8jzPde0IgxLd6GncfBAepfJBd0K",
                "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
                "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
            ],
            "HuS9xjXqY9HOx/7ZozZv",
        ),
        (
            &[
                "LKOmxgJTeKdNnFRIBXuDL7DxtpYl",
                "SXpfKtHF4vUCsMehGAkWvj7FJQQJ",
                "99CKACAAAAAAc9QeAAASAZDO138C",
            ],
            "pzrwCAT8CGhukjbg4KkJ",
        ),
    ];
    const OLD: [(&[&str], &str); 2] = [
        (
            &["t3vbjq32bxpiwmwtwgjf4eyczjlv", "ah7azknoluomyfivaqsccjlq"],
            "0EBfiidXq+o5i17oSNrw",
        ),
        (
            &["pnfjgwont4un7biuez7rwa3ustor", "yaomnlp4g5groknbd7rabdlq"],
            "ZIaEKefGz+R0NjWFAqzF",
        ),
    ];

    #[test]
    fn marvin_has_its_published_values() {
        const SEED: u64 = 0x4465_6661_756c_7430;
        assert_eq!(marvin32(SEED, b""), 0xcfd9_b134);
        assert_eq!(marvin32(SEED, b"abc"), 0x1a4c_888e);
    }

    #[test]
    fn checksums_and_fingerprints_agree_with_microsoft() {
        assert_eq!(fingerprint(b"test"), "rPHgxCVAOw6CZsT9xXEw");
        for (pieces, id) in NEW {
            let token = pieces.concat();
            let shape = NewShape::Pat {
                is_valid: true,
                created: "2026-11".to_owned(),
            };
            assert_eq!(new_shape(token.as_bytes()), Some(shape));
            assert_eq!(fingerprint(token.as_bytes()), id);
        }
        for (pieces, id) in OLD {
            let token = pieces.concat();
            assert!(is_valid_old_shape(token.as_bytes()));
            assert_eq!(fingerprint(token.as_bytes()), id);
        }
    }

    #[test]
    fn one_other_character_makes_a_token_invalid() {
        let token = NEW[0].0.concat().into_bytes();
        for at in 0..token.len() {
            let mut other = token.clone();
            other[at] = if other[at] == b'b' { b'c' } else { b'b' };
            let is_valid =
                matches!(new_shape(&other), Some(NewShape::Pat { is_valid, .. }) if is_valid);
            assert!(!is_valid, "at {at}");
        }
        let token = OLD[0].0.concat().into_bytes();
        for at in 0..token.len() - 1 {
            let mut other = token.clone();
            other[at] = if other[at] == b'b' { b'c' } else { b'b' };
            assert!(!is_valid_old_shape(&other), "at {at}");
        }
    }
}
