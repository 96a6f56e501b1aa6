//! The environment of a task's process (`TaskRunner.cs`, `Handler.cs`).
//!
//! From the emulator's own process it takes only the variables with which programs are found.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use adieu_manifest::task::Task;

use super::job::{Job, PATH_SEPARATOR};
use super::masker::Masker;
use super::variables::{VariableFlags, Variables, expand, formatted};

/// A step of a task, as the pipeline defines it.
pub(crate) struct StepDefinition<'s> {
    pub(crate) task: &'s Task,
    pub(crate) inputs: &'s BTreeMap<String, String>,
    /// Its `env:`.
    pub(crate) mapped: &'s BTreeMap<String, String>,
    /// The step's ID, which all its sections share.
    pub(crate) instance: &'s str,
    /// Whether it runs in a container, which has its own environment instead of the agent's.
    pub(crate) in_container: bool,
}

/// The whole environment of a step, with variables that are already expanded.
pub(crate) fn of_step(
    job: &mut Job<'_>,
    step: &StepDefinition<'_>,
    variables: &Variables,
) -> BTreeMap<String, String> {
    let inputs = inputs(job, step.task, step.inputs, variables);
    let mut environment = inherited(job, step, variables);
    add_variables(&of_task(step, variables), &mut environment);
    for (name, value) in &inputs {
        environment.insert(format!("INPUT_{}", formatted(name)), value.clone());
    }
    add_connections(job, step.task, &inputs, &mut environment);
    let task_variables = job.task_variables.get(step.instance);
    for variable in task_variables.into_iter().flat_map(Variables::iter) {
        environment.insert(
            format!("VSTS_TASKVARIABLE_{}", variable.in_environment()),
            variable.value.clone(),
        );
    }
    if !step.in_container {
        prepend_path(job, variables, &mut environment);
    }
    environment.insert("TF_BUILD".to_owned(), "True".to_owned());
    environment
}

/// The environment before the agent's additions: its own, and the step's `env:`.
pub(crate) fn inherited(
    job: &Job<'_>,
    step: &StepDefinition<'_>,
    variables: &Variables,
) -> BTreeMap<String, String> {
    let mut environment = if step.in_container {
        BTreeMap::new()
    } else {
        job.environment.clone()
    };
    add_mapped(job, step.mapped, variables, &mut environment);
    environment
}

/// The variables, including those that only this step has (`TaskRunner.cs`, `CreateScope`).
fn of_task(step: &StepDefinition<'_>, variables: &Variables) -> Variables {
    let mut variables = variables.clone();
    for (name, value) in [
        ("task.displayname", step.task.friendly_name.as_str()),
        // Only Microsoft's own tasks send telemetry.
        ("task.publishTelemetry", "False"),
        ("system.taskInstanceId", step.instance),
        ("system.taskDisplayName", &step.task.friendly_name),
        ("system.taskInstanceName", &step.task.name),
    ] {
        variables.set(name, value, VariableFlags::READ_ONLY);
    }
    variables
}

/// The environment of a script. The tasks that run scripts, Bash@3 and CmdLine@2, are Node programs whose task-lib
/// first removes inputs, secrets and the connections' credentials (`internal.ts`, `_loadData`).
pub(crate) fn of_script(
    job: &Job<'_>,
    mapped: &BTreeMap<String, String>,
    variables: &Variables,
) -> BTreeMap<String, String> {
    let mut environment = job.environment.clone();
    add_mapped(job, mapped, variables, &mut environment);
    add_variables(variables, &mut environment);
    prepend_path(job, variables, &mut environment);
    environment.retain(|name, _| {
        !name.starts_with("SECRET_")
            && !matches!(
                name.as_str(),
                "VSTS_PUBLIC_VARIABLES" | "VSTS_SECRET_VARIABLES"
            )
    });
    environment.insert("TF_BUILD".to_owned(), "True".to_owned());
    environment
}

impl Job<'_> {
    /// Replaces the macros of a text.
    pub(crate) fn expanded(&self, text: &str) -> String {
        let (variables, _) = self.variables.expanded(&mut Masker::default());
        expanded(self, &variables, text)
    }
}

/// Replaces the macros of a text, with variables first, then with the agent's own environment.
pub(crate) fn expanded(job: &Job<'_>, variables: &Variables, text: &str) -> String {
    expand(&variables.expand(text), |name| {
        job.environment.get(name).cloned()
    })
}

fn add_mapped(
    job: &Job<'_>,
    mapped: &BTreeMap<String, String>,
    variables: &Variables,
    environment: &mut BTreeMap<String, String>,
) {
    for (name, value) in mapped {
        environment.insert(name.clone(), expanded(job, variables, value.trim()));
    }
}

/// Prepends the folders that steps added (`AddPrependPathToEnvironment`) to the variable of that name or, without
/// one, to the environment's.
fn prepend_path(job: &Job<'_>, variables: &Variables, environment: &mut BTreeMap<String, String>) {
    let Some(mut path) = job.path_of_steps() else {
        return;
    };
    let of_variable = variables.get("PATH").map(|variable| &variable.value);
    if let Some(original) = of_variable.or_else(|| environment.get("PATH")) {
        path.push(PATH_SEPARATOR);
        path.push_str(original);
    }
    environment.insert("PATH".to_owned(), path);
}

/// Every input in task.json, with the step's value (by name or alias) or the default. Values are trimmed, then
/// expanded once, so the whitespace of a variable's value stays. Connections become IDs, and paths become absolute.
fn inputs(
    job: &Job<'_>,
    task: &Task,
    given: &BTreeMap<String, String>,
    variables: &Variables,
) -> BTreeMap<String, String> {
    let mut inputs = BTreeMap::new();
    for input in &task.inputs {
        let names = std::iter::once(&input.name).chain(&input.aliases);
        let value = names
            .filter_map(|name| given.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value.clone())
            .next()
            .or_else(|| match &input.default_value {
                Some(serde_json::Value::String(text)) => Some(text.clone()),
                Some(other) => Some(other.to_string()),
                None => None,
            })
            .unwrap_or_default();
        let mut value = expanded(job, variables, value.trim());
        if input.kind.eq_ignore_ascii_case("filePath") {
            value = rooted(job, &value);
        }
        if let Some(kind) = input.kind.strip_prefix("connectedService:") {
            let own = job.platform.azure_devops.own();
            if let Some((id, connection)) = own.connection(&value) {
                if let Err(refusal) = connection.fits(kind, &task.name, &input.name) {
                    drop(own);
                    panic!("{refusal}");
                }
                value = id.clone();
            }
        }
        inputs.insert(input.name.clone(), value);
    }
    inputs
}

/// The connections that a step names, by ID: the service sends all connections with the job.
pub(crate) fn connections(
    job: &Job<'_>,
    task: &Task,
    given: &BTreeMap<String, String>,
) -> Vec<String> {
    let inputs = inputs(job, task, given, &job.variables);
    let kinds = task.inputs.iter();
    let named = kinds.filter(|input| input.kind.starts_with("connectedService:"));
    named
        .filter_map(|input| inputs.get(&input.name).cloned())
        .filter(|id| !id.is_empty())
        .collect()
}

/// A path relative to the repository's or the release's folder; an empty path means that folder
/// (`TranslateFilePathInput`, and `GetRootedPath` of the job extensions).
fn rooted(job: &Job<'_>, path: &str) -> String {
    let root = job.value("system.defaultworkingdirectory");
    let mut full = PathBuf::new();
    for part in Path::new(root.unwrap_or_default()).join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                full.pop();
            }
            part => full.push(part),
        }
    }
    full.to_string_lossy().into_owned()
}

fn add_variables(variables: &Variables, environment: &mut BTreeMap<String, String>) {
    let (mut public, mut secret) = (Vec::new(), Vec::new());
    for variable in variables.iter() {
        let name = variable.in_environment();
        if name == "AGENT_JOBSTATUS" {
            environment.insert(variable.name.clone(), variable.value.clone());
        }
        if variable.secret {
            environment.insert(format!("SECRET_{name}"), variable.value.clone());
            secret.push(variable.name.clone());
        } else {
            environment.insert(name, variable.value.clone());
            public.push(variable.name.clone());
        }
    }
    let list = |names: Vec<String>| serde_json::Value::from(names).to_string();
    environment.insert("VSTS_PUBLIC_VARIABLES".to_owned(), list(public));
    environment.insert("VSTS_SECRET_VARIABLES".to_owned(), list(secret));
}

/// Adds the job's own connection and those that the step's inputs name. All their parameters but a few harmless ones
/// are masked, as in `MaskingUtil.cs`.
fn add_connections(
    job: &mut Job<'_>,
    task: &Task,
    inputs: &BTreeMap<String, String>,
    environment: &mut BTreeMap<String, String>,
) {
    let token = job.record.token.clone();
    let system = serde_json::json!({ "parameters": { "AccessToken": token }, "scheme": "OAuth" });
    for (name, value) in [
        ("ENDPOINT_URL_SYSTEMVSSCONNECTION", job.collection.clone()),
        ("ENDPOINT_AUTH_SYSTEMVSSCONNECTION", system.to_string()),
        (
            "ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION",
            "OAuth".to_owned(),
        ),
        (
            "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
            token,
        ),
    ] {
        environment.insert(name.to_owned(), value);
    }
    for input in task
        .inputs
        .iter()
        .filter(|input| input.kind.starts_with("connectedService:"))
    {
        let id = inputs.get(&input.name).cloned().unwrap_or_default();
        let mut own = job.platform.azure_devops.own();
        let Some(mut connection) = own.connections.get(&id).cloned() else {
            continue;
        };
        if let Some(record) = own
            .jobs
            .iter_mut()
            .find(|record| record.id == job.record.id)
        {
            record.references.push(id.clone());
        }
        drop(own);
        job.endpoints.name(&id);
        job.endpoints.apply(&id, &mut connection);
        let authorization =
            serde_json::json!({ "parameters": connection.parameters, "scheme": connection.scheme });
        environment.insert(format!("ENDPOINT_URL_{id}"), connection.url.clone());
        environment.insert(format!("ENDPOINT_AUTH_{id}"), authorization.to_string());
        environment.insert(
            format!("ENDPOINT_AUTH_SCHEME_{id}"),
            connection.scheme.clone(),
        );
        for (key, value) in &connection.parameters {
            environment.insert(
                format!("ENDPOINT_AUTH_PARAMETER_{id}_{}", formatted(key)),
                value.clone(),
            );
            if !matches!(
                key.to_lowercase().as_str(),
                "role"
                    | "scope"
                    | "tenantid"
                    | "issuedat"
                    | "expiresat"
                    | "audience"
                    | "authenticationtype"
                    | "authorizationtype"
                    | "accesstokentype"
                    | "accesstokenfetchingmethod"
                    | "usewindowssecurity"
                    | "unsecured"
                    | "oauthaccesstokenissupplied"
                    | "completecallbackpayload"
                    | "acceptuntrustedcertificates"
            ) {
                // As a whole, like the agent: a single line of a certificate's key is not masked.
                job.masker.add(value);
            }
        }
        environment.insert(
            format!("ENDPOINT_DATA_{id}"),
            serde_json::json!(connection.data).to_string(),
        );
        for (key, value) in &connection.data {
            environment.insert(
                format!("ENDPOINT_DATA_{id}_{}", formatted(key)),
                value.clone(),
            );
        }
    }
}
