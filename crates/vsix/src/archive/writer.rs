//! Writes entries one behind the other, then the directory.
//!
//! It compresses nothing and sorts nothing: what comes in is what stands in the file.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::fields::{
    CENTRAL, CENTRAL_LENGTH, DEFLATED, END, FLAG_DESCRIPTOR, FLAG_UTF8, LOCAL, LOCAL_LENGTH,
    STORED, put_u16, put_u32,
};
use super::reader::Entry;
use super::time::Timestamp;

/// What the headers say about an entry.
#[derive(Debug, Clone)]
struct Record {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    timestamp: Timestamp,
    checksum: u32,
    packed: u32,
    unpacked: u32,
    made_by: u16,
    attributes: u32,
    offset: u32,
}

/// An archive that is being written.
#[derive(Debug)]
pub struct ArchiveWriter<W> {
    out: W,
    position: u64,
    records: Vec<Record>,
    timestamp: Timestamp,
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// Starts an archive; every entry that is not copied carries the timestamp.
    pub fn new(out: W, timestamp: Timestamp) -> Self {
        Self {
            out,
            position: 0,
            records: Vec::new(),
            timestamp,
        }
    }

    /// Adds an entry whose bytes are compressed already, or stored where compressing did not help.
    ///
    /// # Errors
    /// Writing fails, or the archive passes 4 GiB.
    pub fn add(
        &mut self,
        name: &str,
        packed: &[u8],
        is_deflated: bool,
        unpacked: u64,
        checksum: u32,
    ) -> io::Result<()> {
        let mut record = self.record(name, if is_deflated { DEFLATED } else { STORED });
        record.checksum = checksum;
        record.packed = small(packed.len() as u64)?;
        record.unpacked = small(unpacked)?;
        self.start(record)?;
        self.write(packed)
    }

    /// Adds an entry of unknown size: `body` writes the deflated bytes and returns unpacked size and checksum.
    ///
    /// # Errors
    /// Writing fails, the body fails, or the archive passes 4 GiB.
    pub fn add_streamed(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut dyn Write) -> io::Result<(u64, u32)>,
    ) -> io::Result<()> {
        let record = self.record(name, DEFLATED);
        self.start(record)?;
        let start = self.position;
        let mut counting = Counting {
            out: &mut self.out,
            count: 0,
        };
        let (unpacked, checksum) = body(&mut counting)?;
        self.position += counting.count;
        let (packed, unpacked) = (small(self.position - start)?, small(unpacked)?);
        if let Some(record) = self.records.last_mut() {
            (record.packed, record.unpacked, record.checksum) = (packed, unpacked, checksum);
            let mut sizes = Vec::with_capacity(12);
            put_u32(&mut sizes, checksum);
            put_u32(&mut sizes, packed);
            put_u32(&mut sizes, unpacked);
            // Checksum and sizes are the twelve bytes from offset 14 of the local header.
            self.out
                .seek(SeekFrom::Start(u64::from(record.offset) + 14))?;
            self.out.write_all(&sizes)?;
            self.out.seek(SeekFrom::Start(self.position))?;
        }
        Ok(())
    }

    /// Adds an entry of another archive as it is: same compressed bytes, same time, same attributes.
    ///
    /// # Errors
    /// Reading or writing fails, `packed` has another length than the entry, or the archive passes 4 GiB.
    pub fn copy(&mut self, entry: &Entry, mut packed: impl Read) -> io::Result<()> {
        self.start(Record {
            name: entry.name.clone().into_bytes(),
            // Sizes are known here, so no descriptor follows the data.
            flags: entry.flags & !FLAG_DESCRIPTOR,
            method: entry.method,
            timestamp: entry.timestamp,
            checksum: entry.checksum,
            packed: small(entry.packed)?,
            unpacked: small(entry.unpacked)?,
            made_by: entry.made_by,
            attributes: entry.attributes,
            offset: 0,
        })?;
        let copied = io::copy(&mut packed, &mut self.out)?;
        self.position += copied;
        if copied == entry.packed {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Writes the directory and hands back the stream and the archive's length.
    ///
    /// # Errors
    /// Writing fails, or the archive has more than 65,534 entries.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        let count = u16::try_from(self.records.len())
            .ok()
            .filter(|count| *count < u16::MAX);
        let count = count.ok_or_else(|| {
            io::Error::new(io::ErrorKind::FileTooLarge, "more than 65534 entries")
        })?;
        let start = small(self.position)?;
        for record in std::mem::take(&mut self.records) {
            let mut bytes = Vec::with_capacity(CENTRAL_LENGTH + record.name.len());
            put_u32(&mut bytes, CENTRAL);
            put_u16(&mut bytes, record.made_by);
            shared_fields(&mut bytes, &record);
            put_u16(&mut bytes, 0); // comment
            put_u16(&mut bytes, 0); // disk
            put_u16(&mut bytes, 0); // internal attributes
            put_u32(&mut bytes, record.attributes);
            put_u32(&mut bytes, record.offset);
            bytes.extend_from_slice(&record.name);
            self.write(&bytes)?;
        }
        let mut bytes = Vec::new();
        put_u32(&mut bytes, END);
        put_u32(&mut bytes, 0); // this disk and the directory's disk
        put_u16(&mut bytes, count);
        put_u16(&mut bytes, count);
        put_u32(&mut bytes, small(self.position)? - start);
        put_u32(&mut bytes, start);
        put_u16(&mut bytes, 0); // comment
        self.write(&bytes)?;
        self.out.flush()?;
        Ok((self.out, self.position))
    }

    fn record(&self, name: &str, method: u16) -> Record {
        Record {
            name: name.as_bytes().to_vec(),
            flags: if name.is_ascii() { 0 } else { FLAG_UTF8 },
            method,
            timestamp: self.timestamp,
            checksum: 0,
            packed: 0,
            unpacked: 0,
            // System 0 (FAT) and no attributes, as in tfx's packages: modes would differ from system to system.
            made_by: 20,
            attributes: 0,
            offset: 0,
        }
    }

    fn start(&mut self, mut record: Record) -> io::Result<()> {
        record.offset = small(self.position)?;
        let mut bytes = Vec::with_capacity(LOCAL_LENGTH + record.name.len());
        put_u32(&mut bytes, LOCAL);
        shared_fields(&mut bytes, &record);
        bytes.extend_from_slice(&record.name);
        self.records.push(record);
        self.write(&bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

/// The fields that both headers of an entry have, in the same order: version needed to length of the extra field.
fn shared_fields(bytes: &mut Vec<u8>, record: &Record) {
    put_u16(bytes, 20); // version needed: 2.0, folders and deflate
    put_u16(bytes, record.flags);
    put_u16(bytes, record.method);
    put_u16(bytes, record.timestamp.time);
    put_u16(bytes, record.timestamp.date);
    put_u32(bytes, record.checksum);
    put_u32(bytes, record.packed);
    put_u32(bytes, record.unpacked);
    put_u16(bytes, u16::try_from(record.name.len()).unwrap_or(u16::MAX));
    put_u16(bytes, 0); // extra field
}

/// A size for a 32-bit field; all ones would mean the 64-bit form.
fn small(size: u64) -> io::Result<u32> {
    u32::try_from(size)
        .ok()
        .filter(|size| *size < u32::MAX)
        .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "a package cannot pass 4 GiB"))
}

struct Counting<'a, W> {
    out: &'a mut W,
    count: u64,
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
