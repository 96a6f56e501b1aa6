//! The variables and programs by which package clients find the private folder, and the way back.
//!
//! None of them holds a credential.

use adieu_agent::{Audience, Log, TooLong, VariableName};
use adieu_feeds::{Declaration, Tool};
use serde_json::{Map, Value};

use super::folder::Folder;
use super::helper::{CARGO, Name, USER};
use super::plan::Plan;
use super::request::Request;
use super::{MAVEN, NETRC, NPM, OF_KEYRING, Variables, outside};

/// Where Maven before 3.9, which reads no `MAVEN_ARGS`, is given the file by hand.
const MAVEN_SETTINGS: &str = "ADIEU_MAVEN_SETTINGS";

/// Names and values.
pub(crate) type Settings = Vec<(VariableName, String)>;

/// The helpers that a request needs.
pub(crate) fn programs(request: &Request) -> Vec<Name> {
    let mut programs = Vec::new();
    if request.has_any(&OF_KEYRING) {
        programs.push(Name::Keyring);
    }
    if request.has_any(&[Tool::Cargo]) {
        programs.push(Name::Cargo);
    }
    if request.has_any(&[Tool::NuGet]) {
        programs.push(Name::NuGetPlugin);
    }
    // Gradle's script asks it, too.
    if request.has_any(&[Tool::NuGet, Tool::Gradle]) {
        programs.push(Name::NuGetProvider);
    }
    programs
}

/// The variables. `variable` is the environment.
pub(crate) fn of(
    plan: &Plan,
    request: &Request,
    folder: &Folder,
    variable: Variables<'_>,
) -> Settings {
    let file = |name: &str| folder.file(name).display().to_string();
    let ours = VariableName::ours;
    let mut settings = Vec::new();
    if plan.npm.is_some() {
        settings.push((ours("NPM_CONFIG_USERCONFIG"), file(NPM)));
    }
    if plan.netrc.is_some() {
        settings.push((ours("NETRC"), file(NETRC)));
    }
    if request.has_any(&[Tool::Pip]) {
        settings.push((ours("PIP_KEYRING_PROVIDER"), "subprocess".to_owned()));
    }
    if request.has_any(&[Tool::Uv]) {
        settings.push((ours("UV_KEYRING_PROVIDER"), "subprocess".to_owned()));
        let mut names: Vec<String> = request.served.iter().filter_map(uv_name).collect();
        adieu_order::sort(&mut names);
        names.dedup();
        for name in names {
            // uv asks for a password only where it has a user.
            let name = ours("UV_INDEX_").with_suffix(&format!("{name}_USERNAME"));
            settings.push((name, USER.to_owned()));
        }
    }
    if request.has_any(&[Tool::Cargo]) {
        // Cargo asks the last one first; its own answers for registries with a token.
        let name = "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS";
        let before = variable(name).unwrap_or_else(|| "cargo:token".to_owned());
        let providers = match before.split_whitespace().any(|known| known == CARGO) {
            true => before,
            false => format!("{before} {CARGO}"),
        };
        settings.push((ours(name), providers));
    }
    if request.has_any(&[Tool::NuGet]) {
        let name = "NUGET_CREDENTIALPROVIDERS_PATH";
        let folder = folder.programs().display().to_string();
        let separator = if cfg!(windows) { ";" } else { ":" };
        let folders = match variable(name) {
            Some(before) => format!("{folder}{separator}{before}"),
            None => folder,
        };
        settings.push((ours(name), folders));
    }
    if plan.gradle.is_some() {
        let path = folder.path().display().to_string();
        settings.push((ours(outside::GRADLE), path));
    }
    if plan.maven.is_some() {
        let path = file(MAVEN);
        let quoted = match path.contains(' ') {
            true => format!("\"{path}\""),
            false => path.clone(),
        };
        let before = variable("MAVEN_ARGS").map(|before| format!("{before} "));
        let arguments = format!("{}--settings {quoted}", before.unwrap_or_default());
        settings.push((ours("MAVEN_ARGS"), arguments));
        settings.push((ours(MAVEN_SETTINGS), path));
    }
    settings
}

/// The folders of programs, which the agent prepends for a step.
pub(crate) const PATH: &str = "PATH";

/// The same for the programs that a process of this machine starts, with the folders of programs.
pub(crate) fn of_processes(
    plan: &Plan,
    request: &Request,
    folder: &Folder,
    variable: Variables<'_>,
) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, value) in of(plan, request, folder, variable) {
        all.push((name.as_str().to_owned(), value));
    }
    if !programs(request).is_empty() {
        let mut path = folder.programs().display().to_string();
        if let Some(before) = variable(PATH) {
            path.push(if cfg!(windows) { ';' } else { ':' });
            path.push_str(&before);
        }
        all.push((PATH.to_owned(), path));
    }
    all
}

/// The name of an index of uv's as its variables have it.
fn uv_name(declaration: &Declaration) -> Option<String> {
    let name = declaration
        .name
        .as_ref()
        .filter(|_| declaration.tool == Tool::Uv)?;
    let digit = |character: char| match character.is_ascii_alphanumeric() {
        true => character.to_ascii_uppercase(),
        false => '_',
    };
    Some(name.chars().map(digit).collect())
}

/// What the variables were before, as a text.
pub(crate) fn undo(settings: &Settings, variable: Variables<'_>) -> String {
    let mut before = Map::new();
    for (name, _) in settings {
        let value = variable(name.as_str()).unwrap_or_default();
        before.insert(name.as_str().to_owned(), Value::from(value));
    }
    Value::from(before).to_string()
}

/// Sets them for later steps.
pub(crate) fn publish(
    settings: &Settings,
    folder: &Folder,
    request: &Request,
    log: &Log,
) -> Result<(), TooLong> {
    if !programs(request).is_empty() {
        log.prepend_path(&folder.programs());
    }
    for (name, value) in settings {
        log.set_variable(name, value, Audience::Job)?;
    }
    Ok(())
}

/// Gives them back what they had; an agent forgets no variable, so that one which was not there is emptied.
pub(crate) fn restore(undo: &str, log: &Log) -> Result<(), TooLong> {
    let before: Value = serde_json::from_str(undo).unwrap_or_default();
    for (name, value) in before.as_object().into_iter().flatten() {
        if let (Ok(name), Some(value)) = (VariableName::parse(name), value.as_str()) {
            log.set_variable(&name, value, Audience::Job)?;
        }
    }
    Ok(())
}

/// How a client gets its credential, for people.
/// Without a plan: in a step whose feeds are of one tenant.
pub(crate) fn mechanism(declaration: &Declaration, plan: Option<&Plan>) -> &'static str {
    let has_netrc = plan.is_none_or(|plan| plan.netrc.is_some());
    match (declaration.tool, has_netrc) {
        (Tool::Yarn, _) => match plan {
            None => "a file above the checkout, in pipelines only",
            Some(plan) if plan.yarn.is_some() => "a file above the checkout",
            Some(_) => "none",
        },
        (Tool::Gradle, _) => match plan {
            None => "an init script, in pipelines only",
            Some(_) => "an init script",
        },
        (Tool::Npm, _) => "NPM_CONFIG_USERCONFIG",
        (Tool::NuGet, _) => "credential provider",
        (Tool::Pip | Tool::Uv | Tool::Pdm, true) => "keyring and netrc",
        (Tool::Pip | Tool::Uv | Tool::Pdm, false) => "keyring",
        (Tool::Poetry, true) => "netrc",
        (Tool::Maven, _) if declaration.name.is_some() => "MAVEN_ARGS",
        (Tool::Cargo, _) => "credential provider",
        _ => "none",
    }
}
