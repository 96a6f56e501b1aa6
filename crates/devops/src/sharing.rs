//! The organizations with which a private extension is shared.
//!
//! It never installs the extension there.

use reqwest::Method;
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::gallery::{self, ExtensionName};
use crate::hosts::Organization;
use crate::refusal::Reason;

/// microsoft/tfs-cli, `sharing.ts`; the words "publisher" and "extension" in the path are singular.
const API_VERSION: &str = "7.2-preview.1";

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// It took effect.
    Changed,
    /// Nothing had to be changed.
    WasSo,
}

impl Client<'_> {
    /// Shares an extension with an organization.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn share(
        &self,
        name: &ExtensionName,
        organization: &Organization,
    ) -> Result<(), Error> {
        self.change(Method::POST, name, organization, Some(&Value::Null))
            .await
    }

    /// Stops sharing it with an organization.
    ///
    /// # Errors
    /// No answer, or a refusal other than "not shared".
    pub async fn unshare(
        &self,
        name: &ExtensionName,
        organization: &Organization,
    ) -> Result<Sharing, Error> {
        match self.change(Method::DELETE, name, organization, None).await {
            Ok(()) => Ok(Sharing::Changed),
            Err(error) if error.is(Reason::NotFound) && error.is_of_a_repeat() => {
                Ok(Sharing::Changed)
            }
            Err(error) if error.is(Reason::NotFound) => Ok(Sharing::WasSo),
            Err(error) => Err(error),
        }
    }

    async fn change(
        &self,
        method: Method,
        name: &ExtensionName,
        organization: &Organization,
        body: Option<&Value>,
    ) -> Result<(), Error> {
        let path = ["accountsbyname", &organization.name];
        let url = gallery::below(self.hosts, name, &path);
        self.ask(method, &url, API_VERSION, body).await.map(|_| ())
    }
}
