//! What an organization's projects have besides repositories: service connections, variable groups, definitions, task
//! groups, service hooks and agents, each as the document that the service sends.
//!
//! It never requests a secret (`loadSecrets`, `loadConfidentialData`), and never interprets a document.

use reqwest::{Method, Url};
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;
use crate::list::Pages;
use crate::projects::Project;
use crate::values::text;

/// "Executionhistory - List" of the same reference.
const HISTORY: &str = "7.2-preview.1";

/// "Definitions - List" and "- Get" of releases, of the same reference.
const RELEASE_DEFINITION: &str = "7.2-preview.4";

/// "Pools - Get Agent Pools" and "Agents - List" of the same reference.
const AGENTS: &str = "7.2-preview.1";

/// A list of a project or an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Service connections, without their secrets.
    ServiceConnections,
    /// Variable groups; the values of secrets are null.
    VariableGroups,
    /// Complete build definitions.
    BuildDefinitions,
    /// Release definitions, without their steps ([`Client::release_definition`] has them).
    ReleaseDefinitions,
    /// Task groups.
    TaskGroups,
    /// Subscriptions of service hooks, of the whole organization.
    ServiceHooks,
    /// Agent pools, of the whole organization.
    AgentPools,
}

impl Listing {
    /// Its route below the organization or project, its version and its parameters, from Microsoft's REST reference.
    fn route(
        self,
    ) -> (
        &'static [&'static str],
        &'static str,
        &'static [(&'static str, &'static str)],
    ) {
        match self {
            Self::ServiceConnections => (
                &["serviceendpoint", "endpoints"],
                "7.2-preview.4",
                &[("includeFailed", "true")],
            ),
            Self::VariableGroups => (
                &["distributedtask", "variablegroups"],
                "7.2-preview.2",
                &[("$top", "100")],
            ),
            // Complete definitions have tens of kilobytes.
            Self::BuildDefinitions => (
                &["build", "definitions"],
                "7.2-preview.8",
                &[("includeAllProperties", "true"), ("$top", "50")],
            ),
            Self::ReleaseDefinitions => (
                &["release", "definitions"],
                RELEASE_DEFINITION,
                &[("$expand", "none"), ("$top", "100")],
            ),
            Self::TaskGroups => (&["distributedtask", "taskgroups"], "7.2-preview.1", &[]),
            Self::ServiceHooks => (&["hooks", "subscriptions"], "7.2-preview.1", &[]),
            Self::AgentPools => (&["distributedtask", "pools"], AGENTS, &[]),
        }
    }
}

impl Client<'_> {
    /// A list of a project or, without one, of the organization, page by page.
    pub fn resources(
        &self,
        organization: &Organization,
        project: Option<&Project>,
        listing: Listing,
    ) -> Pages<'_> {
        let (route, api_version, query) = listing.route();
        let project = project.map(|project| project.id.as_str());
        let path: Vec<&str> = project
            .into_iter()
            .chain(["_apis"])
            .chain(route.iter().copied())
            .collect();
        let mut url = match listing {
            Listing::ReleaseDefinitions => organization.release(&path),
            _ => organization.collection(&path),
        };
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.pages(url, api_version, "value", "id")
    }

    /// A release definition with its steps.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn release_definition(
        &self,
        organization: &Organization,
        project: &Project,
        id: u64,
    ) -> Result<Value, Error> {
        let id = id.to_string();
        let url = organization.release(&[&project.id, "_apis", "release", "definitions", &id]);
        self.ask(Method::GET, &url, RELEASE_DEFINITION, None).await
    }

    /// The last use of a service connection: its start, and the definition that used it; `None` if it was not used.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn last_use(
        &self,
        organization: &Organization,
        project: &Project,
        connection: &str,
    ) -> Result<Option<(String, String)>, Error> {
        let path = [
            &project.id,
            "_apis",
            "serviceendpoint",
            connection,
            "executionhistory",
        ];
        let mut url = organization.collection(&path);
        url.query_pairs_mut().append_pair("top", "1");
        let history = self.ask(Method::GET, &url, HISTORY, None).await?;
        let last = &history["value"][0]["data"];
        let at = text(last, "startTime");
        Ok((!at.is_empty()).then(|| (at, text(&last["definition"], "name"))))
    }

    /// The agents of a pool with their capabilities.
    pub fn agents(&self, organization: &Organization, pool: u64) -> Pages<'_> {
        let pool = pool.to_string();
        let path = ["_apis", "distributedtask", "pools", &pool, "agents"];
        let mut url: Url = organization.collection(&path);
        url.query_pairs_mut()
            .append_pair("includeCapabilities", "true");
        self.pages(url, AGENTS, "value", "id")
    }
}
