//! Compresses entries on every core and writes them in the order given.
//!
//! The bytes that come out depend on the bytes that go in and on nothing else: not on the number of cores, nor
//! on who finishes first. `miniz_oxide` is chosen for that: zlib-ng and its kin hash by CPU feature.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use flate2::{Compression, Crc, write::DeflateEncoder};

use super::writer::ArchiveWriter;

/// Where an entry's bytes come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file; its size when it was found decides how it is packed.
    File(PathBuf, u64),
    /// Bytes that were made here.
    Bytes(Vec<u8>),
}

impl Source {
    /// Bytes before compression, as far as they are known.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::File(_, size) => *size,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// All the bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::File(path, _) => std::fs::read(path),
            Self::Bytes(bytes) => Ok(bytes.clone()),
        }
    }

    /// The file, where there is one, for messages.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path, _) => Some(path),
            Self::Bytes(_) => None,
        }
    }
}

/// From this size on a file is never whole in memory; it is compressed while it is written, on one core.
const STREAMED_FROM: u64 = 8 << 20;
/// Bytes that may be in work or waiting for their turn at once, so that a package of any size needs little memory.
const IN_FLIGHT: u64 = 24 << 20;
/// Bytes that are handed to the compressor at once; fixed, so that short reads cannot change its output.
const CHUNK: usize = 64 << 10;

/// An entry that failed, and why.
pub type EntryError = (usize, io::Error);

/// Writes all entries. `usize` in an error is the entry's index.
///
/// # Errors
/// A file cannot be read, or the archive cannot be written.
pub fn write_entries<W: Write + Seek>(
    writer: &mut ArchiveWriter<W>,
    entries: &[(String, Source)],
) -> Result<(), EntryError> {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let line = Line::default();
    thread::scope(|scope| {
        for _ in 0..cores.min(entries.len()) {
            scope.spawn(|| work(&line, entries));
        }
        let result = write_in_order(writer, &line, entries);
        line.stop();
        result
    })
}

fn write_in_order<W: Write + Seek>(
    writer: &mut ArchiveWriter<W>,
    line: &Line,
    entries: &[(String, Source)],
) -> Result<(), EntryError> {
    for (index, (name, source)) in entries.iter().enumerate() {
        let at = |error| (index, error);
        match source {
            Source::File(path, size) if *size >= STREAMED_FROM => {
                writer
                    .add_streamed(name, |out| stream(path, out))
                    .map_err(at)?;
            }
            _ => {
                let packed = line.take(index, source.size()).map_err(at)?;
                writer
                    .add(
                        name,
                        &packed.bytes,
                        packed.is_deflated,
                        packed.unpacked,
                        packed.checksum,
                    )
                    .map_err(at)?;
            }
        }
    }
    Ok(())
}

/// One compressed entry.
struct Packed {
    bytes: Vec<u8>,
    is_deflated: bool,
    unpacked: u64,
    checksum: u32,
}

/// Entries that wait to be compressed, and those that wait to be written.
#[derive(Default)]
struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    next: usize,
    in_flight: u64,
    done: BTreeMap<usize, io::Result<Packed>>,
    stopped: bool,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next entry to compress, once there is room for it.
    fn next(&self, entries: &[(String, Source)]) -> Option<usize> {
        let mut state = self.lock();
        loop {
            while entries
                .get(state.next)
                .is_some_and(|(_, source)| is_streamed(source))
            {
                state.next += 1;
            }
            let (_, source) = entries.get(state.next).filter(|_| !state.stopped)?;
            if state.in_flight == 0 || state.in_flight + source.size() <= IN_FLIGHT {
                let index = state.next;
                state.next += 1;
                state.in_flight += source.size();
                return Some(index);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn put(&self, index: usize, packed: io::Result<Packed>) {
        self.lock().done.insert(index, packed);
        self.changed.notify_all();
    }

    fn take(&self, index: usize, size: u64) -> io::Result<Packed> {
        let mut state = self.lock();
        loop {
            if let Some(packed) = state.done.remove(&index) {
                state.in_flight -= size;
                self.changed.notify_all();
                return packed;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }
}

fn is_streamed(source: &Source) -> bool {
    matches!(source, Source::File(_, size) if *size >= STREAMED_FROM)
}

fn work(line: &Line, entries: &[(String, Source)]) {
    // One compressor for all entries of a thread: its tables are larger than most files.
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    while let Some(index) = line.next(entries) {
        let packed = entries.get(index).map_or_else(
            || Err(io::Error::other("no such entry")),
            |(_, source)| source.read().and_then(|bytes| pack(&mut encoder, bytes)),
        );
        line.put(index, packed);
    }
}

fn pack(encoder: &mut DeflateEncoder<Vec<u8>>, bytes: Vec<u8>) -> io::Result<Packed> {
    let mut checksum = Crc::new();
    checksum.update(&bytes);
    for chunk in bytes.chunks(CHUNK) {
        encoder.write_all(chunk)?;
    }
    let deflated = encoder.reset(Vec::new())?;
    let (unpacked, is_deflated) = (bytes.len() as u64, deflated.len() < bytes.len());
    Ok(Packed {
        bytes: if is_deflated { deflated } else { bytes },
        is_deflated,
        unpacked,
        checksum: checksum.sum(),
    })
}

fn stream(path: &Path, out: &mut dyn Write) -> io::Result<(u64, u32)> {
    let mut file = File::open(path)?;
    let mut encoder = DeflateEncoder::new(out, Compression::default());
    let mut checksum = Crc::new();
    let mut size = 0;
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        chunk.clear();
        Read::take(&mut file, CHUNK as u64).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            break;
        }
        checksum.update(&chunk);
        size += chunk.len() as u64;
        encoder.write_all(&chunk)?;
    }
    encoder.finish()?;
    Ok((size, checksum.sum()))
}
