//! azidentity for Go, and the authorizer with which HashiCorp's Terraform providers sign in from Azure Pipelines.

use std::process::Command;

use crate::harness::client;
use crate::sdk::{Clock, gets_two_tokens, hours_apart, managed_identity, pipelines};

fn program(credential: &str) -> Command {
    let mut command = Command::new(client("go").join("identity"));
    command.arg(credential);
    command
}

#[test]
fn managed_identity_credentials_are_supplied_by_the_endpoint() {
    managed_identity(program);
}

#[test]
fn the_pipelines_credential_takes_what_configure_sets() {
    pipelines(program);
}

#[test]
fn terraforms_authorizer_takes_what_configure_sets() {
    gets_two_tokens("terraform", None, program("ADOPipelineOIDCAuthorizer"));
}

#[test]
fn tokens_are_new_three_and_six_hours_later() {
    hours_apart(
        program,
        Clock::Line,
        &[("terraform", "ADOPipelineOIDCAuthorizer")],
    );
}
