//! Microsoft's own clients, with the same emulator, which must be right for them, too.
//!
//! `cargo xtask test` installs them; none is imitated here.

use std::process::Command;

use adieu_emulator::{MY_CONNECTION, World};

use crate::harness::{client, root};

#[test]
fn the_azure_sdk_for_javascript_gets_a_token() {
    let script = r"
const { AzurePipelinesCredential } = require('@azure/identity');
const { TENANT, CLIENT, CONNECTION, JOB_TOKEN, AUTHORITY } = process.env;
const credential = new AzurePipelinesCredential(TENANT, CLIENT, CONNECTION, JOB_TOKEN, {
  authorityHost: AUTHORITY, disableInstanceDiscovery: true });
credential.getToken('499b84ac-1321-427f-aa17-267ca6975798/.default').then(
  (token) => console.log(token.token), (error) => { console.error(error.message); process.exit(1); });
";
    let folder = client("node");
    let mut command = Command::new("node");
    command.args(["-e", script]).current_dir(folder);
    gets_a_token(command, "NODE_EXTRA_CA_CERTS");
}

#[test]
fn the_azure_sdk_for_python_gets_a_token() {
    let script = "
import os
from azure.identity import AzurePipelinesCredential
e = os.environ
credential = AzurePipelinesCredential(
    tenant_id=e['TENANT'], client_id=e['CLIENT'], service_connection_id=e['CONNECTION'],
    system_access_token=e['JOB_TOKEN'], authority=e['AUTHORITY'], disable_instance_discovery=True)
print(credential.get_token('499b84ac-1321-427f-aa17-267ca6975798/.default').token)
";
    let binary = if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    };
    let mut command = Command::new(client("python").join(binary));
    command.args(["-c", script]);
    gets_a_token(command, "REQUESTS_CA_BUNDLE");
}

fn gets_a_token(mut command: Command, certificates: &str) {
    let world = World::start();
    let mut job = world.job();
    let folder = root().join("task/token");
    let environment = job
        .step(&folder)
        .input("connectedService", MY_CONNECTION)
        .environment();
    let output = command
        .env("TENANT", world.entra().tenant())
        .env("CLIENT", world.client_id(MY_CONNECTION))
        .env("CONNECTION", world.connection_id(MY_CONNECTION))
        .env(
            "JOB_TOKEN",
            &environment["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"],
        )
        .env(
            "SYSTEM_OIDCREQUESTURI",
            &environment["SYSTEM_OIDCREQUESTURI"],
        )
        .env("AUTHORITY", world.entra().url())
        .env(certificates, world.ca_file())
        .output()
        .expect("the client starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    let token = String::from_utf8_lossy(&output.stdout);
    assert_eq!(world.secrets_in(token.trim()), ["access token"], "{errors}");
}
