//! Who the token's identity is to one organization.
//!
//! It never says what the identity may do there.

use reqwest::Method;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;

/// `LocationApi.ts` of microsoft/azure-devops-node-api.
const API_VERSION: &str = "7.2-preview.1";

/// An identity, as an organization knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionData {
    /// Id in the organization, by which entitlements are looked up.
    pub id: String,
    /// Name that people see.
    pub name: String,
    /// Subject descriptor, such as `aadsp.…` of a service principal.
    pub descriptor: String,
}

impl ConnectionData {
    /// Whether this is a service principal or a managed identity, which have entitlements of their own.
    #[must_use]
    pub fn is_service_principal(&self) -> bool {
        self.descriptor.starts_with("aadsp.")
    }
}

impl Client<'_> {
    /// What an organization answers to the question who is asking.
    ///
    /// # Errors
    /// No answer, or a no: the identity is no member, or its token is of another tenant.
    pub async fn connection_data(
        &self,
        organization: &Organization,
    ) -> Result<ConnectionData, Error> {
        let url = organization.collection(&["_apis", "connectionData"]);
        let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
        let user = answer.get("authenticatedUser");
        let text = |field: &str| {
            let value = user.and_then(|user| user.get(field)?.as_str());
            value.unwrap_or_default().to_owned()
        };
        Ok(ConnectionData {
            id: text("id"),
            name: text("providerDisplayName"),
            descriptor: text("subjectDescriptor"),
        })
    }
}
