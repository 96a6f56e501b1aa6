//! Stops and kills: which process gets which signal, and that none remains.
//!
//! How a script of RunWithToken@1 is stopped is in run.rs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use adieu_emulator::{TaskResult, World};
use serde_json::Value;

use super::{
    EVERYWHERE, Environment, STOPPED, VERY_LATE, commands, preload, start_and_wait, step, unmasked,
};
use crate::harness::{TaskFolder, platform, set_mode};

#[test]
fn passes_a_stop_on_and_exits_within_two_seconds() {
    for signal in ["INT", "TERM", "HUP"] {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        let mut job = world.job();
        let mut running = start_and_wait(&world, &mut job, &folder, Environment::Host);
        let asked = Instant::now();
        match signal {
            "INT" => running.cancel(),
            other => running.signal(other),
        }
        let outcome = running.wait();
        let elapsed = asked.elapsed();
        assert!(elapsed < Duration::from_secs(2), "{signal}: {elapsed:?}");
        assert_eq!(unmasked(&outcome), [STOPPED], "{signal}");
        assert_eq!(outcome.log, "", "{signal}");
        assert_eq!(outcome.result, TaskResult::Canceled, "{signal}");
        assert_eq!(outcome.exit_code, Some(0), "{signal}");
        assert_eq!(job.processes_left(), Vec::<u32>::new(), "{signal}");
    }
}

#[test]
fn reports_canceled_when_stopped_before_the_binary_listens() {
    let world = World::start();
    world.entra().always(VERY_LATE);
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    // The signal arrives just when the binary starts.
    preload(
        &mut job,
        &world,
        "setImmediate(function () { process.kill(process.pid, 'SIGINT'); });",
    );
    let outcome = step(&mut job, &folder, Environment::Host).run();
    assert_eq!(unmasked(&outcome), [STOPPED]);
    assert_eq!(outcome.result, TaskResult::Canceled);
    assert_eq!(outcome.exit_code, Some(0));
    assert_eq!(job.processes_left(), Vec::<u32>::new());
}

/// Windows as its programs see it: the console sends Ctrl+C to both, and Node implements a signal to another process
/// by ending it immediately.
#[test]
fn on_windows_only_the_console_signals_the_binary() {
    for (listens, what_ctrl_c_does) in [
        (true, "process.kill(id, 'SIGINT');"),
        // Before the binary handles it, Windows ends it with its own code.
        (
            false,
            "child.emit = function (name) { return emit.call(child, name, 0xC000013A, null); }; process.kill(id, 'SIGKILL');",
        ),
    ] {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        pretend_windows(&folder);
        let mut job = world.job();
        let script = format!(
            "
            var childProcess = require('child_process');
            var spawn = childProcess.spawn;
            Object.defineProperty(process, 'platform', {{ value: 'win32' }});
            childProcess.spawn = function () {{
              var child = spawn.apply(childProcess, arguments);
              var id = child.pid;
              var emit = child.emit;
              child.kill = function () {{ process.kill(id, 'SIGKILL'); }};
              process.on('SIGINT', function () {{ {what_ctrl_c_does} }});
              return child;
            }};"
        );
        preload(&mut job, &world, &script);
        let mut running = start_and_wait(&world, &mut job, &folder, Environment::Host);
        running.cancel();
        let outcome = running.wait();
        assert_eq!(unmasked(&outcome), [STOPPED], "{listens}");
        assert_eq!(outcome.result, TaskResult::Canceled, "{listens}");
        assert_eq!(job.processes_left(), Vec::<u32>::new(), "{listens}");
    }
}

/// Makes the launcher use this machine's binary as the one for Windows.
fn pretend_windows(folder: &TaskFolder) {
    let binary = folder.binary();
    let bin = binary.parent().and_then(Path::parent).unwrap();
    fs::rename(binary.parent().unwrap(), bin.join("win32-x64")).unwrap();
    let file = folder.path().join("platforms.json");
    let mut platforms: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    platforms["win32-x64"] = platforms[platform()].take();
    fs::write(&file, platforms.to_string()).unwrap();
    set_mode(&bin.join("win32-x64/adieu"), 0o755);
}

#[test]
fn a_killed_launcher_stops_the_binary_and_fails_the_step() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    let running = start_and_wait(&world, &mut job, &folder, Environment::Host);
    let killed = Instant::now();
    running.kill_launcher();
    let outcome = running.wait();
    let elapsed = killed.elapsed();
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    assert_eq!(
        outcome.log,
        "\
##[error]The launcher was killed, so the task stopped before it was done.
What to do: Find out what killed it; agents often run out of memory.
More: adieu explain agent
##[error]Exit code 137 returned from process: file name 'node'."
    );
    assert_eq!(outcome.result, TaskResult::Failed);
    assert_eq!(job.processes_left(), Vec::<u32>::new());
}

#[test]
fn a_killed_launcher_in_a_container_fails_the_step() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    let running = start_and_wait(&world, &mut job, &folder, Environment::Container);
    running.kill_launcher();
    let outcome = running.wait();
    assert_eq!(
        outcome.log,
        "\
##[error]The launcher was killed, so the task stopped before it was done.
What to do: Find out what killed it; agents often run out of memory.
More: adieu explain agent"
    );
    assert_eq!(outcome.exit_code, Some(0));
    assert_eq!(outcome.result, TaskResult::Failed);
    assert_eq!(job.processes_left(), Vec::<u32>::new());
}

#[test]
fn a_killed_binary_fails_the_step() {
    for environment in EVERYWHERE {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        let mut job = world.job();
        let running = start_and_wait(&world, &mut job, &folder, environment);
        running.kill_child();
        let outcome = running.wait();
        assert_eq!(
            outcome.errors[0],
            "adieu was killed by SIGKILL: out of memory, or on Apple silicon a binary without a valid \
             signature.",
            "{environment:?}"
        );
        assert_eq!(
            commands(&outcome),
            BTreeSet::from(["task.complete", "task.issue", "task.setsecret"])
        );
        assert_eq!(outcome.result, TaskResult::Failed, "{environment:?}");
        assert_eq!(job.processes_left(), Vec::<u32>::new(), "{environment:?}");
    }
}
