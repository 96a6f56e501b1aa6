//! azure-identity for Java.

use std::process::Command;

use crate::harness::client;
use crate::sdk::{Clock, hours_apart, managed_identity, pipelines};

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
    managed_identity(program);
}

#[test]
fn the_pipelines_credential_takes_what_configure_sets() {
    pipelines(program);
}

#[test]
fn tokens_are_new_three_and_six_hours_later() {
    hours_apart(program, Clock::Library, &[]);
}
