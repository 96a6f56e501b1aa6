//! `pipelines/templates/feeds.yml`: npm and pip restore from the feeds that a repository declares.
//!
//! The task's own tests run Cargo and Maven; NuGet is not run.

use std::fs;

use adieu_emulator::{MY_CONNECTION, TaskResult, World};

use super::scenario::Scenario;
use crate::harness::{client, stable};

/// Runs the template in a repository with one file; `FEED` is replaced with its feed's address.
fn run(world: &World, file: (&str, &str), script: &str) -> (TaskResult, String) {
    let pipeline = format!(
        "steps:
- template: pipelines/templates/feeds.yml
  parameters:
    script: |
      set -euo pipefail
{script}"
    );
    let sources = tempfile::tempdir().expect("a folder");
    let feed = "https://pkgs.dev.azure.com/fabrikam/_packaging/packages";
    let (name, text) = file;
    fs::write(sources.path().join(name), text.replace("FEED", feed)).expect("a file");
    let mut scenario = Scenario::new(world, &pipeline, sources.path());
    let certificates = world.ca_file().to_string_lossy().into_owned();
    scenario.pipeline = scenario
        .pipeline
        .agent_environment("PIP_CERT", &certificates)
        .agent_environment("NPM_CONFIG_CAFILE", &certificates)
        .agent_environment("NPM_CONFIG_UPDATE_NOTIFIER", "false")
        .keeps_secrets_in("adieu-feeds-");
    let run = scenario.run();
    (run.result, stable(world, &run.page()))
}

const NPMRC: (&str, &str) = (".npmrc", "registry=FEED/npm/registry/\n");

#[test]
fn npm_restores_from_a_feed() {
    let world = World::start();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    world.feeds().add("fabrikam", "packages");
    let (result, page) = run(
        &world,
        NPMRC,
        "      npm install --silent --fetch-retries 0 --no-audit --no-fund hello-feed
      node --print 'require(\"hello-feed\")'
",
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Authenticate to feeds: Succeeded
            .npmrc:1: fabrikam/packages for npm (NPM_CONFIG_USERCONFIG).
            Credentials are renewed until the job ends; the first one is valid until [TIME].
          Restore: Succeeded
            hello from the feed
          Post-job: Authenticate to feeds: Succeeded
            The credentials for feeds are removed.
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
}

#[test]
fn pip_restores_from_a_feed() {
    let world = World::start();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    world.feeds().add("fabrikam", "packages");
    let python = client("python").join("bin/python");
    let python = python.display();
    let (result, page) = run(
        &world,
        ("requirements.txt", "--index-url FEED/pypi/simple/\nhello-feed\n"),
        &format!(
            "      {python} -m pip install --quiet --disable-pip-version-check --target packages --requirement requirements.txt
      PYTHONPATH=packages {python} -c 'import hello_feed; print(hello_feed.greeting)'
"
        ),
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Authenticate to feeds: Succeeded
            requirements.txt:1: fabrikam/packages for pip (keyring and netrc).
            Credentials are renewed until the job ends; the first one is valid until [TIME].
          Restore: Succeeded
            hello from the feed
          Post-job: Authenticate to feeds: Succeeded
            The credentials for feeds are removed.
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
}

#[test]
fn a_pipeline_without_membership_cannot_restore() {
    let world = World::start();
    world.organizations().add("fabrikam");
    world.feeds().add("fabrikam", "packages");
    let (result, page) = run(
        &world,
        NPMRC,
        "      npm install --fetch-retries 0 --no-audit --no-fund hello-feed 2>&1 | grep 'E401'
",
    );
    assert!(page.contains("E401"), "{page}");
    assert_eq!(result, TaskResult::Failed);
}
