//! The broker of a job, from EntraToken@1's `configure` to the end of the job.
//!
//! The protocols of clients are in other files.

use std::process::Command;

use adieu_emulator::{Connection, MY_CONNECTION, TaskResult, TokenFlaw, World};
use expect_test::expect;

use crate::harness::{AZURE_DEVOPS, Endpoint, JobWithBroker, TaskFolder, stable};

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
    assert!(!outcome.delayed, "the broker holds the step's pipes");
    let endpoint = Endpoint::of(&job);
    let (status, body) = endpoint.token(AZURE_DEVOPS);
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(job.processes_left().len(), 1);
    let outcome = job.step(folder.path()).section("postjobexecution").run();
    expect!["The job's credential endpoint is closed."].assert_eq(&outcome.log);
    job.wait_until_nothing_is_left();
    assert_eq!(job.value("IDENTITY_HEADER"), Some(""));
}

#[test]
fn publishes_its_address_and_hides_its_key() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity\nazd");
    let seen: Vec<String> = served
        .job
        .environment_of_next_script()
        .into_iter()
        .map(|(name, value)| {
            let value = value.replace(&served.endpoint.port.to_string(), "[PORT]");
            format!("{name}={}", served.job.masked(&value))
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
    served.end();
}

/// An agent never removes a variable.
#[test]
fn clears_the_endpoint_variables_at_the_end() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity\nazd\ngit");
    let before = served.job.environment_of_next_script();
    let job = served.end();
    let left: Vec<String> = job
        .environment_of_next_script()
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(left.len(), before.len());
    expect![[r#"
        ADIEU_ENDPOINT=
        ADIEU_ENDPOINT_KEY=
        AZD_AUTH_ENDPOINT=
        AZD_AUTH_KEY=
        AZURE_DEVOPS_TOKEN_EXPIRES_ON=[TIME]
        GIT_CONFIG_COUNT=
        GIT_CONFIG_KEY_0=
        GIT_CONFIG_KEY_1=
        GIT_CONFIG_KEY_2=
        GIT_CONFIG_KEY_3=
        GIT_CONFIG_KEY_4=
        GIT_CONFIG_KEY_5=
        GIT_CONFIG_KEY_6=
        GIT_CONFIG_KEY_7=
        GIT_CONFIG_VALUE_0=
        GIT_CONFIG_VALUE_1=
        GIT_CONFIG_VALUE_2=
        GIT_CONFIG_VALUE_3=
        GIT_CONFIG_VALUE_4=
        GIT_CONFIG_VALUE_5=
        GIT_CONFIG_VALUE_6=
        GIT_CONFIG_VALUE_7=
        IDENTITY_ENDPOINT=
        IDENTITY_HEADER=
        NO_PROXY=127.0.0.1,localhost"#]]
    .assert_eq(&stable(&world, &left.join("\n")));
}

#[test]
fn ends_with_a_killed_job() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity");
    assert_eq!(served.endpoint.token(AZURE_DEVOPS).0, 200);
    assert_eq!(served.job.finish().len(), 1);
}

#[test]
fn exits_when_the_agents_worker_exits() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("token");
    // A worker that lives as long as a file: Node under the worker's name starts the launcher, and stays.
    let place = tempfile::tempdir().unwrap();
    let worker = place.path().join("Agent.Worker");
    let script = place.path().join("worker.js");
    let (started, alive) = (place.path().join("started"), place.path().join("alive"));
    std::fs::write(&alive, "").unwrap();
    std::os::unix::fs::symlink(real_node(), &worker).unwrap();
    std::fs::write(
        &script,
        r#"
        const fs = require('fs');
        const [, , launcher, started, alive] = process.argv;
        const child = require('child_process').spawn('node', [launcher], { stdio: 'ignore' });
        child.on('exit', (code) => fs.writeFileSync(started, String(code)));
        setInterval(() => { if (!fs.existsSync(alive)) process.exit(); }, 10);
        "#,
    )
    .unwrap();
    let environment = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "identity")
        .environment();
    let mut worker = Command::new(worker)
        .args([&script, &folder.path().join("launch.js"), &started, &alive])
        .env_clear()
        .envs(environment)
        .spawn()
        .unwrap();
    while !std::fs::read_to_string(&started).is_ok_and(|code| code == "0") {
        std::thread::yield_now();
    }
    // In this test, the worker also has the job's lookup ID.
    assert_eq!(job.processes_left().len(), 2);
    std::fs::remove_file(&alive).unwrap();
    worker.wait().unwrap();
    job.wait_until_nothing_is_left();
}

#[test]
fn serves_several_connections_of_one_job_side_by_side() {
    let world = World::start();
    world.add_connection(Connection::workload_identity("second"));
    let mut job = world.job();
    let (one, two) = (TaskFolder::unpacked("token"), TaskFolder::unpacked("token"));
    let outcome = job
        .step(one.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "identity")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let first = Endpoint::of(&job);
    let outcome = job
        .step(two.path())
        .input("azureSubscription", "second")
        .input("configure", "identity")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let second = Endpoint::of(&job);
    for (endpoint, connection) in [(&first, MY_CONNECTION), (&second, "second")] {
        let (_, body) = endpoint.token(AZURE_DEVOPS);
        assert_eq!(
            body["client_id"].as_str(),
            Some(world.client_id(connection).as_str())
        );
    }
    assert_eq!(job.processes_left().len(), 2);
    for folder in [&two, &one] {
        let outcome = job.step(folder.path()).section("postjobexecution").run();
        expect!["The job's credential endpoint is closed."].assert_eq(&outcome.log);
    }
    job.wait_until_nothing_is_left();
}

#[test]
fn serves_a_container_job() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("token");
    let outcome = job
        .step(folder.path())
        .in_container()
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "identity")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(!outcome.delayed);
    let endpoint = Endpoint::of(&job);
    assert_eq!(endpoint.token(AZURE_DEVOPS).0, 200);
    let outcome = job
        .step(folder.path())
        .in_container()
        .section("postjobexecution")
        .run();
    expect!["The job's credential endpoint is closed."].assert_eq(&outcome.log);
    job.wait_until_nothing_is_left();
}

#[test]
fn starts_nothing_if_the_sign_in_fails() {
    let world = World::start();
    world.entra().unfederate(MY_CONNECTION);
    let mut job = world.job();
    let folder = TaskFolder::unpacked("token");
    for tokens in ["AZURE_DEVOPS_TOKEN=azureDevOps", "# none"] {
        let outcome = job
            .step(folder.path())
            .input("azureSubscription", MY_CONNECTION)
            .input("tokens", tokens)
            .input("configure", "identity")
            .run();
        assert_eq!(outcome.result, TaskResult::Failed);
        assert_eq!(job.value("IDENTITY_ENDPOINT"), None);
    }
    assert_eq!(job.processes_left(), Vec::<u32>::new());
    let outcome = job.step(folder.path()).section("postjobexecution").run();
    assert_eq!(
        (outcome.result, outcome.log.as_str()),
        (TaskResult::Succeeded, "")
    );
}

#[test]
fn a_failed_step_stops_its_broker() {
    let world = World::start();
    // These cannot become variables.
    world.entra().flaw(TokenFlaw::Long);
    let mut job = world.job();
    let folder = TaskFolder::unpacked("token");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "identity")
        .run();
    assert_eq!(outcome.result, TaskResult::Failed);
    assert_eq!(job.value("IDENTITY_ENDPOINT"), None);
    job.wait_until_nothing_is_left();
}

#[test]
fn limits_the_resources_for_tokens() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity\nresources = tokens, arm");
    for (resource, status) in [
        (AZURE_DEVOPS, 200),
        ("https://management.azure.com", 200),
        // az requests Azure Resource Manager by its old name.
        ("https://management.core.windows.net/", 200),
        ("https://graph.microsoft.com", 403),
        ("https://vault.azure.net", 403),
    ] {
        assert_eq!(served.endpoint.token(resource).0, status, "{resource}");
    }
    served.end();
}

/// `configure: git` needs only Azure DevOps, so its endpoint issues no other tokens.
#[test]
fn serves_git_only_tokens_for_azure_devops() {
    let world = World::start();
    for (configure, others) in [
        ("git", 403),
        ("git\nterraform", 403),
        ("git\nresources = arm", 200),
        ("git\nidentity", 200),
        ("azd\ngit", 200),
    ] {
        let served = JobWithBroker::in_job(world.job(), &format!("{configure}\n"));
        let endpoint = Endpoint::of_git(&served.job);
        assert_eq!(endpoint.token(AZURE_DEVOPS).0, 200, "{configure}");
        let arm = "https://management.azure.com";
        assert_eq!(endpoint.token(arm).0, others, "{configure}");
        served.end();
    }
}

#[test]
fn sets_the_variables_of_terraform_and_azure_pipelines_credential() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("token");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "terraform\nazurePipelinesCredential")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    // They request tokens from Azure DevOps themselves.
    assert_eq!(job.processes_left(), Vec::<u32>::new());
    let seen: Vec<String> = job
        .environment_of_next_script()
        .into_iter()
        .map(|(name, value)| format!("{name}={}", job.masked(&value)))
        .collect();
    expect![[r#"
        ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID=[CONNECTION]
        ARM_CLIENT_ID=***
        ARM_OIDC_REQUEST_TOKEN=***
        ARM_OIDC_REQUEST_URL=[COLLECTION]/[GUID]/_apis/distributedtask/hubs/build/plans/[GUID]/jobs/[GUID]/oidctoken
        ARM_TENANT_ID=[TENANT]
        ARM_USE_CLI=false
        ARM_USE_OIDC=true
        AZURESUBSCRIPTION_CLIENT_ID=***
        AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=[CONNECTION]
        AZURESUBSCRIPTION_TENANT_ID=[TENANT]
        AZURE_DEVOPS_TOKEN_EXPIRES_ON=[TIME]"#]].assert_eq(&stable(&world, &seen.join("\n")));
}

/// An older server sends no `System.OidcRequestUri` to a release (microsoft/azure-pipelines-terraform#360).
#[test]
fn sets_terraforms_address_in_a_release_without_one() {
    let world = World::start();
    let with = "hubs/release/plans/[GUID]/jobs/[GUID]/oidctoken";
    for variable in ["", "system.oidcrequesturi"] {
        let mut job = world.release_job();
        job.without(variable);
        let folder = TaskFolder::unpacked("token");
        let outcome = job
            .step(folder.path())
            .input("azureSubscription", MY_CONNECTION)
            .input("configure", "terraform")
            .run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        let address = stable(
            &world,
            job.value("ARM_OIDC_REQUEST_URL").expect("an address"),
        );
        let expected = format!("[COLLECTION]/[GUID]/_apis/distributedtask/{with}");
        assert_eq!(address, expected, "without {variable:?}");
    }
}

#[test]
fn warns_of_variables_that_override_its_configuration() {
    let world = World::start();
    let mut job = world.job();
    job.variable("AZURE_CLIENT_ID", "00000000-0000-0000-0000-000000000001");
    job.agent_environment("no_proxy", "contoso.example");
    let folder = TaskFolder::unpacked("token");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "identity")
        .run();
    expect![[r#"
        AZURE_CLIENT_ID is set and overrides what this step configures. Remove it.
        The agent's environment sets lowercase no_proxy, which pipeline variables cannot override. Add 127.0.0.1 and localhost to it on the agent."#]].assert_eq(&outcome.warnings.join("\n"));
    assert_eq!(
        job.value("NO_PROXY"),
        Some("contoso.example,127.0.0.1,localhost")
    );
    let outcome = job.step(folder.path()).section("postjobexecution").run();
    assert_eq!(outcome.result, TaskResult::Succeeded);
}

/// Node itself, not a version manager's wrapper.
fn real_node() -> std::path::PathBuf {
    let output = Command::new("node")
        .args(["-p", "process.execPath"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().into()
}
