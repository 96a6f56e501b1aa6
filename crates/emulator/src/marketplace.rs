//! The Marketplace: publishers and their members, extensions, and their installations.
//!
//! It never trusts a request: method, path, version, content type and body must all be right. Routes and versions are
//! those of microsoft/azure-devops-extension-api (`GalleryClient.ts`, `ExtensionManagementClient.ts`) and of the
//! requests of microsoft/tfs-cli.

pub(crate) mod gallery;
pub(crate) mod installation;
mod package;
pub(crate) mod roles;
mod setup;

use std::collections::BTreeMap;

use crate::directory::Directory;
use crate::organizations;
use crate::shared_state::EmulatedService;

pub use gallery::{Delivery, Validation};

/// The handle of the Marketplace.
pub type Marketplace = EmulatedService<State>;

/// The state of the Marketplace.
#[derive(Debug, Default)]
pub struct State {
    /// Publisher to identity to role.
    members: BTreeMap<String, BTreeMap<String, String>>,
    /// By `publisher.extension`.
    extensions: BTreeMap<String, Extension>,
    validation: Validation,
    /// Installed versions appear after this many requests.
    installation_takes: u32,
    largest_package: Option<usize>,
    /// Status of the gallery's `AccessCheckException`: both 401 and 403 have been reported.
    access_check_status: Option<u16>,
    /// Most events of a page, if there is a limit.
    page_of_events: Option<usize>,
    /// Whether the date in requests for events is ignored.
    ignores_dates: bool,
    delivery: Delivery,
}

/// The state that an answer depends on.
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
    /// `Public Preview Paid`, as in the package.
    pub gallery_flags: String,
    /// Organizations with which it is shared.
    pub shared_with: Vec<String>,
    /// Organizations in which it is installed, and the version there.
    pub installed_in: BTreeMap<String, String>,
    /// Bytes of the last package.
    pub size: usize,
    /// Events: kind, number, date.
    pub(crate) events: Vec<(String, u64, String)>,
    /// Requests until the last version is validated.
    pub(crate) pending: u32,
    pub(crate) failure: Option<String>,
    /// Requests until an organization has what was installed.
    pub(crate) arriving: BTreeMap<String, u32>,
    pub(crate) tasks: Vec<package::Task>,
    pub(crate) display_name: String,
    /// Each version's package and its platform, in the order of the versions.
    pub(crate) packages: Vec<gallery::StoredPackage>,
}
