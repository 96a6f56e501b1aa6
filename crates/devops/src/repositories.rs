//! Whether a repository is shown to the identity that asks.
//!
//! It never reads what is in one; git does.

use reqwest::Method;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;

/// "Repositories - Get Repository" of Microsoft's REST reference.
const API_VERSION: &str = "7.1";

impl Client<'_> {
    /// Asks for a repository by its names.
    ///
    /// # Errors
    /// No answer, or a no: there is no such repository, or none that this identity may see.
    pub async fn repository(
        &self,
        organization: &Organization,
        project: &str,
        name: &str,
    ) -> Result<(), Error> {
        let url = organization.collection(&[project, "_apis", "git", "repositories", name]);
        self.ask(Method::GET, &url, API_VERSION, None).await?;
        Ok(())
    }
}
