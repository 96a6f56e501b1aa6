//! VSIX packages of Azure DevOps extensions: written, read, edited.
//!
//! It starts no process, changes no source file and speaks to no server.

pub mod archive;
mod content_type;
mod digest;
mod edit;
mod files;
mod identify;
mod image;
mod inspect;
mod manifests;
mod opened;
mod output;
mod package;
mod parts;
mod root;
mod task_update;
mod tasks;
mod vsixmanifest;
mod xml;

pub use adieu_manifest::extension::{Pricing, Visibility};
pub use adieu_manifest::finding::{Finding, Problem, Report, Severity, fold};
pub use digest::{Digest, entry_digests};
pub use edit::{EditError, EditOptions, Edited, edit};
pub use identify::{Identity, identify};
pub use inspect::{PackageFacts, PackagedTask, inspect};
pub use manifests::files_like;
pub use opened::ReadError;
pub use package::{Overrides, PackageError, PackageOptions, Packaged, package};
pub use root::RootFile;
pub use task_update::{TaskUpdates, VersionPart, task_id};
pub use zip::DateTime;
