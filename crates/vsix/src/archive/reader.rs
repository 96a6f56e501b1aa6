//! Opens an archive that somebody hands to us, and believes nothing that it cannot check.
//!
//! It writes no file and unpacks no path. Everything is judged before the first byte is handed out: names,
//! kinds, sizes, whether both headers of an entry agree, and whether entries lie over each other.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::{Crc, read::DeflateDecoder};

use super::bounds::{Bounds, Untrusted};
use super::fields::{
    CENTRAL, CENTRAL_LENGTH, DEFLATED, END, END_LENGTH, FLAG_DESCRIPTOR, LOCAL, LOCAL_LENGTH,
    STORED, u16_at, u32_at,
};
use super::name::{check_duplicates, checked_name};
use super::time::Timestamp;

/// One entry of an archive.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Name inside the archive, with `/` between folders; a folder's name ends with one.
    pub name: String,
    /// Bytes, unpacked.
    pub unpacked: u64,
    /// Bytes in the archive.
    pub packed: u64,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) timestamp: Timestamp,
    pub(super) checksum: u32,
    pub(super) made_by: u16,
    pub(super) attributes: u32,
    header: u64,
    data: u64,
}

impl Entry {
    /// Whether the entry stands for a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// Why an archive was not opened or not read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file is not to be trusted.
    #[error("{0}")]
    Untrusted(#[from] Untrusted),
}

/// An archive whose directory has been checked.
#[derive(Debug)]
pub struct Archive<R> {
    input: R,
    entries: Vec<Entry>,
    bounds: Bounds,
}

impl Archive<File> {
    /// Opens a file.
    ///
    /// # Errors
    /// The file cannot be read, is no archive, or is beyond the bounds.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        Self::read_from(File::open(path)?, Bounds::DEFAULT)
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Reads and checks the directory and every entry's own header.
    ///
    /// # Errors
    /// Reading fails, or the bytes are not to be trusted.
    pub fn read_from(mut input: R, bounds: Bounds) -> Result<Self, ArchiveError> {
        let length = input.seek(SeekFrom::End(0))?;
        let end = End::find(&mut input, length)?;
        if end.count > bounds.entries {
            return Err(Untrusted::TooManyEntries {
                found: end.count,
                limit: bounds.entries,
            }
            .into());
        }
        if end.size > bounds.directory_bytes {
            return Err(Untrusted::DirectoryTooLarge {
                found: end.size,
                limit: bounds.directory_bytes,
            }
            .into());
        }
        let mut directory = vec![0; usize::try_from(end.size).unwrap_or_default()];
        input.seek(SeekFrom::Start(end.start))?;
        input.read_exact(&mut directory)?;
        let mut entries = central_records(&directory, end.count, &bounds)?;
        check_sizes(&entries, length, &bounds)?;
        check_duplicates(&entries)?;
        for entry in &mut entries {
            check_local_header(&mut input, entry, end.start)?;
        }
        check_overlap(&entries, end.start)?;
        Ok(Self {
            input,
            entries,
            bounds,
        })
    }

    /// The entries, in the directory's order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of that name, letter case ignored, as part names compare in the Open Packaging Conventions.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// The compressed bytes of an entry, as a stream.
    ///
    /// # Errors
    /// The place of the entry cannot be reached.
    pub fn packed(&mut self, entry: &Entry) -> io::Result<io::Take<&mut R>> {
        self.input.seek(SeekFrom::Start(entry.data))?;
        Ok(self.input.by_ref().take(entry.packed))
    }

    /// The unpacked bytes of an entry, checked against size and checksum.
    ///
    /// # Errors
    /// Reading fails, or the header lied.
    pub fn read(&mut self, entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        self.unpack(entry, |chunk| bytes.extend_from_slice(chunk))?;
        Ok(bytes)
    }

    /// The same for an entry that will be parsed: a document needs many times its own bytes.
    ///
    /// # Errors
    /// The entry is too large for a document, reading fails, or the header lied.
    pub fn read_text(&mut self, entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
        if entry.unpacked > self.bounds.text_bytes {
            return Err(Untrusted::EntryTooLarge {
                entry: entry.name.clone(),
                found: entry.unpacked,
                limit: self.bounds.text_bytes,
            }
            .into());
        }
        self.read(entry)
    }

    /// Unpacks every entry to nowhere: after this, every size and checksum is true.
    ///
    /// # Errors
    /// Reading fails, or a header lied.
    pub fn verify(&mut self) -> Result<(), ArchiveError> {
        for entry in self.entries.clone() {
            self.unpack(&entry, |_| {})?;
        }
        Ok(())
    }

    /// Hands the unpacked bytes of an entry to `sink`, piece by piece, and checks them against size and checksum.
    ///
    /// # Errors
    /// Reading fails, or the header lied; what `sink` has seen by then is worth nothing.
    pub fn unpack(&mut self, entry: &Entry, sink: impl FnMut(&[u8])) -> Result<(), ArchiveError> {
        let limit = entry.unpacked.min(self.bounds.entry_bytes);
        let mut packed = self.packed(entry)?;
        let (drained, used) = if entry.method == STORED {
            (drain(&mut packed, limit, sink), entry.packed)
        } else {
            let mut decoder = DeflateDecoder::new(packed);
            let drained = drain(&mut decoder, limit, sink);
            (drained, decoder.total_in())
        };
        let name = || entry.name.clone();
        let (size, checksum) = drained.map_err(|_| Untrusted::Corrupt { entry: name() })?;
        if size != entry.unpacked {
            return Err(Untrusted::LyingSize {
                entry: name(),
                said: entry.unpacked,
            }
            .into());
        }
        if checksum != entry.checksum {
            return Err(Untrusted::Checksum { entry: name() }.into());
        }
        if used != entry.packed {
            return Err(Untrusted::Remainder { entry: name() }.into());
        }
        Ok(())
    }
}

/// Reads to the end, or past the limit. Returns size and checksum.
fn drain(
    reader: &mut impl Read,
    limit: u64,
    mut sink: impl FnMut(&[u8]),
) -> io::Result<(u64, u32)> {
    let mut checksum = Crc::new();
    let mut size = 0;
    let mut chunk = vec![0; 64 << 10];
    loop {
        let count = reader.read(&mut chunk)?;
        let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        size += count as u64;
        if size > limit {
            break;
        }
        checksum.update(bytes);
        sink(bytes);
    }
    Ok((size, checksum.sum()))
}

/// The record at the end: where the directory is.
struct End {
    count: u64,
    size: u64,
    start: u64,
}

impl End {
    /// Finds the one end record. It must end the file, and the directory must end where it starts: with no
    /// gap there is no second directory for another reader to find.
    fn find(input: &mut (impl Read + Seek), length: u64) -> Result<Self, ArchiveError> {
        let tail_length = length.min(END_LENGTH as u64 + u64::from(u16::MAX));
        input.seek(SeekFrom::Start(length - tail_length))?;
        let mut tail = Vec::new();
        input.take(tail_length).read_to_end(&mut tail)?;
        let last = tail
            .len()
            .checked_sub(END_LENGTH)
            .ok_or(Untrusted::NotAnArchive {
                detail: "it is too short",
            })?;
        let at = (0..=last)
            .rev()
            .find(|at| {
                u32_at(&tail, *at) == END
                    && *at + END_LENGTH + usize::from(u16_at(&tail, at + 20)) == tail.len()
            })
            .ok_or(Untrusted::NotAnArchive {
                detail: "it has no end record",
            })?;
        let record = tail.get(at..).unwrap_or_default();
        let (disk, directory_disk) = (u16_at(record, 4), u16_at(record, 6));
        let (count_here, count) = (u16_at(record, 8), u16_at(record, 10));
        let (size, start) = (u32_at(record, 12), u32_at(record, 16));
        if count == u16::MAX || size == u32::MAX || start == u32::MAX {
            return Err(Untrusted::Unsupported {
                detail: "the archive is in ZIP's 64-bit form",
            }
            .into());
        }
        if disk != 0 || directory_disk != 0 || count_here != count {
            return Err(Untrusted::Unsupported {
                detail: "the archive has several volumes",
            }
            .into());
        }
        let position = length - tail_length + at as u64;
        if u64::from(start) + u64::from(size) != position {
            return Err(Untrusted::NotAnArchive {
                detail: "its directory is not where it should be",
            }
            .into());
        }
        Ok(Self {
            count: count.into(),
            size: size.into(),
            start: start.into(),
        })
    }
}

fn central_records(directory: &[u8], count: u64, bounds: &Bounds) -> Result<Vec<Entry>, Untrusted> {
    let cut = Untrusted::NotAnArchive {
        detail: "its directory is damaged",
    };
    let mut entries = Vec::new();
    let mut at = 0;
    for _ in 0..count {
        let record = directory
            .get(at..)
            .filter(|rest| rest.len() >= CENTRAL_LENGTH)
            .ok_or_else(|| cut.clone())?;
        if u32_at(record, 0) != CENTRAL {
            return Err(cut);
        }
        let name_length = usize::from(u16_at(record, 28));
        let length = CENTRAL_LENGTH
            + name_length
            + usize::from(u16_at(record, 30))
            + usize::from(u16_at(record, 32));
        let name = record
            .get(CENTRAL_LENGTH..CENTRAL_LENGTH + name_length)
            .ok_or_else(|| cut.clone())?;
        let name = checked_name(name, bounds)?;
        let entry = Entry {
            unpacked: u32_at(record, 24).into(),
            packed: u32_at(record, 20).into(),
            flags: u16_at(record, 8),
            method: u16_at(record, 10),
            timestamp: Timestamp {
                time: u16_at(record, 12),
                date: u16_at(record, 14),
            },
            checksum: u32_at(record, 16),
            made_by: u16_at(record, 4),
            attributes: u32_at(record, 38),
            header: u32_at(record, 42).into(),
            data: 0,
            name,
        };
        check_kind(&entry)?;
        entries.push(entry);
        at += length;
    }
    if at == directory.len() {
        Ok(entries)
    } else {
        Err(cut)
    }
}

fn check_kind(entry: &Entry) -> Result<(), Untrusted> {
    let name = || entry.name.clone();
    if entry.flags & 1 != 0 {
        return Err(Untrusted::Encrypted { entry: name() });
    }
    if !matches!(entry.method, STORED | DEFLATED) {
        return Err(Untrusted::Method {
            entry: name(),
            method: entry.method,
        });
    }
    // The high half holds Unix's file mode, whichever system claims to have made the entry: .NET applies it too.
    let kind = (entry.attributes >> 16) & 0o170_000;
    let is_allowed = match kind {
        0 => true,
        0o100_000 => !entry.is_folder(),
        0o040_000 => entry.is_folder(),
        _ => false,
    };
    if !is_allowed {
        return Err(Untrusted::NotAFile { entry: name() });
    }
    if entry.method == STORED && entry.packed != entry.unpacked
        || entry.is_folder() && entry.unpacked != 0
    {
        return Err(Untrusted::LyingSize {
            entry: name(),
            said: entry.unpacked,
        });
    }
    Ok(())
}

fn check_sizes(entries: &[Entry], length: u64, bounds: &Bounds) -> Result<(), Untrusted> {
    let mut total = 0;
    for entry in entries {
        if entry.unpacked > bounds.entry_bytes {
            let (entry, found) = (entry.name.clone(), entry.unpacked);
            return Err(Untrusted::EntryTooLarge {
                entry,
                found,
                limit: bounds.entry_bytes,
            });
        }
        total += entry.unpacked;
    }
    if total > bounds.total_bytes {
        return Err(Untrusted::TooLarge {
            limit: bounds.total_bytes,
        });
    }
    let ratio = total / length.max(1);
    if total > bounds.ratio_from && ratio > bounds.ratio {
        return Err(Untrusted::Bomb {
            ratio,
            limit: bounds.ratio,
        });
    }
    Ok(())
}

/// The header in front of the data must say what the directory says: readers differ in which one they follow.
fn check_local_header(
    input: &mut (impl Read + Seek),
    entry: &mut Entry,
    end: u64,
) -> Result<(), ArchiveError> {
    let differ = |field| Untrusted::Contradiction {
        entry: entry.name.clone(),
        field,
    };
    let outside = || Untrusted::Overlap {
        entry: entry.name.clone(),
    };
    let mut fixed = [0; LOCAL_LENGTH];
    if entry.header + LOCAL_LENGTH as u64 > end {
        return Err(outside().into());
    }
    input.seek(SeekFrom::Start(entry.header))?;
    input.read_exact(&mut fixed)?;
    if u32_at(&fixed, 0) != LOCAL {
        return Err(outside().into());
    }
    let mut name = vec![0; usize::from(u16_at(&fixed, 26))];
    input.read_exact(&mut name).map_err(|_| outside())?;
    if name != entry.name.as_bytes() {
        return Err(differ("name").into());
    }
    if u16_at(&fixed, 8) != entry.method {
        return Err(differ("method").into());
    }
    let flags = u16_at(&fixed, 6);
    if (flags ^ entry.flags) & (1 | FLAG_DESCRIPTOR) != 0 {
        return Err(differ("flags").into());
    }
    if flags & FLAG_DESCRIPTOR == 0 {
        if u32_at(&fixed, 14) != entry.checksum {
            return Err(differ("checksum").into());
        }
        if u64::from(u32_at(&fixed, 18)) != entry.packed
            || u64::from(u32_at(&fixed, 22)) != entry.unpacked
        {
            return Err(differ("size").into());
        }
    }
    entry.data =
        entry.header + LOCAL_LENGTH as u64 + name.len() as u64 + u64::from(u16_at(&fixed, 28));
    if entry.data + entry.packed > end {
        return Err(outside().into());
    }
    Ok(())
}

/// No entry over another one, and the first at the beginning: what lies before it would be for another reader.
fn check_overlap(entries: &[Entry], end: u64) -> Result<(), Untrusted> {
    let mut ranges: Vec<(u64, u64, &Entry)> = entries
        .iter()
        .map(|entry| (entry.header, entry.data + entry.packed, entry))
        .collect();
    ranges.sort_by_key(|(start, ..)| *start);
    if ranges.first().map_or(end, |(start, ..)| *start) > 0 {
        return Err(Untrusted::NotAnArchive {
            detail: "other bytes stand before its first entry",
        });
    }
    let mut reached = 0;
    for (start, stop, entry) in ranges {
        if start < reached || stop > end {
            return Err(Untrusted::Overlap {
                entry: entry.name.clone(),
            });
        }
        reached = stop;
    }
    Ok(())
}
