//! The templates that end with a request: each is run, and the service answers.
//!
//! The tests in the templates are small: a request to the organization with the token, by curl. tests/serve.rs shows
//! that tokens stay valid for hours.

use adieu_emulator::pipeline::Value;
use adieu_emulator::{Connection, MY_CONNECTION, TaskResult, World};

use super::scenario::Scenario;
use crate::extension;
use crate::harness::stable;

/// Requests a project from the organization with the token; fails if it is refused.
const TESTS: &str = "        set -euo pipefail
        printf 'Authorization: Bearer %s\\n' \"$AZURE_DEVOPS_TOKEN\" |
          curl --fail --silent --show-error --header @- \\
            \"${AZURE_DEVOPS_URL}_apis/projects/web?api-version=7.1\" | grep -o '\"name\":\"web\"'
";

/// A world with the project `web` in the organization `fabrikam`.
fn world() -> World {
    let world = World::start();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    world.organizations().add_project("fabrikam", "web");
    world
}

/// Runs steps of a pipeline without sources.
fn run(world: &World, pipeline: &str) -> (TaskResult, String) {
    let sources = tempfile::tempdir().expect("a folder");
    let run = Scenario::new(world, pipeline, sources.path()).run();
    (run.result, stable(world, &run.page()))
}

#[test]
fn integration_tests_get_a_token() {
    let world = world();
    let (result, page) = run(
        &world,
        &format!(
            "steps:
- template: pipelines/templates/token.yml
  parameters:
    install: echo \"token '$AZURE_DEVOPS_TOKEN'\"
    organizationUrl: https://dev.azure.com/fabrikam/
    tests: |
{TESTS}"
        ),
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Install: Succeeded
            token ''
          Sign in: Succeeded
            Signed in at login.microsoftonline.com, tenant [TENANT].
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
          Test: Succeeded
            "name":"web"
          Post-job: Sign in: Succeeded
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
}

#[test]
fn tests_that_fail_fail_the_job() {
    let world = world();
    let (result, page) = run(
        &world,
        "steps:
- template: pipelines/templates/token.yml
  parameters:
    install: echo \"token '$AZURE_DEVOPS_TOKEN'\"
    tests: |
      echo \"the token is $AZURE_DEVOPS_TOKEN_EXPIRES_ON old\" > /dev/null
      test -n \"$AZURE_DEVOPS_TOKEN\" && exit 7
- script: echo never
- script: echo afterwards
  condition: always()
",
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Install: Succeeded
            token ''
          Sign in: Succeeded
            Signed in at login.microsoftonline.com, tenant [TENANT].
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
          Test: Failed
            ##[error]Bash exited with code '7'.
          CmdLine: Skipped
          CmdLine: Succeeded
            afterwards
          Post-job: Sign in: Succeeded
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Failed);
}

#[test]
fn a_step_that_does_not_map_the_token_has_none() {
    let world = world();
    let (_, page) = run(
        &world,
        "steps:
- task: EntraToken@1
  inputs:
    azureDevOpsServiceConnection: my-connection
- script: echo \"[$AZURE_DEVOPS_TOKEN]\"
",
    );
    assert!(page.contains("\n    []\n"), "{page}");
}

#[test]
fn a_script_asks_for_tokens_while_it_runs() {
    let world = world();
    let (result, page) = run(
        &world,
        "steps:
- template: pipelines/templates/run.yml
  parameters:
    script: |
      set -euo pipefail
      ask() {
        printf 'X-IDENTITY-HEADER: %s\\n' \"$IDENTITY_HEADER\" |
          curl --fail --silent --show-error --header @- \\
            \"$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com\" |
          grep -o '\"token_type\":\"Bearer\"'
      }
      ask
      ask
",
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Run: Succeeded
            Configured for this script: identity.
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
            "token_type":"Bearer"
            "token_type":"Bearer"
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
    // One for the step itself, and one for the new resource; a valid token is reused.
    assert_eq!(world.entra().requests().len(), 2);
}

#[test]
fn a_script_without_a_token_calls_the_organization_that_is_named() {
    let world = world();
    let (result, page) = run(
        &world,
        "steps:
- template: pipelines/templates/stand-in.yml
  parameters:
    organizations: fabrikam
    script: |
      set -euo pipefail
      ask() {
        curl --silent --show-error --user \":$AZURE_DEVOPS_TOKEN\" \
          \"https://dev.azure.com/$1/_apis/projects/web?api-version=7.1\"
      }
      ask fabrikam | grep -o '\"name\":\"web\"'
      ask contoso
",
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Run without a token: Succeeded
            AZURE_DEVOPS_TOKEN: a stand-in for Azure DevOps, valid for fabrikam through HTTPS_PROXY.
            "name":"web"
            adieu: the stand-in of AZURE_DEVOPS_TOKEN is replaced for the organization fabrikam only.
            Requests with stand-ins:
            AZURE_DEVOPS_TOKEN: GET dev.azure.com/fabrikam/_apis/projects/web: fresh token
            AZURE_DEVOPS_TOKEN: GET dev.azure.com/contoso/_apis/projects/web: refused
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
}

#[test]
fn each_step_of_a_long_job_finds_a_token() {
    let world = world();
    let step = "    - script: |
        printf 'X-IDENTITY-HEADER: %s\\n' \"$IDENTITY_HEADER\" |
          curl --fail --silent --show-error --header @- \\
            \"$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=https%3A%2F%2Fgraph.microsoft.com\" |
          grep -o '\"token_type\":\"Bearer\"'
      displayName: Work
";
    let (result, page) = run(
        &world,
        &format!(
            "steps:\n- template: pipelines/templates/serve.yml\n  parameters:\n    \
             steps:\n{step}{step}"
        ),
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Keep the job signed in: Succeeded
            Signed in at login.microsoftonline.com, tenant [TENANT].
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
            Configured until the job ends: identity, azd.
          Work: Succeeded
            "token_type":"Bearer"
          Work: Succeeded
            "token_type":"Bearer"
          Post-job: Keep the job signed in: Succeeded
            The job's credential endpoint is closed.
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
    // One for the step itself, and one for the new resource; a valid token is reused.
    assert_eq!(world.entra().requests().len(), 2);
}

#[test]
fn end_to_end_tests_reach_an_organization_of_another_tenant() {
    let world = World::start();
    // The newer type does not accept multi-tenant applications.
    let connection = "of-any-tenant";
    world.add_connection(Connection::workload_identity(connection));
    let tenant = world.entra().add_tenant(connection);
    world.organizations().connect("northwind", &tenant);
    world.organizations().add_member("northwind", connection);
    world.organizations().add_project("northwind", "web");
    let pipeline = format!(
        "parameters:
- name: tenantId
  default: ''
steps:
- template: pipelines/templates/end-to-end.yml
  parameters:
    azureSubscription: {connection}
    install: ''
    organization: northwind
    project: web
    tenantId: ${{{{ parameters.tenantId }}}}
    tests: |
{TESTS}"
    );
    let sources = tempfile::tempdir().expect("a folder");
    let mut scenario = Scenario::new(&world, &pipeline, sources.path());
    let run = scenario.run();
    assert_eq!(
        run.result,
        TaskResult::Failed,
        "the connection's tenant is another"
    );
    scenario.pipeline = scenario
        .pipeline
        .parameter("tenantId", Value::Text(tenant.clone()));
    let run = scenario.run();
    let page = stable(&world, &run.page()).replace(&tenant, "[OTHER TENANT]");
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Sign in to northwind: Succeeded
            Signed in at [ENTRA], tenant [GUID].
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
          Check the membership: Succeeded
            The identity is a member of https://dev.azure.com/northwind/ and sees web.
          Test: Succeeded
            "name":"web"
          Post-job: Sign in to northwind: Succeeded
    "#]]
    .assert_eq(&page);
    assert_eq!(run.result, TaskResult::Succeeded);
}

#[test]
fn renovate_gets_its_token_in_its_own_environment() {
    let world = world();
    let (result, page) = run(
        &world,
        "steps:
- template: pipelines/templates/renovate.yml
  parameters:
    organizationUrl: https://dev.azure.com/fabrikam/
    repositories: web/site
    renovate: |
      set -euo pipefail
      echo \"$RENOVATE_PLATFORM $RENOVATE_REPOSITORIES\"
      printf 'Authorization: Bearer %s\\n' \"$RENOVATE_TOKEN\" |
        curl --fail --silent --show-error --header @- \\
          \"${RENOVATE_ENDPOINT}_apis/projects/web?api-version=7.1\" | grep -o '\"name\":\"web\"'
- script: echo \"[$RENOVATE_TOKEN]\"
",
    );
    expect_test::expect![[r#"
        Job
          Checkout: Succeeded
          Renovate: Succeeded
            Configured for this script: git.
            RENOVATE_TOKEN: azureDevOps, until [TIME], for this script only.
            azure web/site
            "name":"web"
          CmdLine: Succeeded
            []
    "#]]
    .assert_eq(&page);
    assert_eq!(result, TaskResult::Succeeded);
}

#[test]
fn events_are_kept_as_an_artifact() {
    let world = World::start();
    world
        .marketplace()
        .set_role("pub", MY_CONNECTION, Some("Creator"));
    let (mut job, _proxy) = extension::job(&world);
    let published = extension::run(&mut job, "publish", &[]);
    assert_eq!(published.result, TaskResult::Succeeded, "{}", published.log);
    drop(job);
    world
        .marketplace()
        .add_event("pub.hello", "install", 1, "2026-11-01T00:00:00Z");
    world
        .marketplace()
        .add_event("pub.hello", "uninstall", 2, "2026-11-02T00:00:00Z");
    let sources = tempfile::tempdir().expect("a folder");
    let pipeline = "
trigger: none
schedules:
- cron: '0 5 * * *'
  displayName: Every morning
  branches: { include: [main] }
  always: true
steps:
- template: pipelines/templates/events.yml
  parameters:
    publisherId: pub
    extensionId: hello
    afterDate: 2026-11-02
    steps:
    - script: cut -c1-40 \"$(events.eventsFile)\"
      displayName: Look at them
";
    let run = Scenario::new(&world, pipeline, sources.path()).run();
    expect_test::expect![[r#"
        Job
          checkout none: Succeeded
          Fetch the events: Succeeded
            pub.hello: 1 events and 1 days of statistics in [WORK]/a/pub.hello-events.jsonl.
          Look at them: Succeeded
            {"date":"[TIME]","event":"
          Keep the events: Succeeded
    "#]]
    .assert_eq(&stable(&world, &run.page()));
    assert_eq!(run.result, TaskResult::Succeeded);
    let artifacts: Vec<&str> = run.artifacts.keys().map(String::as_str).collect();
    expect_test::expect![[r#"
        marketplace-events/pub.hello-events.csv
        marketplace-events/pub.hello-events.jsonl
        marketplace-events/pub.hello-statistics.csv"#]]
    .assert_eq(&artifacts.join("\n"));
}
