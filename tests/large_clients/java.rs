//! azure-identity for Java.

use std::process::Command;

use crate::harness::client;
use crate::sdk::gets_two_tokens;

fn program(credential: &str) -> Command {
    let folder = client("java");
    let path = format!(
        "{}:{}",
        folder.join("classes").display(),
        folder.join("dependency/*").display()
    );
    let mut command = Command::new("java");
    command.args(["-cp", &path, "Identity", credential]);
    command
}

#[test]
fn managed_identity_credentials_are_supplied_by_the_endpoint() {
    for credential in ["ManagedIdentityCredential", "DefaultAzureCredential"] {
        gets_two_tokens("identity", None, program(credential));
    }
}

#[test]
fn the_pipelines_credential_takes_what_configure_sets() {
    gets_two_tokens(
        "azurePipelinesCredential",
        Some("SYSTEM_ACCESSTOKEN"),
        program("AzurePipelinesCredential"),
    );
}
