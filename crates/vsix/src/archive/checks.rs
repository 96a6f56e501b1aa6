//! What makes an archive trustworthy but the crate `zip` does not check: names, types of entries, limits, and that
//! all readers read it the same way.
//!
//! It joins no paths: an unsafe name is refused before there is a path.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};
use zip::read::read_zipfile_from_stream_with_compressed_size;
use zip::result::ZipError;
use zip::{CompressionMethod, ExtraField, ZipArchive, ZipReadOptions};

use super::bounds::{Bounds, UnsafeArchive};
use super::entry::{ArchiveError, Entry};

/// Bytes of an end record without a comment.
const END_LENGTH: u64 = 22;
/// The longest that an end record can be, with its comment and the locator of ZIP's 64-bit form before it.
const TAIL: u64 = END_LENGTH + 65_535 + 20;

/// Checks that there is one end record: it is at the end of the file, and the directory ends where it starts. Without
/// a gap, another reader cannot find a second directory.
pub(super) fn check_end<R: Read + Seek>(
    input: &mut R,
    bounds: &Bounds,
) -> Result<(), ArchiveError> {
    let length = input.seek(SeekFrom::End(0))?;
    input.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    input.by_ref().take(TAIL).read_to_end(&mut tail)?;
    // Checked before `zip` reads the 64-bit form and allocates as many entries as that claims.
    if tail
        .windows(24)
        .any(|bytes| bytes.starts_with(b"PK\x06\x07") && bytes.ends_with(b"PK\x05\x06"))
    {
        return Err(UnsafeArchive::SixtyFourBit.into());
    }
    let metered = LimitedReader {
        input: &mut *input,
        left: bounds.directory_bytes + TAIL,
    };
    let zip = ZipArchive::new(metered).map_err(|error| match error {
        ZipError::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            UnsafeArchive::DirectoryTooLarge {
                limit: bounds.directory_bytes,
            }
            .into()
        }
        error => ArchiveError::from(error),
    })?;
    let (count, comment) = (zip.len() as u64, zip.comment().len() as u64);
    let (offset, has_duplicates) = (zip.offset(), zip.has_duplicate_names());
    if count > bounds.entries {
        return Err(UnsafeArchive::TooManyEntries {
            found: count,
            limit: bounds.entries,
        }
        .into());
    }
    if has_duplicates {
        return Err(UnsafeArchive::TwoOfOneName.into());
    }
    if offset != 0 {
        return Err(UnsafeArchive::NotAnArchive {
            detail: "other bytes precede its first entry",
        }
        .into());
    }
    // `zip` reads the directory last, so its end is the current position.
    if input.stream_position()? + END_LENGTH + comment != length {
        return Err(UnsafeArchive::NotAnArchive {
            detail: "its directory is not where it should be",
        }
        .into());
    }
    Ok(())
}

/// A reader that fails after a number of bytes, so that the directory cannot fill the memory.
struct LimitedReader<'a, R> {
    input: &'a mut R,
    left: u64,
}

impl<R: Read> Read for LimitedReader<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.input.read(bytes)?;
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

impl<R: Seek> Seek for LimitedReader<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.input.seek(to)
    }
}

/// Checks that an entry is a file or folder with a safe name, which every reader can unpack.
pub(super) fn entry<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    index: usize,
    bounds: &Bounds,
) -> Result<Entry, ArchiveError> {
    let raw_name = zip.by_index_data(index)?.name_raw().to_vec();
    let shown = || {
        String::from_utf8_lossy(&raw_name)
            .chars()
            .take(200)
            .collect::<String>()
    };
    let file = zip.by_index_raw(index).map_err(|error| match error {
        // The bytes there are not an entry's header.
        ZipError::InvalidArchive(_) => UnsafeArchive::Overlap { entry: shown() }.into(),
        ZipError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            UnsafeArchive::Overlap { entry: shown() }.into()
        }
        error => ArchiveError::from(error),
    })?;
    check_extra(file.extra_data_fields(), &shown())?;
    let name = checked_name(&raw_name, bounds)?;
    let entry = Entry::of(name, index, &file);
    let name = || entry.name.clone();
    if file.encrypted() {
        return Err(UnsafeArchive::Encrypted { entry: name() }.into());
    }
    if !matches!(
        file.compression(),
        CompressionMethod::Stored | CompressionMethod::Deflated
    ) {
        return Err(UnsafeArchive::Method { entry: name() }.into());
    }
    // The upper half holds a Unix file mode, whichever system the entry names: .NET applies it, too.
    let is_allowed = match (file.external_attributes() >> 16) & 0o170_000 {
        0 => true,
        0o100_000 => !entry.is_folder(),
        0o040_000 => entry.is_folder(),
        _ => false,
    };
    if !is_allowed {
        return Err(UnsafeArchive::NotAFile { entry: name() }.into());
    }
    if entry.is_stored && entry.packed != entry.unpacked || entry.is_folder() && entry.unpacked != 0
    {
        return Err(UnsafeArchive::LyingSize {
            entry: name(),
            stated: entry.unpacked,
        }
        .into());
    }
    Ok(entry)
}

/// Refuses fields that give an entry a name or sizes other than those in its headers: not all readers use them.
fn check_extra<'a>(
    fields: impl Iterator<Item = &'a ExtraField>,
    entry: &str,
) -> Result<(), UnsafeArchive> {
    for field in fields {
        match field {
            ExtraField::Zip64ExtendedInformation(_) => return Err(UnsafeArchive::SixtyFourBit),
            ExtraField::UnicodePath(_) => {
                return Err(UnsafeArchive::UnsafeName {
                    entry: entry.to_owned(),
                    reason: "has a second name, in a Unicode path field (0x7075)",
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Does the same for the fields in an entry's local header, which the directory does not repeat.
pub(super) fn check_fields<R: Read + Seek>(
    input: &mut R,
    entries: &[Entry],
) -> Result<(), ArchiveError> {
    for entry in entries {
        input.seek(SeekFrom::Start(entry.header))?;
        let mut header = input.by_ref().take(entry.data - entry.header);
        if let Some(file) = read_zipfile_from_stream_with_compressed_size(&mut header, 0)? {
            check_extra(file.extra_data_fields(), &entry.name)?;
        }
    }
    Ok(())
}

pub(super) fn check_sizes(
    entries: &[Entry],
    length: u64,
    bounds: &Bounds,
) -> Result<(), UnsafeArchive> {
    let mut total = 0;
    for entry in entries {
        if entry.unpacked > bounds.entry_bytes {
            return Err(UnsafeArchive::EntryTooLarge {
                entry: entry.name.clone(),
                found: entry.unpacked,
                limit: bounds.entry_bytes,
            });
        }
        total += entry.unpacked;
    }
    if total > bounds.total_bytes {
        return Err(UnsafeArchive::TooLarge {
            limit: bounds.total_bytes,
        });
    }
    let ratio = total / length.max(1);
    if total > bounds.ratio_from && ratio > bounds.ratio {
        return Err(UnsafeArchive::Bomb {
            ratio,
            limit: bounds.ratio,
        });
    }
    Ok(())
}

/// Checks that entries do not overlap and that the first one is at the start: another reader could use bytes before
/// it.
pub(super) fn check_ranges(entries: &[Entry], end: u64) -> Result<(), UnsafeArchive> {
    let mut entries: Vec<&Entry> = entries.iter().collect();
    adieu_order::sort_by(&mut entries, |one, other| one.header.cmp(&other.header));
    if entries.first().map_or(end, |entry| entry.header) > 0 {
        return Err(UnsafeArchive::NotAnArchive {
            detail: "other bytes precede its first entry",
        });
    }
    let mut reached = 0;
    for entry in entries {
        let stop = entry.data.saturating_add(entry.packed);
        if entry.header < reached || stop > end {
            return Err(UnsafeArchive::Overlap {
                entry: entry.name.clone(),
            });
        }
        reached = stop;
    }
    Ok(())
}

/// Checks that the local header agrees with the directory, and that the directory lists all entries: readers use
/// either of them. `zip` compares most of it; this adds the entry's name.
pub(super) fn check_headers<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    entries: &[Entry],
) -> Result<(), ArchiveError> {
    let Err(error) = zip.validate_header_consistency() else {
        return Ok(());
    };
    for entry in entries {
        let strict = ZipReadOptions::new().enforce_header_consistency(true);
        if let Err(ZipError::InvalidArchive(detail)) =
            zip.by_index_with_options(entry.index, strict).map(|_| ())
        {
            return Err(UnsafeArchive::Contradiction {
                entry: entry.name.clone(),
                detail: detail
                    .trim_start_matches("header inconsistency detected: ")
                    .trim_start_matches("Local file header ")
                    .trim_end_matches(" (does not match central directory)")
                    .to_owned(),
            }
            .into());
        }
    }
    Err(error.into())
}

/// Checks that a name stays below the folder that it is unpacked into, on every system.
fn checked_name(bytes: &[u8], bounds: &Bounds) -> Result<String, UnsafeArchive> {
    let refuse = |reason| {
        Err(UnsafeArchive::UnsafeName {
            entry: String::from_utf8_lossy(bytes).chars().take(200).collect(),
            reason,
        })
    };
    let Ok(name) = std::str::from_utf8(bytes) else {
        return refuse("has a name that is not UTF-8");
    };
    if bytes.len() as u64 > bounds.name_bytes {
        return refuse("has a name that is too long");
    }
    if name.starts_with('/') {
        return refuse("has an absolute path");
    }
    if name.contains('\\') {
        return refuse("has a backslash in its name");
    }
    if name.contains(':') {
        return refuse("has a drive letter or a stream in its name");
    }
    if name.chars().any(char::is_control) {
        return refuse("has a control character in its name");
    }
    if name.chars().any(is_invisible) {
        return refuse("has an invisible character in its name");
    }
    let segments = || name.strip_suffix('/').unwrap_or(name).split('/');
    if segments().any(|segment| segment == "..") {
        return refuse("leads out of its folder");
    }
    if segments().any(|segment| segment.is_empty() || segment == ".") {
        return refuse("has an empty folder in its name");
    }
    // Windows drops them, so `.. ` would be `..`, and `a.` would be the same as `a`.
    if segments().any(|segment| segment.ends_with(['.', ' '])) {
        return refuse("has a dot or a space at the end of a name");
    }
    if segments().any(is_device) {
        return refuse("has a name that Windows reserves for a device");
    }
    Ok(name.to_owned())
}

/// Characters that are invisible or change the direction of text: macOS also ignores some of them in names.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether Windows opens a device instead of a file with that name. The name counts up to its first dot, without the
/// spaces before that; superscript digits one to three count as digits (Microsoft, "Naming Files, Paths, and
/// Namespaces").
pub(crate) fn is_device(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or_default();
    let stem = stem.trim_end_matches(' ').to_lowercase();
    if matches!(
        stem.as_str(),
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$"
    ) {
        return true;
    }
    let number = stem.strip_prefix("com").or(stem.strip_prefix("lpt"));
    number.is_some_and(|number| {
        let mut digits = number.chars();
        matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
    })
}

/// The name in the form that the least strict file systems compare: normalized (HFS+ and APFS) and without letter
/// case (Windows and macOS). It passes through uppercase, so that `ß` equals `SS`.
fn folded(name: &str) -> String {
    let lower = decomposed(name).to_lowercase();
    decomposed(&lower.to_uppercase().to_lowercase())
}

/// The canonical decomposition (NFD). The crate's `nfd()` adds the tables of all four forms: 62 KB of the binary.
fn decomposed(text: &str) -> String {
    let mut parts = Vec::new();
    for character in text.chars() {
        decompose_canonical(character, |part| {
            parts.push((canonical_combining_class(part), part));
        });
    }
    // Combining marks on one letter have an order; letters have class 0.
    for run in parts.chunk_by_mut(|one, other| (one.0 == 0) == (other.0 == 0)) {
        adieu_order::sort_by(run, |one, other| one.0.cmp(&other.0));
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// Refuses names that are the same file on Windows or macOS, and a file that is also the folder of another entry.
pub(super) fn check_names(entries: &[Entry]) -> Result<(), UnsafeArchive> {
    let mut seen: HashMap<String, &Entry> = HashMap::new();
    let collide = |first: &Entry, second: &Entry| UnsafeArchive::DuplicateName {
        first: first.name.clone(),
        second: second.name.clone(),
    };
    let names: Vec<String> = entries
        .iter()
        .map(|entry| folded(entry.name.trim_end_matches('/')))
        .collect();
    for (entry, name) in entries.iter().zip(&names) {
        if let Some(first) = seen.insert(name.clone(), entry) {
            return Err(collide(first, entry));
        }
    }
    for (entry, name) in entries.iter().zip(&names) {
        for (at, _) in name.match_indices('/') {
            let above = name.get(..at).and_then(|folder| seen.get(folder));
            if let Some(file) = above.filter(|file| !file.is_folder()) {
                return Err(collide(file, entry));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::{decomposed, folded, is_device};

    #[test]
    fn decomposes_as_unicode_does() {
        let all: String = ('\0'..=char::MAX).collect();
        let marks = "q\u{307}\u{323}a\u{30a}\u{327}\u{ac01}\u{301}\u{315}\u{300}\u{5ae}b";
        for text in [&all, marks] {
            assert!(decomposed(text) == text.nfd().collect::<String>());
        }
    }

    #[test]
    fn compares_names_as_file_systems_do() {
        let pairs = [
            ("A.TXT", "a.txt"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("\u{c5}", "\u{212b}"),
            ("STRASSE", "stra\u{df}e"),
            ("\u{1e9e}", "\u{df}"),
            ("\u{212a}", "k"),
            ("\u{17f}", "S"),
            ("\u{3c2}", "\u{3a3}"),
            ("\u{fb01}x", "FIX"),
        ];
        for (one, other) in pairs {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        assert_ne!(folded("a"), folded("b"));
    }

    #[test]
    fn recognizes_windows_devices_with_any_extension() {
        let devices = [
            "con",
            "NUL.txt",
            "Aux.tar.gz",
            "com1",
            "LPT9.x",
            "com0",
            "COM¹",
            "prn .md",
            "CONIN$",
        ];
        assert_eq!(devices.map(is_device), [true; 9]);
        let files = ["console.js", "com10", "com", "null", "lpta", "a.nul"];
        assert_eq!(files.map(is_device), [false; 6]);
    }
}
