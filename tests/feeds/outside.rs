//! What a job has outside its private folder: a link to yarn's file above the checkout, and Gradle's init script in
//! the home folder.
//!
//! None of it remains, and no other program's file is changed.

use std::fs;
use std::path::PathBuf;

use adieu_emulator::TaskResult;
use expect_test::expect;

use super::job::{Feeds, snapshot, world, write};

const YARNRC: (&str, &str) = ("web/.yarnrc.yml", "npmRegistryServer: FEED/npm/registry/\n");

const GRADLE: (&str, &str) = (
    "java/build.gradle",
    "repositories { maven { url 'FEED/maven/v1' } }\n",
);

/// yarn's file above the checkout.
fn above(feeds: &Feeds<'_>) -> PathBuf {
    feeds.job.work_folder().join(".yarnrc.yml")
}

#[test]
fn yarn_finds_a_link_above_the_checkout() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(YARNRC.0, YARNRC.1);
    let sources = snapshot(&feeds.sources());
    let log = feeds.succeed(&[]);
    expect![[r#"
        web/.yarnrc.yml:1: contoso/packages for yarn (a file above the checkout).
        Credentials are renewed until the job ends; the first one is valid until [TIME]."#]]
    .assert_eq(&log);
    // No token is outside the private folder.
    let target = fs::read_link(above(&feeds)).expect("a link");
    assert_eq!(target, feeds.folder().join("yarnrc.yml"));
    let text = fs::read_to_string(above(&feeds)).expect("a file");
    let token = text
        .rsplit("npmAuthToken: ")
        .next()
        .expect("a token")
        .trim();
    expect![[r#"
        npmRegistries:
          "https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/":
            npmAlwaysAuth: true
            npmAuthToken: [TOKEN]
    "#]]
    .assert_eq(&text.replace(token, "[TOKEN]"));
    feeds.end();
    assert!(fs::symlink_metadata(above(&feeds)).is_err());
    assert_eq!(snapshot(&feeds.sources()), sources);
}

#[test]
fn keeps_the_file_of_another_program() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(YARNRC.0, YARNRC.1);
    write(&above(&feeds), "nodeLinker: node-modules\n");
    let log = feeds.succeed(&[]);
    expect![[r#"
        web/.yarnrc.yml:1: contoso/packages for yarn (none).
        ##[warning]yarn gets no credential: another program's .yarnrc.yml is above the checkout (Agent.BuildDirectory), or the checkout is elsewhere.
        Credentials are renewed until the job ends; the first one is valid until [TIME]."#]].assert_eq(&log);
    feeds.end();
    let text = fs::read_to_string(above(&feeds)).expect("a file");
    assert_eq!(text, "nodeLinker: node-modules\n");
}

#[test]
fn replaces_what_a_killed_job_left() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file(YARNRC.0, YARNRC.1)
        .file(GRADLE.0, GRADLE.1);
    let gone = "/tmp/adieu-feeds-gone";
    std::os::unix::fs::symlink(format!("{gone}/yarnrc.yml"), above(&feeds)).expect("a link");
    let made_for = format!("Made by FeedAuthenticate@1, removed at the end of the job. For {gone}");
    let scripts = feeds.home().join(".gradle/init.d");
    write(
        &scripts.join("adieu-feeds-gone.gradle"),
        &format!("// {made_for}\n"),
    );
    write(&scripts.join("own.gradle"), "// mine\n");
    feeds.succeed(&[]);
    let target = fs::read_link(above(&feeds)).expect("a link");
    assert_eq!(target, feeds.folder().join("yarnrc.yml"));
    let name = feeds
        .folder()
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let mut names: Vec<PathBuf> = snapshot(&scripts).into_keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            scripts.join(format!("{name}.gradle")),
            scripts.join("own.gradle")
        ]
    );
    feeds.end();
    let names: Vec<PathBuf> = snapshot(&scripts).into_keys().collect();
    assert_eq!(names, [scripts.join("own.gradle")]);
    assert!(fs::symlink_metadata(above(&feeds)).is_err());
}

#[test]
fn gradle_has_a_script_that_holds_no_token() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(GRADLE.0, GRADLE.1);
    let before = snapshot(&feeds.home());
    let log = feeds.succeed(&[]);
    expect![[r#"
        java/build.gradle:1: contoso/packages for gradle (an init script).
        Credentials are renewed until the job ends; the first one is valid until [TIME]."#]]
    .assert_eq(&log);
    let scripts = feeds.home().join(".gradle/init.d");
    let (_, script) = snapshot(&scripts).pop_first().expect("a script");
    let script = String::from_utf8(script).expect("text");
    assert!(world.secrets_in(&script).is_empty(), "{script}");
    let folder = feeds.folder().display().to_string();
    assert_eq!(feeds.job.value("ADIEU_FEEDS_GRADLE"), Some(folder.as_str()));
    feeds.end();
    assert_eq!(snapshot(&feeds.home()), before);
    assert!(!feeds.home().join(".gradle").exists());
}

/// Also after a step that fails.
#[test]
fn a_step_that_fails_leaves_nothing_outside() {
    let world = world();
    world.entra().refuse_with(700_016, None);
    let mut feeds = Feeds::of(&world)
        .file(YARNRC.0, YARNRC.1)
        .file(GRADLE.0, GRADLE.1);
    let before = snapshot(feeds.job.work_folder());
    let outcome = feeds.run(&[]);
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    feeds.job.wait_until_nothing_is_left();
    assert_eq!(snapshot(feeds.job.work_folder()), before);
    assert!(!feeds.home().join(".gradle").exists());
}
