//! Compresses entries on all cores and writes them in the given order.
//!
//! The output depends only on the input: not on the number of cores, on their timing, or on the processor. `zlib-rs`
//! deflates the same way on all of them; the test that pins a package's digest shows when that changes.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Seek, Write};
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use sha2::{Digest, Sha256};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

use super::bounds::Bounds;
use super::entry::Entry;
use super::reader::Archive;
use super::source::Source;
use crate::root::changed;

/// Deflate's effort, from 1 to 9; ARCHITECTURE.md has measurements.
const LEVEL: i64 = 6;
/// Files of at least this size are never held in memory; they are compressed while they are written, on one core.
const STREAMED_FROM: u64 = 8 << 20;
/// Bytes that may be in progress or waiting at once, so that a package of any size needs little memory.
const IN_FLIGHT: u64 = 24 << 20;
/// Bytes that one worker packs into its own archive.
const BATCH: u64 = 512 << 10;
/// Bytes that the compressor gets at a time: a constant, so that short reads cannot change its output.
const CHUNK: usize = 64 << 10;

/// Index of the entry that failed, and the error.
pub type EntryError = (usize, io::Error);

/// An archive in progress.
pub struct ArchiveWriter<W: Write + Seek> {
    zip: ZipWriter<W>,
    options: SimpleFileOptions,
}

impl<W: Read + Write + Seek> ArchiveWriter<W> {
    /// Starts an archive. Every entry that is not copied gets the timestamp.
    pub fn new(out: W, timestamp: DateTime) -> Self {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(timestamp)
            // Without attributes, and for DOS, which has none, as in tfx's packages: file modes differ between
            // systems.
            .system(System::Dos)
            .external_attributes(0);
        Self {
            zip: ZipWriter::new(out),
            options,
        }
    }

    /// Writes entries. Contents that occur several times are compressed once.
    ///
    /// # Errors
    /// A file cannot be read, or the archive cannot be written; with the entry's index.
    pub fn add(&mut self, entries: &[(String, Source)]) -> Result<(), EntryError> {
        // A larger number would need ZIP's 64-bit form, which no VSIX uses.
        if entries.len() as u64 > Bounds::DEFAULT.entries {
            let limit = Bounds::DEFAULT.entries;
            let detail = format!("it would be entry {} of at most {limit}", limit + 1);
            return Err((
                usize::try_from(limit).unwrap_or_default(),
                io::Error::new(io::ErrorKind::FileTooLarge, detail),
            ));
        }
        let batches = batches(entries);
        let line = Line::default();
        let contents = Contents::new(entries);
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        thread::scope(|scope| {
            for _ in 0..cores.min(batches.len()) {
                scope.spawn(|| {
                    while let Some(index) = line.next(&batches, entries) {
                        let packed = batches.get(index).map_or_else(
                            || Err((0, io::Error::other("no such batch"))),
                            |batch| pack(batch.clone(), entries, &contents, self.options),
                        );
                        line.put(index, packed);
                    }
                });
            }
            let result =
                Self::write_in_order(&mut self.zip, self.options, &line, &batches, entries);
            line.stop();
            result
        })
    }

    fn write_in_order(
        zip: &mut ZipWriter<W>,
        options: SimpleFileOptions,
        line: &Line,
        batches: &[Range<usize>],
        entries: &[(String, Source)],
    ) -> Result<(), EntryError> {
        let mut large = StreamedEntries::default();
        for (index, batch) in batches.iter().enumerate() {
            let at = |error: ZipError| (batch.start, error.into());
            if is_streamed(batch, entries) {
                if let Some((name, source)) = entries.get(batch.start) {
                    large.write(zip, options, name, source).map_err(at)?;
                }
                continue;
            }
            for piece in line.take(index, size_of(batch, entries))? {
                match piece {
                    Piece::Archive(archive) => zip.merge_archive(archive).map_err(at)?,
                    Piece::Copy { of, to } => {
                        let name = |index: usize| entries.get(index).map_or("", |(name, _)| name);
                        zip.deep_copy_file(name(of), name(to)).map_err(at)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// Copies an entry of another archive unchanged: same compressed bytes, time and attributes.
    ///
    /// # Errors
    /// Reading or writing fails.
    pub fn copy<R: Read + Seek>(
        &mut self,
        archive: &mut Archive<R>,
        entry: &Entry,
    ) -> io::Result<()> {
        Ok(self.zip.raw_copy_file(archive.raw(entry)?)?)
    }

    /// Writes the directory and returns the stream.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(self) -> io::Result<W> {
        let mut out = self.zip.finish()?;
        out.flush()?;
        Ok(out)
    }
}

/// Groups of consecutive entries, each for one worker; a streamed entry is alone in its group.
fn batches(entries: &[(String, Source)]) -> Vec<Range<usize>> {
    let mut batches: Vec<Range<usize>> = Vec::new();
    let mut room = 0;
    for (index, (_, source)) in entries.iter().enumerate() {
        let size = source.size();
        match batches.last_mut() {
            Some(batch) if size < room => {
                batch.end = index + 1;
                room -= size;
            }
            _ => {
                batches.push(index..index + 1);
                room = BATCH.saturating_sub(size);
            }
        }
    }
    batches
}

fn size_of(batch: &Range<usize>, entries: &[(String, Source)]) -> u64 {
    let entries = entries.get(batch.clone()).unwrap_or_default();
    entries.iter().map(|(_, source)| source.size()).sum()
}

fn is_streamed(batch: &Range<usize>, entries: &[(String, Source)]) -> bool {
    size_of(batch, entries) >= STREAMED_FROM
}

/// The result of a worker.
enum Piece {
    /// Compressed entries, to be merged as they are.
    Archive(ZipArchive<Cursor<Vec<u8>>>),
    /// An entry with the same content as an earlier one.
    Copy { of: usize, to: usize },
}

/// The contents so far. A digest is computed only if another entry has the same size.
struct Contents {
    sizes: HashMap<u64, usize>,
    first: Mutex<HashMap<[u8; 32], usize>>,
}

impl Contents {
    fn new(entries: &[(String, Source)]) -> Self {
        let mut sizes = HashMap::new();
        for (_, source) in entries {
            *sizes.entry(source.size()).or_default() += 1;
        }
        Self {
            sizes,
            first: Mutex::default(),
        }
    }

    /// The earlier entry with this content, if there is one. If two entries are in progress at once, the later one
    /// may be seen first; then both are compressed, to the same bytes.
    fn earlier(&self, index: usize, bytes: &[u8]) -> Option<usize> {
        let is_alone = self
            .sizes
            .get(&(bytes.len() as u64))
            .is_none_or(|count| *count < 2);
        if is_alone || bytes.is_empty() {
            return None;
        }
        let digest = Sha256::digest(bytes).into();
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = first.entry(digest).or_insert(index);
        if *earliest < index {
            return Some(*earliest);
        }
        *earliest = index;
        None
    }
}

/// Packs a batch in memory.
fn pack(
    batch: Range<usize>,
    entries: &[(String, Source)],
    contents: &Contents,
    options: SimpleFileOptions,
) -> Result<Vec<Piece>, EntryError> {
    let mut pieces = Vec::new();
    let mut run: Vec<(&str, Vec<u8>)> = Vec::new();
    for index in batch.clone() {
        let Some((name, source)) = entries.get(index) else {
            continue;
        };
        let bytes = source.read().map_err(|error| (index, error))?;
        if let Some(of) = contents.earlier(index, &bytes) {
            pieces.extend(archive_of(&run, options).map_err(|error| (batch.start, error))?);
            run.clear();
            pieces.push(Piece::Copy { of, to: index });
        } else {
            run.push((name, bytes));
        }
    }
    pieces.extend(archive_of(&run, options).map_err(|error| (batch.start, error))?);
    Ok(pieces)
}

/// An archive of these entries: deflated, or stored if that is not larger.
fn archive_of(
    entries: &[(&str, Vec<u8>)],
    options: SimpleFileOptions,
) -> io::Result<Option<Piece>> {
    if entries.is_empty() {
        return Ok(None);
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, options)?;
        for chunk in bytes.chunks(CHUNK) {
            zip.write_all(chunk)?;
        }
    }
    let mut deflated = zip.finish_into_readable()?;
    let mut helps = Vec::with_capacity(entries.len());
    for index in 0..entries.len() {
        let entry = deflated.by_index_raw(index)?;
        helps.push(entry.compressed_size() < entry.size());
    }
    if helps.iter().all(|helps| *helps) {
        return Ok(Some(Piece::Archive(deflated)));
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (index, (name, bytes)) in entries.iter().enumerate() {
        if helps.get(index).is_some_and(|helps| *helps) {
            zip.raw_copy_file(deflated.by_index_raw(index)?)?;
        } else {
            let stored = options
                .compression_method(CompressionMethod::Stored)
                .compression_level(None);
            zip.start_file(*name, stored)?;
            zip.write_all(bytes)?;
        }
    }
    Ok(Some(Piece::Archive(zip.finish_into_readable()?)))
}

/// An entry that is compressed while it is written.
#[derive(Default)]
struct StreamedEntries {
    sizes: Vec<u64>,
    names: HashMap<[u8; 32], String>,
}

impl StreamedEntries {
    fn write<W: Read + Write + Seek>(
        &mut self,
        zip: &mut ZipWriter<W>,
        options: SimpleFileOptions,
        name: &str,
        source: &Source,
    ) -> Result<(), ZipError> {
        let mut reader = source.open()?;
        if self.sizes.contains(&source.size()) {
            let digest = chunks(&mut reader, source.size(), |_| Ok(()))?;
            if let Some(first) = self.names.get(&digest) {
                return zip.deep_copy_file(first, name);
            }
            reader.rewind()?;
        }
        zip.start_file(name, options)?;
        let digest = chunks(&mut reader, source.size(), |chunk| zip.write_all(chunk))?;
        self.sizes.push(source.size());
        self.names.insert(digest, name.to_owned());
        Ok(())
    }
}

/// Passes on everything in chunks of one size, and returns its SHA-256. Bytes that are appended to a file meanwhile
/// are ignored.
fn chunks(
    reader: &mut dyn Read,
    size: u64,
    mut sink: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut left = size + 1;
    loop {
        chunk.clear();
        Read::take(&mut *reader, left.min(CHUNK as u64)).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            break;
        }
        left -= chunk.len() as u64;
        hasher.update(&chunk);
        sink(&chunk)?;
    }
    if left == 1 {
        Ok(hasher.finalize().into())
    } else {
        Err(changed())
    }
}

/// Batches that wait to be packed, and batches that wait to be written.
#[derive(Default)]
struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    next: usize,
    in_flight: u64,
    done: Vec<(usize, Result<Vec<Piece>, EntryError>)>,
    stopped: bool,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The next batch to pack, once there is room for it.
    fn next(&self, batches: &[Range<usize>], entries: &[(String, Source)]) -> Option<usize> {
        let mut state = self.lock();
        loop {
            while batches
                .get(state.next)
                .is_some_and(|batch| is_streamed(batch, entries))
            {
                state.next += 1;
            }
            let batch = batches.get(state.next).filter(|_| !state.stopped)?;
            let size = size_of(batch, entries);
            if state.in_flight == 0 || state.in_flight + size <= IN_FLIGHT {
                state.next += 1;
                state.in_flight += size;
                return Some(state.next - 1);
            }
            state = self.wait(state);
        }
    }

    fn put(&self, index: usize, packed: Result<Vec<Piece>, EntryError>) {
        self.lock().done.push((index, packed));
        self.changed.notify_all();
    }

    fn take(&self, index: usize, size: u64) -> Result<Vec<Piece>, EntryError> {
        let mut state = self.lock();
        loop {
            if let Some(at) = state.done.iter().position(|(done, _)| *done == index) {
                let (_, packed) = state.done.swap_remove(at);
                state.in_flight -= size;
                self.changed.notify_all();
                return packed;
            }
            state = self.wait(state);
        }
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use zip::{DateTime, ZipArchive};

    use super::{ArchiveWriter, STREAMED_FROM};
    use crate::Digest;
    use crate::archive::Source;

    fn entry(name: &str, bytes: &[u8]) -> (String, Source) {
        (name.to_owned(), Source::Bytes(bytes.to_vec()))
    }

    /// An archive of these entries, each group added separately.
    fn archive(groups: &[&[(String, Source)]]) -> Vec<u8> {
        let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()), DateTime::default());
        for group in groups {
            writer.add(group).expect("memory can be written");
        }
        writer.finish().expect("memory can be written").into_inner()
    }

    #[test]
    fn writes_the_same_bytes_on_every_machine() {
        let text: String = (0..6000)
            .map(|line| format!("const value{} = {};\n", line * line % 997, line % 31))
            .collect();
        let entries = [
            entry("a.js", text.as_bytes()),
            entry("b.png", b"\x89PNG"),
            entry("c.txt", b""),
            entry("d.js", text.as_bytes()),
        ];
        // Changes only with the compressor. If it does, note it in the changelog, because published packages change
        // with it.
        assert_eq!(
            Digest::of(&archive(&[&entries])).to_string(),
            "904569793b11d6e703dc707a65eb4eb2ac79cf193b699fba0a4f4d90d12b3200"
        );
    }

    #[test]
    fn a_repeated_content_is_packed_as_if_it_were_alone() {
        let text = "const answer = 42;\n".repeat(1000);
        let one = [entry("a", text.as_bytes()), entry("b", b"other")];
        let other = [entry("c", text.as_bytes()), entry("d", b"hello")];
        let both = [one.clone(), other.clone()].concat();
        assert_eq!(archive(&[&both]), archive(&[&one, &other]));
    }

    #[test]
    fn large_and_repeated_entries_are_whole() {
        let large: Vec<u8> = (0..STREAMED_FROM + 5)
            .map(|index| u8::try_from(index * index % 251).unwrap_or(0))
            .collect();
        let entries = [
            entry("a", &large),
            entry("b", b""),
            entry("c", &large),
            entry("d", &large[1..]),
            entry("e", b"\x00\xff"),
            entry("f", b"\x00\xff"),
        ];
        let bytes = archive(&[&entries]);
        let mut zip = ZipArchive::new(Cursor::new(bytes)).expect("it is an archive");
        for (index, (name, source)) in entries.iter().enumerate() {
            let mut file = zip.by_index(index).expect("it is there");
            assert_eq!(file.name().expect("it has a name"), *name);
            let mut found = Vec::new();
            file.read_to_end(&mut found).expect("it can be read");
            assert!(
                found == source.read().expect("memory can be read"),
                "{name}"
            );
        }
        zip.validate_header_consistency()
            .expect("its headers agree");
    }
}
