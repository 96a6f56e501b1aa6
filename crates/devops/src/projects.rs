//! The projects of an organization, by name.
//!
//! It never changes one.

use reqwest::Method;
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;

/// "Projects - Get" of Microsoft's REST reference.
const API_VERSION: &str = "7.1";

impl Client<'_> {
    /// The ID of a project.
    ///
    /// # Errors
    /// No answer, or a refusal: the project does not exist, or this identity cannot see it.
    pub async fn project_id(
        &self,
        organization: &Organization,
        name: &str,
    ) -> Result<String, Error> {
        let url = organization.collection(&["_apis", "projects", name]);
        let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
        let id = answer.get("id").and_then(Value::as_str);
        Ok(id.unwrap_or_default().to_owned())
    }
}
