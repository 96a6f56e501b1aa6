//! VSIX packages of Azure DevOps extensions: written, read, edited.
//!
//! It starts no process, changes no source file and speaks to no server.

pub mod archive;
mod content_type;
mod files;
mod manifests;
mod package;
mod parts;
mod vsixmanifest;
mod xml;

pub use adieu_manifest::extension::{Pricing, Visibility};
pub use adieu_manifest::finding::{Finding, Problem, Severity};
pub use package::{Overrides, PackageError, PackageOptions, Packaged, package};
