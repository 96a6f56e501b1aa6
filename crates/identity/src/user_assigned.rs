//! The name of a user-assigned managed identity: its client ID, its object ID or its resource ID.
//!
//! It never checks whether the identity exists.

use std::fmt;

/// Which user-assigned identity is meant (learn.microsoft.com, "How to use managed identities for App Service").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserAssignedId {
    /// The client (application) ID, a GUID.
    Client(String),
    /// The object (principal) ID, a GUID.
    Object(String),
    /// The Azure resource ID, `/subscriptions/…/userAssignedIdentities/name`.
    Resource(String),
}

/// A text that is none of the three IDs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a client id, object-id:GUID or an Azure resource id")]
pub struct NotAnIdentity(pub String);

impl std::str::FromStr for UserAssignedId {
    type Err = NotAnIdentity;

    /// Reads a GUID as a client ID and `/subscriptions/…` as a resource ID; the prefixes `client-id:`, `object-id:`
    /// and `resource-id:` select one of the three.
    fn from_str(text: &str) -> Result<Self, NotAnIdentity> {
        let refused = || NotAnIdentity(text.to_owned());
        let (kind, id) = match text.trim().split_once(':') {
            Some((kind, id)) => (Some(kind.to_ascii_lowercase()), id.trim()),
            None => (None, text.trim()),
        };
        let is_resource = is_resource_id(id);
        match kind.as_deref() {
            None | Some("client-id") if is_guid(id) => Ok(Self::Client(id.to_owned())),
            Some("object-id") if is_guid(id) => Ok(Self::Object(id.to_owned())),
            None | Some("resource-id") if is_resource => Ok(Self::Resource(id.to_owned())),
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for UserAssignedId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Client(id) | Self::Object(id) | Self::Resource(id)) = self;
        formatter.write_str(id)
    }
}

fn is_resource_id(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.starts_with("/subscriptions/")
        && text.contains("/microsoft.managedidentity/userassignedidentities/")
        && !text.contains(char::is_whitespace)
}

/// Whether a text is an ID as Microsoft Entra and Azure DevOps write them: a GUID in its usual form.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(index, character)| match index {
            8 | 13 | 18 | 23 => character == '-',
            _ => character.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "499b84ac-1321-427f-aa17-267ca6975798";
    const RESOURCE: &str = "/subscriptions/499b84ac-1321-427f-aa17-267ca6975798/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/build";

    #[test]
    fn reads_each_kind_of_id() {
        let read = |text: &str| text.parse::<UserAssignedId>().ok();
        let guid = || GUID.to_owned();
        assert_eq!(read(GUID), Some(UserAssignedId::Client(guid())));
        assert_eq!(
            read(&format!("client-id:{GUID}")),
            Some(UserAssignedId::Client(guid()))
        );
        assert_eq!(
            read(&format!("object-id:{GUID}")),
            Some(UserAssignedId::Object(guid()))
        );
        let resource = Some(UserAssignedId::Resource(RESOURCE.to_owned()));
        assert_eq!(read(RESOURCE), resource);
        assert_eq!(read(&format!("resource-id:{RESOURCE}")), resource);
        for text in [
            "",
            "build",
            "object-id:build",
            "/subscriptions/x",
            &format!("id:{GUID}"),
            &format!("object-id:{RESOURCE}"),
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn recognizes_a_guid() {
        assert!(is_guid(GUID));
        for text in [
            "",
            "contoso.onmicrosoft.com",
            "499b84ac-1321-427f-aa17-267ca697579",
            "499b84ac+1321-427f-aa17-267ca6975798",
        ] {
            assert!(!is_guid(text), "{text}");
        }
    }
}
