//! The broker of a job, from EntraToken@1's `configure` to the end of the job, and `adieu serve`.
//!
//! Which protocol a client speaks is the other files' subject.

use adieu_emulator::{Job, MY_CONNECTION, TaskResult, World};
use expect_test::expect;

use crate::harness::{Endpoint, TaskFolder, stable};

const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// Runs EntraToken@1 with `configure`, and returns where the broker is.
fn configured(job: &mut Job<'_>, folder: &TaskFolder, configure: &str) -> Endpoint {
    let outcome = job
        .step(folder.path())
        .name("tokens")
        .input("azureSubscription", MY_CONNECTION)
        .input("tokens", "AZURE_DEVOPS_TOKEN=azureDevOps")
        .input("configure", configure)
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let value = |name| job.value(name).unwrap_or_default().to_owned();
    Endpoint::new(&value("IDENTITY_ENDPOINT"), &value("IDENTITY_HEADER"))
}

#[test]
fn serves_from_the_step_to_the_end_of_the_job() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("token");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "identity")
        .run();
    expect![[r#"
        Signed in at [ENTRA], tenant [TENANT].
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
        Configured until the job ends: identity."#]]
    .assert_eq(&stable(&world, &outcome.log));
    let endpoint = Endpoint::new(
        job.value("IDENTITY_ENDPOINT").unwrap(),
        job.value("IDENTITY_HEADER").unwrap(),
    );
    let (status, body) = endpoint.token(AZURE_DEVOPS);
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(job.processes_left().len(), 1);
    let outcome = job.step(folder.path()).section("postjobexecution").run();
    expect!["The job's credential endpoint is closed."].assert_eq(&outcome.log);
    assert_eq!(job.processes_left(), Vec::<u32>::new());
}

#[test]
fn tells_clients_where_it_is_and_nobody_its_key() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("token");
    let endpoint = configured(&mut job, &folder, "identity\nazd");
    let seen: Vec<String> = job
        .environment_of_next_script()
        .into_iter()
        .map(|(name, value)| {
            let value = value.replace(&endpoint.port.to_string(), "[PORT]");
            format!("{name}={}", job.masked(&value))
        })
        .collect();
    expect![[r#"
        AZD_AUTH_ENDPOINT=http://127.0.0.1:[PORT]/azd
        AZD_AUTH_KEY=***
        AZURE_DEVOPS_TOKEN_EXPIRES_ON=[TIME]
        IDENTITY_ENDPOINT=http://127.0.0.1:[PORT]/msi/token
        IDENTITY_HEADER=***
        NO_PROXY=127.0.0.1,localhost"#]]
    .assert_eq(&stable(&world, &seen.join("\n")));
    let outcome = job.step(folder.path()).section("postjobexecution").run();
    assert_eq!(outcome.result, TaskResult::Succeeded);
}
