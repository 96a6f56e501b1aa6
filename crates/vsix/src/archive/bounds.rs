//! The limits for reading an unknown package, and the reasons to refuse one.
//!
//! It has only numbers and messages; `checks.rs` applies them. `docs/packaging.md` lists the same limits.

/// The limits for a package from an unknown source.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Entries, including folders. Above 65,534 a ZIP needs its 64-bit form, which no VSIX uses.
    pub entries: u64,
    /// Bytes of the directory, which is held in memory.
    pub directory_bytes: u64,
    /// Bytes of one entry, uncompressed.
    pub entry_bytes: u64,
    /// Bytes of a manifest or `task.json`, uncompressed: its tree in memory is a hundred times as large.
    pub text_bytes: u64,
    /// Bytes of all entries, uncompressed.
    pub total_bytes: u64,
    /// How many times larger than the archive its contents may be, once they exceed `ratio_from` bytes.
    pub ratio: u64,
    /// Uncompressed bytes above which `ratio` counts; a small file of zeros is not a ZIP bomb.
    pub ratio_from: u64,
    /// Bytes of one entry's name.
    pub name_bytes: u64,
}

impl Bounds {
    /// Far above every known extension (the largest has 27 MB), and far below a machine's memory.
    pub const DEFAULT: Self = Self {
        entries: 65_534,
        directory_bytes: 64 << 20,
        entry_bytes: 256 << 20,
        text_bytes: 2 << 20,
        total_bytes: 1 << 30,
        ratio: 100,
        ratio_from: 64 << 20,
        name_bytes: 1024,
    };
}

/// Why a package is refused. `entry` is the name in the archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the facts in the sentence")]
pub enum UnsafeArchive {
    /// The bytes are not a ZIP archive, or the archive is incomplete.
    #[error("this is not a ZIP archive: {detail}")]
    NotAnArchive { detail: &'static str },
    /// The archive uses ZIP's 64-bit form, in which readers interpret sizes differently.
    #[error("the archive uses ZIP64, which VSIX packages do not have")]
    SixtyFourBit,
    /// Too many entries.
    #[error("the archive has {found} entries, and {limit} is the limit")]
    TooManyEntries { found: u64, limit: u64 },
    /// The directory is too large.
    #[error("the archive's directory has more than {limit} bytes")]
    DirectoryTooLarge { limit: u64 },
    /// An entry is too large.
    #[error("entry `{entry}` has {found} bytes, and {limit} is the limit")]
    EntryTooLarge {
        entry: String,
        found: u64,
        limit: u64,
    },
    /// All entries together are too large.
    #[error("the archive unpacks to more than {limit} bytes")]
    TooLarge { limit: u64 },
    /// A ZIP bomb.
    #[error("the archive grows to {ratio} times its size, and {limit} is the limit")]
    Bomb { ratio: u64, limit: u64 },
    /// A name that leads outside the folder, or is not a valid path.
    #[error("entry `{entry}` {reason}")]
    UnsafeName { entry: String, reason: &'static str },
    /// Two entries with the same name, byte for byte.
    #[error("the archive has two entries with the same name")]
    TwoOfOneName,
    /// Two entries that a file system cannot distinguish.
    #[error("entries `{first}` and `{second}` would be in each other's way on disk")]
    DuplicateName { first: String, second: String },
    /// A link, a device or a pipe.
    #[error("entry `{entry}` is neither a file nor a folder")]
    NotAFile { entry: String },
    /// An entry that requires a password.
    #[error("entry `{entry}` is encrypted")]
    Encrypted { entry: String },
    /// A compression method other than stored and deflated.
    #[error("entry `{entry}` is neither stored nor deflated")]
    Method { entry: String },
    /// The two headers of an entry contradict each other.
    #[error("entry `{entry}`: the two headers differ: {detail}")]
    Contradiction { entry: String, detail: String },
    /// Bytes that belong to two entries, or to none.
    #[error("entry `{entry}` is outside the archive or overlaps another entry")]
    Overlap { entry: String },
    /// An entry whose stated size is wrong.
    #[error("entry `{entry}` unpacks to a different size than its header states ({stated} bytes)")]
    LyingSize { entry: String, stated: u64 },
    /// Compressed data that cannot be uncompressed.
    #[error("entry `{entry}` cannot be unpacked")]
    Corrupt { entry: String },
    /// Extra bytes after the compressed data of an entry.
    #[error("entry `{entry}` has more bytes after its compressed data")]
    Remainder { entry: String },
    /// A wrong checksum.
    #[error("entry `{entry}` has a different checksum than its header states")]
    Checksum { entry: String },
}
