//! `cargo xtask demo`: the main scenario on a machine without Azure.
//!
//! It packages the extension, unpacks it as an agent does, runs the step with the launcher, and shows the log and the
//! variables of the next step.

use std::fs;

use adieu_emulator::{Connection, TaskResult, World};
use serde_json::json;

use crate::command::print_line;
use crate::{files, package, target, test};

/// The step's service connection, of the type that needs no Azure subscription.
const CONNECTION: &str = "azure-devops";

/// What it prints at the end.
const SHOWN: &str = include_str!("demo.txt");

/// Runs the demo.
pub(crate) fn run() -> Result<(), String> {
    test::node()?;
    print_line("Building for this machine. The first time takes a minute or two …");
    let vsix = package::for_demo()?;
    let folder = target().join("demo");
    let _ = fs::remove_dir_all(&folder);
    package::unpack(&vsix, &folder)?;
    let world = World::start();
    world.add_connection(Connection::azure_devops(CONNECTION, "contoso"));
    // The connection has no address, so the step uses Microsoft's own, through the agent's proxy.
    let proxy = world.network();
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    let tokens = "AZURE_DEVOPS_TOKEN = azureDevOps\nGRAPH_TOKEN = graph";
    let outcome = job
        .step(&folder.join("token"))
        .input("azureDevOpsServiceConnection", CONNECTION)
        .input("tokens", tokens)
        .run();
    let secrets = ["AZURE_DEVOPS_TOKEN", "GRAPH_TOKEN"].map(|name| {
        let value = job.value(name).unwrap_or_default();
        json!({ "name": name, "shown": job.masked(value), "length": value.len() })
    });
    let shown = json!({
        "connection": CONNECTION,
        "tokens": tokens,
        "log": outcome.log.trim_end(),
        "variables": job.environment_of_next_script().into_iter().collect::<Vec<_>>(),
        "secrets": secrets,
        "result": format!("{:?}", outcome.result),
    });
    print_line(files::filled(SHOWN, shown)?.trim_end());
    match outcome.result {
        TaskResult::Succeeded => Ok(()),
        _ => Err("The demo's step did not succeed.".to_owned()),
    }
}
