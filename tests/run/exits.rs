//! How a script ends: on its own, by a signal, by a stop; and what remains afterwards.
//!
//! How the launcher ends is in launcher/stops.rs.

use std::path::Path;
use std::time::Instant;

use adieu_emulator::{Job, MY_CONNECTION, RunningStep, TaskResult, World};
use expect_test::expect;

use super::run;
use crate::harness::{TaskFolder, stable};

#[test]
fn fails_with_the_scripts_exit_code() {
    let world = World::start();
    let outcome = run(&world, &[("script", "echo before\nexit 3\necho after")]);
    assert_eq!(outcome.result, TaskResult::Failed);
    expect![[r#"
        Configured for this script: identity.
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
        before
        ##[error]bash exited with code '3'.
        More: adieu explain run"#]]
    .assert_eq(&stable(&world, &outcome.log));
}

#[test]
fn reports_a_signal_as_shells_do() {
    let world = World::start();
    let outcome = run(&world, &[("script", "kill -KILL $$"), ("shell", "sh")]);
    assert_eq!(outcome.result, TaskResult::Failed);
    expect![[r#"
        sh exited with code '137'.
        More: adieu explain run"#]]
    .assert_eq(&outcome.errors.join("\n"));
}

#[test]
fn fails_on_standard_error_if_requested() {
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
        ##[error]The script wrote to standard error, and failOnStandardError is on.
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
        Configured for this script: identity.
        More: adieu explain run
        err
        out"#]]
    .assert_eq(&lines.join("\n"));
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
    job.wait_until_nothing_is_left();
}

/// A background job of a shell ignores SIGINT, and holds the step's pipes as long as it lives.
#[test]
fn a_stop_ends_the_whole_group_within_the_agents_ten_seconds() {
    for (script, least, most) in [
        ("sleep 30 & STARTED; sleep 30", 0, 4),
        // It ignores all signals, and its child ignores both.
        ("(trap '' INT TERM; sleep 30) & STARTED; sleep 30", 0, 5),
        (
            "trap '' INT TERM; sleep 30 & STARTED; sleep 30; sleep 30",
            8,
            10,
        ),
    ] {
        let world = World::start();
        let mut job = world.job();
        let folder = TaskFolder::unpacked("run");
        let started = world.folder().join("started");
        let script = script.replace("STARTED", &format!("echo yes > {}", started.display()));
        let mut running = job
            .step(folder.path())
            .input("azureSubscription", MY_CONNECTION)
            .input("script", &script)
            .start();
        while !started.exists() {
            std::thread::yield_now();
        }
        let canceled = Instant::now();
        running.cancel();
        let outcome = running.wait();
        let seconds = canceled.elapsed().as_secs();
        assert!((least..most).contains(&seconds), "{script}: {seconds} s");
        assert_eq!(outcome.result, TaskResult::Canceled);
        let last = outcome.raw.last().map(String::as_str);
        assert!(
            last.is_some_and(|line| line.starts_with("##vso[task.complete result=Canceled]")),
            "{script}: {last:?}"
        );
        assert_eq!(job.processes_left(), Vec::<u32>::new(), "{script}");
    }
}

/// Starts a script in a container job; returns once it has written `started`.
fn container_step<'job, 'world>(
    job: &'job mut Job<'world>,
    folder: &TaskFolder,
    script: &str,
    started: &Path,
) -> RunningStep<'job, 'world> {
    let running = job
        .step(folder.path())
        .in_container()
        .input("azureSubscription", MY_CONNECTION)
        .input("script", script)
        .start();
    while !started.exists() {
        std::thread::yield_now();
    }
    running
}

#[test]
fn ends_the_script_when_the_launcher_is_killed() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("run");
    let (started, signaled) = (
        world.folder().join("started"),
        world.folder().join("signaled"),
    );
    let script = format!(
        "trap 'echo yes > {}; exit 1' TERM\necho yes > {}\nsleep 600 & wait",
        signaled.display(),
        started.display()
    );
    let running = container_step(&mut job, &folder, &script, &started);
    running.kill_launcher();
    let outcome = running.wait();
    assert_eq!(outcome.result, TaskResult::Failed);
    assert!(signaled.exists());
    expect![[r#"
        The launcher was killed, so the task stopped before it was done.
        What to do: Find out what killed it; agents often run out of memory.
        More: adieu explain agent"#]]
    .assert_eq(&outcome.errors.join("\n"));
    job.wait_until_nothing_is_left();
}

#[test]
fn kills_a_script_that_ignores_signals() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("run");
    let started = world.folder().join("started");
    let script = format!(
        "trap '' TERM\necho yes > {}\nsleep 600 & wait",
        started.display()
    );
    let running = container_step(&mut job, &folder, &script, &started);
    running.kill_launcher();
    assert_eq!(running.wait().result, TaskResult::Failed);
    job.wait_until_nothing_is_left();
}

#[test]
fn does_not_wait_for_background_processes() {
    let world = World::start();
    // It holds the script's standard error, and no pipe of the agent.
    let script = "(sleep 600 >/dev/null) &\necho done";
    let mut job = world.job();
    let folder = TaskFolder::unpacked("run");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("script", script)
        .input("failOnStandardError", "true")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    // It still sleeps: the step did not wait for it, and the agent kills it.
    assert_eq!(job.finish().len(), 1);
}

#[test]
fn leaves_no_file_behind() {
    let world = World::start();
    for (script, result) in [
        ("true", TaskResult::Succeeded),
        ("exit 3", TaskResult::Failed),
        ("kill -KILL $$", TaskResult::Failed),
    ] {
        let mut job = world.job();
        let folder = TaskFolder::unpacked("run");
        let outcome = job
            .step(folder.path())
            .input("azureSubscription", MY_CONNECTION)
            .input("script", script)
            .run();
        assert_eq!(outcome.result, result, "{}", outcome.log);
        let left = std::fs::read_dir(job.temp_folder()).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{script}: {left:?}");
    }
}
