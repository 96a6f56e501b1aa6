//! `configure` of a step or a command line: reads its lines for `adieu_configure`, sets the variables that it decides
//! on, and writes to the log.
//!
//! It never decides what a word means.

pub(crate) mod helper;

use std::env;
use std::path::PathBuf;

use adieu_agent::{
    Audience, EndpointId, Environment, Log, TooLong, VariableName, is_for_the_task_alone,
    process_variable, process_variables, undefined_variable,
};
use adieu_broker::Address;
use adieu_configure::{Configure, Endpoints, Git, KEPT_NO_PROXY, Setting, Step, StepToken, Value};
use adieu_identity::Connection;
use adieu_identity::resource::Cloud;
use adieu_stand_in::{AllowList, StandIns};

use crate::connection::id_token_address;
use crate::failure::Failure;
use crate::lines::meaningful_lines;
use crate::program;
use crate::reporter::Reporter;
use crate::tokens::RequestedToken;

/// Parses the lines of a step, or of a command line, which has no connection. `tokens` are its own tokens.
pub(crate) fn read(
    text: &str,
    cloud: &Cloud,
    connection: Option<&Connection>,
    tokens: &[RequestedToken],
) -> Result<Configure, Box<Failure>> {
    let lines = meaningful_lines(text).map(|line| (line, undefined_variable(line)));
    let tokens = tokens.iter().map(|wanted| StepToken {
        variable: wanted.name.as_str(),
        resource: &wanted.resource,
        scope: &wanted.scope,
    });
    let tokens: Vec<_> = tokens.collect();
    let configure = Configure::read(lines, cloud, connection, &tokens);
    Ok(configure.map_err(Failure::Configure)?)
}

/// The addresses of a broker in this process, for programs that it starts.
pub(crate) fn endpoints_of(address: &Address) -> Result<Endpoints, Box<Failure>> {
    Ok(Endpoints {
        identity: address.identity_endpoint(),
        azd: address.azd_endpoint(),
        key: address.copy_of_key(),
        program: helper::of_this_process().map_err(Failure::NoBroker)?,
    })
}

/// The variables through which clients find what is configured.
pub(crate) fn settings(
    configure: &Configure,
    endpoints: Option<&Endpoints>,
    step: Option<(&Environment, &Connection)>,
    reporter: &dyn Reporter,
) -> Vec<Setting> {
    let headers = match configure.has_git() {
        true => headers(step.map(|(environment, _)| environment), reporter),
        false => Vec::new(),
    };
    let step = step.map(|(environment, connection)| Step {
        connection,
        subscription: environment
            .endpoint(&EndpointId::new(&connection.facts.id))
            .and_then(|endpoint| endpoint.data("subscriptionId"))
            .map(str::to_owned),
        repository: of_job(environment, "Build.Repository.Uri"),
        id_token_address: environment.job().ok().as_ref().and_then(id_token_address),
        job_token: environment.job_token(),
        machine_no_proxy: machine_variable(environment, "NO_PROXY"),
    });
    configure.settings(endpoints, step, &headers, &process_variable)
}

fn of_job<'a>(environment: &'a Environment, name: &'static str) -> Option<&'a str> {
    environment.platform_variable(name).ok().flatten()
}

/// A variable of the agent's machine. If `configure` replaced its `NO_PROXY` with a longer one, the original counts.
pub(crate) fn machine_variable<'a>(environment: &'a Environment, name: &str) -> Option<&'a str> {
    let kept = || match name {
        "NO_PROXY" => environment.variable(KEPT_NO_PROXY),
        _ => None,
    };
    environment.machine_variable(name).or_else(kept)
}

/// The addresses to which git sends headers in the repositories of the job, or of this folder. None if git is not
/// installed, which then needs no credential.
fn headers(environment: Option<&Environment>, reporter: &dyn Reporter) -> Vec<String> {
    let Some(program) = program::on_path("git") else {
        return Vec::new();
    };
    // `path:` of a checkout step is below the first folder, wherever the second is.
    let places = [
        "Agent.BuildDirectory",
        "Build.SourcesDirectory",
        "System.DefaultWorkingDirectory",
    ];
    let roots = places
        .into_iter()
        .flat_map(|name| of_job(environment?, name));
    let mut roots: Vec<PathBuf> = roots.map(PathBuf::from).collect();
    if roots.is_empty() {
        roots.extend(env::current_dir());
    }
    let names = process_variables().map(|(name, _)| name);
    let hidden = names.filter(|name| name.to_str().is_some_and(is_for_the_task_alone));
    let hidden = hidden.collect();
    let headers = Git { program, hidden }.headers(&roots);
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
    headers.addresses
}

/// Warns of existing variables that would override the configuration.
pub(crate) fn warn_of_rivals(configure: &Configure, log: &Log) {
    for rival in configure.rivals(process_variable) {
        log.warn(&format!(
            "{rival} is set and overrides what this step configures. Remove it."
        ));
    }
}

/// Sets the settings as pipeline variables. A key is masked but not a secret variable, because clients read it from
/// their environment without `env:`.
pub(crate) fn publish(settings: &[Setting], log: &Log) -> Result<(), TooLong> {
    for setting in settings {
        let name = VariableName::ours(setting.name).with_suffix(&setting.suffix);
        match &setting.value {
            Value::Plain(value) => log.set_variable(&name, value, Audience::Job)?,
            Value::Key(key) => log.set_exposed(&name, &log.mask(key))?,
            Value::JobToken(token) => log.set_exposed(&name, &log.mask(token))?,
        }
    }
    Ok(())
}

/// Prints where stand-ins are valid. Each is masked first: one in a log is worthless, but looks like a secret.
pub(crate) fn announce(stand_ins: &StandIns, allowed: &AllowList, log: &Log) {
    log.mask(&stand_ins.key);
    let places = [&allowed.organizations[..], &allowed.publishers].concat();
    let places = places.join(", ");
    for (name, value) in &stand_ins.values {
        log.mask(value);
        log.say(&format!(
            "{name}: a stand-in for Azure DevOps, valid for {places} through HTTPS_PROXY."
        ));
    }
}

/// The requests with stand-ins, as lines for a log; nothing if there were none.
pub(crate) fn journal_lines(journal: &str) -> Option<String> {
    let lines = journal.trim_end();
    (!lines.is_empty()).then(|| format!("Requests with stand-ins:\n{lines}"))
}

/// The variables of a step, as the stand-in proxy knows them.
pub(crate) fn environment_names(variables: impl IntoIterator<Item = VariableName>) -> Vec<String> {
    let names = variables.into_iter();
    names.map(|name| name.in_environment()).collect()
}
