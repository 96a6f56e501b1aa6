//! VSIX packages of Azure DevOps extensions: creates them from a folder, reads them, edits them.
//!
//! It starts no process, changes no source file and uses no network.
//!
//! [`Folder::read`] and [`Folder::pack`] create a [`Package`]; [`Package::open`] and [`Package::verify`] read one,
//! and [`Package::edit`] writes a changed copy. Each returns the facts that the next step needs.

pub mod archive;
mod changes;
mod checksums;
mod content_type;
mod digest;
mod edit;
mod files;
mod folder;
mod image;
mod manifests;
mod opened;
mod output;
mod package;
mod parts;
mod paths;
mod root;
mod sources;
mod task_update;
mod tasks;
mod vscode;
mod vsixmanifest;
mod xml;

pub use adieu_manifest::extension::{Pricing, Visibility};
pub use adieu_manifest::finding::{Finding, Problem, Report, Severity, fold};
pub use changes::Changes;
pub use checksums::{Checksums, Outcome};
pub use digest::{Digest, entry_digests};
pub use edit::{EditError, EditedPackage};
pub use folder::{Folder, PackError, PackedFolder};
pub use manifests::files_like;
pub use opened::ReadError;
pub use package::{Description, Facts, Package};
pub use root::RootFile;
pub use sources::Sources;
pub use task_update::{PackagedTask, TaskUpdates, VersionPart, task_id};
pub use zip::DateTime;
