//! `cargo xtask demo`: the main job on a machine without Azure.
//!
//! It packages, unpacks as an agent does, runs the step with the launcher, and shows the log and what the next step
//! would see.

use std::fs;

use adieu_emulator::{MY_CONNECTION, TaskResult, World};

use crate::command::print_line;
use crate::{package, prerequisites, target};

/// Runs the demo.
pub(crate) fn run() -> Result<(), String> {
    prerequisites::node()?;
    print_line("Building for this machine. The first time takes a minute or two …");
    let vsix = package::for_demo()?;
    let folder = target().join("demo");
    let _ = fs::remove_dir_all(&folder);
    package::unpack(&vsix, "token/", &folder)?;
    let world = World::start();
    let mut job = world.job();
    let tokens = "AZURE_DEVOPS_TOKEN = azureDevOps\nGRAPH_TOKEN = graph";
    print_line(&format!(
        "\n- task: EntraToken@1\n  inputs:\n    azureSubscription: {MY_CONNECTION}\n    tokens: |\n      {}\n",
        tokens.replace('\n', "\n      ")
    ));
    let outcome = job
        .step(&folder)
        .input("azureSubscription", MY_CONNECTION)
        .input("tokens", tokens)
        .run();
    print_line("The log, as the agent shows it:\n");
    print_line(&indented(&outcome.log));
    print_line("\nVariables that the next script sees:\n");
    for (name, value) in job.environment_of_next_script() {
        print_line(&format!("  {name}={value}"));
    }
    print_line("\nSecret variables that it can map with env:, as the log would show them:\n");
    for name in ["AZURE_DEVOPS_TOKEN", "GRAPH_TOKEN"] {
        let value = job.value(name).unwrap_or_default();
        let shown = job.masked(value);
        print_line(&format!(
            "  {name}: $({name})    {shown} ({} characters)",
            value.len()
        ));
    }
    print_line(&format!("\nThe step's result: {:?}", outcome.result));
    if outcome.result == TaskResult::Succeeded {
        print_line(
            "\nWhat to try next:\n\n  \
             cargo build && cargo run -p adieu-emulator -- shell    the command line, by hand, without Azure\n  \
             docs/install.md                                        install the tasks in your organization\n  \
             docs/migrate.md                                        replace a PAT, step by step",
        );
        Ok(())
    } else {
        Err("The demo's step did not succeed.".to_owned())
    }
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
