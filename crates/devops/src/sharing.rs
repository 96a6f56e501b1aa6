//! The organizations with which a private extension is shared.
//!
//! It never installs the extension there.

use reqwest::{Method, Url};
use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, is_removed};
use crate::gallery::ExtensionName;
use crate::hosts::Organization;

/// microsoft/tfs-cli, `sharing.ts`; the words "publisher" and "extension" in the path are singular.
const API_VERSION: &str = "7.2-preview.1";

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
        let url = self.sharing(name, organization);
        let answer = self.ask(Method::POST, &url, API_VERSION, Some(&Value::Null));
        answer.await.map(drop)
    }

    /// Stops sharing it with an organization. Returns whether it was shared.
    ///
    /// # Errors
    /// No answer, or a refusal other than "not shared".
    pub async fn unshare(
        &self,
        name: &ExtensionName,
        organization: &Organization,
    ) -> Result<bool, Error> {
        let url = self.sharing(name, organization);
        is_removed(self.ask(Method::DELETE, &url, API_VERSION, None).await)
    }

    fn sharing(&self, name: &ExtensionName, organization: &Organization) -> Url {
        self.in_extension(name, &["accountsbyname", &organization.name])
    }
}
