//! task/launch.js, between an agent's Node and the native binary: signals, broken binaries, folders that
//! do not let programs run.
//!
//! It never puts anything in the binary's place but files that must not run. It looks into /proc and
//! mounts folders of its own, so that it is Linux's.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use adieu_emulator::{Fault, Job, MY_CONNECTION, Outcome, Running, Step, TaskResult, World};
use tempfile::TempDir;

use crate::harness::{TaskFolder, platform, root, set_mode, stable};

/// Far longer than any test: what waits for this answer waits until it is stopped.
const VERY_LATE: Fault = Fault::Delay(Duration::from_secs(60));

const STOPPED: &str = "##vso[task.complete result=Canceled]Stopped before it was done.";

const SIGNED_IN: &str = "\
Signed in at [ENTRA], tenant [TENANT].
AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).";

/// Where the launcher runs: in these two, different things reach the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Host,
    Container,
}

const EVERYWHERE: [Place; 2] = [Place::Host, Place::Container];

fn step<'j, 'w>(job: &'j mut Job<'w>, folder: &TaskFolder, place: Place) -> Step<'j, 'w> {
    let step = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION);
    match place {
        Place::Host => step,
        Place::Container => step.in_container(),
    }
}

/// A step whose binary is certainly waiting for Entra.
fn start_and_wait<'j, 'w>(
    world: &World,
    job: &'j mut Job<'w>,
    folder: &TaskFolder,
    place: Place,
) -> Running<'j, 'w> {
    world.entra().always(VERY_LATE);
    let mut running = step(job, folder, place).start();
    while world.entra().requests().is_empty() {
        if running.has_ended() {
            panic!("the step did not come to Entra:\n{}", running.wait().log);
        }
        std::thread::yield_now();
    }
    running
}

/// The log with names in place of this run's folders and services.
fn shown(world: &World, folder: &TaskFolder, outcome: &Outcome) -> String {
    let log = outcome
        .log
        .replace(&*folder.path().to_string_lossy(), "[TASK FOLDER]")
        .replace(platform(), "[PLATFORM]");
    stable(world, &log)
}

/// Names of the commands that were written. A restricted task may use no others than these.
fn commands(outcome: &Outcome) -> BTreeSet<&str> {
    assert_eq!(outcome.denied, Vec::<String>::new());
    outcome
        .raw
        .iter()
        .filter_map(|line| line.strip_prefix("##vso["))
        .filter_map(|rest| rest.split([' ', ']']).next())
        .collect()
}

fn is_program(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("adieu"))
}

/// What of the binary stands in a folder.
fn copies_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| is_program(path))
        .collect()
}

#[test]
fn starts_a_binary_that_lost_its_executable_bit() {
    for place in EVERYWHERE {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        let mut job = world.job();
        let outcome = step(&mut job, &folder, place).run();
        assert_eq!(shown(&world, &folder, &outcome), SIGNED_IN, "{place:?}");
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
        let outcome = step(&mut job, &folder, Place::Host).run();
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
    let running = start_and_wait(&world, &mut job, &folder, Place::Host);
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

// Signals.

#[test]
fn passes_a_stop_on_and_is_gone_within_two_seconds() {
    for signal in ["INT", "TERM", "HUP"] {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        let mut job = world.job();
        let mut running = start_and_wait(&world, &mut job, &folder, Place::Host);
        let asked = Instant::now();
        match signal {
            "INT" => running.cancel(),
            other => running.signal(other),
        }
        let outcome = running.wait();
        let elapsed = asked.elapsed();
        assert!(elapsed < Duration::from_secs(2), "{signal}: {elapsed:?}");
        assert_eq!(outcome.raw, [STOPPED], "{signal}");
        assert_eq!(outcome.log, "", "{signal}");
        assert_eq!(outcome.result, TaskResult::Canceled, "{signal}");
        assert_eq!(outcome.exit_code, Some(0), "{signal}");
        assert_eq!(job.processes_left(), Vec::<u32>::new(), "{signal}");
    }
}

#[test]
fn says_canceled_when_the_stop_comes_before_the_binary_listens() {
    let world = World::start();
    world.entra().always(VERY_LATE);
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    // The signal arrives in the same moment in which the binary starts.
    preload(
        &mut job,
        &world,
        "setImmediate(function () { process.kill(process.pid, 'SIGINT'); });",
    );
    let outcome = step(&mut job, &folder, Place::Host).run();
    assert_eq!(outcome.raw, [STOPPED]);
    assert_eq!(outcome.result, TaskResult::Canceled);
    assert_eq!(outcome.exit_code, Some(0));
    assert_eq!(job.processes_left(), Vec::<u32>::new());
}

#[test]
fn a_killed_launcher_leaves_no_binary_behind_and_no_success() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    let running = start_and_wait(&world, &mut job, &folder, Place::Host);
    let killed = Instant::now();
    running.kill_launcher();
    let outcome = running.wait();
    let elapsed = killed.elapsed();
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    assert_eq!(
        outcome.log,
        "\
##[error]The launcher of this task was killed, so the task stops before it is done.
What to do: Look for what kills processes on the agent; it is often out of memory.
More: TROUBLESHOOTING.md#agent
##[error]Exit code 137 returned from process: file name 'node'."
    );
    assert_eq!(outcome.result, TaskResult::Failed);
    assert_eq!(job.processes_left(), Vec::<u32>::new());
}

#[test]
fn a_killed_launcher_in_a_container_is_no_success_although_its_exit_code_is_lost() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    let running = start_and_wait(&world, &mut job, &folder, Place::Container);
    running.kill_launcher();
    let outcome = running.wait();
    assert_eq!(
        outcome.log,
        "\
##[error]The launcher of this task was killed, so the task stops before it is done.
What to do: Look for what kills processes on the agent; it is often out of memory.
More: TROUBLESHOOTING.md#agent"
    );
    assert_eq!(outcome.exit_code, Some(0));
    assert_eq!(outcome.result, TaskResult::Failed);
    assert_eq!(job.processes_left(), Vec::<u32>::new());
}

#[test]
fn a_killed_binary_fails_the_step() {
    for place in EVERYWHERE {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        let mut job = world.job();
        let running = start_and_wait(&world, &mut job, &folder, place);
        running.kill_child();
        let outcome = running.wait();
        assert_eq!(
            outcome.errors[0],
            "adieu was killed by SIGKILL: out of memory, or on Apple silicon a binary without a valid \
             signature.",
            "{place:?}"
        );
        assert_eq!(
            commands(&outcome),
            BTreeSet::from(["task.complete", "task.issue"])
        );
        assert_eq!(outcome.result, TaskResult::Failed, "{place:?}");
        assert_eq!(job.processes_left(), Vec::<u32>::new(), "{place:?}");
    }
}

// Broken binaries.

/// Breaks the binary, runs the step in a host job and in a container job, and gives the errors, which
/// have to be the same.
fn errors_with_binary(break_it: impl Fn(&Path)) -> Vec<String> {
    let mut all = Vec::new();
    for place in EVERYWHERE {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        break_it(&folder.binary());
        let mut job = world.job();
        let outcome = step(&mut job, &folder, place).run();
        assert_eq!(outcome.result, TaskResult::Failed, "{place:?}");
        assert_eq!(
            commands(&outcome),
            BTreeSet::from(["task.complete", "task.issue"])
        );
        assert!(
            outcome
                .raw
                .contains(&"##vso[task.complete result=Failed]".to_owned()),
            "{:?}",
            outcome.raw
        );
        assert_eq!(world.azure_devops().requests(), Vec::<String>::new());
        assert_eq!(job.processes_left(), Vec::<u32>::new());
        all.push(shown(&world, &folder, &outcome));
    }
    all.dedup();
    all
}

fn unusable(flaw: &str) -> String {
    format!(
        "\
##[error]The binary of this task cannot run: [TASK FOLDER]/bin/[PLATFORM]/adieu {flaw} Delete the task's folder on the agent ([TASK FOLDER]) so that it is downloaded again.
##[error]Exit code 1 returned from process: file name 'node'."
    )
}

#[test]
fn an_empty_binary_is_no_success() {
    assert_eq!(
        errors_with_binary(|binary| fs::write(binary, "").unwrap()),
        [unusable("is empty.")]
    );
}

#[test]
fn a_text_in_the_binarys_place_is_not_given_to_a_shell() {
    for text in [
        "version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
        "#!/bin/sh\nexit 0\n",
        "exit 0\n# long enough for a header, which is what a text of this length could pass for\n",
    ] {
        assert_eq!(
            errors_with_binary(|binary| fs::write(binary, text).unwrap()),
            [unusable("is no ELF file.")],
            "{text}"
        );
    }
}

#[test]
fn a_header_that_was_cut_off_is_no_success() {
    assert_eq!(
        errors_with_binary(|binary| keep(binary, 40)),
        [unusable("is no ELF file.")]
    );
}

#[test]
fn a_binary_that_was_cut_off_behind_its_header_is_no_success() {
    // What the system says of it differs; that it is no success does not.
    let errors = errors_with_binary(|binary| keep(binary, 100_000));
    assert!(
        errors[0].starts_with("##[error]adieu was killed by SIG"),
        "{errors:?}"
    );
}

#[test]
fn a_binary_for_another_processor_is_no_success() {
    assert_eq!(
        errors_with_binary(|binary| {
            let mut bytes = fs::read(binary).unwrap();
            // `e_machine`: RISC-V.
            bytes[18..20].copy_from_slice(&243_u16.to_le_bytes());
            fs::write(binary, bytes).unwrap();
        }),
        [unusable("is for another processor.")]
    );
}

#[test]
fn a_binary_that_is_not_there_is_no_success() {
    assert_eq!(
        errors_with_binary(|binary| fs::remove_file(binary).unwrap()),
        [unusable(
            "cannot be read (ENOENT); a virus scanner may have taken it away."
        )]
    );
}

#[test]
fn a_folder_in_the_binarys_place_is_no_success() {
    assert_eq!(
        errors_with_binary(|binary| {
            fs::remove_file(binary).unwrap();
            fs::create_dir(binary).unwrap();
        }),
        [unusable(
            "cannot be read (EISDIR); a virus scanner may have taken it away."
        )]
    );
}

fn keep(binary: &Path, length: usize) {
    let bytes = fs::read(binary).unwrap();
    fs::write(binary, &bytes[..length]).unwrap();
}

// Folders that do not let programs run.

/// Has the agent find a `node` that prepares the machine with a shell script and becomes the real one.
/// What the script mounts, no other process sees. It is bash's, because dash drops variables whose names
/// it cannot spell, as `ENDPOINT_AUTH_<id>`.
pub(crate) fn prepare_machine(job: &mut Job<'_>, script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = std::env::var("PATH").unwrap();
    let node = std::env::split_paths(&path)
        .map(|folder| folder.join("node"))
        .find(|node| node.exists())
        .expect("Node");
    let wrapper = folder.path().join("node");
    fs::write(
        folder.path().join("prepare"),
        format!("set -e\n{script}\nexec {} \"$@\"\n", node.display()),
    )
    .unwrap();
    fs::write(
        &wrapper,
        format!(
            "#!/usr/bin/env bash\nexec unshare --map-root-user --mount bash {} \"$@\"\n",
            folder.path().join("prepare").display()
        ),
    )
    .unwrap();
    set_mode(&wrapper, 0o755);
    job.agent_environment("PATH", &format!("{}:{path}", folder.path().display()));
    folder
}

/// A shell script that mounts a copy of a folder over it.
pub(crate) fn mounted(folder: &Path, options: &str) -> String {
    let folder = folder.display();
    format!(
        "spare=$(mktemp -d -p $(dirname {folder}))
         cp -a {folder}/. $spare
         mount -t tmpfs none {folder}
         cp -a $spare/. {folder}
         rm -r $spare
         mount -o remount,{options} {folder}"
    )
}

#[test]
fn runs_a_copy_where_the_task_folder_does_not_let_programs_run() {
    for options in ["ro", "noexec", "ro,noexec"] {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        let mut job = world.job();
        let _machine = prepare_machine(&mut job, &mounted(folder.path(), options));
        let outcome = step(&mut job, &folder, Place::Host).run();
        assert_eq!(shown(&world, &folder, &outcome), SIGNED_IN, "{options}");
        assert_eq!(outcome.result, TaskResult::Succeeded, "{options}");
        assert_eq!(copies_in(&job.temp_folder()), Vec::<PathBuf>::new());
        assert_eq!(job.processes_left(), Vec::<u32>::new());
    }
}

#[test]
fn the_copy_is_in_the_agents_temporary_folder_and_goes_when_the_step_is_stopped() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    let _machine = prepare_machine(&mut job, &mounted(folder.path(), "noexec"));
    let temp = job.temp_folder();
    let mut running = start_and_wait(&world, &mut job, &folder, Place::Host);
    let copies = copies_in(&temp);
    assert_eq!(copies.len(), 1, "{copies:?}");
    assert_eq!(
        fs::read_link(format!("/proc/{}/exe", running.programs()[0])).unwrap(),
        copies[0].join("adieu")
    );
    running.cancel();
    let outcome = running.wait();
    assert_eq!(outcome.raw, [STOPPED]);
    assert_eq!(outcome.result, TaskResult::Canceled);
    assert_eq!(copies_in(&temp), Vec::<PathBuf>::new());
}

#[test]
fn the_systems_temporary_folder_is_the_last_resort() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    let system = tempfile::tempdir().unwrap();
    job.agent_environment("TMPDIR", &system.path().to_string_lossy());
    let script = [
        mounted(folder.path(), "noexec"),
        mounted(&job.temp_folder(), "noexec"),
    ]
    .join("\n");
    let _machine = prepare_machine(&mut job, &script);
    let outcome = step(&mut job, &folder, Place::Host).run();
    assert_eq!(shown(&world, &folder, &outcome), SIGNED_IN);
    assert_eq!(copies_in(system.path()), Vec::<PathBuf>::new());
}

#[test]
fn says_which_folders_do_not_let_programs_run() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    let temp = job.temp_folder();
    let system = tempfile::tempdir().unwrap();
    job.agent_environment("TMPDIR", &system.path().to_string_lossy());
    let script = [folder.path(), &temp, system.path()]
        .map(|folder| mounted(folder, "noexec"))
        .join("\n");
    let _machine = prepare_machine(&mut job, &script);
    let outcome = step(&mut job, &folder, Place::Host).run();
    let shown = shown(&world, &folder, &outcome)
        .replace(&*temp.to_string_lossy(), "[AGENT'S TEMP]")
        .replace(&*system.path().to_string_lossy(), "[SYSTEM'S TEMP]");
    assert_eq!(
        shown,
        "\
##[error]adieu could not be started (EACCES): [TASK FOLDER], [AGENT'S TEMP], [SYSTEM'S TEMP] do not allow programs (noexec, AppLocker, a virus scanner). Allow one of them.
##[error]Exit code 1 returned from process: file name 'node'."
    );
    assert_eq!(outcome.result, TaskResult::Failed);
}

// Phases and platforms.

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
        let outcome = step(&mut job, &folder, Place::Host).section(section).run();
        if section == "execution" {
            assert_eq!(shown(&world, &folder, &outcome), SIGNED_IN, "{script}");
            continue;
        }
        if section == "postjobexecution" {
            // A step that has started nothing has nothing to end.
            assert_eq!((outcome.result, &*outcome.log), (TaskResult::Succeeded, ""));
            continue;
        }
        assert_eq!(
            outcome.log,
            "\
##[error]This binary has no task EntraToken with the phase prejobexecution.
What to do: Delete the task's folder on the agent so that launcher and binary are downloaded together.
More: TROUBLESHOOTING.md#agent"
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
fn names_the_platforms_when_there_is_no_binary_for_this_one() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    preload(
        &mut job,
        &world,
        "Object.defineProperty(process, 'arch', { value: 'mips' });",
    );
    let outcome = step(&mut job, &folder, Place::Host).run();
    assert_eq!(
        outcome.log,
        "\
##[error]Adieu has no binary for linux-mips. It runs on linux-x64, linux-arm64, win32-x64, darwin-x64, darwin-arm64.
##[error]Exit code 1 returned from process: file name 'node'."
    );
    assert_eq!(outcome.result, TaskResult::Failed);
}

/// Has Node run a script of the test's before the launcher.
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
