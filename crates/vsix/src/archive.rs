//! The ZIP container of a VSIX: what its headers say, byte for byte.
//!
//! It knows nothing of extensions. The crate `zip` keeps entries in a map, so that a second entry of one name
//! vanishes before anyone can refuse it, and it compresses on the thread that writes; those two needs are why
//! the few headers that a VSIX has are read and written here. Layout: PKWARE's APPNOTE.TXT 6.3.

pub mod bounds;
mod compress;
mod fields;
mod name;
mod reader;
mod time;
mod writer;

pub use bounds::{Bounds, Untrusted};
pub use compress::{EntryError, Source, write_entries};
pub use reader::{Archive, ArchiveError, Entry};
pub use time::Timestamp;
pub use writer::ArchiveWriter;
