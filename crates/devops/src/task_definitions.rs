//! The tasks that an organization offers to its pipelines.
//!
//! It never changes one.

use reqwest::Method;
use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, if_found};
use crate::hosts::Organization;
use crate::values::{items, text};

/// `TaskAgentRestClient` of microsoft/azure-devops-node-api.
const API_VERSION: &str = "7.2-preview.1";

/// One version of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDefinition {
    /// Name in YAML.
    pub name: String,
    /// `Major.Minor.Patch`
    pub version: String,
    /// `publisher.extension.contribution` that contains it.
    pub contribution: String,
    /// Version of the extension that contains it.
    pub contribution_version: String,
}

impl Client<'_> {
    /// All versions of a task in an organization; empty if the task is not there.
    ///
    /// # Errors
    /// No answer, or a refusal other than "not found".
    pub async fn task_definitions(
        &self,
        task_id: &str,
        organization: &Organization,
    ) -> Result<Vec<TaskDefinition>, Error> {
        let mut url = organization.collection(&["_apis", "distributedtask", "tasks", task_id]);
        url.query_pairs_mut().append_pair("allVersions", "true");
        let answer = if_found(self.ask(Method::GET, &url, API_VERSION, None).await)?;
        let answer = answer.unwrap_or_default();
        Ok(items(&answer, "value").iter().map(read).collect())
    }
}

fn read(task: &Value) -> TaskDefinition {
    let number = |field: &str| {
        let number = task["version"][field].as_u64();
        number.unwrap_or_default().to_string()
    };
    TaskDefinition {
        name: text(task, "name"),
        version: ["major", "minor", "patch"].map(number).join("."),
        contribution: text(task, "contributionIdentifier"),
        contribution_version: text(task, "contributionVersion"),
    }
}
