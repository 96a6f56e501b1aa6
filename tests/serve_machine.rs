//! A broker and the machine's own identity: neither is mistaken for the other.
//!
//! A virtual machine's endpoint has a fixed address, which a test cannot use; error messages show that it is
//! contacted.

use adieu_emulator::{Connection, Job, MY_CONNECTION, Outcome, TaskResult, World};
use expect_test::expect;

use crate::harness::{AZURE_DEVOPS, Endpoint, TaskFolder, stable};

/// A step of a task in a job.
fn step(job: &mut Job<'_>, folder: &TaskFolder, inputs: &[(&str, &str)]) -> Outcome {
    let mut step = job.step(folder.path());
    for (name, value) in inputs {
        step = step.input(name, value);
    }
    step.run()
}

fn is_of(world: &World, connection: &str, token: &str) -> bool {
    world.entra().token_client(token) == world.client_id(connection)
}

/// microsoft/azure-pipelines-tasks#14386: an agent in Azure Container Apps, for example.
#[test]
fn a_managed_identity_comes_from_the_machine_not_from_a_broker() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("machine", None));
    let mut job = world.job();
    job.agent_environment("IDENTITY_ENDPOINT", world.managed_identity().url());
    job.agent_environment("IDENTITY_HEADER", &world.managed_identity().secret());
    let [first, second] = ["token", "token"].map(TaskFolder::unpacked);
    let of_the_connection = [
        ("azureSubscription", MY_CONNECTION),
        ("configure", "identity"),
    ];
    let of_the_machine = [("azureSubscription", "machine"), ("configure", "identity")];
    let outcome = step(&mut job, &first, &of_the_connection);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(is_of(&world, MY_CONNECTION, served(&job).as_str()));
    let outcome = step(&mut job, &second, &of_the_machine);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let token = job.value("AZURE_DEVOPS_TOKEN").expect("a token").to_owned();
    assert!(is_of(&world, "machine", &token));
    // Its broker uses the machine's endpoint as well, not another broker.
    assert!(is_of(&world, "machine", served(&job).as_str()));
    assert_eq!(world.managed_identity().requests().len(), 2);
    // A script with its own token, and its child processes.
    let run = TaskFolder::unpacked("run");
    let place = tempfile::tempdir().expect("a folder");
    let script = format!(
        "cd {}
        adieu token --credential managed-identity > machine
        adieu token --credential pipelines > pipelines
        adieu token > auto",
        place.path().display()
    );
    let outcome = step(
        &mut job,
        &run,
        &[("azureSubscription", MY_CONNECTION), ("script", &script)],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    expect![[r#"
        Configured for this script: identity.
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
        warning: Azure Pipelines does not mask this token, so do not print it; EntraToken@1 and RunWithToken@1 mask theirs.
        warning: Azure Pipelines does not mask this token, so do not print it; EntraToken@1 and RunWithToken@1 mask theirs.
        warning: Azure Pipelines does not mask this token, so do not print it; EntraToken@1 and RunWithToken@1 mask theirs."#]].assert_eq(&stable(&world, &outcome.log));
    for (file, connection) in [
        ("machine", "machine"),
        ("pipelines", MY_CONNECTION),
        ("auto", MY_CONNECTION),
    ] {
        let token = std::fs::read_to_string(place.path().join(file)).expect("a token");
        assert!(is_of(&world, connection, token.trim()), "{connection}");
    }
    for folder in [&second, &first] {
        let outcome = job.step(folder.path()).section("postjobexecution").run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    }
    // After the brokers have stopped, the machine's own endpoint is still found.
    let outcome = step(
        &mut job,
        &TaskFolder::unpacked("token"),
        &of_the_machine[..1],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    job.wait_until_nothing_is_left();
}

#[test]
fn uses_the_fixed_address_of_a_virtual_machine() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("machine", None));
    let mut job = world.job();
    let [first, second] = ["token", "token"].map(TaskFolder::unpacked);
    let inputs = [
        ("azureSubscription", MY_CONNECTION),
        ("configure", "identity"),
        ("tokens", "# none"),
    ];
    let outcome = step(&mut job, &first, &inputs);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let outcome = step(&mut job, &second, &[("azureSubscription", "machine")]);
    // A machine in Azure answers that it does not have such an identity.
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    assert!(outcome.log.contains("managed identity returned no token"));
    assert_eq!(job.value("AZURE_DEVOPS_TOKEN"), None);
    let outcome = job.step(first.path()).section("postjobexecution").run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    job.wait_until_nothing_is_left();
}

/// The owner of the token that a client of the job's endpoint gets.
fn served(job: &Job<'_>) -> String {
    let (status, body) = Endpoint::of(job).token(AZURE_DEVOPS);
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().expect("a token").to_owned()
}
