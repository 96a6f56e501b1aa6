//! The "Azure DevOps" service connection, which needs no subscription, in each task; and steps that name no
//! connection, two, or one of the wrong type.
//!
//! Connections that lack something are in token_inputs.rs.

use adieu_emulator::{Connection, Job, MY_CONNECTION, Outcome, Proxy, TaskResult, World};
use expect_test::expect;

use crate::extension::{checked_out, shown};
use crate::harness::{TaskFolder, run, stable};

const DEVOPS: (&str, &str) = ("azureDevOpsServiceConnection", "devops");
const AZURE: (&str, &str) = ("azureSubscription", MY_CONNECTION);

/// A world with a connection of each type, both members of `fabrikam`, the newer one's organization.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::azure_devops("devops", "fabrikam"));
    for connection in ["devops", MY_CONNECTION] {
        world.organizations().add_member("fabrikam", connection);
        world
            .marketplace()
            .set_role("pub", connection, Some("Creator"));
    }
    world
}

/// A connection of the newer type has no data, so it signs in at the public authority.
fn job(world: &World) -> (Job<'_>, Proxy) {
    let proxy = world.network();
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    (job, proxy)
}

fn run_task(job: &mut Job<'_>, task: &str, inputs: &[(&str, &str)]) -> Outcome {
    let folder = TaskFolder::unpacked(task);
    let mut step = job.step(folder.path()).name("step");
    for (name, value) in inputs {
        step = step.input(name, value);
    }
    step.run()
}

#[test]
fn gives_tokens_for_every_resource_and_the_id_token() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let tokens = "AZURE_DEVOPS_TOKEN = azureDevOps\nARM_TOKEN = arm\nGRAPH_TOKEN = graph";
    let inputs = [DEVOPS, ("tokens", tokens), ("idToken", "ID_TOKEN")];
    let outcome = run(&mut job, &inputs);
    expect![[r#"
        Signed in at login.microsoftonline.com, tenant [TENANT].
        ID_TOKEN: the ID token, valid for about ten minutes.
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
        ARM_TOKEN: arm, until [TIME] (59 minutes).
        GRAPH_TOKEN: graph, until [TIME] (59 minutes)."#]]
    .assert_eq(&stable(&world, &outcome.log));
    for (name, kind) in [
        ("AZURE_DEVOPS_TOKEN", "access token"),
        ("ARM_TOKEN", "access token"),
        ("ID_TOKEN", "ID token"),
    ] {
        let value = job.value(name).unwrap_or_default();
        assert_eq!(world.secrets_in(value), [kind], "{name}");
    }
}

/// Later steps get the same variables, and the same values except for IDs, ports and keys.
#[test]
fn configures_the_same_as_the_other_type() {
    let names = |connection: (&str, &str)| {
        let world = world();
        let (mut job, _proxy) = job(&world);
        let configure = "identity\nazd\ngit\nterraform\nazurePipelinesCredential";
        let outcome = run(&mut job, &[connection, ("configure", configure)]);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        let set = job.environment_of_next_script();
        let connection_id = world.connection_id(connection.1);
        assert_eq!(
            set["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
            connection_id
        );
        assert_eq!(set["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"], connection_id);
        let client = world.client_id(connection.1);
        assert_eq!(set["AZURESUBSCRIPTION_CLIENT_ID"], client);
        job.finish();
        let names: Vec<String> = set.into_keys().collect();
        names
    };
    assert_eq!(names(DEVOPS), names(AZURE));
}

#[test]
fn runs_a_script() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let script = "echo \"dots in the token: $(printf %s \"$AZURE_DEVOPS_TOKEN\" | tr -cd .)\"";
    let outcome = run_task(&mut job, "run", &[DEVOPS, ("script", script)]);
    expect![[r#"
        Configured for this script: identity.
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
        dots in the token: ...."#]]
    .assert_eq(&stable(&world, &outcome.log));
}

/// A script's own requests go to the connection's organization.
#[cfg(unix)]
#[test]
fn doctor_and_whoami_ask_the_connections_organization() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    job.agent_environment("SSL_CERT_FILE", &world.ca_file().to_string_lossy());
    let script = "export HTTPS_PROXY=$AGENT_PROXYURL\n\
                  adieu doctor | grep -A1 -e configuration -e organization\n\
                  adieu whoami | grep organization || echo no organization";
    let outcome = run_task(&mut job, "run", &[DEVOPS, ("script", script)]);
    expect![[r#"
        Configured for this script: identity.
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
        ok        configuration  pipelines
                                   service connection: Azure DevOps, fabrikam
        --
        ok        organization   a member of fabrikam
        ok        license        Basic
        organization: fabrikam"#]]
    .assert_eq(&stable(&world, &outcome.log));
    let outcome = run_task(&mut job, "run", &[AZURE, ("script", script)]);
    expect![[r#"
        Configured for this script: identity.
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
        ok        configuration  pipelines
                                   service connection: Azure Resource Manager
        no organization"#]]
    .assert_eq(&stable(&world, &outcome.log));
}

/// Without an organization in the step, operations that add something use the connection's own.
#[test]
fn publishes_and_installs_in_the_connections_organization() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    checked_out(&job);
    let mut log = String::new();
    for operation in ["publish", "share", "install", "waitForInstallation"] {
        let inputs = [DEVOPS, ("operation", operation)];
        let outcome = run_task(&mut job, "extension", &inputs);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        if operation != "publish" {
            log.push_str(&format!("{}\n", shown(&world, &job, &outcome)));
        }
    }
    expect![[r#"
        fabrikam: shared.
        fabrikam: installed 3.2.1.
        Waiting until pub.hello 3.2.1 is installed in fabrikam, for at most 30 minutes.
        fabrikam: there.
    "#]]
    .assert_eq(&log);
    let extension = world.marketplace().extension("pub.hello").expect("it");
    let installed_in: Vec<&str> = extension.installed_in.keys().map(String::as_str).collect();
    assert_eq!(extension.shared_with, ["fabrikam"]);
    assert_eq!(installed_in, ["fabrikam"]);
    // Operations that remove something require organizations, and so do steps with the other type, or for a server.
    let server = ("serviceUrl", "https://tfs.contoso.example/tfs");
    let none = ("publisherId", "pub");
    for (connection, operation, more) in [
        (DEVOPS, "unshare", none),
        (DEVOPS, "uninstall", none),
        (DEVOPS, "install", server),
        (AZURE, "install", none),
    ] {
        let inputs = [connection, ("operation", operation), more];
        let outcome = run_task(&mut job, "extension", &inputs);
        let sentence = outcome
            .errors
            .first()
            .map(String::as_str)
            .unwrap_or_default();
        let sentence = sentence.lines().next().unwrap_or_default();
        let expected = "The input organizations is empty, and this operation needs it.";
        assert_eq!(sentence, expected, "{operation}: {}", outcome.log);
    }
}

#[test]
fn a_step_names_exactly_one_connection() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let more = |task: &str| match task {
        "run" => ("script", "true"),
        "extension" => ("operation", "whoAmI"),
        _ => ("tokens", "A = arm"),
    };
    let mut none = Vec::new();
    let mut both = Vec::new();
    for task in ["token", "run", "extension"] {
        none.push(run_task(&mut job, task, &[more(task)]).log);
        both.push(run_task(&mut job, task, &[DEVOPS, AZURE, more(task)]).log);
    }
    none.dedup();
    both.dedup();
    expect![[r#"
        ##[error]The step names no service connection: azureDevOpsServiceConnection and azureSubscription are both empty.
        What to do: Set azureDevOpsServiceConnection (a connection of the type Azure DevOps, without a subscription) or azureSubscription (Azure Resource Manager).
        More: adieu explain inputs"#]].assert_eq(&none.join("\n"));
    expect![[r#"
        ##[error]The step names two service connections, in azureDevOpsServiceConnection and in azureSubscription, and takes only one.
        What to do: Remove one of the two inputs.
        More: adieu explain inputs"#]].assert_eq(&both.join("\n"));
    assert!(world.azure_devops().requests().is_empty());
}

#[test]
#[should_panic(
    expected = "Step EntraToken input azureDevOpsServiceConnection expects a service connection of type \
     workloadidentityuser but the provided service connection my-connection is of type AzureRM"
)]
fn the_service_refuses_the_other_type_before_the_run() {
    let world = world();
    let mut job = world.job();
    let inputs = [("azureDevOpsServiceConnection", MY_CONNECTION)];
    drop(run(&mut job, &inputs));
}
