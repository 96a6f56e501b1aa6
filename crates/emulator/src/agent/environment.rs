//! The environment of a task's process (`TaskRunner.cs`, `Handler.cs`).
//!
//! It takes nothing from the process that runs the emulator but what lets programs be found.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use adieu_manifest::task::Task;

use super::job::Job;
use super::variables::{Variables, formatted};

/// What the agent's own process has.
pub(crate) fn of_agent() -> BTreeMap<String, String> {
    ["PATH", "HOME", "SystemRoot", "TEMP", "TMP"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect()
}

/// Whether a variable is the server's or the agent's own.
pub(crate) fn is_of_system(name: &str) -> bool {
    let name = name.to_lowercase();
    ["system.", "agent.", "build.", "release."]
        .iter()
        .any(|start| name.starts_with(start))
}

/// The whole environment of one step.
pub(crate) fn of_step(
    job: &mut Job<'_>,
    task: &Task,
    inputs: &BTreeMap<String, String>,
    mapped: &BTreeMap<String, String>,
    instance: &str,
) -> BTreeMap<String, String> {
    let mut environment = job.environment.clone();
    for (name, value) in mapped {
        environment.insert(name.clone(), job.variables.expand(value.trim()));
    }
    variables(&job.variables, &mut environment);
    connections(job, task, inputs, &mut environment);
    for (name, value) in inputs {
        environment.insert(format!("INPUT_{}", formatted(name)), value.clone());
    }
    for variable in job
        .task_variables
        .get(instance)
        .into_iter()
        .flat_map(Variables::iter)
    {
        environment.insert(
            format!("VSTS_TASKVARIABLE_{}", formatted(&variable.name)),
            variable.value.clone(),
        );
    }
    environment.insert("TF_BUILD".to_owned(), "True".to_owned());
    environment.insert("VSTS_PROCESS_LOOKUP_ID".to_owned(), job.lookup_id.clone());
    environment
}

/// The environment of a script. The tasks that run one, Bash@3 and CmdLine@2, are Node programs whose task-lib
/// takes inputs, secrets and connections' credentials away first (`internal.ts`, `_loadData`).
pub(crate) fn of_script(
    job: &Job<'_>,
    mapped: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut environment = job.environment.clone();
    for (name, value) in mapped {
        environment.insert(name.clone(), job.variables.expand(value.trim()));
    }
    variables(&job.variables, &mut environment);
    environment.retain(|name, _| {
        !name.starts_with("SECRET_")
            && !matches!(
                name.as_str(),
                "VSTS_PUBLIC_VARIABLES" | "VSTS_SECRET_VARIABLES"
            )
    });
    environment.insert("TF_BUILD".to_owned(), "True".to_owned());
    environment.insert("VSTS_PROCESS_LOOKUP_ID".to_owned(), job.lookup_id.clone());
    environment
}

/// Every input that task.json declares: what the step says by name or alias, or the default; trimmed, then
/// expanded once, so that white space of a variable's value stays. Connections become ids, paths are rooted.
pub(crate) fn inputs(
    job: &Job<'_>,
    task: &Task,
    said: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut inputs = BTreeMap::new();
    for input in &task.inputs {
        let names = std::iter::once(&input.name).chain(&input.aliases);
        let value = names
            .filter_map(|name| said.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value.clone())
            .next()
            .or_else(|| match &input.default_value {
                Some(serde_json::Value::String(text)) => Some(text.clone()),
                Some(other) => Some(other.to_string()),
                None => None,
            })
            .unwrap_or_default();
        let mut value = job.variables.expand(value.trim());
        if input.kind.eq_ignore_ascii_case("filePath") {
            value = rooted(job, &value);
        }
        if input.kind.starts_with("connectedService:") {
            let directory = job.world.directory();
            let found = directory
                .connections
                .iter()
                .find(|(_, connection)| connection.name == value);
            if let Some((id, _)) = found {
                value = id.clone();
            }
        }
        inputs.insert(input.name.clone(), value);
    }
    inputs
}

/// A path below the repository's folder, or the release's; no path at all is that folder itself
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

fn variables(variables: &Variables, environment: &mut BTreeMap<String, String>) {
    let (mut public, mut secret) = (Vec::new(), Vec::new());
    for variable in variables.iter() {
        let name = formatted(&variable.name);
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

/// The system connection, and those that the step's inputs name. Their secrets are masked, as `MaskingUtil.cs`
/// has it: all but a few harmless parameters.
fn connections(
    job: &mut Job<'_>,
    task: &Task,
    inputs: &BTreeMap<String, String>,
    environment: &mut BTreeMap<String, String>,
) {
    let token = job.record.token.clone();
    let system = serde_json::json!({ "parameters": { "AccessToken": token }, "scheme": "OAuth" });
    for (name, value) in [
        (
            "ENDPOINT_URL_SYSTEMVSSCONNECTION",
            job.world.azure_devops().url().to_owned(),
        ),
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
        let mut directory = job.world.directory();
        let Some(connection) = directory.connections.get(&id).cloned() else {
            continue;
        };
        if let Some(record) = directory
            .jobs
            .iter_mut()
            .find(|record| record.id == job.record.id)
        {
            record.references.push(id.clone());
        }
        drop(directory);
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
            ) {
                // Whole, as the agent does: a line of a certificate's key by itself is not masked.
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
