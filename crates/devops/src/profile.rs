//! The token's identity in Azure DevOps.
//!
//! It never reads the token itself.

use reqwest::Method;

use crate::client::Client;
use crate::error::Error;
use crate::values::text;

/// "Profiles - Get" of Microsoft's REST reference.
const API_VERSION: &str = "7.1-preview.3";

/// An identity, as Azure DevOps knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The ID that a publisher's member page requires.
    pub id: String,
    /// Display name.
    pub display_name: String,
}

impl Client<'_> {
    /// The profile of the token's identity.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn profile(&self) -> Result<Profile, Error> {
        let url = self.hosts.profile(&["_apis", "profile", "profiles", "me"]);
        let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
        Ok(Profile {
            id: text(&answer, "id"),
            display_name: text(&answer, "displayName"),
        })
    }
}
