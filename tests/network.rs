//! The agent's proxy and certificates, as administrators configure them.
//!
//! It contacts no real host: names that no proxy of the emulator maps end in `.invalid`.

// The agent's proxy.
mod proxy;
// The certificates that the agent trusts, and the one that it presents.
mod certificates;
mod client_certificate;
mod handshake;

use std::fs;
use std::path::{Path, PathBuf};

use adieu_emulator::{Connection, Job, Outcome, TaskResult, World};

use crate::harness::{TaskFolder, stable, without_number};

/// A connection that signs in at Microsoft Entra's own address, which the emulator's proxy maps.
const REAL_AUTHORITY: &str = "real-authority";

/// A connection that signs in at a host that does not exist.
const NO_HOST: &str = "no-host";

const SIGNED_IN_AT_MICROSOFT: &str = "\
Signed in at login.microsoftonline.com, tenant [TENANT].
AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).";

const SIGNED_IN: &str = "\
Signed in at [ENTRA], tenant [TENANT].
AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).";

fn world() -> World {
    with_connections(World::start())
}

fn with_connections(world: World) -> World {
    for (name, authority) in [
        (REAL_AUTHORITY, "https://login.microsoftonline.com/"),
        (NO_HOST, "https://login.contoso.invalid/"),
    ] {
        world.add_connection(Connection::workload_identity(name).authority(authority));
    }
    world
}

fn run(job: &mut Job<'_>, connection: &str) -> Outcome {
    let folder = TaskFolder::unpacked("token");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", connection)
        .run();
    assert_eq!(outcome.denied, Vec::<String>::new());
    assert_eq!(outcome.exit_code, Some(0), "{}", outcome.log);
    outcome
}

/// The log without text that differs between runs.
fn shown(world: &World, connection: &str, outcome: &Outcome) -> String {
    let log = outcome
        .log
        .replace(&world.connection_id(connection), "[CONNECTION]")
        .replace(&*world.folder().to_string_lossy(), "[FOLDER]");
    // Pauses between attempts are random, and so is the number of attempts in half a minute.
    without_number(&stable(world, &log), " did not answer in ")
}

/// Runs a step that must succeed.
fn succeeds(world: &World, job: &mut Job<'_>, connection: &str, log: &str) {
    let outcome = run(job, connection);
    assert_eq!(shown(world, connection, &outcome), log);
    assert_eq!(outcome.result, TaskResult::Succeeded);
}

/// Runs a step that must fail.
fn fails(world: &World, job: &mut Job<'_>, connection: &str, log: &str) {
    let outcome = run(job, connection);
    assert_eq!(shown(world, connection, &outcome), log);
    assert_eq!(outcome.result, TaskResult::Failed);
    assert!(job.get("AZURE_DEVOPS_TOKEN").is_none());
}

fn use_proxy(job: &mut Job<'_>, url: &str) {
    job.variable("agent.proxyurl", url);
}

fn authenticate(job: &mut Job<'_>, user: &str, password: &str) {
    job.variable("agent.proxyusername", user);
    job.secret_variable("agent.proxypassword", password);
}

/// Runs the job at dev.azure.com, which the emulator's proxy maps.
fn at_dev_azure_com(world: &World, job: &mut Job<'_>) {
    let here = job.value("system.oidcrequesturi").expect("it").to_owned();
    assert!(here.starts_with(world.azure_devops().url()), "{here}");
    job.collection("https://dev.azure.com/contoso/");
}

fn file(world: &World, name: &str, text: &str) -> PathBuf {
    let path = world.folder().join(name);
    fs::write(&path, text).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
