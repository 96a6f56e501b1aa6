//! An extension, as its `vss-extension.json` files define it together.
//!
//! It never opens a file and writes no package. The meaning of each key, and which manifest wins or adds to a list,
//! follow tfx-cli's `merger.ts`, `vsix-manifest-builder.ts` and `vso-manifest-builder.ts`, so that both tools pack
//! the same extension.

pub mod check;
mod expect;
pub mod gallery;
pub mod listing;
pub mod localisation;
mod merge;
mod metadata;

pub use gallery::{Pricing, Visibility};
pub use listing::{Base, FileDeclaration};
pub use merge::{Partial, merge};

pub use crate::document::WithPosition;
use crate::document::{FilePosition, Node};
use crate::task_check::Servers;

/// A property of the gallery: `Microsoft.VisualStudio.Services.…`.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Full name.
    pub id: String,
    /// Value as text.
    pub value: String,
    /// Its position.
    pub position: FilePosition,
}

/// A badge next to the extension's description.
#[derive(Debug, Clone, PartialEq)]
pub struct Badge {
    /// Address that it links to.
    pub link: Option<String>,
    /// Address of its image.
    pub image: Option<String>,
    /// Alternative text.
    pub description: Option<String>,
}

/// A product that the extension can be installed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// `Microsoft.VisualStudio.Services`, …
    pub id: String,
    /// Range of versions, such as `[14.0,)`.
    pub version: Option<String>,
    /// Its position.
    pub position: FilePosition,
}

/// Elements of `Metadata` in the package manifest, in the order of the manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the elements' names")]
pub enum Element {
    DisplayName,
    Description,
    ReleaseNotes,
    GalleryFlags,
    Categories,
    Tags,
    Properties,
    Badges,
}

/// An extension, combined from its manifests and overrides.
#[derive(Debug, Clone, Default)]
pub struct Extension {
    /// `id`, `extensionId` or `namespace`.
    pub id: Option<WithPosition<String>>,
    /// Publisher's ID.
    pub publisher: Option<WithPosition<String>>,
    /// Version as written.
    pub version: Option<WithPosition<String>>,
    /// Display name.
    pub name: Option<WithPosition<String>>,
    /// Description in one sentence.
    pub description: Option<WithPosition<String>>,
    /// Release notes of this version.
    pub release_notes: Option<WithPosition<String>>,
    /// Search terms.
    pub tags: Vec<String>,
    /// Marketplace categories.
    pub categories: Vec<String>,
    /// Position of the last categories.
    pub categories_position: Option<FilePosition>,
    /// `Public`, `Preview`, `Paid`, …
    pub gallery_flags: Vec<String>,
    /// Position of the last flags.
    pub gallery_flags_position: Option<FilePosition>,
    /// Gallery properties, including links and branding.
    pub properties: Vec<Property>,
    /// Badges.
    pub badges: Vec<Badge>,
    /// Products.
    pub targets: Vec<Target>,
    /// Whether a manifest has the key `targets`.
    pub has_targets: bool,
    /// Elements in the order of the manifests.
    pub elements: Vec<Element>,
    /// `files`, in order.
    pub files: Vec<FileDeclaration>,
    /// Icons, screenshots and content, in order. They come after `files`.
    pub listed: Vec<FileDeclaration>,
    /// All members of `extension.vsomanifest`, in order of first appearance.
    pub service: Vec<(String, Node)>,
}

impl Extension {
    /// Whether the package has an `extension.vsomanifest`: integrations and offers do not.
    pub fn has_service_manifest(&self) -> bool {
        let extends_services = |target: &Target| {
            matches!(
                target.id.as_str(),
                "Microsoft.VisualStudio.Services"
                    | "Microsoft.VisualStudio.Services.Cloud"
                    | "Microsoft.TeamFoundation.Server"
            )
        };
        self.targets.is_empty() || self.targets.iter().any(extends_services)
    }

    /// The servers that the extension is for. Without a target, it is packed for all.
    pub fn servers(&self) -> Servers {
        let is_cloud = |target: &Target| {
            matches!(
                target.id.as_str(),
                "Microsoft.VisualStudio.Services.Cloud"
                    | "Microsoft.VisualStudio.Services.Cloud.Integration"
            )
        };
        let is_on_premises = |target: &Target| target.id == "Microsoft.TeamFoundation.Server";
        if self.targets.is_empty() {
            Servers::Both
        } else if self.targets.iter().all(is_cloud) {
            Servers::Cloud
        } else if self.targets.iter().all(is_on_premises) {
            Servers::OnPremises
        } else {
            Servers::Both
        }
    }

    /// The value of a key in `extension.vsomanifest`.
    pub fn service_value(&self, key: &str) -> Option<&Node> {
        self.service
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    /// The contributions.
    pub fn contributions(&self) -> &[Node] {
        self.service_value("contributions")
            .and_then(Node::list)
            .unwrap_or_default()
    }

    /// The contributions that offer a task: the contribution's ID, and the task's folder.
    pub fn task_folders(&self) -> impl Iterator<Item = (String, WithPosition<String>)> + '_ {
        self.contributions()
            .iter()
            .filter(|contribution| offers_task(contribution))
            .filter_map(|contribution| {
                let folder = contribution.get("properties")?.get("name")?;
                let value = task_folder(folder.text().filter(|folder| !folder.is_empty())?);
                let position = folder.position.clone();
                Some((
                    contribution_id(contribution),
                    WithPosition { value, position },
                ))
            })
    }
}

/// Whether a contribution offers a task.
fn offers_task(contribution: &Node) -> bool {
    contribution.get("type").and_then(Node::text) == Some("ms.vss-distributed-task.task")
}

/// The ID of a contribution; empty if it has none.
fn contribution_id(contribution: &Node) -> String {
    contribution
        .get("id")
        .and_then(Node::text)
        .unwrap_or_default()
        .to_owned()
}

/// The folder of a task contribution, from its `properties.name`, joined to the root as tfx does.
pub fn task_folder(name: &str) -> String {
    let name = name.replace('\\', "/");
    let segments: Vec<&str> = name
        .split('/')
        .filter(|segment| !segment.is_empty() && *segment != ".")
        .collect();
    segments.join("/")
}
