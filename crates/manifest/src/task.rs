//! The part of `task.json` that decides how a task runs: identity, inputs, handlers, restrictions.
//!
//! It never runs a task. Fields and patterns follow `tasks.schema.json` of
//! microsoft/azure-pipelines-task-lib; unknown fields are kept out, so that a misspelled one is an error.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A whole `task.json`.
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
    /// Markdown beside the task's form.
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
    /// Lowest agent that knows one of our handlers.
    pub minimum_agent_version: Option<String>,
    /// Capabilities that the agent must have.
    #[serde(default)]
    pub demands: Vec<String>,
    /// Text of a step in the classic editor, with `$(input)` in it.
    pub instance_name_format: String,
    /// Shows the environment section in the classic editor.
    pub show_environment_variables: Option<bool>,
    /// Folds of the form.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// Inputs, in the order of the form.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// Look-ups that fill pick lists from a service.
    #[serde(default)]
    pub data_source_bindings: Vec<serde_json::Value>,
    /// Output variables that the task declares.
    #[serde(default)]
    pub output_variables: Vec<OutputVariable>,
    /// Handlers that run before checkout.
    #[serde(default, rename = "prejobexecution")]
    pub pre_job_execution: BTreeMap<String, Handler>,
    /// Handlers that run in the step's place.
    #[serde(default)]
    pub execution: BTreeMap<String, Handler>,
    /// Handlers that run when the job ends.
    #[serde(default, rename = "postjobexecution")]
    pub post_job_execution: BTreeMap<String, Handler>,
    /// Logging commands and variables that the task may use.
    pub restrictions: Option<Restrictions>,
    /// Texts that the task looks up by name.
    #[serde(default)]
    pub messages: BTreeMap<String, String>,
}

/// Version of a task; the agent caches a task under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Version {
    /// What YAML names after the `@`.
    pub major: u32,
    /// Raised by a release with something new.
    pub minor: u32,
    /// Raised by every other release.
    pub patch: u32,
}

/// A fold of the task's form.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// Name that inputs refer to.
    pub name: String,
    /// Heading of the fold.
    pub display_name: String,
    /// Whether the fold starts open.
    pub is_expanded: Option<bool>,
    /// Condition on other inputs.
    pub visible_rule: Option<String>,
}

/// One input of a task.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// Name: the agent passes `INPUT_<NAME>` in upper case.
    pub name: String,
    /// `string`, `boolean`, `multiLine`, `pickList`, `connectedService:AzureRM`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Other names that YAML may use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Text beside the field.
    pub label: String,
    /// Value when the user says nothing.
    pub default_value: Option<serde_json::Value>,
    /// Whether a value must be there.
    #[serde(default)]
    pub required: bool,
    /// Help behind the field's icon.
    pub help_mark_down: Option<String>,
    /// Fold that the field is in.
    pub group_name: Option<String>,
    /// Condition on other inputs.
    pub visible_rule: Option<String>,
    /// Choices of a pick list: value to label.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// Editor's properties.
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
    /// `windows` moves a handler to the front there.
    #[serde(default)]
    pub platforms: Vec<String>,
}

/// What the agent lets the task do.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Restrictions {
    /// Logging commands.
    pub commands: Option<CommandRestriction>,
    /// Variables.
    pub settable_variables: Option<SettableVariables>,
}

/// Whether all logging commands are open to the task, or the harmless ones only.
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
    /// Minimatch patterns, letter case ignored; none means nothing is settable.
    #[serde(default)]
    pub allowed: Vec<String>,
}

impl Task {
    /// Reads a `task.json`. A byte order mark, which some editors write, is passed over.
    ///
    /// # Errors
    /// The text is not JSON, misses a field that a task needs, or has one that no task has.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text.trim_start_matches('\u{feff}'))
    }
}
