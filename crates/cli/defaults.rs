//! Defaults of flags: from `ADIEU_ORGANIZATION` and `ADIEU_PUBLISHER`, and from `az devops configure --defaults
//! organization=…`; in a step's script, the organization of its service connection.
//!
//! It reads the environment and az's file, and sends no request.

use std::fs;
use std::path::PathBuf;

use adieu_agent::process_value as variable;

use crate::step_connection::{self, StepConnection};

/// The organization from the flag, or else from `ADIEU_ORGANIZATION`.
pub(crate) fn organization(flag: Option<String>) -> Option<String> {
    flag.or_else(|| variable("ADIEU_ORGANIZATION"))
}

/// The organization for a verb that needs one: also from the step's service connection, or else the default of `az
/// devops`.
pub(crate) fn organization_or_default(flag: Option<String>) -> Option<String> {
    let of_the_step = || match step_connection::of_this_step() {
        Some(StepConnection::AzureDevOps { organization }) => Some(organization),
        _ => None,
    };
    organization(flag).or_else(of_the_step).or_else(az_default)
}

/// The publisher from the flag, or else from `ADIEU_PUBLISHER`.
pub(crate) fn publisher(flag: Option<String>) -> Option<String> {
    flag.or_else(|| variable("ADIEU_PUBLISHER"))
}

/// The default in the file that `az devops configure` writes (azure-devops-cli-extension, `dev/common/const.py`).
fn az_default() -> Option<String> {
    let folder = variable("AZURE_DEVOPS_EXT_CONFIG_DIR").map(PathBuf::from);
    let folder = folder.or_else(|| {
        let az = variable("AZURE_CONFIG_DIR").map(PathBuf::from);
        let az = az.or_else(|| Some(PathBuf::from(home()?).join(".azure")));
        az.map(|az| az.join("azuredevops"))
    })?;
    default_organization(&fs::read_to_string(folder.join("config")).ok()?)
}

fn home() -> Option<String> {
    variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
}

/// The value of `organization` in the section `[defaults]`.
fn default_organization(config: &str) -> Option<String> {
    let mut section = "";
    for line in config.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name;
        } else if section == "defaults"
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == "organization"
        {
            return Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        }
    }
    None
}

#[test]
fn reads_the_file_of_az_devops_configure() {
    for (config, expected) in [
        (
            "[defaults]\norganization = https://dev.azure.com/contoso\nproject = web\n",
            Some("https://dev.azure.com/contoso"),
        ),
        (
            "[core]\norganization = x\n\n[defaults]\r\norganization=y\r\n",
            Some("y"),
        ),
        ("[defaults]\norganization = \n", None),
        ("organization = x\n", None),
        ("", None),
    ] {
        assert_eq!(
            default_organization(config).as_deref(),
            expected,
            "{config:?}"
        );
    }
}
