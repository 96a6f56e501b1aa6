//! Whether the caller can see a repository.
//!
//! It never reads a repository's contents; git does.

use reqwest::Method;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;

/// "Repositories - Get Repository" of Microsoft's REST reference.
const API_VERSION: &str = "7.1";

impl Client<'_> {
    /// Requests a repository by the names of project and repository.
    ///
    /// # Errors
    /// No answer, or a refusal: the repository does not exist, or this identity cannot see it.
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
