//! The ways to read a text: as it is, and with each common encoding decoded.
//!
//! It knows no secret.

use std::borrow::Cow;

/// A text, and the same text with one encoding decoded or its lines joined.
pub(super) fn readings(text: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut readings = vec![Cow::Borrowed(text)];
    let has = |byte: u8| text.contains(&byte);
    if has(b'%') {
        readings.push(Cow::Owned(undone(text, percent)));
    }
    if has(b'\\') {
        readings.push(Cow::Owned(undone(text, backslash)));
    }
    if has(b'&') {
        readings.push(Cow::Owned(undone(text, entity)));
    }
    let without = |is_out: fn(&u8) -> bool| {
        let kept = text.iter().filter(|byte| !is_out(byte)).copied();
        Cow::Owned(kept.collect())
    };
    if has(b'\n') || has(b'\r') {
        readings.push(without(u8::is_ascii_whitespace));
    }
    // UTF-16, as PowerShell writes files.
    if has(0) {
        readings.push(without(|byte| *byte == 0));
    }
    readings
}

/// Replaces each escape with its character.
fn undone(text: &[u8], one: fn(&[u8]) -> Option<(char, usize)>) -> Vec<u8> {
    let mut undone = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if let Some((letter, length)) = one(rest) {
            // Latin-1 and above: secrets are ASCII, and other characters do not become longer.
            undone.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[length..];
        } else {
            undone.push(*first);
            rest = after;
        }
    }
    undone
}

/// `%2F`, in either letter case.
fn percent(text: &[u8]) -> Option<(char, usize)> {
    let digits = text.strip_prefix(b"%")?.get(..2)?;
    Some((number(digits, 16)?, 3))
}

/// The escapes of JSON and C.
fn backslash(text: &[u8]) -> Option<(char, usize)> {
    let after = text.strip_prefix(b"\\")?;
    match after.first()? {
        b'u' => Some((number(after.get(1..5)?, 16)?, 6)),
        b'x' => Some((number(after.get(1..3)?, 16)?, 4)),
        b'n' => Some(('\n', 2)),
        b'r' => Some(('\r', 2)),
        b't' => Some(('\t', 2)),
        letter if letter.is_ascii_punctuation() => Some((char::from(*letter), 2)),
        _ => None,
    }
}

/// The entities of XML and HTML.
fn entity(text: &[u8]) -> Option<(char, usize)> {
    let after = text.strip_prefix(b"&")?;
    let end = after.iter().take(8).position(|byte| *byte == b';')?;
    let name = &after[..end];
    let letter = match name {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        _ => {
            let digits = name.strip_prefix(b"#")?;
            match digits
                .strip_prefix(b"x")
                .or_else(|| digits.strip_prefix(b"X"))
            {
                Some(digits) => number(digits, 16)?,
                None => number(digits, 10)?,
            }
        }
    };
    Some((letter, end + 2))
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    let digits = std::str::from_utf8(digits).ok()?;
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}
