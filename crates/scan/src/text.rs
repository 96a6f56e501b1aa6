//! Reads a text in pieces of limited size, and computes lines and columns.
//!
//! Pieces overlap, so that everything that starts in one is complete in it.

use std::io::{self, Read};

/// Bytes that are read at a time.
pub(crate) const PIECE: usize = 1 << 20;
/// Bytes that a piece shares with the one before, on each side of the border. More than the longest token.
const CONTEXT: usize = 16 << 10;
/// Bytes that decide whether a file is text.
const HEAD: usize = 8 << 10;

/// A part of a text.
pub(crate) struct Piece<'a> {
    /// The text, converted to UTF-8 if its byte order mark shows the encoding.
    pub(crate) bytes: &'a [u8],
    /// The part of the text in which this piece reports findings.
    pub(crate) from: usize,
    pub(crate) until: usize,
    /// The position of the first byte.
    pub(crate) position: Position,
    /// Whether this is the whole text.
    pub(crate) is_whole: bool,
    /// Whether the text has a NUL in its first 8 KiB.
    pub(crate) is_binary: bool,
}

/// A line and a column, both starting at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// Moves through a piece and tracks the position.
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    start: Position,
    at: usize,
    position: Position,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8], start: Position) -> Self {
        Self {
            bytes,
            start,
            at: 0,
            position: start,
        }
    }

    /// The position of a byte. Going back starts again from the beginning.
    pub(crate) fn position_of(&mut self, at: usize) -> Position {
        if at < self.at {
            (self.at, self.position) = (0, self.start);
        }
        let passed = &self.bytes[self.at..at];
        let rest = match memchr::memrchr(b'\n', passed) {
            Some(last) => {
                self.position.line += memchr::memchr_iter(b'\n', passed).count() as u64;
                self.position.column = 1;
                &passed[last + 1..]
            }
            None => passed,
        };
        let is_start = |byte: &&u8| **byte & 0xC0 != 0x80;
        self.position.column += rest.iter().filter(is_start).count() as u64;
        self.at = at;
        self.position
    }
}

/// The encoding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// UTF-8, or another encoding that contains ASCII.
    Bytes,
    Utf16 {
        is_big_endian: bool,
    },
}

/// Calls `each` with the pieces of a text. `buffer` is reused between files.
pub(crate) fn pieces(
    source: &mut dyn Read,
    buffer: &mut Vec<u8>,
    mut each: impl FnMut(&Piece<'_>),
) -> io::Result<()> {
    buffer.clear();
    let mut position = Position { line: 1, column: 1 };
    let mut is_last = fill(source, buffer, PIECE)?;
    let (encoding, mark) = encoding(buffer);
    buffer.drain(..mark);
    let is_binary = encoding == Encoding::Bytes
        && memchr::memchr(0, &buffer[..buffer.len().min(HEAD)]).is_some();
    let mut raw = Vec::new();
    if encoding != Encoding::Bytes {
        std::mem::swap(&mut raw, buffer);
        to_utf8(&mut raw, encoding, is_last, buffer);
    }
    let mut from = 0;
    let mut is_whole = is_last;
    loop {
        let until = if is_last {
            buffer.len()
        } else {
            buffer.len().saturating_sub(CONTEXT).max(from)
        };
        each(&Piece {
            bytes: buffer,
            from,
            until,
            position,
            is_whole,
            is_binary,
        });
        if is_last {
            return Ok(());
        }
        is_whole = false;
        let passed = until.saturating_sub(CONTEXT);
        position = Cursor::new(buffer, position).position_of(passed);
        buffer.drain(..passed);
        from = until - passed;
        if encoding == Encoding::Bytes {
            is_last = fill(source, buffer, PIECE)?;
        } else {
            is_last = fill(source, &mut raw, PIECE)?;
            to_utf8(&mut raw, encoding, is_last, buffer);
        }
    }
}

/// Reads up to `count` more bytes. Returns whether the source has ended.
fn fill(source: &mut dyn Read, buffer: &mut Vec<u8>, count: usize) -> io::Result<bool> {
    let read = source.take(count as u64).read_to_end(buffer)?;
    Ok(read < count)
}

/// The encoding, and the length of its byte order mark. PowerShell's redirections and older tools write UTF-16, some
/// without a mark: then every other byte of ASCII text is zero.
fn encoding(start: &[u8]) -> (Encoding, usize) {
    let utf16 = |is_big_endian| Encoding::Utf16 { is_big_endian };
    match start {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Bytes, 3),
        [0xFF, 0xFE, 0, 0, ..] => (Encoding::Bytes, 0),
        [0xFF, 0xFE, ..] => (utf16(false), 2),
        [0xFE, 0xFF, ..] => (utf16(true), 2),
        _ => {
            let head = &start[..start.len().min(HEAD) & !1];
            // Most texts have none.
            if memchr::memchr(0, head).is_none() {
                return (Encoding::Bytes, 0);
            }
            let zeros = |odd: usize| {
                let every_other = head.iter().skip(odd).step_by(2);
                every_other.filter(|byte| **byte == 0).count()
            };
            let pairs = head.len() / 2;
            let is_most = |zeros: usize| pairs >= 8 && zeros * 10 > pairs * 7;
            match (is_most(zeros(0)), is_most(zeros(1))) {
                (false, true) => (utf16(false), 0),
                (true, false) => (utf16(true), 0),
                _ => (Encoding::Bytes, 0),
            }
        }
    }
}

/// Moves whole characters from `raw` to `text`.
fn to_utf8(raw: &mut Vec<u8>, encoding: Encoding, is_last: bool, text: &mut Vec<u8>) {
    let is_big_endian = encoding
        == Encoding::Utf16 {
            is_big_endian: true,
        };
    let unit = |pair: &[u8]| match pair {
        [one, other] if is_big_endian => u16::from_be_bytes([*one, *other]),
        [one, other] => u16::from_le_bytes([*one, *other]),
        _ => 0xFFFD,
    };
    let mut whole = raw.len() & !1;
    let is_half = whole >= 2 && matches!(unit(&raw[whole - 2..whole]), 0xD800..=0xDBFF);
    if is_half && !is_last {
        whole -= 2;
    }
    let units = raw[..whole].chunks_exact(2).map(unit);
    for letter in char::decode_utf16(units) {
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
    raw.drain(..whole);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every position of `needle`, as the pieces report it.
    fn places(text: &[u8], needle: &[u8]) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        let mut buffer = Vec::new();
        pieces(&mut &text[..], &mut buffer, |piece| {
            let mut cursor = Cursor::new(piece.bytes, piece.position);
            for at in memchr::memmem::find_iter(piece.bytes, needle) {
                if (piece.from..piece.until).contains(&at) {
                    let position = cursor.position_of(at);
                    found.push((position.line, position.column));
                }
            }
        })
        .expect("a text in memory");
        found
    }

    #[test]
    fn finds_the_same_places_on_either_side_of_each_border() {
        for border in [PIECE - CONTEXT, PIECE, 2 * PIECE - CONTEXT, 2 * PIECE] {
            for before in [border - 6, border - 5, border - 1, border, border + 1] {
                let mut text = vec![b'-'; before];
                for line in text.iter_mut().step_by(100) {
                    *line = b'\n';
                }
                text.extend_from_slice("ä needle".as_bytes());
                let line = before.div_ceil(100) as u64 + 1;
                let column = ((before - 1) % 100 + 3) as u64;
                assert_eq!(places(&text, b"needle"), [(line, column)], "{before}");
            }
        }
    }

    #[test]
    fn reads_utf_16_by_its_mark_and_without() {
        let text = "ä\r\n\u{1F600} needle in a text that is long enough\r\n".repeat(3);
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let expected = places(text.as_bytes(), b"needle");
        assert_eq!(expected, [(2, 3), (4, 3), (6, 3)]);
        for file in [
            [&b"\xff\xfe"[..], &little].concat(),
            [&b"\xfe\xff"[..], &big].concat(),
            little,
            big,
            [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
        ] {
            assert_eq!(places(&file, b"needle"), expected);
        }
    }
}
