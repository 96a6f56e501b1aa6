//! RunWithToken@1: what a script sees, how it ends, and what is left of it.
//!
//! Every script is a real one, in a real shell of this machine.

use adieu_emulator::{MY_CONNECTION, Outcome, TaskResult, World};
use expect_test::expect;

use crate::harness::{TaskFolder, stable};

fn run(world: &World, inputs: &[(&str, &str)]) -> Outcome {
    let mut job = world.job();
    let folder = TaskFolder::unpacked("run");
    let mut step = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION);
    for (name, value) in inputs {
        step = step.input(name, value);
    }
    step.run()
}

#[test]
fn gives_a_script_its_tokens_and_nothing_of_the_tasks_own() {
    let world = World::start();
    let script = r#"
        echo "dots in the token: $(printf %s "$AZURE_DEVOPS_TOKEN" | tr -cd .)"
        echo "graph until $GRAPH_TOKEN_EXPIRES_ON"
        env | grep -E '^(INPUT|ENDPOINT|SECRET|VSTS_(PUBLIC|SECRET))_' || echo "nothing of the task's"
        pwd | sed 's,.*/,,'
        adieu --version
    "#;
    let tokens = "AZURE_DEVOPS_TOKEN = azureDevOps\ngraph.token = graph";
    let outcome = run(&world, &[("script", script), ("tokens", tokens)]);
    expect![[r#"
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script alone.
        graph.token: graph, until [TIME], for this script alone.
        Configured for this script: identity.
        dots in the token: ..
        graph until [TIME]
        nothing of the task's
        s
        adieu 0.1.0"#]]
    .assert_eq(&stable(&world, &outcome.log));
}

#[test]
fn fails_with_the_scripts_exit_code() {
    let world = World::start();
    let outcome = run(&world, &[("script", "echo before\nexit 3\necho after")]);
    assert_eq!(outcome.result, TaskResult::Failed);
    expect![[r#"
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script alone.
        Configured for this script: identity.
        before
        ##[error]bash exited with code '3'.
        More: TROUBLESHOOTING.md#run"#]]
    .assert_eq(&stable(&world, &outcome.log));
}

#[test]
fn fails_on_standard_error_where_that_is_asked_for() {
    let world = World::start();
    let script = "echo out\necho err >&2";
    let outcome = run(&world, &[("script", script)]);
    assert_eq!(outcome.result, TaskResult::Succeeded);
    let outcome = run(
        &world,
        &[("script", script), ("failOnStandardError", "true")],
    );
    assert_eq!(outcome.result, TaskResult::Failed);
    let mut lines: Vec<String> = stable(&world, &outcome.log)
        .lines()
        .map(str::to_owned)
        .collect();
    // Two pipes have no common order.
    lines.sort();
    expect![[r#"
        ##[error]The script wrote to its standard error, and failOnStandardError says that this fails the step.
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script alone.
        Configured for this script: identity.
        More: TROUBLESHOOTING.md#run
        err
        out"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn says_what_keeps_a_script_from_starting() {
    let world = World::start();
    let mut log = String::new();
    for inputs in [
        &[("script", "true"), ("shell", "powershell")][..],
        &[("script", "true"), ("workingDirectory", "no/such/folder")],
        &[
            ("script", "true"),
            ("configure", "identiti\nresources = x y"),
        ],
        &[("script", "")],
    ] {
        let outcome = run(&world, inputs);
        assert_eq!(outcome.result, TaskResult::Failed);
        log.push_str(&outcome.log);
        log.push_str("\n----\n");
    }
    let folder = log
        .split("directory ")
        .nth(1)
        .and_then(|rest| rest.split("/no/such").next());
    let log = log.replace(folder.unwrap_or("?"), "[FOLDER]");
    expect![[r#"
        ##[error]This agent has no powershell on its PATH.
        What to do: Install it on the agent, or name another shell in the step's input shell.
        More: TROUBLESHOOTING.md#run
        ----
        ##[error]The working directory [FOLDER]/no/such/folder is not there.
        What to do: Correct workingDirectory; a relative path starts at $(System.DefaultWorkingDirectory).
        More: TROUBLESHOOTING.md#run
        ----
        ##[error]The line 'identiti' of configure is nothing that can be configured.
        What to do: Use identity, azd, terraform, azurePipelinesCredential, one a line; `resources = azureDevOps, arm` limits what there are tokens for.
        More: TROUBLESHOOTING.md#configure
        The line 'resources = x y' of configure: 'x y' has a space in it.
        What to do: Use azureDevOps, arm, graph, keyVault, storage, sql, an application ID or URI, or a scope that ends in /.default.
        More: TROUBLESHOOTING.md#configure
        ----
        ##[error]The input script is empty, and the task needs it.
        More: TROUBLESHOOTING.md#inputs
        ----
    "#]].assert_eq(&stable(&world, &log));
}

#[test]
fn passes_a_stop_on_to_everything_that_the_script_started() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("run");
    let marker = world.folder().join("cleaned");
    let started = world.folder().join("started");
    let script = format!(
        "trap 'echo cleaned > {}; exit 130' INT\n(trap - INT; echo yes > {}; exec sleep 600) &\nwait",
        marker.display(),
        started.display()
    );
    let mut running = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("script", &script)
        .start();
    while !started.exists() {
        std::thread::yield_now();
    }
    running.cancel();
    let outcome = running.wait();
    assert_eq!(outcome.result, TaskResult::Canceled);
    assert!(marker.exists(), "{}", outcome.log);
}
