//! Task folders from which programs cannot run: read-only ones, and those mounted `noexec`.
//!
//! No other process sees these mounts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use adieu_emulator::{Job, TaskResult, World};
use tempfile::TempDir;

use super::{Environment, SIGNED_IN, STOPPED, shown, start_and_wait, step, unmasked};
use crate::harness::{TaskFolder, set_mode};

/// Gives the agent a `node` that prepares the machine with a shell script and becomes the real one. No other process
/// sees what the script mounts. It needs bash, because dash drops variables whose names it cannot represent, such as
/// `ENDPOINT_AUTH_<id>`.
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

fn is_program(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("adieu"))
}

/// Copies of the binary in a folder.
fn copies_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| is_program(path))
        .collect()
}

#[test]
fn runs_a_copy_where_the_task_folder_does_not_let_programs_run() {
    for options in ["ro", "noexec", "ro,noexec"] {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        let mut job = world.job();
        let _machine = prepare_machine(&mut job, &mounted(folder.path(), options));
        let outcome = step(&mut job, &folder, Environment::Host).run();
        assert_eq!(shown(&world, &folder, &outcome), SIGNED_IN, "{options}");
        assert_eq!(outcome.result, TaskResult::Succeeded, "{options}");
        assert_eq!(copies_in(&job.temp_folder()), Vec::<PathBuf>::new());
        assert_eq!(job.processes_left(), Vec::<u32>::new());
    }
}

#[test]
fn removes_the_copy_when_the_step_is_stopped() {
    let world = World::start();
    let folder = TaskFolder::unpacked("token");
    let mut job = world.job();
    let _machine = prepare_machine(&mut job, &mounted(folder.path(), "noexec"));
    let temp = job.temp_folder();
    let mut running = start_and_wait(&world, &mut job, &folder, Environment::Host);
    let copies = copies_in(&temp);
    assert_eq!(copies.len(), 1, "{copies:?}");
    // No other user can replace it with another program.
    let mode = fs::metadata(&copies[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(
        fs::read_link(format!("/proc/{}/exe", running.programs()[0])).unwrap(),
        copies[0].join("adieu")
    );
    running.cancel();
    let outcome = running.wait();
    assert_eq!(unmasked(&outcome), [STOPPED]);
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
    let outcome = step(&mut job, &folder, Environment::Host).run();
    assert_eq!(shown(&world, &folder, &outcome), SIGNED_IN);
    assert_eq!(copies_in(system.path()), Vec::<PathBuf>::new());
}

#[test]
fn names_folders_where_programs_cannot_run() {
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
    let outcome = step(&mut job, &folder, Environment::Host).run();
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
