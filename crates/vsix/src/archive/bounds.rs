//! How much of an unknown package is read, and why one is refused.
//!
//! It holds numbers and sentences; `checks.rs` refuses. `docs/packaging.md` states the same bounds.

/// The bounds for a package from an unknown source.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Entries, folders included. Above 65,534 a ZIP needs its 64-bit form, which no VSIX uses.
    pub entries: u64,
    /// Bytes of the directory, which is in memory in full.
    pub directory_bytes: u64,
    /// Bytes of one entry, unpacked.
    pub entry_bytes: u64,
    /// Bytes of a manifest or `task.json`, unpacked: in memory it becomes a tree of a hundred times its size.
    pub text_bytes: u64,
    /// Bytes of all entries, unpacked.
    pub total_bytes: u64,
    /// Times that unpacking may multiply the archive, once it exceeds `ratio_from` bytes.
    pub ratio: u64,
    /// Unpacked bytes from which `ratio` counts; a small file of zeros is not a bomb.
    pub ratio_from: u64,
    /// Bytes of one entry's name.
    pub name_bytes: u64,
}

impl Bounds {
    /// Far above every extension there is (the largest known has 27 MB), and far below a machine's memory.
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

/// Why a package is not opened. `entry` is the name as the archive has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// The bytes are not a ZIP archive, or are cut off.
    #[error("this is not a ZIP archive: {detail}")]
    NotAnArchive {
        /// Which structure is missing or damaged.
        detail: &'static str,
    },
    /// ZIP's 64-bit form, in which readers differ about sizes.
    #[error("the archive uses ZIP64, which VSIX packages do not have")]
    SixtyFourBit,
    /// Too many entries.
    #[error("the archive has {found} entries, and {limit} is the limit")]
    TooManyEntries {
        /// Entries.
        found: u64,
        /// Bound.
        limit: u64,
    },
    /// A directory that is too large.
    #[error("the archive's directory has more than {limit} bytes")]
    DirectoryTooLarge {
        /// Bound.
        limit: u64,
    },
    /// An entry that is too large.
    #[error("entry `{entry}` has {found} bytes, and {limit} is the limit")]
    EntryTooLarge {
        /// Name.
        entry: String,
        /// Bytes.
        found: u64,
        /// Bound.
        limit: u64,
    },
    /// All entries together are too large.
    #[error("the archive unpacks to more than {limit} bytes")]
    TooLarge {
        /// Bound.
        limit: u64,
    },
    /// A bomb.
    #[error("the archive grows to {ratio} times its size, and {limit} is the limit")]
    Bomb {
        /// Times.
        ratio: u64,
        /// Bound.
        limit: u64,
    },
    /// A name that leads elsewhere, or nowhere.
    #[error("entry `{entry}` {reason}")]
    UnsafeName {
        /// Name.
        entry: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two entries with the same name, byte for byte.
    #[error("the archive has two entries with the same name")]
    TwoOfOneName,
    /// Two entries that a file system cannot tell apart.
    #[error("entries `{first}` and `{second}` would be in each other's way on disk")]
    DuplicateName {
        /// Name.
        first: String,
        /// Name.
        second: String,
    },
    /// A link, a device, a pipe.
    #[error("entry `{entry}` is neither a file nor a folder")]
    NotAFile {
        /// Name.
        entry: String,
    },
    /// A password.
    #[error("entry `{entry}` is encrypted")]
    Encrypted {
        /// Name.
        entry: String,
    },
    /// A method other than stored and deflated.
    #[error("entry `{entry}` is neither stored nor deflated")]
    Method {
        /// Name.
        entry: String,
    },
    /// Two headers of one entry that contradict each other.
    #[error("entry `{entry}`: the two headers differ: {detail}")]
    Contradiction {
        /// Name.
        entry: String,
        /// How they differ.
        detail: String,
    },
    /// Bytes that belong to two entries, or to none.
    #[error("entry `{entry}` is outside the archive or overlaps another entry")]
    Overlap {
        /// Name.
        entry: String,
    },
    /// A size that is wrong.
    #[error("entry `{entry}` unpacks to a different size than its header states ({stated} bytes)")]
    LyingSize {
        /// Name.
        entry: String,
        /// Bytes.
        stated: u64,
    },
    /// Bytes that do not unpack.
    #[error("entry `{entry}` cannot be unpacked")]
    Corrupt {
        /// Name.
        entry: String,
    },
    /// Compressed bytes that no reader of the entry looks at.
    #[error("entry `{entry}` has more bytes after its compressed data")]
    Remainder {
        /// Name.
        entry: String,
    },
    /// A checksum that does not fit.
    #[error("entry `{entry}` has a different checksum than its header states")]
    Checksum {
        /// Name.
        entry: String,
    },
}
