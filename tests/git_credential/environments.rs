//! The environments in which git gets credentials besides a job's steps: under `adieu exec`, locally, and with a task
//! folder from which no program can run.
//!
//! What git then does is in repositories.rs.

use std::collections::BTreeMap;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use adieu_emulator::World;

use super::{HELLO, RestOfJob, gits, plain_environment, run, world};
use crate::harness::TaskFolder;

/// A machine with its own identity, and no job.
fn machine(world: &World, home: &Path) -> BTreeMap<String, String> {
    let mut environment = plain_environment(world, home);
    for (name, value) in [
        ("IDENTITY_ENDPOINT", world.managed_identity().url()),
        ("IDENTITY_HEADER", &world.managed_identity().secret()),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment
}

#[test]
fn exec_configures_git_for_its_command() {
    let (git, _) = gits().pop().expect("a git");
    let world = world();
    let home = tempfile::tempdir().expect("a folder");
    let environment = machine(&world, home.path());
    let git = git.display().to_string();
    let exec = |folder: &Path, arguments: &[&str]| {
        let adieu = [
            "exec",
            "--credential",
            "managed-identity",
            "--configure",
            "git",
            "--",
            &git,
        ];
        let program = Path::new(env!("CARGO_BIN_EXE_adieu"));
        let output = run(program, folder, &environment, &[&adieu, arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        assert_eq!(errors, "");
    };
    exec(home.path(), &["clone", "--quiet", HELLO, "a"]);
    let clone = home.path().join("a");
    let header = format!("http.{HELLO}.extraheader");
    exec(&clone, &["config", &header, "AUTHORIZATION: bearer stale"]);
    exec(&clone, &["fetch", "--quiet"]);
}

#[test]
fn locally_gits_own_configuration_names_the_helper() {
    for (git, _) in gits() {
        let world = world();
        let home = tempfile::tempdir().expect("a folder");
        let environment = machine(&world, home.path());
        let place = "credential.https://dev.azure.com";
        let program = env!("CARGO_BIN_EXE_adieu");
        let helper = format!("!'{program}' git-credential --credential managed-identity");
        for arguments in [
            &["config", "--global", &format!("{place}.helper"), ""][..],
            &[
                "config",
                "--global",
                "--add",
                &format!("{place}.helper"),
                &helper,
            ],
            &[
                "config",
                "--global",
                &format!("{place}.useHttpPath"),
                "true",
            ],
            &["clone", "--quiet", HELLO, "a"],
        ] {
            let output = run(&git, home.path(), &environment, arguments);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "git {arguments:?}: {errors}");
            assert_eq!(errors, "");
        }
    }
}

#[cfg(unix)]
#[test]
fn one_command_configures_git() {
    for (git, _) in gits() {
        let world = world();
        let home = tempfile::tempdir().expect("a folder");
        let mut environment = machine(&world, home.path());
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).expect("a folder");
        if git.is_absolute() {
            std::os::unix::fs::symlink(&git, bin.join("git")).expect("a link");
            environment.insert("PATH".to_owned(), bin.display().to_string());
        }
        let program = Path::new(env!("CARGO_BIN_EXE_adieu"));
        // Running it again changes nothing.
        for _ in 0..2 {
            let output = run(
                program,
                home.path(),
                &environment,
                &[
                    "git-credential",
                    "--configure",
                    "--global",
                    "--credential",
                    "managed-identity",
                ],
            );
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{errors}");
            assert!(errors.starts_with("git asks Adieu for "), "{errors}");
        }
        let path = std::env::var("PATH").expect("a PATH");
        environment.insert("PATH".to_owned(), path);
        let helpers = [
            "config",
            "--get-all",
            "credential.https://dev.azure.com.helper",
        ];
        let output = run(&git, home.path(), &environment, &helpers);
        let expected = format!(
            "\n!'{}' git-credential --credential managed-identity\n",
            program.display()
        );
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        for (address, to) in [(HELLO, "a"), (super::OLD_HELLO, "b")] {
            let arguments = ["clone", "--quiet", address, to];
            let output = run(&git, home.path(), &environment, &arguments);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{address}: {errors}");
        }
        // Outside a repository there is nothing to configure.
        let output = run(
            program,
            home.path(),
            &environment,
            &["git-credential", "--configure"],
        );
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            errors.starts_with("error: git was not configured: "),
            "{errors}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn git_finds_the_helper_when_the_task_folder_is_noexec() {
    use crate::launcher::folders::{mounted, prepare_machine};
    let (git, _) = gits().pop().expect("a git");
    let world = world();
    let mut job = world.job();
    let task = TaskFolder::unpacked("token");
    let without = std::env::var("PATH").expect("a PATH");
    let machine = prepare_machine(&mut job, &mounted(task.path(), "noexec"));
    let mut rest = RestOfJob::with_task(&world, job, &git, task);
    rest.environment.insert("PATH".to_owned(), without);
    let program = program_of(&rest);
    let folder = program.parent().expect("a folder").to_owned();
    assert_eq!(folder.parent(), Some(rest.job.temp_folder().as_path()));
    let mode = folder.metadata().expect("a folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    rest.git(&["clone", "--quiet", HELLO, "a"]);
    rest.end();
    assert!(!folder.exists(), "{} is left", folder.display());
    drop(machine);
}

/// The launcher's copy is removed after the step, and in a folder that everyone can write to, anyone could put
/// another program at its path.
#[cfg(target_os = "linux")]
#[test]
fn git_never_starts_what_another_user_could_have_put_there() {
    use crate::launcher::folders::{mounted, prepare_machine};
    let (git, _) = gits().pop().expect("a git");
    let world = world();
    let mut job = world.job();
    let task = TaskFolder::unpacked("token");
    let system = tempfile::tempdir().expect("a folder");
    job.agent_environment("TMPDIR", &system.path().to_string_lossy());
    // Left by an earlier job, or another process, under the fixed name.
    let left = system.path().join("adieu-git");
    std::fs::create_dir(&left).expect("a folder");
    std::fs::write(left.join("adieu"), "#!/bin/sh\necho password=stolen\n").expect("a file");
    let without = std::env::var("PATH").expect("a PATH");
    let temporary = job.temp_folder();
    let script = [task.path(), temporary.as_path()].map(|folder| mounted(folder, "noexec"));
    let machine = prepare_machine(&mut job, &script.join("\n"));
    let mut rest = RestOfJob::with_task(&world, job, &git, task);
    rest.environment.insert("PATH".to_owned(), without);
    let program = program_of(&rest);
    let folder = program.parent().expect("a folder").to_owned();
    assert_eq!(folder.parent(), Some(system.path()));
    assert_ne!(folder, left);
    let mode = folder.metadata().expect("a folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    rest.git(&["clone", "--quiet", HELLO, "a"]);
    rest.end();
    assert!(!folder.exists(), "{} is left", folder.display());
    drop(machine);
}

/// The program that git's configuration names.
#[cfg(target_os = "linux")]
fn program_of(rest: &RestOfJob<'_>) -> std::path::PathBuf {
    let helper = &rest.environment["GIT_CONFIG_VALUE_1"];
    let program = helper.strip_prefix("!'");
    let program = program.and_then(|helper| helper.strip_suffix("' git-credential"));
    program.unwrap_or_else(|| panic!("{helper}")).into()
}
