//! The people of an organization, with the descriptors that token administration uses.
//!
//! It never lists service principals: they have no personal access tokens.

use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;
use crate::values::text;

/// "Users - List" of the Graph API in Microsoft's REST reference.
const API_VERSION: &str = "7.1-preview.1";

/// Microsoft Entra accounts and Microsoft accounts.
const PEOPLE: &str = "aad,msa";

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Subject descriptor: `aad.…` or `msa.…`.
    pub descriptor: String,
    /// Sign-in name, such as `ada@contoso.com`.
    pub principal_name: String,
    /// Display name.
    pub display_name: String,
}

impl Client<'_> {
    /// All people of an organization. An Azure DevOps Server lists none.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn users(&self, organization: &Organization) -> Result<Vec<User>, Error> {
        let Some(mut url) = organization.identity(&["_apis", "graph", "users"]) else {
            return Ok(Vec::new());
        };
        url.query_pairs_mut().append_pair("subjectTypes", PEOPLE);
        let users = self.list(&url, API_VERSION, "value", "descriptor").await?;
        Ok(users.iter().map(read).collect())
    }
}

fn read(user: &Value) -> User {
    User {
        descriptor: text(user, "descriptor"),
        principal_name: text(user, "principalName"),
        display_name: text(user, "displayName"),
    }
}
