//! EntraToken@1: its results for each kind of connection.
//!
//! Errors of users and services are in the modules next to it.

// The input `connections`: service connections of other tasks that receive a token.
mod connections;
// Schemes, clouds, tenants.
mod service_connections;

use adieu_emulator::{MY_CONNECTION, TaskResult, World};
use expect_test::expect;

use crate::harness::{TaskFolder, run, stable};

#[test]
fn issues_tokens_for_several_resources_from_one_id_token() {
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
fn issues_an_azure_devops_token_by_default() {
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
                ["authorization", "x-tfs-fedauthredirect", "connection", "accept", "content-type", "content-length", "user-agent", "host"]
                    .map(str::to_owned)
                    .to_vec()
            ),
            (
                "POST  [TENANT] oauth2 v2.0 token".to_owned(),
                ["connection", "accept", "content-type", "user-agent", "host", "content-length"].map(str::to_owned).to_vec()
            ),
        ]
    );
}

#[test]
fn sets_the_id_token_itself() {
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
ARM_OIDC_TOKEN: the ID token, valid for about ten minutes."
    );
    assert_eq!(
        world.secrets_in(job.value("ARM_OIDC_TOKEN").unwrap_or_default()),
        ["ID token"]
    );
    assert!(world.entra().requests().is_empty());
}

#[test]
fn also_sets_outputs_for_later_jobs() {
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

/// Another job does not have this job's masks.
#[test]
fn an_id_token_for_later_jobs_is_always_secret() {
    let world = World::start();
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[
            ("azureSubscription", MY_CONNECTION),
            ("tokens", ""),
            ("idToken", "ARM_OIDC_TOKEN"),
            ("isOutput", "true"),
            ("exposeToScripts", "true"),
        ],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let output = job.get("tokens.ARM_OIDC_TOKEN").expect("an output");
    assert!(output.secret);
    assert_eq!(world.secrets_in(&output.value), ["ID token"]);
    assert_eq!(job.masked(&output.value), "***");
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
fn prints_no_secret_with_system_debug() {
    let world = World::start();
    let mut job = world.job();
    job.debug();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    // The emulated agent checks for leaks.
    expect![[r#"
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
        ##[debug]Processed: ##vso[task.setsecret]***
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
fn without_connections_it_needs_no_command_that_restricted_mode_denies() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("token");
    let step = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("isOutput", "true");
    let outcome = step.restricted_commands().run();
    assert!(outcome.denied.is_empty(), "{:?}", outcome.denied);
    assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
