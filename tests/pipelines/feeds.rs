//! `pipelines/templates/feeds.yml`: npm and pip restore from a feed, and no file of theirs has the token.
//!
//! NuGet, twine and Maven are not run: this machine has none of them.

use adieu_emulator::{MY_CONNECTION, TaskResult, World};

use super::scenario::Scenario;
use crate::harness::{client, stable};

fn run(world: &World, script: &str) -> (TaskResult, String) {
    let pipeline = format!(
        "steps:
- template: pipelines/templates/feeds.yml
  parameters:
    feed: https://pkgs.dev.azure.com/fabrikam/_packaging/packages
    script: |
      set -euo pipefail
{script}"
    );
    let sources = tempfile::tempdir().expect("a folder");
    let mut scenario = Scenario::new(world, &pipeline, sources.path());
    let certificates = world.ca_file().to_string_lossy().into_owned();
    scenario.pipeline = scenario
        .pipeline
        .agent_environment("PIP_CERT", &certificates)
        .agent_environment("NPM_CONFIG_CAFILE", &certificates);
    let run = scenario.run();
    (run.result, stable(world, &run.page()))
}

#[test]
fn npm_restores_from_a_feed() {
    let world = World::start();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    world.organizations().add_feed("fabrikam", "packages");
    let (result, page) = run(
        &world,
        "      npm install --silent --fetch-retries 0 --no-audit --no-fund hello-feed
      node --print 'require(\"hello-feed\")'
",
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Sign in: Succeeded
            Signed in at login.microsoftonline.com, tenant [TENANT].
            FEED_TOKEN: azureDevOps, until [TIME] (59 minutes).
          Write the tools' files: Succeeded
          Restore: Succeeded
            hello from the feed
          Post-job: Sign in: Succeeded
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
}

#[test]
fn pip_restores_from_a_feed() {
    let world = World::start();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    world.organizations().add_feed("fabrikam", "packages");
    let python = client("python").join("bin/python");
    let python = python.display();
    let (result, page) = run(
        &world,
        &format!(
            "      {python} -m pip install --quiet --disable-pip-version-check --target packages hello-feed
      PYTHONPATH=packages {python} -c 'import hello_feed; print(hello_feed.greeting)'
"
        ),
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Sign in: Succeeded
            Signed in at login.microsoftonline.com, tenant [TENANT].
            FEED_TOKEN: azureDevOps, until [TIME] (59 minutes).
          Write the tools' files: Succeeded
          Restore: Succeeded
            hello from the feed
          Post-job: Sign in: Succeeded
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
}

#[test]
fn a_pipeline_without_membership_cannot_restore() {
    let world = World::start();
    world.organizations().add("fabrikam");
    world.organizations().add_feed("fabrikam", "packages");
    let (result, page) = run(
        &world,
        "      npm install --fetch-retries 0 --no-audit --no-fund hello-feed 2>&1 | grep 'E401'
",
    );
    assert!(page.contains("E401"), "{page}");
    assert_eq!(result, TaskResult::Failed);
}
