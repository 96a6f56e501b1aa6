//! Container registries (Azure Container Registry) in a step: their names, and the configuration with which Docker,
//! podman and skopeo run our helper.
//!
//! It contains no credential.

use std::fs;
use std::io;

use serde_json::{Value, json};

use crate::folder::Folder;
use crate::plan::Plan;

/// The folder for `DOCKER_CONFIG`, and the file in it.
pub(crate) const DOCKER: &str = "docker";
pub(crate) const FILE: &str = "docker/config.json";

/// The part of a registry's host after its name.
const HOST: &str = ".azurecr.io";

/// The host of a registry of Azure; `None` if the text is not one.
#[must_use]
pub fn parse_registry(text: &str) -> Option<String> {
    let host = text.to_ascii_lowercase();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let name = host.strip_suffix(HOST)?;
    let is_name = (5..=63).contains(&name.len()) && name.bytes().all(is_part);
    is_name.then_some(host)
}

/// Writes the configuration: the user's own plus our helper for each registry, and links to the rest of the user's
/// folder, such as contexts and plugins.
pub(crate) fn write(plan: &Plan, folder: &Folder) -> io::Result<()> {
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
#[test]
fn a_registry_is_one_of_azure() {
    for (text, expected) in [
        ("Contoso.azurecr.io", Some("contoso.azurecr.io")),
        ("contoso-a1b2.azurecr.io", Some("contoso-a1b2.azurecr.io")),
        ("contoso", None),
        ("https://contoso.azurecr.io", None),
        ("contoso.azurecr.io.evil.example", None),
        ("a.azurecr.io", None),
        ("a.b.azurecr.io", None),
        ("contoso.azurecr.io:443", None),
        ("docker.io", None),
    ] {
        assert_eq!(parse_registry(text).as_deref(), expected, "{text}");
    }
}
