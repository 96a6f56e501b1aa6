//! What remains after a step: nothing, even if its process or the job was killed, or two jobs share a home folder.

use std::fs;
use std::process::Command;

use adieu_emulator::TaskResult;
use expect_test::expect;

use super::job::{Feeds, snapshot, world};

const NPMRC: (&str, &str) = (".npmrc", "registry=FEED/npm/registry/\n");

#[test]
fn a_killed_broker_leaves_a_folder_that_the_last_section_removes() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(NPMRC.0, NPMRC.1);
    feeds.succeed(&[]);
    let folder = feeds.folder();
    for process in feeds.job.processes_left() {
        let killed = Command::new("kill")
            .args(["-9", &process.to_string()])
            .status();
        assert!(killed.expect("kill starts").success());
    }
    feeds.job.wait_until_nothing_is_left();
    assert!(folder.is_dir());
    expect![[r#"
        ##[warning]The job's credential endpoint for feeds does not answer. It may have ended before the job.
        The credentials for feeds are removed."#]].assert_eq(&feeds.end());
    assert!(!folder.exists());
}

#[test]
fn a_step_that_fails_leaves_nothing() {
    let world = world();
    world.entra().refuse_with(700_016, None);
    let mut feeds = Feeds::of(&world).file(NPMRC.0, NPMRC.1);
    let before = snapshot(feeds.job.work_folder());
    let outcome = feeds.run(&[]);
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    feeds.job.wait_until_nothing_is_left();
    assert_eq!(snapshot(feeds.job.work_folder()), before);
    assert_eq!(feeds.job.value("NPM_CONFIG_USERCONFIG"), None);
    expect!["The credentials for feeds are removed."].assert_eq(&feeds.end());
}

/// The user's own file is read but never written, and what a script configures meanwhile is kept.
#[test]
fn two_jobs_share_a_home() {
    let world = world();
    let mut first = Feeds::of(&world).file(NPMRC.0, NPMRC.1);
    let mut second = Feeds::of(&world).file(NPMRC.0, NPMRC.1);
    let home = first.home().display().to_string();
    fs::write(first.home().join(".npmrc"), "fund=false\n").expect("a file");
    let before = snapshot(&first.home());
    second.job.agent_environment("HOME", &home);
    first.succeed(&[]);
    second.succeed(&[]);
    for feeds in [&first, &second] {
        let npmrc = fs::read_to_string(feeds.folder().join("npmrc")).expect("a file");
        assert!(npmrc.starts_with("fund=false\n//pkgs.dev.azure.com/contoso/:_authToken="));
    }
    let kept = second.folder();
    first.end();
    assert!(
        kept.join("npmrc").is_file(),
        "the other job's files are its own"
    );
    second.end();
    assert_eq!(snapshot(&first.home()), before);
}
