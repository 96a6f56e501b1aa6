//! The caller's role in an Azure Artifacts feed.
//!
//! It never reads the packages; package clients do.

use reqwest::Method;
use serde_json::Value;

use crate::client::{Client, UNVERSIONED};
use crate::error::Error;
use crate::hosts::Organization;

/// "Feed Management - Get Feeds" of Microsoft's REST reference.
const API_VERSION: &str = "7.1";

/// A role in a feed. Each role includes the permissions of the roles before it (learn.microsoft.com, "Manage
/// permissions").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeedRole {
    /// Feed Reader.
    Reader,
    /// Feed and Upstream Reader (Collaborator): also saves packages from upstream sources.
    Collaborator,
    /// Feed Publisher (Contributor), or an owner: also publishes.
    Publisher,
}

impl Client<'_> {
    /// Requests a feed once, at the address of its NuGet protocol: each feed has every protocol, and this one starts
    /// with a document (learn.microsoft.com, "Connect to Azure Artifacts feeds - NuGet.exe"). `feed` may have a view
    /// after `@`.
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
        // Feeds of an Azure DevOps Server accept no Microsoft Entra token, and no caller has one of those.
        let url = organization.packages(&path);
        let url = url.unwrap_or_else(|| organization.collection(&path));
        self.ask(Method::GET, &url, UNVERSIONED, None).await?;
        Ok(())
    }

    /// The caller's role in a feed that it can read, by the feed's name without a view: from the lists of feeds in
    /// which it has each role. A reader of a feed without upstream sources has nothing to save and counts as
    /// [`FeedRole::Collaborator`]. `None` if the service does not list the feed.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn feed_role(
        &self,
        organization: &Organization,
        project: Option<&str>,
        feed: &str,
    ) -> Result<Option<FeedRole>, Error> {
        // The service's parameter is either the lowest role or the exact role; this order works for both.
        for (word, role) in [
            ("contributor", FeedRole::Publisher),
            ("administrator", FeedRole::Publisher),
            ("collaborator", FeedRole::Collaborator),
            ("reader", FeedRole::Reader),
        ] {
            let mut path: Vec<&str> = project.into_iter().collect();
            path.extend(["_apis", "packaging", "feeds"]);
            let Some(mut url) = organization.feeds(&path) else {
                return Ok(None);
            };
            url.query_pairs_mut().append_pair("feedRole", word);
            let list = self.ask(Method::GET, &url, API_VERSION, None).await?;
            let mut feeds = list["value"].as_array().into_iter().flatten();
            let is_it = |one: &&Value| {
                let is = |field: &str| {
                    let value = one[field].as_str();
                    value.is_some_and(|value| value.eq_ignore_ascii_case(feed))
                };
                // An organization's list includes the feeds of its projects.
                (is("name") || is("id")) && one["project"].is_null() == project.is_none()
            };
            let Some(found) = feeds.find(is_it) else {
                continue;
            };
            let has_upstreams = || {
                let sources = found["upstreamSources"].as_array();
                found["upstreamEnabled"] != false && sources.is_none_or(|all| !all.is_empty())
            };
            return Ok(Some(match role {
                FeedRole::Reader if !has_upstreams() => FeedRole::Collaborator,
                role => role,
            }));
        }
        Ok(None)
    }
}
