//! Platform variables that a user sets: the job token stays with the job's own collection, and the agent's network
//! settings with the agent.
//!
//! Each test is an attempt by a user who can only set variables of a pipeline or of a step.

use adieu_emulator::{Job, MY_CONNECTION, TaskResult, World};
use expect_test::{Expect, expect};

use crate::harness::{TaskFolder, run, stable};

const EVIL: &str = "https://evil.example/contoso/";

fn refused(prepare: impl Fn(&World, &mut Job<'_>), expected: &Expect) {
    let world = World::start();
    let mut job = world.job();
    prepare(&world, &mut job);
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    expected.assert_eq(&stable(&world, &outcome.log));
    assert!(world.azure_devops().arrivals().is_empty());
    assert!(world.entra().requests().is_empty());
}

#[test]
fn a_variable_with_underscores_does_not_replace_the_agents() {
    refused(
        |_, job| {
            job.variable("SYSTEM_COLLECTIONURI", EVIL);
            job.variable("SYSTEM_OIDCREQUESTURI", EVIL);
        },
        &expect![[r#"
            ##[error]The pipeline's variable 'SYSTEM_COLLECTIONURI' replaces System.CollectionUri, which the agent sets.
            What to do: Remove or rename that pipeline variable: tasks cannot tell the two apart.
            More: adieu explain shadowed-variable"#]],
    );
    for (name, platform) in [
        ("System_TeamProjectId", "System.TeamProjectId"),
        ("system planid", "System.PlanId"),
        ("SYSTEM_OIDCREQUESTURI", "System.OidcRequestUri"),
        ("AGENT_PROXYURL", "Agent.ProxyUrl"),
        ("AGENT_CAINFO", "Agent.CAInfo"),
        ("AGENT_SKIPCERTVALIDATION", "Agent.SkipCertValidation"),
    ] {
        let world = World::start();
        let mut job = world.job();
        job.variable(name, "true");
        let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
        let sentence = format!(
            "##[error]The pipeline's variable '{name}' replaces {platform}, which the agent sets."
        );
        assert!(outcome.log.starts_with(&sentence), "{}", outcome.log);
        assert!(world.azure_devops().arrivals().is_empty());
    }
}

#[test]
fn refuses_a_collection_other_than_the_connections() {
    refused(
        |_, job| {
            job.variable("system.collectionuri", EVIL);
            job.variable("system.oidcrequesturi", EVIL);
        },
        &expect![[r#"
            ##[error]The job token was not sent: System.CollectionUri is 'https://evil.example/contoso/', and the job's own connection is for '[COLLECTION]/'.
            What to do: Remove the variable System.CollectionUri from the pipeline and from the step's env; Azure DevOps sets it.
            More: adieu explain job-token"#]],
    );
}

#[test]
fn ignores_secret_variables_with_platform_names() {
    for name in [
        "SYSTEM_COLLECTIONURI",
        "SYSTEM_OIDCREQUESTURI",
        "AGENT_PROXYURL",
        "AGENT_SKIPCERTVALIDATION",
        "AGENT_CAINFO",
        "AGENT_CLIENTCERT",
    ] {
        let world = World::start();
        let mut job = world.job();
        job.secret_variable(name, EVIL);
        let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
        assert_eq!(
            outcome.result,
            TaskResult::Succeeded,
            "{name}: {}",
            outcome.log
        );
    }
}

#[test]
fn ignores_platform_variables_from_a_steps_env() {
    let world = World::start();
    let mut job = world.job();
    job.without("system.oidcrequesturi");
    let folder = TaskFolder::unpacked("token");
    let mut step = job.step(folder.path());
    for (name, value) in [
        ("SYSTEM_OIDCREQUESTURI", EVIL),
        ("AGENT_PROXYURL", "http://127.0.0.1:1"),
        ("AGENT_SKIPCERTVALIDATION", "true"),
        ("VSTS_PUBLIC_VARIABLES", "[\"system.oidcrequesturi\"]"),
        ("ENDPOINT_URL_SYSTEMVSSCONNECTION", EVIL),
        ("Endpoint_Url_SystemVssConnection", EVIL),
    ] {
        step = step.env(name, value);
    }
    let outcome = step.input("azureSubscription", MY_CONNECTION).run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(
        !outcome.log.contains("sslskipcertvalidation"),
        "{}",
        outcome.log
    );
}
