//! The service connection of the step whose script runs this program: its type and organization, from its address.
//!
//! It has no credential: scripts do not get one (task-lib's `internal.ts`), but they get addresses.

use std::fmt;

use adieu_agent::{EndpointId, process_variables};
use adieu_devops::Hosts;

/// What its address shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StepConnection {
    /// The type "Azure DevOps", with its organization.
    AzureDevOps { organization: String },
    /// The type "Azure Resource Manager".
    AzureResourceManager,
}

/// The step's connection, if it has one of these types. The agent passes the addresses of the connections in a step's
/// inputs (`Handler.cs`).
pub(crate) fn of_this_step() -> Option<StepConnection> {
    process_variables()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .find_map(|(name, address)| by(&name, &address))
}

/// The connection that a variable shows.
fn by(name: &str, address: &str) -> Option<StepConnection> {
    const PREFIX: &str = "ENDPOINT_URL_";
    let (prefix, id) = name.split_at_checked(PREFIX.len())?;
    if !prefix.eq_ignore_ascii_case(PREFIX) {
        return None;
    }
    EndpointId::parse(id)?;
    if let Ok(organization) = Hosts::public().organization(address) {
        let organization = organization.name;
        // A text that is not an address is treated as a name.
        return address
            .contains("://")
            .then_some(StepConnection::AzureDevOps { organization });
    }
    address
        .starts_with("https://management.")
        .then_some(StepConnection::AzureResourceManager)
}

impl fmt::Display for StepConnection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AzureDevOps { organization } => write!(formatter, "Azure DevOps, {organization}"),
            Self::AzureResourceManager => formatter.write_str("Azure Resource Manager"),
        }
    }
}

#[test]
fn knows_both_types_by_their_addresses() {
    let id = "0a1b2c3d-0000-0000-0000-000000000000";
    let own = format!("ENDPOINT_URL_{id}");
    let azure_devops = |organization: &str| {
        Some(StepConnection::AzureDevOps {
            organization: organization.to_owned(),
        })
    };
    for (name, address, expected) in [
        (
            own.as_str(),
            "https://dev.azure.com/contoso/",
            azure_devops("contoso"),
        ),
        (
            &own.to_uppercase(),
            "https://contoso.visualstudio.com/",
            azure_devops("contoso"),
        ),
        (
            &own,
            "https://management.azure.com/",
            Some(StepConnection::AzureResourceManager),
        ),
        (
            &own,
            "https://management.usgovcloudapi.net/",
            Some(StepConnection::AzureResourceManager),
        ),
        (&own, "https://pkgs.example.org/", None),
        (&own, "https://dev.azure.com/", None),
        (&own, "contoso", None),
        (
            "ENDPOINT_URL_SYSTEMVSSCONNECTION",
            "https://dev.azure.com/contoso/",
            None,
        ),
        ("ENDPOINT_URL", "https://dev.azure.com/contoso/", None),
        ("ÄNDPOINT_URL_", "https://dev.azure.com/contoso/", None),
    ] {
        assert_eq!(by(name, address), expected, "{name} {address}");
    }
}
