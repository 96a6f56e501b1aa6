//! The variables for the clients of `configure`, and the two ways to set them: for later steps of the job, or for one
//! process.
//!
//! It never decides what to configure.

use std::env;
use std::path::{Path, PathBuf};

use adieu_agent::{Audience, Environment, Log, TooLong, VariableName};
use adieu_identity::Connection;
use adieu_identity::resource::Cloud;
use adieu_order::Map;
use adieu_secret::{EndpointSecret, JobToken};

use super::{git, headers};
use crate::connection::id_token_address;
use crate::reporter::Reporter;

/// An environment variable for later steps or for one script.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) name: VariableName,
    pub(crate) value: Value<'a>,
}

/// The value of a variable.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Plain(String),
    Key(&'a EndpointSecret),
    JobToken(JobToken),
}

/// The settings of Terraform's providers for Azure Pipelines (`provider.go` of
/// microsoft/terraform-provider-azuredevops; registry.terraform.io, "Authenticating using OpenID Connect"). They
/// request ID tokens from Azure DevOps themselves, so one setting is the job token.
pub(super) fn terraform(
    environment: &Environment,
    connection: &Connection,
) -> Vec<Setting<'static>> {
    let facts = &connection.facts;
    let mut settings = vec![
        plain("ARM_USE_OIDC", "true"),
        plain("ARM_USE_CLI", "false"),
        plain("ARM_CLIENT_ID", &facts.client_id),
        plain("ARM_TENANT_ID", &facts.tenant),
        plain("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", &facts.id),
    ];
    // In a release, an older server does not set the variable, so the providers would have no address.
    let request = environment.job().ok().as_ref().and_then(id_token_address);
    settings.extend(request.map(|request| plain("ARM_OIDC_REQUEST_URL", &request)));
    if let Some(token) = environment.job_token() {
        settings.push(Setting {
            name: VariableName::ours("ARM_OIDC_REQUEST_TOKEN"),
            value: Value::JobToken(token),
        });
    }
    let id = adieu_agent::EndpointId::new(&facts.id);
    let subscription = environment.endpoint(&id);
    let subscription = subscription.and_then(|endpoint| endpoint.data("subscriptionId"));
    settings.extend(subscription.map(|id| plain("ARM_SUBSCRIPTION_ID", id)));
    let cloud = match connection.cloud {
        Cloud::UsGovernment => Some("usgovernment"),
        Cloud::China => Some("china"),
        Cloud::Public | Cloud::Custom(_) => None,
    };
    settings.extend(cloud.map(|name| plain("ARM_ENVIRONMENT", name)));
    settings
}

/// git's settings for the repositories of the job.
pub(super) fn of_git(
    program: &Path,
    environment: Option<&Environment>,
    reporter: &dyn Reporter,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<Setting<'static>> {
    let of_job = |name| environment?.platform_variable(name).ok().flatten();
    // `path:` of a checkout step is below the first folder, wherever the second is.
    let places = [
        "Agent.BuildDirectory",
        "Build.SourcesDirectory",
        "System.DefaultWorkingDirectory",
    ];
    let mut roots: Vec<PathBuf> = places
        .into_iter()
        .flat_map(of_job)
        .map(PathBuf::from)
        .collect();
    if roots.is_empty() {
        roots.extend(env::current_dir());
    }
    let headers = headers::find(&roots);
    if !headers.others.is_empty() {
        reporter.warn(&format!(
            "git is configured to send headers other than Authorization to {}. It does not \
             send them while `configure: git` is in effect.",
            headers.others.join(", ")
        ));
    }
    if headers.is_incomplete {
        reporter.warn(
            "There are too many folders to find every repository. A credential that \
         checkout left in one of the others can hide the one of `configure: git`.",
        );
    }
    let program = program.display().to_string();
    let repository = of_job("Build.Repository.Uri");
    git::settings(&program, &headers.addresses, repository, variable)
        .into_iter()
        .map(|(name, value)| Setting {
            name,
            value: Value::Plain(value),
        })
        .collect()
}

/// Variable that keeps the list of the agent's machine while the pipeline's longer one replaces it.
pub(crate) const KEPT_NO_PROXY: &str = "ADIEU_MACHINE_NO_PROXY";

/// The `NO_PROXY` of the agent's machine, before `configure` added to it.
fn machine_no_proxy(environment: &Environment) -> Option<String> {
    let own = environment.machine_variable("NO_PROXY");
    let kept = || environment.variable(KEPT_NO_PROXY);
    own.or_else(kept).map(str::to_owned)
}

/// Whether the pipeline's `NO_PROXY` is the list of the agent's machine with the additions of `configure`.
pub(crate) fn is_our_no_proxy(environment: &Environment) -> bool {
    let ours = no_proxy(|name| match name {
        "NO_PROXY" => machine_no_proxy(environment),
        name => environment.machine_variable(name).map(str::to_owned),
    });
    environment.variable("NO_PROXY") == Some(&ours)
}

/// The variable that keeps the machine's list, if it has one.
pub(super) fn kept_no_proxy(environment: &Environment) -> Option<Setting<'static>> {
    machine_no_proxy(environment).map(|list| plain(KEPT_NO_PROXY, &list))
}

/// The existing list of hosts that bypass the proxy, plus this machine. Otherwise Python, JavaScript, az and Rust
/// would send requests for a loopback address, with the key, to a proxy.
pub(super) fn no_proxy(variable: impl Fn(&str) -> Option<String>) -> String {
    // Most tools prefer the lowercase variable.
    let before = variable("no_proxy").or_else(|| variable("NO_PROXY"));
    let mut names: Vec<String> = before
        .unwrap_or_default()
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    // Alone it matches every host; in a list, curl and Python treat it as a name.
    let is_everybody = names == ["*"];
    for own in ["127.0.0.1", "localhost"] {
        if !is_everybody && !names.iter().any(|name| name == own) {
            names.push(own.to_owned());
        }
    }
    names.join(",")
}

pub(super) fn plain(name: &'static str, value: &str) -> Setting<'static> {
    Setting {
        name: VariableName::ours(name),
        value: Value::Plain(value.to_owned()),
    }
}

pub(super) fn key<'a>(name: &'static str, key: &'a EndpointSecret) -> Setting<'a> {
    Setting {
        name: VariableName::ours(name),
        value: Value::Key(key),
    }
}

/// Sets the settings as pipeline variables. A key is masked but not a secret variable, because clients read it from
/// their environment without `env:`.
pub(crate) fn publish(settings: &[Setting<'_>], log: &Log) -> Result<(), TooLong> {
    for setting in settings {
        let name = &setting.name;
        match &setting.value {
            Value::Plain(value) => log.set_variable(name, value, Audience::Job)?,
            Value::Key(key) => log.set_exposed(name, &log.mask(key))?,
            Value::JobToken(token) => log.set_exposed(name, &log.mask(token))?,
        }
    }
    Ok(())
}

/// The settings as environment variables for a child process: the only place where a key leaves its type, because a
/// process has no other way to get it.
pub(crate) fn environment_of(settings: &[Setting<'_>]) -> Map<String, String> {
    let mut environment = Map::new();
    for setting in settings {
        let value = match &setting.value {
            Value::Plain(value) => value.clone(),
            Value::Key(key) => key.reveal().to_owned(),
            Value::JobToken(token) => token.reveal().to_owned(),
        };
        // Tools differ in which of the two they read; Windows has only one.
        let name = setting.name.in_environment();
        if matches!(name.as_str(), "NO_PROXY" | "HTTPS_PROXY") && !cfg!(windows) {
            environment.insert(name.to_ascii_lowercase(), value.clone());
        }
        environment.insert(name, value);
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_this_machine_past_a_proxy() {
        for (capital, small, expected) in [
            (None, None, "127.0.0.1,localhost"),
            (Some("a, b"), None, "a,b,127.0.0.1,localhost"),
            (Some("a"), Some("c"), "c,127.0.0.1,localhost"),
            (None, Some("localhost,x"), "localhost,x,127.0.0.1"),
            (Some(" * "), None, "*"),
        ] {
            let variable = |name: &str| match name {
                "NO_PROXY" => capital.map(str::to_owned),
                _ => small.map(str::to_owned),
            };
            assert_eq!(no_proxy(variable), expected);
        }
    }
}
