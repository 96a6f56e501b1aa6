//! `pipelines/templates/git-credential.yml`: pushes a commit to the repository with git itself.
//!
//! How git gets its credential is tested in tests/git_credential.rs.

use std::path::{Path, PathBuf};
use std::process::Command;

use adieu_emulator::{MY_CONNECTION, TaskResult, World};
use tempfile::TempDir;

use super::scenario::Scenario;
use crate::harness::stable;

/// The output of this machine's git, without the machine's settings.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git is on the PATH");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A repository in the organization, and a checkout of it like the agent's.
pub(crate) fn repository(world: &World) -> (PathBuf, TempDir) {
    let hosted = world
        .git()
        .add_repository("fabrikam", "web", "site", &[("page.md", "# Page\n")]);
    let checkout = tempfile::tempdir().expect("a folder");
    let from = hosted.to_string_lossy().into_owned();
    git(checkout.path(), &["clone", "--quiet", &from, "."]);
    let address = "https://dev.azure.com/fabrikam/web/_git/site";
    git(checkout.path(), &["remote", "set-url", "origin", address]);
    (hosted, checkout)
}

fn run(world: &World, script: &str, checkout: &TempDir) -> (TaskResult, String) {
    let pipeline = format!(
        "steps:
- template: pipelines/templates/git-credential.yml
  parameters:
    script: {script}
    message: Generated [skip ci]
"
    );
    let run = Scenario::new(world, &pipeline, checkout.path()).run();
    (run.result, stable(world, &run.page()))
}

#[test]
fn a_commit_comes_back_to_the_repository() {
    let world = World::start();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    let (hosted, checkout) = repository(&world);
    let (result, page) = run(&world, "echo more >> page.md", &checkout);
    expect_test::expect![[r#"
        Job
          checkout self: Succeeded
          Change files: Succeeded
          Sign in git: Succeeded
            Signed in at login.microsoftonline.com, tenant [TENANT].
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
            Configured until the job ends: git.
          Commit and push: Succeeded
            Pushed to refs/heads/main.
          Post-job: Sign in git: Succeeded
            The job's credential endpoint is closed.
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
    assert_eq!(
        git(&hosted, &["log", "-1", "--format=%an <%ae> %s", "main"]),
        "my-pipeline <pipelines@contoso.example> Generated [skip ci]"
    );
    assert_eq!(git(&hosted, &["show", "main:page.md"]), "# Page\nmore");
}

#[test]
fn nothing_is_pushed_where_nothing_has_changed() {
    let world = World::start();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    let (hosted, checkout) = repository(&world);
    let before = git(&hosted, &["rev-parse", "main"]);
    let (result, page) = run(&world, "'true'", &checkout);
    assert_eq!(result, TaskResult::Succeeded, "{page}");
    assert!(page.contains("Nothing has changed."), "{page}");
    assert_eq!(git(&hosted, &["rev-parse", "main"]), before);
}

#[test]
fn a_pipeline_without_membership_cannot_push() {
    let world = World::start();
    world.organizations().add("fabrikam");
    let (hosted, checkout) = repository(&world);
    let before = git(&hosted, &["rev-parse", "main"]);
    let (result, page) = run(&world, "echo more >> page.md", &checkout);
    expect_test::expect![[r#"
        Job
          checkout self: Succeeded
          Change files: Succeeded
          Sign in git: Succeeded
            Signed in at login.microsoftonline.com, tenant [TENANT].
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
            Configured until the job ends: git.
          Commit and push: Failed
            error: fabrikam accepts the token, but this identity has not been added to it (TF401444, 401 of dev.azure.com).
              it said: TF401444: Please sign-in at least once as [TENANT]\[TENANT]\[GUID] in a web browser to enable access to the service.
              x-vss-e2eid: [GUID]
              activityid: [GUID]
              x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
              object id: [GUID]
              token's tenant: [TENANT]
            What to do: Have an administrator of the organization run: adieu onboard --organization fabrikam --identity [GUID]
            More: adieu explain tf401444
            fatal: Authentication failed for 'https://dev.azure.com/fabrikam/web/_git/site/'
            ##[error]Bash exited with code '128'.
          Post-job: Sign in git: Succeeded
            The job's credential endpoint is closed.
    "#]].assert_eq(&page);
    assert_eq!(result, TaskResult::Failed);
    assert_eq!(git(&hosted, &["rev-parse", "main"]), before);
}
