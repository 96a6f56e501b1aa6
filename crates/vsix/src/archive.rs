//! The ZIP container of a VSIX: the crate `zip` reads and writes it, and this module checks what that crate does not.
//!
//! It knows nothing of extensions, and neither parses nor writes ZIP headers itself.

pub mod bounds;
mod checks;
mod entry;
mod reader;
mod source;
mod time;
mod writer;

pub use bounds::{Bounds, UnsafeArchive};
pub(crate) use checks::is_device;
pub use entry::{ArchiveError, Entry};
pub use reader::Archive;
pub use source::Source;
pub use time::timestamp;
pub use writer::{ArchiveWriter, EntryError};
