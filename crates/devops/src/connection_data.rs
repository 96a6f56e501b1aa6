//! The token's identity in one organization.
//!
//! It never shows the identity's permissions there.

use reqwest::{Method, Url};

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;
use crate::tenant::is_guid;
use crate::values::text;

/// `LocationApi.ts` of microsoft/azure-devops-node-api.
const API_VERSION: &str = "7.2-preview.1";

/// An identity, as an organization knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionData {
    /// ID in the organization, which entitlements use.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Subject descriptor, such as `aadsp.…` of a service principal.
    pub descriptor: String,
    /// Its Microsoft Entra tenant; `None` for a Microsoft account.
    pub tenant: Option<String>,
    /// Object ID in that tenant; `None` for a person, whose descriptor has the sign-in name instead.
    pub object_id: Option<String>,
}

impl ConnectionData {
    /// Whether this is a service principal or a managed identity, which have their own entitlements.
    pub fn is_service_principal(&self) -> bool {
        self.descriptor.starts_with("aadsp.")
    }
}

impl Client<'_> {
    /// The caller's identity in an organization.
    ///
    /// # Errors
    /// No answer, or a refusal: the identity is not a member, or its token belongs to another tenant.
    pub async fn connection_data(
        &self,
        organization: &Organization,
    ) -> Result<ConnectionData, Error> {
        let url = organization.collection(&["_apis", "connectionData"]);
        self.who(&url).await
    }

    /// The caller's identity in Azure DevOps, outside any organization: each of its hosts has the location service.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn own_connection_data(&self) -> Result<ConnectionData, Error> {
        let url = self.hosts.profile(&["_apis", "connectionData"]);
        self.who(&url).await
    }

    async fn who(&self, url: &Url) -> Result<ConnectionData, Error> {
        let answer = self.ask(Method::GET, url, API_VERSION, None).await?;
        let user = &answer["authenticatedUser"];
        let (tenant, object_id) = claims_identity(&text(user, "descriptor"));
        Ok(ConnectionData {
            id: text(user, "id"),
            name: text(user, "providerDisplayName"),
            descriptor: text(user, "subjectDescriptor"),
            tenant,
            object_id,
        })
    }
}

/// The tenant and the object ID in an identity descriptor: `….Claims.AadServicePrincipal;TENANT\OBJECT` for a service
/// principal, `….ClaimsIdentity;TENANT\name@contoso.com` for a person.
fn claims_identity(descriptor: &str) -> (Option<String>, Option<String>) {
    let guid = |text: &str| is_guid(text).then(|| text.to_ascii_lowercase());
    let Some((_, identifier)) = descriptor.split_once(';') else {
        return (None, None);
    };
    match identifier.split_once('\\') {
        Some((tenant, name)) => (guid(tenant), guid(name)),
        None => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tenant_and_object_id_from_a_descriptor() {
        const TENANT: &str = "8d3c0f1e-aaaa-4bbb-8ccc-0123456789ab";
        const OBJECT: &str = "11111111-2222-4333-8444-555555555555";
        let of = |kind: &str, name: &str| {
            let (tenant, object) = claims_identity(&format!("Microsoft.{kind};{TENANT}\\{name}"));
            (tenant.as_deref() == Some(TENANT), object)
        };
        assert_eq!(
            of("VisualStudio.Services.Claims.AadServicePrincipal", OBJECT),
            (true, Some(OBJECT.to_owned()))
        );
        assert_eq!(
            of("IdentityModel.Claims.ClaimsIdentity", "jane@contoso.com"),
            (true, None)
        );
        for descriptor in [
            "",
            "Windows;S-1-5-21",
            "ClaimsIdentity;Windows Live ID\\a@b",
        ] {
            assert_eq!(claims_identity(descriptor), (None, None), "{descriptor}");
        }
    }
}
