//! The tasks that an organization offers to its pipelines.
//!
//! It never changes one.

use reqwest::Method;
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;
use crate::refusal::Reason;

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
        match self.ask(Method::GET, &url, API_VERSION, None).await {
            Ok(answer) => Ok(answer
                .get("value")
                .and_then(Value::as_array)
                .map(|tasks| tasks.iter().map(read).collect())
                .unwrap_or_default()),
            Err(error) if error.is(Reason::NotFound) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

fn read(task: &Value) -> TaskDefinition {
    let text = |field: &str| {
        let value = task.get(field).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let number = |field: &str| {
        task.get("version")
            .and_then(|version| version.get(field)?.as_u64())
            .unwrap_or_default()
            .to_string()
    };
    TaskDefinition {
        name: text("name"),
        version: ["major", "minor", "patch"].map(number).join("."),
        contribution: text("contributionIdentifier"),
        contribution_version: text("contributionVersion"),
    }
}
