//! task/launch.js, between an agent's Node and the native binary: signals, broken binaries, folders from which
//! programs cannot run.
//!
//! It replaces the binary only with files that must not run, and with a program that fails. It uses /proc and mounts
//! folders, so it runs only on Linux.

#![cfg(target_os = "linux")]

// Invalid files instead of the binary.
mod broken_binaries;
// Folders from which programs cannot run.
pub(crate) mod folders;
// Stops and kills.
mod stops;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use adieu_emulator::{Fault, Job, MY_CONNECTION, Outcome, RunningStep, Step, TaskResult, World};

use crate::harness::{TaskFolder, platform, root, stable};

/// Far longer than any test: a step that waits for this answer waits until it is stopped.
const VERY_LATE: Fault = Fault::Delay(Duration::from_secs(60));

const STOPPED: &str = "##vso[task.complete result=Canceled]Stopped before it was done.";

const SIGNED_IN: &str = "\
Signed in at [ENTRA], tenant [TENANT].
AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).";

/// Where the launcher runs: the agent sees different things in these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Environment {
    Host,
    Container,
}

const EVERYWHERE: [Environment; 2] = [Environment::Host, Environment::Container];

fn step<'j, 'w>(
    job: &'j mut Job<'w>,
    folder: &TaskFolder,
    environment: Environment,
) -> Step<'j, 'w> {
    let step = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION);
    match environment {
        Environment::Host => step,
        Environment::Container => step.in_container(),
    }
}

/// A step whose binary is certain to wait for Microsoft Entra.
fn start_and_wait<'j, 'w>(
    world: &World,
    job: &'j mut Job<'w>,
    folder: &TaskFolder,
    environment: Environment,
) -> RunningStep<'j, 'w> {
    world.entra().always(VERY_LATE);
    let mut running = step(job, folder, environment).start();
    while world.entra().requests().is_empty() {
        if running.has_ended() {
            panic!("the step did not come to Entra:\n{}", running.wait().log);
        }
        std::thread::yield_now();
    }
    running
}

/// The log with placeholders for this run's folders and services.
fn shown(world: &World, folder: &TaskFolder, outcome: &Outcome) -> String {
    let log = outcome
        .log
        .replace(&*folder.path().to_string_lossy(), "[TASK FOLDER]")
        .replace(platform(), "[PLATFORM]");
    stable(world, &log)
}

/// The lines that were written, without masks.
fn unmasked(outcome: &Outcome) -> Vec<&str> {
    let lines = outcome.raw.iter().map(String::as_str);
    lines
        .filter(|line| !line.starts_with("##vso[task.setsecret]"))
        .collect()
}

/// Names of the commands that were written. A restricted task may use only these.
fn commands(outcome: &Outcome) -> BTreeSet<&str> {
    assert_eq!(outcome.denied, Vec::<String>::new());
    outcome
        .raw
        .iter()
        .filter_map(|line| line.strip_prefix("##vso["))
        .filter_map(|rest| rest.split([' ', ']']).next())
        .collect()
}

/// A thread whose stack exceeds the memory cannot start, so tokio panics: it resolves host names on a thread.
#[test]
fn a_panic_fails_the_step_with_an_error() {
    for environment in EVERYWHERE {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        let mut job = world.job();
        job.variable("RUST_MIN_STACK", "1000000000000000");
        let outcome = step(&mut job, &folder, environment).run();
        assert_eq!(outcome.result, TaskResult::Failed, "{environment:?}");
        let error = &outcome.errors[0];
        assert!(
            error.starts_with(
                "adieu stopped because of an internal error; please report it: panicked at "
            ),
            "{environment:?}: {error}"
        );
        assert!(
            outcome.log.contains("OS can't spawn worker thread"),
            "{environment:?}: {}",
            outcome.log
        );
        assert!(job.get("AZURE_DEVOPS_TOKEN").is_none());
    }
}

#[test]
fn starts_a_binary_that_lost_its_executable_bit() {
    for environment in EVERYWHERE {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        let mut job = world.job();
        let outcome = step(&mut job, &folder, environment).run();
        assert_eq!(
            shown(&world, &folder, &outcome),
            SIGNED_IN,
            "{environment:?}"
        );
        assert_eq!(outcome.result, TaskResult::Succeeded);
        assert_eq!(outcome.exit_code, Some(0));
        assert_eq!(
            commands(&outcome),
            BTreeSet::from(["task.complete", "task.setsecret", "task.setvariable"])
        );
        let mode = fs::metadata(folder.binary()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert!(job.get("AZURE_DEVOPS_TOKEN").is_some());
        assert_eq!(job.processes_left(), Vec::<u32>::new());
    }
}

#[test]
fn runs_again_in_a_folder_that_was_used_before() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    for _ in 0..2 {
        let outcome = step(&mut job, &folder, Environment::Host).run();
        assert_eq!(shown(&world, &folder, &outcome), SIGNED_IN);
    }
}

#[test]
fn passes_the_environment_on_as_it_is() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    job.agent_environment("NODE_OPTIONS", "--max-old-space-size=300");
    job.agent_environment("A_VARIABLE_OF_THE_AGENT", "spaces, = and \"quotes\" too");
    let running = start_and_wait(&world, &mut job, &folder, Environment::Host);
    let programs = running.programs();
    let environment = fs::read(format!("/proc/{}/environ", programs[0])).unwrap();
    let environment: Vec<_> = environment.split(|byte| *byte == 0).collect();
    for expected in [
        "NODE_OPTIONS=--max-old-space-size=300",
        "A_VARIABLE_OF_THE_AGENT=spaces, = and \"quotes\" too",
    ] {
        assert!(environment.contains(&expected.as_bytes()), "{expected}");
    }
    assert_eq!(programs.len(), 1);
    running.signal("TERM");
    assert_eq!(running.wait().result, TaskResult::Canceled);
}

#[test]
fn names_the_phase_that_the_agent_runs() {
    for (section, script) in [
        ("prejobexecution", "prejobexecution.js"),
        ("execution", "launch.js"),
        ("postjobexecution", "postjobexecution.js"),
    ] {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        give_all_phases(&folder);
        let mut job = world.job();
        let outcome = step(&mut job, &folder, Environment::Host)
            .section(section)
            .run();
        if section == "execution" {
            assert_eq!(shown(&world, &folder, &outcome), SIGNED_IN, "{script}");
            continue;
        }
        if section == "postjobexecution" {
            // A step that started nothing has nothing to stop.
            assert_eq!((outcome.result, &*outcome.log), (TaskResult::Succeeded, ""));
            continue;
        }
        assert_eq!(
            outcome.log,
            "\
##[error]This binary has no task 'EntraToken' with the phase 'prejobexecution'.
What to do: Delete the task's folder on the agent so that launcher and binary are downloaded together.
More: adieu explain agent"
        );
        assert_eq!(outcome.result, TaskResult::Failed);
    }
}

/// Adds the two other phases to a task, as packaging does for a task that has them.
fn give_all_phases(folder: &TaskFolder) {
    let file = folder.path().join("task.json");
    let mut task: serde_json::Value =
        serde_json::from_slice(&fs::read(&file).unwrap()).expect("JSON");
    for phase in ["prejobexecution", "postjobexecution"] {
        let script = format!("{phase}.js");
        fs::copy(folder.path().join("launch.js"), folder.path().join(&script)).unwrap();
        task[phase] = serde_json::json!({ "Node20_1": { "target": script } });
    }
    fs::write(&file, task.to_string()).unwrap();
}

#[test]
fn lists_the_supported_platforms() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    preload(
        &mut job,
        &world,
        "Object.defineProperty(process, 'arch', { value: 'mips' });",
    );
    let outcome = step(&mut job, &folder, Environment::Host).run();
    assert_eq!(
        outcome.log,
        "\
##[error]Adieu has no binary for linux-mips. It runs on linux-x64, linux-arm64, win32-x64, darwin-x64, darwin-arm64.
##[error]Exit code 1 returned from process: file name 'node'."
    );
    assert_eq!(outcome.result, TaskResult::Failed);
}

/// Makes Node run a test's script before the launcher.
fn preload(job: &mut Job<'_>, world: &World, script: &str) {
    let file = world.folder().join("preload.js");
    fs::write(&file, script).unwrap();
    job.agent_environment("NODE_OPTIONS", &format!("--require={}", file.display()));
}

#[test]
fn is_written_in_the_syntax_of_node_10() {
    let text = fs::read_to_string(root().join("task").join("launch.js")).unwrap();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap();
        for newer in [
            "=>", "const ", "let ", "`", "?.", "??", "async", "await", "node:", "...", "class ",
            "catch {", "**", "||=",
        ] {
            assert!(!code.contains(newer), "line {}: {newer}", number + 1);
        }
    }
    let dense: String = text.split_whitespace().collect();
    for ending in [",)", ",}", ",]"] {
        assert!(!dense.contains(ending), "a trailing comma: {ending}");
    }
}
