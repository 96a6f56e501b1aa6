//! EntraToken@1: what a user gets, connection by connection.
//!
//! What users and services can do wrong stands in the modules beside it.

use adieu_emulator::{
    Connection, Issuer, Job, MY_CONNECTION, Outcome, TaskResult, TokenFlaw, World,
};

use crate::harness::{TaskFolder, stable};

fn run(job: &mut Job<'_>, inputs: &[(&str, &str)]) -> Outcome {
    let folder = TaskFolder::unpacked("token");
    let mut step = job.step(folder.path()).name("tokens");
    for (name, value) in inputs {
        step = step.input(name, value);
    }
    step.run()
}

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
