//! The Marketplace: publishers and their members, extensions, and where they are installed.
//!
//! It never trusts a request: method, path, version, content type and body must all fit. Routes and
//! versions are those of microsoft/azure-devops-extension-api (`GalleryClient.ts`,
//! `ExtensionManagementClient.ts`) and of the calls that microsoft/tfs-cli makes.

pub(crate) mod gallery;
pub(crate) mod installation;
mod package;
pub(crate) mod roles;
mod setup;

use std::collections::BTreeMap;

use crate::directory::Directory;
use crate::ground::Emulated;
use crate::organizations;

pub use gallery::{Delivery, Validation};

/// The Marketplace's handle.
pub type Marketplace = Emulated<State>;

/// What the Marketplace knows.
#[derive(Debug, Default)]
pub struct State {
    /// Publisher to identity to role.
    members: BTreeMap<String, BTreeMap<String, String>>,
    /// By `publisher.extension`.
    extensions: BTreeMap<String, Extension>,
    validation: Validation,
    /// Installed versions appear after this many questions.
    installation_takes: u32,
    largest_package: Option<usize>,
    /// Status of the gallery's `AccessCheckException`: 401 and 403 are both reported.
    access_check_status: Option<u16>,
    /// Events of a page, where there is a limit.
    page_of_events: Option<usize>,
    /// Whether events are answered as if no date were asked for.
    ignores_dates: bool,
    delivery: Delivery,
}

/// What a question to the Marketplace is answered from.
pub(crate) struct Context<'a> {
    pub(crate) own: &'a mut State,
    /// The organizations that an extension can be shared with.
    pub(crate) organizations: &'a organizations::State,
    pub(crate) directory: &'a mut Directory,
}

/// An extension as a test sees it.
#[derive(Debug, Clone, Default)]
pub struct Extension {
    /// Versions with the SHA-256 of their packages, first to last.
    pub versions: Vec<(String, String)>,
    /// `Public Preview Paid`, as the package says.
    pub gallery_flags: String,
    /// Organizations that it is shared with.
    pub shared_with: Vec<String>,
    /// Organizations in which it is installed, and the version there.
    pub installed_in: BTreeMap<String, String>,
    /// Bytes of the last package.
    pub size: usize,
    /// Events: kind, number, date.
    pub(crate) events: Vec<(String, u64, String)>,
    /// Questions that are left until the last version is validated.
    pub(crate) pending: u32,
    pub(crate) failure: Option<String>,
    /// Questions that are left until an organization has what was installed.
    pub(crate) arriving: BTreeMap<String, u32>,
    pub(crate) tasks: Vec<package::Task>,
    pub(crate) display_name: String,
    /// Each version's package and its platform, in the order of the versions.
    pub(crate) packages: Vec<gallery::StoredPackage>,
}
