//! RunWithToken@1: the environment of a script, its exit, and what remains afterwards.
//!
//! Every script is a real one, in a real shell on this machine.

// On its own, by a signal, by a stop.
mod exits;

use adieu_emulator::{MY_CONNECTION, Outcome, TaskResult, World};
use expect_test::expect;

use crate::harness::{TaskFolder, set_mode, stable};

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
fn a_script_gets_its_tokens_and_nothing_of_the_tasks_own() {
    let world = World::start();
    let script = r#"
        echo "dots in the token: $(printf %s "$AZURE_DEVOPS_TOKEN" | tr -cd .)"
        echo "graph until $GRAPH_TOKEN_EXPIRES_ON"
        env | grep -E '^(INPUT|ENDPOINT_AUTH|SECRET|SECUREFILE_TICKET|VSTS_(PUBLIC|SECRET))_' || echo "nothing of the task's"
        pwd | sed 's,.*/,,'
        adieu --version | cut -d' ' -f1,2
    "#;
    let tokens = "AZURE_DEVOPS_TOKEN = azureDevOps\ngraph.token = graph";
    let outcome = run(&world, &[("script", script), ("tokens", tokens)]);
    expect![[r#"
        Configured for this script: identity.
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
        graph.token: graph, until [TIME], for this script only.
        dots in the token: ....
        graph until [TIME]
        nothing of the task's
        s
        adieu 0.1.0"#]]
    .assert_eq(&stable(&world, &outcome.log));
}

/// A pull request can change everything in the sources.
#[cfg(unix)]
#[test]
fn takes_shells_and_git_from_absolute_folders_of_the_path() {
    let world = World::start();
    let mut job = world.job();
    let sources = job.work_folder().join("s");
    let marker = world.folder().join("started");
    for name in ["bash", "git"] {
        let program = sources.join(name);
        let script = format!("#!/bin/sh\necho {name} >> {}\n", marker.display());
        std::fs::write(&program, script).unwrap();
        set_mode(&program, 0o755);
    }
    let path = std::env::var("PATH").unwrap();
    job.agent_environment("PATH", &format!(":.:./:../s:{path}"));
    let folder = TaskFolder::unpacked("run");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "git")
        .input("script", "echo \"by ${BASH##*/}\"")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(outcome.log.ends_with("\nby bash"), "{}", outcome.log);
    assert!(!marker.exists(), "{:?}", std::fs::read_to_string(&marker));
}

/// task-lib, which the built-in tasks use, removes credentials and nothing else.
#[test]
fn a_script_sees_the_same_variables_as_in_built_in_tasks() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("run");
    let script =
        "env | grep -E '^(ENDPOINT|SECUREFILE|VSTS_TASKVARIABLE)_' | grep -E '_(X|x)=' | sort";
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("script", script)
        .env("ENDPOINT_URL_X", "https://contoso.example/")
        .env("ENDPOINT_AUTH_X", "a credential")
        .env("ENDPOINT_AUTH_PARAMETER_X", "another")
        .env("SECUREFILE_PATH_X", "/secure/file")
        .env("SECUREFILE_TICKET_X", "a ticket")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let own: Vec<&str> = outcome.log.lines().skip(2).collect();
    assert_eq!(
        own,
        [
            "ENDPOINT_URL_X=https://contoso.example/",
            "SECUREFILE_PATH_X=/secure/file"
        ]
    );
}

#[test]
fn runs_in_the_working_directory() {
    let world = World::start();
    let sources = world.folder().join("elsewhere");
    std::fs::create_dir(&sources).unwrap();
    let absolute = sources.display().to_string();
    for (named, expected) in [("deep/er", "er"), (absolute.as_str(), "elsewhere")] {
        let mut job = world.job();
        std::fs::create_dir_all(job.work_folder().join("s/deep/er")).unwrap();
        let folder = TaskFolder::unpacked("run");
        let outcome = job
            .step(folder.path())
            .input("azureSubscription", MY_CONNECTION)
            .input("script", "basename \"$PWD\"")
            .input("workingDirectory", named)
            .run();
        assert_eq!(outcome.log.lines().last(), Some(expected), "{named}");
    }
}

#[test]
fn masks_what_a_script_could_print() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("run");
    let file = world.folder().join("printed");
    let script = format!(
        "echo \"$AZURE_DEVOPS_TOKEN $IDENTITY_HEADER $ADIEU_ENDPOINT_KEY\" > {}",
        file.display()
    );
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("script", &script)
        .input("configure", "identity\ngit")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let printed = std::fs::read_to_string(file).unwrap();
    assert_eq!(printed.split(' ').count(), 3);
    assert_eq!(job.masked(&printed), "*** *** ***\n");
}

#[test]
fn a_last_line_without_an_end_is_shown() {
    let world = World::start();
    for (script, result, last) in [
        ("printf 'no end'", TaskResult::Succeeded, "no end"),
        (
            "printf 'no end'; exit 3",
            TaskResult::Failed,
            "no end\n##[error]bash exited with code '3'.\nMore: adieu explain run",
        ),
    ] {
        let outcome = run(&world, &[("script", script)]);
        assert_eq!(outcome.result, result, "{}", outcome.log);
        assert!(outcome.log.ends_with(last), "{}", outcome.log);
    }
}

#[test]
fn reports_why_a_script_cannot_start() {
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
        ##[error]powershell is not on this agent's PATH.
        What to do: Install it on the agent, or choose another shell in the step's input shell.
        More: adieu explain run
        ----
        ##[error]The working directory [FOLDER]/no/such/folder does not exist.
        What to do: Correct workingDirectory; a relative path starts at $(System.DefaultWorkingDirectory).
        More: adieu explain run
        ----
        ##[error]configure: 'identiti' is not a known client.
        What to do: Use identity, azd, git, proxy, terraform, azurePipelinesCredential, one per line. `resources = azureDevOps, arm` limits which tokens are served.
        More: adieu explain configure
        The line 'resources = x y' of configure: 'x y' contains a space.
        What to do: Use azureDevOps, arm, graph, keyVault, storage, sql, an application ID or URI, or a scope that ends in /.default.
        More: adieu explain configure
        ----
        ##[error]The required input script is empty.
        More: adieu explain inputs
        ----
    "#]].assert_eq(&stable(&world, &log));
}

/// The agent has inserted variables into the script, including secret ones.
#[cfg(unix)]
#[test]
fn the_script_file_is_readable_by_its_user_only() {
    let world = World::start();
    let script = "stat -c %a \"$0\" 2>/dev/null || stat -f %Lp \"$0\"";
    let outcome = run(&world, &[("script", script)]);
    assert!(outcome.log.ends_with("\n600"), "{}", outcome.log);
}

#[test]
fn reports_a_script_that_cannot_be_written() {
    let world = World::start();
    let mut job = world.job();
    job.variable("agent.tempdirectory", "/nowhere");
    let folder = TaskFolder::unpacked("run");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("script", "true")
        .run();
    assert_eq!(outcome.result, TaskResult::Failed);
    let output = outcome.errors.join("\n");
    expect![[r#"
        Cannot write the script in /nowhere: No such file or directory.
        What to do: Give the agent's user write access to that folder (Agent.TempDirectory) and free disk space.
        More: adieu explain run"#]]
    .assert_eq(&output);
}

#[test]
fn serves_the_script_only_until_it_ends() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("run");
    let place = world.folder().join("endpoint");
    let script = format!(
        r#"
        ask() {{ curl -s -o /dev/null -w '%{{http_code}}\n' -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=$1"; }}
        ask https://vault.azure.net
        ask https://graph.microsoft.com
        echo "$NO_PROXY $no_proxy"
        echo "$IDENTITY_ENDPOINT" > {}
        "#,
        place.display()
    );
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("script", &script)
        .input("tokens", "# none")
        .input("configure", "identity\nresources = keyVault")
        .run();
    expect![[r#"
        Configured for this script: identity.
        200
        403
        127.0.0.1,localhost 127.0.0.1,localhost"#]]
    .assert_eq(&outcome.log);
    let endpoint = std::fs::read_to_string(place).unwrap();
    let port: u16 = endpoint.split([':', '/']).nth(4).unwrap().parse().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    // The pipeline does not get them.
    for name in ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "NO_PROXY"] {
        assert_eq!(job.value(name), None);
    }
}

#[test]
fn runs_in_a_classic_release() {
    let world = World::start();
    let mut job = world.release_job();
    let folder = TaskFolder::unpacked("run");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("script", "test -n \"$AZURE_DEVOPS_TOKEN\" && echo there")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn refuses_a_step_without_tokens_and_configure() {
    let world = World::start();
    let outcome = run(
        &world,
        &[
            ("script", "true"),
            ("tokens", "# none"),
            ("configure", "# none"),
        ],
    );
    assert_eq!(outcome.result, TaskResult::Failed);
    expect![[r#"
        ##[error]The step names no token and configures nothing.
        What to do: Add a line such as AZURE_DEVOPS_TOKEN=azureDevOps to tokens.
        More: adieu explain token"#]]
    .assert_eq(&outcome.log);
}
