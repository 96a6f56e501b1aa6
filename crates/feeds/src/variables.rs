//! The variables and programs through which package clients find the private folder, and how to undo them.
//!
//! None of them contains a credential.

use std::path::Path;

use serde_json::{Map, Value};

use crate::containers::{DOCKER, FILE as CONFIG};
use crate::declaration::{Declaration, Tool};
use crate::folder::{Folder, MAVEN, NETRC, NPM, PYPIRC, PYTHON};
use crate::helper::{CARGO, Name, USER};
use crate::outside;
use crate::plan::{Plan, Variables};
use crate::request::Request;

/// Clients that use `keyring`.
const OF_KEYRING: [Tool; 3] = [Tool::Pip, Tool::Uv, Tool::Pdm];

/// The path of the file for Maven before 3.9, which does not read `MAVEN_ARGS`.
const MAVEN_SETTINGS: &str = "ADIEU_MAVEN_SETTINGS";

/// The file names of the helpers that a request needs.
#[must_use]
pub fn programs(request: &Request, plan: &Plan) -> Vec<String> {
    let mut programs = Vec::new();
    let mut add = |is_needed: bool, program: Name| {
        if is_needed {
            programs.push(program.file_name());
        }
    };
    add(request.has_any(&OF_KEYRING), Name::Keyring);
    add(request.has_any(&[Tool::Cargo]), Name::Cargo);
    add(request.has_any(&[Tool::NuGet]), Name::NuGetPlugin);
    // Gradle's script and Python's keyring run it, too.
    let asks_the_provider =
        request.has_any(&[Tool::NuGet, Tool::Gradle]) || has_keyring_backend(request, plan);
    add(asks_the_provider, Name::NuGetProvider);
    add(!plan.containers.is_empty(), Name::Docker);
    if plan.has_pnpm {
        let organizations = plan.organizations.keys();
        programs.extend(organizations.map(|name| Name::NpmToken.file_name_for(name)));
    }
    programs
}

/// Whether Python's keyring is needed: for clients that publish, and for poetry, which otherwise reads netrc.
pub(crate) fn has_keyring_backend(request: &Request, plan: &Plan) -> bool {
    request.has_any(&[Tool::Twine]) || request.has_any(&[Tool::Poetry]) && plan.netrc.is_none()
}

/// A list of folders as in a variable, starting with this one.
fn before(folder: &Path, others: Option<String>) -> String {
    let mut folders = folder.display().to_string();
    if let Some(others) = others.filter(|others| !others.is_empty()) {
        folders.push(if cfg!(windows) { ';' } else { ':' });
        folders.push_str(&others);
    }
    folders
}

/// The names and values of the variables. `variable` reads the environment.
#[must_use]
pub fn variables(
    plan: &Plan,
    request: &Request,
    folder: &Folder,
    variable: Variables<'_>,
) -> Vec<(String, String)> {
    let file = |name: &str| folder.file(name).display().to_string();
    let ours = str::to_owned;
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
            // uv requests a password only if it has a user name.
            settings.push((format!("UV_INDEX_{name}_USERNAME"), USER.to_owned()));
        }
    }
    if request.has_any(&[Tool::Cargo]) {
        // Cargo asks the last one first; its own provider answers for registries with a token.
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
        settings.push((ours(name), before(&folder.programs(), variable(name))));
    }
    if has_keyring_backend(request, plan) {
        let name = "PYTHONPATH";
        settings.push((ours(name), before(&folder.file(PYTHON), variable(name))));
        if !plan.indexes.is_empty() {
            // TwineAuthenticate@1's variable, which pipelines pass to twine.
            settings.push((ours("PYPIRC_PATH"), file(PYPIRC)));
        }
        // hatch requests a password only if it has a user name.
        let name = "HATCH_INDEX_USER";
        if request.has_any(&[Tool::Twine]) && variable(name).is_none_or(|user| user.is_empty()) {
            settings.push((ours(name), USER.to_owned()));
        }
    }
    if plan.docker.is_some() {
        settings.push((ours("DOCKER_CONFIG"), file(DOCKER)));
        settings.push((ours("REGISTRY_AUTH_FILE"), file(CONFIG)));
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

/// The variable with the folders of programs, which the agent prepends for a step.
pub(crate) const PATH: &str = "PATH";

/// The variables for local processes, including the folders of programs.
#[must_use]
pub fn variables_of_processes(
    plan: &Plan,
    request: &Request,
    folder: &Folder,
    variable: Variables<'_>,
) -> Vec<(String, String)> {
    let mut all = variables(plan, request, folder, variable);
    if !programs(request, plan).is_empty() {
        let path = before(&folder.programs(), variable(PATH));
        all.push((PATH.to_owned(), path));
    }
    all
}

/// The name of a uv index in its variables.
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

/// The earlier values of variables, as a text.
#[must_use]
pub fn earlier_values(variables: &[(String, String)], variable: Variables<'_>) -> String {
    let mut before = Map::new();
    for (name, _) in variables {
        before.insert(name.clone(), variable(name).unwrap_or_default().into());
    }
    Value::from(before).to_string()
}
