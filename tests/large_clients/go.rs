//! azidentity for Go, and the authorizer by which HashiCorp's Terraform providers sign in from Azure Pipelines.

use std::process::Command;

use crate::harness::client;
use crate::sdk::gets_two_tokens;

fn program(credential: &str) -> Command {
    let mut command = Command::new(client("go").join("identity"));
    command.arg(credential);
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

#[test]
fn terraforms_authorizer_takes_what_configure_sets() {
    gets_two_tokens("terraform", None, program("ADOPipelineOIDCAuthorizer"));
}
