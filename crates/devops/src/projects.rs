//! The projects of an organization, and whether the caller can see a repository.
//!
//! It changes none, and never reads a repository's contents; git does.

use reqwest::Method;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;
use crate::values::text;

/// "Projects - List" and "- Get", and "Repositories - Get Repository", of Microsoft's REST reference.
const API_VERSION: &str = "7.1";

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// ID for requests: a name can change.
    pub id: String,
    /// Display name.
    pub name: String,
}

impl Client<'_> {
    /// All projects of an organization that the caller can see.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn projects(&self, organization: &Organization) -> Result<Vec<Project>, Error> {
        let mut url = organization.collection(&["_apis", "projects"]);
        url.query_pairs_mut().append_pair("$top", "100");
        let projects = self.list(&url, API_VERSION, "value", "id").await?;
        Ok(projects
            .iter()
            .map(|project| Project {
                id: text(project, "id"),
                name: text(project, "name"),
            })
            .collect())
    }

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
        Ok(text(&answer, "id"))
    }

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
