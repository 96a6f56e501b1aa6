//! Whether the identity that asks may read a feed of Azure Artifacts.
//!
//! It never reads what packages are in one; package clients do.

use reqwest::Method;

use crate::client::{Client, UNVERSIONED};
use crate::error::Error;
use crate::hosts::Organization;

impl Client<'_> {
    /// Asks once for a feed, by the address of its NuGet protocol: each feed has every protocol, and this one begins
    /// with a document (learn.microsoft.com, "Connect to Azure Artifacts feeds - NuGet.exe"). `feed` may have a view
    /// behind `@`.
    ///
    /// # Errors
    /// No answer, or a refusal: there is no such feed, or this identity may not read it.
    pub async fn feed(
        &self,
        organization: &Organization,
        project: Option<&str>,
        feed: &str,
    ) -> Result<(), Error> {
        let mut path: Vec<&str> = project.into_iter().collect();
        path.extend(["_packaging", feed, "nuget", "v3", "index.json"]);
        // A server's feeds take no Entra token, and no caller has one of those.
        let url = organization.packages(&path);
        let url = url.unwrap_or_else(|| organization.collection(&path));
        self.ask(Method::GET, &url, UNVERSIONED, None).await?;
        Ok(())
    }
}
