//! `overrideProjectFiles`: older credentials are removed from the checkout's files until the job ends, and then
//! restored, whatever happens to the step.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use adieu_emulator::{Fault, MY_CONNECTION, TaskResult, World};
use expect_test::expect;

use super::job::{Feeds, snapshot, world, write};
use crate::harness::set_mode;

const OVERRIDE: (&str, &str) = ("overrideProjectFiles", "true");

/// A checkout with an older credential for each client.
fn checkout(world: &World) -> Feeds<'_> {
    let old = "https://u:old@pkgs.dev.azure.com/contoso/_packaging/packages";
    let feeds = Feeds::of(world)
        .file(".npmrc", "; ours\r\nregistry=FEED/npm/registry/\r\n//pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/:_authToken=old\r\n")
        .file("requirements.txt", &format!("--index-url {old}/pypi/simple/\nhello-feed\n"))
        .file("nuget.config", "<configuration><packageSources><add key=\"packages\" value=\"FEED/nuget/v3/index.json\"/></packageSources>\n<packageSourceCredentials><packages><add key=\"Username\" value=\"u\"/><add key=\"ClearTextPassword\" value=\"old\"/></packages></packageSourceCredentials></configuration>\n")
        .file("web/.yarnrc.yml", "npmRegistryServer: FEED/npm/registry/\nnpmAuthToken: old\n")
        .file("lib/pyproject.toml", &format!("[[tool.uv.index]]\nurl = \"{old}/pypi/simple/\"\n[[tool.poetry.source]]\nname = \"feed\"\nurl = \"FEED/pypi/simple/\"\n"))
        .file("lib/poetry.toml", "[http-basic.feed]\nusername = \"u\"\npassword = \"old\"\n")
        .file("java/pom.xml", &format!("<project><repositories><repository><id>packages</id>\n<url>{old}/maven/v1</url></repository></repositories></project>\n"))
        .file("java/settings.xml", "<settings><servers><server><id>packages</id><password>old</password></server></servers></settings>\n")
        .file("java/build.gradle", "maven { url 'FEED/maven/v1'\n  credentials { username 'u'\n    password 'old' } }\n")
        .file(".cargo/config.toml", "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\ntoken = \"old\"\n");
    set_mode(&feeds.sources().join(".npmrc"), 0o640);
    feeds
}

/// All files that the job could change: in the checkout, in the home folder, and above them.
fn there(feeds: &Feeds<'_>) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = snapshot(feeds.job.work_folder());
    // The run's page belongs to the agent.
    files.retain(|path, _| !path.starts_with(feeds.job.temp_folder()));
    files
}

#[test]
fn removes_older_credentials_until_the_job_ends() {
    let world = world();
    let mut feeds = checkout(&world);
    let before = there(&feeds);
    let log = feeds.succeed(&[OVERRIDE]);
    let taken: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("credential is") || line.contains("warning"))
        .collect();
    expect![[r#"
        .cargo/config.toml: the credential is taken out until the job ends.
        .npmrc: the credential is taken out until the job ends.
        java/build.gradle: the credential is taken out until the job ends.
        java/pom.xml: the credential is taken out until the job ends.
        java/settings.xml: the credential is taken out until the job ends.
        lib/poetry.toml: the credential is taken out until the job ends.
        lib/pyproject.toml: the credential is taken out until the job ends.
        nuget.config: the credential is taken out until the job ends.
        requirements.txt: the credential is taken out until the job ends.
        web/.yarnrc.yml: the credential is taken out until the job ends."#]]
    .assert_eq(&taken.join("\n"));
    let left = there(&feeds)
        .into_values()
        .any(|text| String::from_utf8_lossy(&text).contains("old"));
    assert!(!left, "a credential is left");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(feeds.sources().join(".npmrc")).expect("a file");
        assert_eq!(mode.permissions().mode() & 0o777, 0o640);
    }
    // With the old one, these are refused.
    let version = feeds.restores("npm", &["view", "hello-feed", "version"]);
    assert_eq!(version.trim(), "1.0.0");
    let python = crate::harness::client("python").join("bin/python");
    let target = feeds.home().join("packages").display().to_string();
    let install = [
        "-m",
        "pip",
        "install",
        "--no-cache-dir",
        "--target",
        &target,
    ];
    feeds.restores(
        python,
        &[&install[..], &["--requirement", "requirements.txt"]].concat(),
    );
    fs::remove_dir_all(target).expect("a folder");
    let _ = fs::remove_dir_all(feeds.home().join(".npm"));
    feeds.end();
    assert_eq!(there(&feeds), before);
}

#[test]
fn reports_older_credentials_without_the_input() {
    let world = world();
    let mut feeds = checkout(&world);
    let before = there(&feeds);
    let log = feeds.succeed(&[]);
    let warnings: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("warning"))
        .collect();
    expect![[r#"
        ##[warning].cargo/config.toml:3 has a credential for a feed, which cargo uses instead of a fresh one. Remove it.
        ##[warning].npmrc:3 has a credential for a feed, which npm uses instead of a fresh one. Remove it.
        ##[warning]java/build.gradle:3 has a credential for a feed, which gradle uses instead of a fresh one. Remove it.
        ##[warning]java/pom.xml:2 has a credential for a feed, which maven uses instead of a fresh one. Remove it.
        ##[warning]java/settings.xml:1 has a credential for a feed, which maven uses instead of a fresh one. Remove it.
        ##[warning]lib/poetry.toml:3 has a credential for a feed, which poetry uses instead of a fresh one. Remove it.
        ##[warning]lib/pyproject.toml:2 has a credential for a feed, which uv uses instead of a fresh one. Remove it.
        ##[warning]nuget.config:2 has a credential for a feed, which nuget uses instead of a fresh one. Remove it.
        ##[warning]requirements.txt:1 has a credential for a feed, which pip uses instead of a fresh one. Remove it.
        ##[warning]web/.yarnrc.yml:2 has a credential for a feed, which yarn uses instead of a fresh one. Remove it."#]]
    .assert_eq(&warnings.join("\n"));
    feeds.end();
    assert_eq!(there(&feeds), before);
}

#[test]
fn keeps_a_file_that_changed_meanwhile() {
    let world = world();
    let mut feeds = checkout(&world);
    feeds.succeed(&[OVERRIDE]);
    let file = feeds.sources().join(".npmrc");
    write(&file, "registry=https://registry.npmjs.org/\n");
    let log = feeds.end();
    let work = feeds.job.work_folder().display().to_string();
    expect![[r#"
        ##[warning][WORK]/s/.npmrc was changed after FeedAuthenticate@1 had taken a credential out of it, so it stays as it is. Version control has the earlier one.
        The credentials for feeds are removed."#]]
    .assert_eq(&log.replace(&work, "[WORK]"));
    let text = fs::read_to_string(file).expect("a file");
    assert_eq!(text, "registry=https://registry.npmjs.org/\n");
    let other = fs::read_to_string(feeds.sources().join("requirements.txt")).expect("a file");
    assert!(other.contains("u:old@"), "{other}");
}

/// Kills the step while it checks its permission to publish, after it has changed the files.
fn killed(world: &World) -> (Feeds<'_>, BTreeMap<PathBuf, Vec<u8>>) {
    let mut feeds = checkout(world);
    let before = there(&feeds);
    let tenant = world.entra().tenant();
    world.feeds().fault(Fault::Delay(Duration::from_secs(600)));
    let task = crate::harness::TaskFolder::unpacked("feeds");
    let running = feeds
        .job
        .step(task.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("tenantId", &tenant)
        .input("publish", "true")
        .input(OVERRIDE.0, OVERRIDE.1)
        .start();
    world.feeds().wait_for_requests(1);
    running.kill_child();
    let outcome = running.wait();
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    assert_ne!(there(&feeds), before, "the files were changed");
    let ended = feeds
        .job
        .step(task.path())
        .section("postjobexecution")
        .run();
    assert_eq!(ended.result, TaskResult::Succeeded, "{}", ended.log);
    feeds.job.wait_until_nothing_is_left();
    (feeds, before)
}

#[test]
fn a_killed_step_leaves_every_file_as_it_was() {
    let world = world();
    let (feeds, before) = killed(&world);
    assert_eq!(there(&feeds), before);
}

/// The whole job is killed, including the post-job section: the step's background process restores the files.
#[test]
fn a_killed_agent_leaves_every_file_as_it_was() {
    let world = world();
    let mut feeds = checkout(&world);
    let before = there(&feeds);
    feeds.succeed(&[OVERRIDE]);
    assert_ne!(there(&feeds), before);
    for process in feeds.job.processes_left() {
        let asked = std::process::Command::new("kill")
            .args(["-TERM", &process.to_string()])
            .status();
        assert!(asked.expect("kill starts").success());
    }
    feeds.job.wait_until_nothing_is_left();
    assert_eq!(there(&feeds), before);
}
