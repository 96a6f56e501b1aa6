//! EntraToken@1: what a user gets, connection by connection.
//!
//! What users and services can do wrong stands in the modules beside it.

use adieu_emulator::{Connection, Issuer, MY_CONNECTION, TaskResult, TokenFlaw, World};
use expect_test::expect;

use crate::harness::{run, stable};

#[test]
fn gives_tokens_for_several_resources_from_one_id_token() {
    let world = World::start();
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[
            ("azureSubscription", MY_CONNECTION),
            (
                "tokens",
                "AZURE_DEVOPS_TOKEN = azureDevOps\n\n# Graph, too\n  GRAPH_TOKEN=graph\n",
            ),
        ],
    );
    assert_eq!(
        stable(&world, &outcome.log),
        "\
Signed in at [ENTRA], tenant [TENANT].
AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
GRAPH_TOKEN: graph, until [TIME] (59 minutes)."
    );
    assert_eq!(outcome.result, TaskResult::Succeeded);
    assert_eq!(world.azure_devops().requests().len(), 1);
    assert_eq!(world.entra().requests().len(), 2);
    for name in ["AZURE_DEVOPS_TOKEN", "GRAPH_TOKEN"] {
        let variable = job.get(name).expect("a variable");
        assert!(variable.secret, "{name}");
        assert_eq!(world.secrets_in(&variable.value), ["access token"]);
    }
    let names: Vec<String> = job.environment_of_next_script().into_keys().collect();
    assert_eq!(
        names,
        ["AZURE_DEVOPS_TOKEN_EXPIRES_ON", "GRAPH_TOKEN_EXPIRES_ON"]
    );
}

#[test]
fn gives_an_azure_devops_token_without_being_told() {
    let world = World::start();
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(
        stable(&world, &outcome.log),
        "\
Signed in at [ENTRA], tenant [TENANT].
AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes)."
    );
    assert!(job.value("AZURE_DEVOPS_TOKEN").is_some());
}

#[test]
fn sends_two_requests_and_nothing_else() {
    let world = World::start();
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded);
    let asked = [world.azure_devops().arrivals(), world.entra().arrivals()].concat();
    let asked: Vec<(String, Vec<String>)> = asked
        .into_iter()
        .map(|arrival| {
            (
                stable(&world, &arrival.request).replace('/', " "),
                arrival.headers,
            )
        })
        .collect();
    assert_eq!(
        asked,
        [
            (
                "POST  contoso [GUID] _apis distributedtask hubs build plans [GUID] jobs [GUID] oidctoken".to_owned(),
                ["authorization", "x-tfs-fedauthredirect", "accept", "content-type", "content-length", "user-agent", "host"]
                    .map(str::to_owned)
                    .to_vec()
            ),
            (
                "POST  [TENANT] oauth2 v2.0 token".to_owned(),
                ["accept", "content-type", "user-agent", "host", "content-length"].map(str::to_owned).to_vec()
            ),
        ]
    );
}

#[test]
fn signs_in_in_classic_releases_and_deployment_groups() {
    let world = World::start();
    for (mut job, hub) in [
        (world.release_job(), "release"),
        (world.deployment_job(), "deployment"),
    ] {
        for uri_is_sent in [true, false] {
            if !uri_is_sent {
                job.without("system.oidcrequesturi");
            }
            let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
            assert_eq!(
                outcome.result,
                TaskResult::Succeeded,
                "{hub}: {}",
                outcome.log
            );
            let asked = world.azure_devops().requests().pop().unwrap_or_default();
            assert!(asked.contains(&format!("/hubs/{hub}/")), "{asked}");
        }
    }
}

#[test]
fn rebuilds_the_address_of_the_id_token_where_the_server_sends_none() {
    let world = World::start();
    let mut job = world.job();
    job.without("system.oidcrequesturi");
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn signs_in_with_an_id_token_of_entras_own_issuer() {
    let world = World::with_issuer(Issuer::Entra);
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn signs_in_with_a_secret() {
    let world = World::start();
    world.add_connection(Connection::client_secret("with-secret"));
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", "with-secret")]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(world.azure_devops().requests().is_empty());
    assert_eq!(world.entra().requests().len(), 1);
}

#[test]
fn signs_in_with_a_certificate() {
    let world = World::start();
    world.add_connection(Connection::certificate("with-certificate"));
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", "with-certificate")]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(world.azure_devops().requests().is_empty());
}

#[test]
fn signs_in_with_the_machines_managed_identity() {
    let world = World::start();
    let client = "0c0ffee0-0000-4000-8000-000000000000";
    world.add_connection(Connection::managed_identity("system-assigned", None));
    world.add_connection(Connection::managed_identity("user-assigned", Some(client)));
    for connection in ["system-assigned", "user-assigned"] {
        let mut job = world.job();
        job.agent_environment("IDENTITY_ENDPOINT", world.managed_identity().url());
        job.agent_environment("IDENTITY_HEADER", world.managed_identity_secret());
        // A proxy must not see a request to this machine, nor its secret header.
        job.agent_environment("HTTP_PROXY", "http://127.0.0.1:1");
        let outcome = run(&mut job, &[("azureSubscription", connection)]);
        assert_eq!(
            outcome.result,
            TaskResult::Succeeded,
            "{connection}: {}",
            outcome.log
        );
        assert_eq!(
            world.secrets_in(job.value("AZURE_DEVOPS_TOKEN").unwrap_or_default()),
            ["access token"]
        );
    }
    assert_eq!(world.managed_identity().requests().len(), 2);
    assert!(world.entra().requests().is_empty());
}

#[test]
fn uses_an_id_token_that_came_with_the_job() {
    let world = World::start();
    let token = world.late_bound_id_token(MY_CONNECTION, 0);
    world.set_parameter(MY_CONNECTION, "idToken", &token);
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(world.azure_devops().requests().is_empty());
}

#[test]
fn asks_for_a_fresh_id_token_where_the_jobs_own_is_over() {
    // One that is over, and one that could be over on its way.
    for age in [3600, 570] {
        let world = World::start();
        world.id_token_lifetime(600);
        let token = world.late_bound_id_token(MY_CONNECTION, age);
        world.set_parameter(MY_CONNECTION, "idToken", &token);
        let mut job = world.job();
        let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        assert_eq!(world.azure_devops().requests().len(), 1, "{age}");
        assert_eq!(world.entra().requests().len(), 1, "{age}");
    }
}

#[test]
fn asks_another_tenant() {
    let world = World::start();
    let tenant = world.add_tenant(MY_CONNECTION);
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[("azureSubscription", MY_CONNECTION), ("tenantId", &tenant)],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert_eq!(
        world.entra().requests(),
        [format!("POST /{tenant}/oauth2/v2.0/token")]
    );
}

#[test]
fn gives_the_id_token_itself() {
    let world = World::start();
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[
            ("azureSubscription", MY_CONNECTION),
            ("tokens", ""),
            ("idToken", "ARM_OIDC_TOKEN"),
        ],
    );
    assert_eq!(
        stable(&world, &outcome.log),
        "\
Signed in at [ENTRA], tenant [TENANT].
ARM_OIDC_TOKEN: the ID token, for about ten minutes."
    );
    assert_eq!(
        world.secrets_in(job.value("ARM_OIDC_TOKEN").unwrap_or_default()),
        ["ID token"]
    );
    assert!(world.entra().requests().is_empty());
}

#[test]
fn sets_outputs_for_later_jobs_on_top() {
    let world = World::start();
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[
            ("azureSubscription", MY_CONNECTION),
            ("isOutput", "true"),
            ("exposeToScripts", "true"),
        ],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let plain = job.get("AZURE_DEVOPS_TOKEN").expect("a variable");
    let output = job.get("tokens.AZURE_DEVOPS_TOKEN").expect("an output");
    assert_eq!(plain.value, output.value);
    assert!(!plain.secret, "exposed to the scripts of this job");
    assert!(
        output.secret,
        "another job knows nothing of this one's masks"
    );
    assert!(job.value("tokens.AZURE_DEVOPS_TOKEN_EXPIRES_ON").is_some());
}

#[test]
fn exposes_tokens_to_scripts_masked() {
    let world = World::start();
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[
            ("azureSubscription", MY_CONNECTION),
            ("exposeToScripts", "true"),
        ],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let token = job
        .environment_of_next_script()
        .remove("AZURE_DEVOPS_TOKEN")
        .unwrap_or_default();
    assert_eq!(world.secrets_in(&token), ["access token"]);
    assert_eq!(job.masked(&format!("Bearer {token}!")), "Bearer ***!");
    for user in ["", "OAuth", "VssSessionToken", "x-access-token", "ab"] {
        let basic = base64(&format!("{user}:{token}"));
        assert!(
            world.secrets_in(&job.masked(&basic)).is_empty(),
            "base64 behind '{user}:' is not masked"
        );
    }
}

#[test]
fn signs_in_at_every_clouds_own_host() {
    for (environment, host) in [
        ("AzureCloud", "login.microsoftonline.com"),
        ("AzureUSGovernment", "login.microsoftonline.us"),
        ("AzureChinaCloud", "login.chinacloudapi.cn"),
    ] {
        let world = World::start();
        let connection = Connection::workload_identity("cloud")
            .authority("")
            .data("environment", environment);
        world.add_connection(connection);
        let proxy = world.proxy(None, "");
        let mut job = world.job();
        job.variable("agent.proxyurl", &proxy.url());
        let outcome = run(
            &mut job,
            &[
                ("azureSubscription", "cloud"),
                (
                    "tokens",
                    "ARM=arm\nGRAPH=graph\nVAULT=keyVault\nSQL=sql\nBLOB=storage",
                ),
            ],
        );
        assert_eq!(
            outcome.result,
            TaskResult::Succeeded,
            "{environment}: {}",
            outcome.log
        );
        let mut asked = proxy.asked();
        asked.dedup();
        assert_eq!(asked, [format!("{host}:443")]);
    }
}

#[test]
fn signs_in_at_a_clouds_own_authority() {
    let world = World::start();
    let authority = world.entra().url().to_owned();
    let connection = Connection::workload_identity("stack")
        .authority("")
        .data("environment", "AzureStack")
        .data("environmentAuthorityUrl", &authority)
        .data(
            "activeDirectoryServiceEndpointResourceId",
            "https://management.azure.com",
        );
    world.add_connection(connection);
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[("azureSubscription", "stack"), ("tokens", "ARM=arm")],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn takes_a_token_that_cannot_be_read() {
    let world = World::start();
    world.flaw(TokenFlaw::Opaque);
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn takes_a_lifetime_that_is_written_as_text() {
    let world = World::start();
    world.flaw(TokenFlaw::TextLifetime);
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn says_nothing_secret_with_system_debug() {
    let world = World::start();
    let mut job = world.job();
    job.debug();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    // Whether it leaks, the agent looks itself.
    expect![[r#"
        Signed in at [ENTRA], tenant [TENANT].
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setvariable variable=AZURE_DEVOPS_TOKEN;issecret=true]***
        ##[debug]Processed: ##vso[task.setvariable variable=AZURE_DEVOPS_TOKEN_EXPIRES_ON][TIME]
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
        ##[debug]Processed: ##vso[task.complete result=Succeeded]"#]]
    .assert_eq(&stable(&world, &outcome.log));
}

#[test]
fn writes_only_commands_that_its_restrictions_allow() {
    let world = World::start();
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[("azureSubscription", MY_CONNECTION), ("isOutput", "true")],
    );
    assert!(outcome.denied.is_empty(), "{:?}", outcome.denied);
    assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
