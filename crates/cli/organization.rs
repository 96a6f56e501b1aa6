//! Parses the name or address of an Azure DevOps organization.

use adieu_devops::{Hosts, Organization};

use crate::failure::Failure;

/// The organization with this name or address.
pub(crate) fn named(hosts: &Hosts, text: &str) -> Result<Organization, Box<Failure>> {
    let organization = hosts.organization(text);
    Ok(organization.map_err(|reason| Failure::NotAnOrganization {
        text: text.to_owned(),
        reason,
    })?)
}
