//! The changes to an extension's values in its package, whether that comes from a folder or from another package.
//!
//! It applies none itself.

use adieu_manifest::document::FilePosition;
use adieu_manifest::extension::{Pricing, Visibility, check, gallery};
use adieu_manifest::finding::{Finding, Problem};

use crate::task_update::TaskUpdates;

/// Values that replace the extension's own; `None` leaves a value as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Publisher's ID.
    pub publisher: Option<String>,
    /// Extension's ID.
    pub extension_id: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Visibility.
    pub visibility: Option<Visibility>,
    /// Pricing.
    pub pricing: Option<Pricing>,
    /// Changes to tasks.
    pub tasks: TaskUpdates,
}

impl Changes {
    /// Whether there are no changes.
    pub fn is_none(&self) -> bool {
        self.publisher.is_none()
            && self.extension_id.is_none()
            && self.version.is_none()
            && self.name.is_none()
            && self.visibility.is_none()
            && self.pricing.is_none()
            && self.tasks.is_none()
    }

    /// Sets visibility and pricing in the gallery's flags. Returns whether either is changed.
    pub(crate) fn set_flags(&self, flags: &mut Vec<String>) -> bool {
        if let Some(visibility) = self.visibility {
            gallery::set_visibility(flags, visibility);
        }
        if let Some(pricing) = self.pricing {
            gallery::set_pricing(flags, pricing);
        }
        self.visibility.is_some() || self.pricing.is_some()
    }

    /// Checks that the Marketplace would accept the new values.
    pub(crate) fn check(&self) -> Result<(), Finding> {
        let refuse = |flag: &str, problem| Err(FilePosition::file(flag).finding(problem));
        let is_identifier = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if let Some(id) = self.extension_id.as_ref().filter(|id| !is_identifier(id)) {
            let (what, value) = ("extension ID", id.clone());
            return refuse("--extension-id", Problem::BadIdentifier { what, value });
        }
        if let Some(publisher) = self.publisher.as_ref().filter(|text| text.is_empty()) {
            let (what, value) = ("publisher", publisher.clone());
            return refuse("--publisher", Problem::BadIdentifier { what, value });
        }
        let is_version = |text: &&String| check::parse_version(text).is_some();
        if let Some(version) = self.version.as_ref().filter(|text| !is_version(text)) {
            let value = version.clone();
            return refuse("--extension-version", Problem::BadVersion { value });
        }
        Ok(())
    }
}
