//! An organization of Azure DevOps, by the text that a user names it with.

use adieu_devops::{Hosts, Organization};

use crate::failure::Failure;

/// The organization that a text names, by any of its names.
pub(crate) fn named(hosts: &Hosts, text: &str) -> Result<Organization, Failure> {
    hosts
        .organization(text)
        .map_err(|reason| Failure::NotAnOrganization {
            text: text.to_owned(),
            reason,
        })
}
