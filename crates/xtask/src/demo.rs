//! `cargo xtask demo`: the main scenario on a machine without Azure.
//!
//! It packages the extension, unpacks it as an agent does, runs the step with the launcher, and shows the log and the
//! variables of the next step.

use std::fs;

use adieu_emulator::{Connection, TaskResult, World};

use crate::command::print_line;
use crate::{package, target, test};

/// The step's service connection, of the type that needs no Azure subscription.
const CONNECTION: &str = "azure-devops";

const NEXT: &str = "
What to try next:

  cargo build && cargo run -p adieu-emulator -- shell    the command line, by hand, without Azure
  docs/install.md                                        install the tasks in your organization
  docs/migrate.md                                        replace a PAT, step by step";

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
    print_line(&format!(
        "\n- task: EntraToken@1\n  inputs:\n    azureDevOpsServiceConnection: {CONNECTION}\n    tokens: |\n      {}\n",
        tokens.replace('\n', "\n      ")
    ));
    let outcome = job
        .step(&folder.join("token"))
        .input("azureDevOpsServiceConnection", CONNECTION)
        .input("tokens", tokens)
        .run();
    let log = outcome.log.trim_end().replace('\n', "\n  ");
    print_line(&format!("The log, as the agent shows it:\n\n  {log}"));
    print_line("\nVariables that the next script sees:\n");
    for (name, value) in job.environment_of_next_script() {
        print_line(&format!("  {name}={value}"));
    }
    print_line("\nSecret variables that it can map with env:, as the log would show them:\n");
    for name in ["AZURE_DEVOPS_TOKEN", "GRAPH_TOKEN"] {
        let value = job.value(name).unwrap_or_default();
        let (shown, length) = (job.masked(value), value.len());
        print_line(&format!(
            "  {name}: $({name})    {shown} ({length} characters)"
        ));
    }
    print_line(&format!("\nThe step's result: {:?}", outcome.result));
    if outcome.result != TaskResult::Succeeded {
        return Err("The demo's step did not succeed.".to_owned());
    }
    print_line(NEXT);
    Ok(())
}
