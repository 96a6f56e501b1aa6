//! The part of `task.json` that decides how a task runs: identity, inputs, handlers, restrictions.
//!
//! It never runs a task. Fields and patterns follow `tasks.schema.json` of microsoft/azure-pipelines-task-lib;
//! unknown fields are refused, so that a misspelled one is an error.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A complete `task.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Task {
    /// Schema address, for editors.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// GUID of the task; never changes once released.
    pub id: String,
    /// Name in YAML, before the `@`.
    pub name: String,
    /// Name in the classic editor, at most 40 characters.
    pub friendly_name: String,
    /// One sentence for the task catalog.
    pub description: String,
    /// Page behind the "more information" link.
    pub help_url: Option<String>,
    /// Markdown next to the task's form.
    pub help_mark_down: Option<String>,
    /// What is new in this major version.
    pub release_notes: Option<String>,
    /// Catalog category.
    pub category: String,
    /// Hubs that offer the task: `Build`, `Release`.
    pub visibility: Vec<String>,
    /// Kinds of job that can run it: `Agent`, `DeploymentGroup`, …
    pub runs_on: Vec<String>,
    /// Publisher's name.
    pub author: String,
    /// `Major`, `Minor`, `Patch`.
    pub version: Version,
    /// Marks the task as a preview.
    pub preview: Option<bool>,
    /// Oldest agent that supports one of our handlers.
    pub minimum_agent_version: Option<String>,
    /// Capabilities that the agent must have.
    #[serde(default)]
    pub demands: Vec<String>,
    /// Name of a step in the classic editor, which may contain `$(input)`.
    pub instance_name_format: String,
    /// Shows the environment section in the classic editor.
    pub show_environment_variables: Option<bool>,
    /// Groups of the form.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// Inputs, in the order of the form.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// Queries that fill pick lists from a service.
    #[serde(default)]
    pub data_source_bindings: Vec<serde_json::Value>,
    /// Output variables that the task declares.
    #[serde(default)]
    pub output_variables: Vec<OutputVariable>,
    /// Handlers that run before checkout.
    #[serde(default, rename = "prejobexecution")]
    pub pre_job_execution: BTreeMap<String, Handler>,
    /// Handlers of the step itself.
    #[serde(default)]
    pub execution: BTreeMap<String, Handler>,
    /// Handlers that run when the job ends.
    #[serde(default, rename = "postjobexecution")]
    pub post_job_execution: BTreeMap<String, Handler>,
    /// Logging commands and variables that the task may use.
    pub restrictions: Option<Restrictions>,
    /// Messages that the task looks up by name.
    #[serde(default)]
    pub messages: BTreeMap<String, String>,
}

/// Version of a task; the agent caches tasks by version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Version {
    /// The number after the `@` in YAML.
    pub major: u32,
    /// Incremented by a release with new features.
    pub minor: u32,
    /// Incremented by any other release.
    pub patch: u32,
}

/// A group of the task's form, which can be collapsed.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// Name that inputs refer to.
    pub name: String,
    /// Heading of the group.
    pub display_name: String,
    /// Whether the group is expanded at first.
    pub is_expanded: Option<bool>,
    /// Condition on other inputs.
    pub visible_rule: Option<String>,
}

/// One input of a task.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// Name; the agent passes `INPUT_<NAME>` in uppercase.
    pub name: String,
    /// `string`, `boolean`, `multiLine`, `pickList`, `connectedService:AzureRM`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Other names that YAML may use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Label of the field.
    pub label: String,
    /// Value if the user sets none.
    pub default_value: Option<serde_json::Value>,
    /// Whether a value is required.
    #[serde(default)]
    pub required: bool,
    /// Help text of the field.
    pub help_mark_down: Option<String>,
    /// Group of the field.
    pub group_name: Option<String>,
    /// Condition on other inputs.
    pub visible_rule: Option<String>,
    /// Options of a pick list: value and label.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// Properties for the editor.
    #[serde(default)]
    pub properties: BTreeMap<String, serde_json::Value>,
}

/// An output variable that the task declares.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputVariable {
    /// Name, seen by later steps as `<step>.<name>`.
    pub name: String,
    /// What it holds.
    pub description: Option<String>,
}

/// A handler of one section.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handler {
    /// File that the handler starts, relative to the task's folder.
    pub target: Option<String>,
    /// `windows` makes an agent on Windows prefer this handler.
    #[serde(default)]
    pub platforms: Vec<String>,
}

/// What the agent allows the task to do.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Restrictions {
    /// Logging commands.
    pub commands: Option<CommandRestriction>,
    /// Variables.
    pub settable_variables: Option<SettableVariables>,
}

/// Whether the task may use all logging commands, or only the harmless ones.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommandRestriction {
    /// `any` or `restricted`.
    pub mode: String,
}

/// Patterns of the variables that the task may set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettableVariables {
    /// Minimatch patterns, in any letter case; an empty list allows no variable.
    #[serde(default)]
    pub allowed: Vec<String>,
}

impl Task {
    /// Parses a `task.json`. A byte order mark, which some editors write, is skipped.
    ///
    /// # Errors
    /// The text is not JSON, lacks a required field, or has an unknown one.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text.trim_start_matches('\u{feff}'))
    }
}
