//! Container registries (Azure Container Registry) in a step: their names, and the configuration with which Docker,
//! podman and skopeo run our helper.
//!
//! It contains no credential.

use std::fs;
use std::io;

use adieu_agent::Log;
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::folder::Folder;
use super::plan::Plan;
use crate::failure::FeedsProblem;
use crate::lines::meaningful_lines;

/// The token that a registry exchanges: one for Azure Resource Manager.
pub(crate) const SCOPE: &str = "https://management.azure.com/.default";

/// The folder for `DOCKER_CONFIG`, and the file in it.
pub(super) const DOCKER: &str = "docker";
pub(super) const FILE: &str = "docker/config.json";

/// The part of a registry's host after its name.
const HOST: &str = ".azurecr.io";

/// Parses the input.
pub(super) fn read(text: &str) -> Result<Vec<String>, FeedsProblem> {
    let mut registries = Vec::new();
    for line in meaningful_lines(text) {
        let host = line.to_ascii_lowercase();
        let is_name = |name: &str| {
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            (5..=63).contains(&name.len()) && name.bytes().all(is_part)
        };
        match host.strip_suffix(HOST) {
            Some(name) if is_name(name) => registries.push(host),
            _ => return Err(FeedsProblem::NotARegistry(line.to_owned())),
        }
    }
    Ok(registries)
}

/// Writes the configuration: the user's own plus our helper for each registry, and links to the rest of the user's
/// folder, such as contexts and plugins.
pub(super) fn write(plan: &Plan, folder: &Folder) -> io::Result<()> {
    let Some(user) = &plan.docker else {
        return Ok(());
    };
    let own = fs::read(user.join("config.json")).unwrap_or_default();
    let mut config = match serde_json::from_slice(&own) {
        Ok(Value::Object(config)) => Value::Object(config),
        _ => json!({}),
    };
    if !config["credHelpers"].is_object() {
        config["credHelpers"] = json!({});
    }
    for registry in &plan.containers {
        config["credHelpers"][registry] = "adieu".into();
    }
    folder.write(FILE, &config.to_string())?;
    for entry in fs::read_dir(user).into_iter().flatten().flatten() {
        let link = folder.file(DOCKER).join(entry.file_name());
        #[cfg(unix)]
        let _ = std::os::unix::fs::symlink(entry.path(), link);
        // Links need a permission on Windows.
        #[cfg(windows)]
        let _ = link;
    }
    Ok(())
}

/// Reports the registries, or why the sign-in for them fails.
pub(super) async fn report(plan: &Plan, folder: &Folder, log: &Log) {
    if plan.containers.is_empty() {
        return;
    }
    let token = match Endpoint::in_folder(folder.path()) {
        Ok(endpoint) => endpoint.token_for(SCOPE, None).await,
        Err(reason) => Err(reason),
    };
    match token {
        Ok(_) => {
            for registry in &plan.containers {
                log.say(&format!(
                    "{registry}: for docker, podman and skopeo (docker-credential-adieu)."
                ));
            }
        }
        Err(reason) => log.warn(&format!(
            "The container registries get no credential: {reason}"
        )),
    }
}

#[test]
fn a_registry_is_one_of_azure() {
    assert_eq!(
        read("Contoso.azurecr.io\n# two\ncontoso-a1b2.azurecr.io").map_err(|_| ()),
        Ok(vec![
            "contoso.azurecr.io".to_owned(),
            "contoso-a1b2.azurecr.io".to_owned()
        ])
    );
    for wrong in [
        "contoso",
        "https://contoso.azurecr.io",
        "contoso.azurecr.io.evil.example",
        "a.azurecr.io",
        "a.b.azurecr.io",
        "contoso.azurecr.io:443",
        "docker.io",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
