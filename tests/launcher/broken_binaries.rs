//! Invalid files instead of the binary must not pass for a successful step.
//!
//! They are broken copies of the binary, or other files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use adieu_emulator::{TaskResult, World};

use super::{EVERYWHERE, Environment, commands, shown, step};
use crate::harness::{TaskFolder, platform};

/// Breaks the binary, runs the step in a host job and in a container job, and returns the errors, which must be the
/// same.
fn errors_with_binary(break_it: impl Fn(&Path)) -> Vec<String> {
    let mut all = Vec::new();
    for environment in EVERYWHERE {
        let world = World::start();
        let folder = TaskFolder::unpacked("token");
        break_it(&folder.binary());
        let mut job = world.job();
        let outcome = step(&mut job, &folder, environment).run();
        assert_eq!(outcome.result, TaskResult::Failed, "{environment:?}");
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
fn an_empty_binary_fails_the_step() {
    assert_eq!(
        errors_with_binary(|binary| fs::write(binary, "").unwrap()),
        [unusable("is empty.")]
    );
}

/// The agent reads `%0A` in a command as a line break, and a folder can have such a name.
#[test]
fn names_a_folder_with_special_characters() {
    let odd = tempfile::Builder::new().prefix("100%0A%AZP25\n").tempdir();
    let folder = TaskFolder::unpacked_into("token", odd.unwrap());
    fs::write(folder.binary(), "").unwrap();
    let world = World::start();
    let mut job = world.job();
    let outcome = step(&mut job, &folder, Environment::Host).run();
    let path = folder.path().to_string_lossy().into_owned();
    assert_eq!(
        outcome.errors[0],
        format!(
            "The binary of this task cannot run: {path}/bin/{}/adieu is empty. Delete the task's folder on the \
             agent ({path}) so that it is downloaded again.",
            platform()
        )
    );
}

/// An agent whose knob `DECODE_PERCENTS` is off does not decode `%AZP25`, so a percent sign must not be escaped.
#[test]
fn names_a_folder_for_an_agent_that_does_not_decode_percents() {
    for knob in ["false", "0", "$False", "no"] {
        let odd = tempfile::Builder::new().prefix("100% %AZP25 ").tempdir();
        let folder = TaskFolder::unpacked_into("token", odd.unwrap());
        fs::write(folder.binary(), "").unwrap();
        let world = World::start();
        let mut job = world.job();
        job.variable("DECODE_PERCENTS", knob);
        let outcome = step(&mut job, &folder, Environment::Host).run();
        let path = folder.path().to_string_lossy().into_owned();
        let named = format!("Delete the task's folder on the agent ({path}) so that");
        let error = &outcome.errors[0];
        assert!(error.contains(&named), "{knob}: {error}");
    }
}

#[test]
fn never_runs_a_text_as_the_binary() {
    for text in [
        "version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
        "#!/bin/sh\nexit 0\n",
        "exit 0\n# long enough for a header, which is what a text of this length could pass for\n",
    ] {
        assert_eq!(
            errors_with_binary(|binary| fs::write(binary, text).unwrap()),
            [unusable("is not in ELF format.")],
            "{text}"
        );
    }
}

#[test]
fn a_truncated_header_fails_the_step() {
    assert_eq!(
        errors_with_binary(|binary| keep(binary, 40)),
        [unusable("is not in ELF format.")]
    );
}

#[test]
fn a_truncated_binary_fails_the_step() {
    // The system's message differs; that it is a failure does not.
    let errors = errors_with_binary(|binary| keep(binary, 100_000));
    assert!(
        errors[0].starts_with("##[error]adieu was killed by SIG"),
        "{errors:?}"
    );
}

/// Like a binary without its libraries, for which the system's loader prints the message.
#[test]
fn a_binary_that_fails_silently_fails_the_step() {
    assert_eq!(
        errors_with_binary(|binary| {
            fs::remove_file(binary).unwrap();
            fs::copy("/bin/false", binary).unwrap();
        }),
        ["##[error]adieu ended with exit code 1.\n\
             ##[error]Exit code 1 returned from process: file name 'node'."]
    );
}

#[test]
fn a_binary_for_another_processor_fails_the_step() {
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
fn a_missing_binary_fails_the_step() {
    assert_eq!(
        errors_with_binary(|binary| fs::remove_file(binary).unwrap()),
        [unusable(
            "cannot be read (ENOENT); a virus scanner may have removed it."
        )]
    );
}

#[test]
fn a_folder_in_place_of_the_binary_fails_the_step() {
    assert_eq!(
        errors_with_binary(|binary| {
            fs::remove_file(binary).unwrap();
            fs::create_dir(binary).unwrap();
        }),
        [unusable(
            "cannot be read (EISDIR); a virus scanner may have removed it."
        )]
    );
}

fn keep(binary: &Path, length: usize) {
    let bytes = fs::read(binary).unwrap();
    fs::write(binary, &bytes[..length]).unwrap();
}
