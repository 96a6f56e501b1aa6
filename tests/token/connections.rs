//! `connections` of EntraToken@1: tasks that read a PAT from a service connection get a token.
//!
//! The tasks read it with the published libraries of the built-in ones (`cargo xtask test` installs them).

use std::fs;

use adieu_emulator::{Connection, Job, MY_CONNECTION, Outcome, TaskResult, World};
use expect_test::{Expect, expect};
use tempfile::TempDir;

use crate::harness::{TaskFolder, client, root, run, stable};
use crate::pipelines::scenario::Scenario;

const STORED: &str = "not-a-pat";

/// A task with these inputs that writes what it reads from its connections to a file.
struct Reader {
    folder: TempDir,
    found: TempDir,
}

impl Reader {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let input = |name: &str, kind: &str| serde_json::json!({ "name": name, "type": format!("connectedService:{kind}"), "label": name });
        let task = serde_json::json!({
            "id": "1f7c41a2-76a1-4d8c-9a3e-6c2d6a5a7f10", "name": "Reader", "friendlyName": "Reader",
            "description": "Reads", "author": "Tests", "category": "Utility",
            "visibility": ["Build"], "runsOn": ["Agent"],
            "version": { "Major": 1, "Minor": 0, "Patch": 0 }, "instanceNameFormat": "Read",
            "inputs": [
                input("feeds", "externalnugetfeed,externalpythondownloadfeed"),
                input("marketplace", "TFSMarketplacePublishing"),
            ],
            "execution": { "Node20_1": { "target": "reader.js" } },
        });
        fs::write(folder.path().join("task.json"), task.to_string()).expect("a file");
        let script = root().join("tests/token/connections/reader.js");
        fs::copy(script, folder.path().join("reader.js")).expect("a copy");
        Self {
            folder,
            found: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Runs it, and returns what it read.
    fn run(&self, job: &mut Job<'_>, inputs: &[(&str, &str)]) -> (Vec<String>, Outcome) {
        let file = self.found.path().join("found");
        let _ = fs::remove_file(&file);
        let mut step = job
            .step(self.folder.path())
            .env("CLIENTS", &client("tasks").to_string_lossy())
            .env("FOUND", &file.to_string_lossy());
        for (name, value) in inputs {
            step = step.input(name, value);
        }
        let outcome = step.run();
        let found = fs::read_to_string(&file).unwrap_or_else(|_| panic!("{}", outcome.log));
        (found.lines().map(str::to_owned).collect(), outcome)
    }
}

/// A world with connections that contain an invalid PAT.
fn world() -> World {
    let world = World::start();
    for (name, kind, scheme) in [
        ("nuget", "externalnugetfeed", "Token"),
        ("python", "externalpythondownloadfeed", "UsernamePassword"),
        (
            "marketplace",
            "TFSMarketplacePublishing",
            "UsernamePassword",
        ),
    ] {
        let connection = Connection::personal_access_token(name, kind, scheme, STORED);
        world.add_connection(connection);
    }
    world
}

/// A job whose later steps name all of them.
fn job(world: &World) -> Job<'_> {
    let mut job = world.job();
    for name in ["nuget", "python", "marketplace"] {
        job.connection(name);
    }
    job
}

fn fill(job: &mut Job<'_>, connections: &str) -> Outcome {
    let inputs = [
        ("azureSubscription", MY_CONNECTION),
        ("tokens", ""),
        ("connections", connections),
    ];
    run(job, &inputs)
}

#[test]
fn tasks_that_require_a_pat_get_a_token() {
    let world = world();
    let mut job = job(&world);
    let reader = Reader::new();
    for (input, name) in [
        ("feeds", "nuget"),
        ("feeds", "python"),
        ("marketplace", "marketplace"),
    ] {
        let (found, _) = reader.run(&mut job, &[(input, name)]);
        assert!(
            found.iter().all(|found| found == STORED),
            "{name}: {found:?}"
        );
        let id = world.connection_id(name).to_uppercase();
        let outcome = fill(&mut job, &format!("# {name}\n  {id} = azureDevOps\n"));
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        let (found, outcome) = reader.run(&mut job, &[(input, name)]);
        assert!(!found.is_empty());
        for found in &found {
            assert_eq!(world.secrets_in(found), ["access token"], "{name}");
        }
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    }
    let nuget = world.connection_id("nuget");
    let shown = stable(
        &world,
        &fill(&mut job, &format!("{nuget} = azureDevOps")).log,
    );
    expect![[r#"
        Signed in at [ENTRA], tenant [TENANT].
        apitoken and password of connection [GUID]: azureDevOps, until [TIME] (59 minutes)."#]]
    .assert_eq(&shown);
}

/// One sign-in serves variables and connections, and connections accept every resource that `tokens` does.
#[test]
fn sets_only_the_named_parameter() {
    let world = world();
    let mut job = job(&world);
    let (nuget, python) = (world.connection_id("nuget"), world.connection_id("python"));
    let connections = format!("{nuget}.apiToken = arm\n{python}.other-key=graph");
    let inputs = [
        ("azureSubscription", MY_CONNECTION),
        ("connections", connections.as_str()),
    ];
    let outcome = run(&mut job, &inputs);
    expect![[r#"
        Signed in at [ENTRA], tenant [TENANT].
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
        apiToken of connection [GUID]: arm, until [TIME] (59 minutes).
        other-key of connection [GUID]: graph, until [TIME] (59 minutes)."#]]
    .assert_eq(&stable(&world, &outcome.log));
    assert_eq!(world.azure_devops().requests().len(), 1);
    let reader = Reader::new();
    let (found, _) = reader.run(&mut job, &[("feeds", "nuget")]);
    assert_eq!(world.secrets_in(&found[0]), ["access token"]);
    let (found, _) = reader.run(&mut job, &[("feeds", "python")]);
    assert_eq!(found, [STORED]);
}

#[test]
fn sets_the_parameter_of_the_connections_scheme() {
    let world = world();
    let mut job = job(&world);
    for (name, scheme, parameter) in [
        ("nuget", "Token", "apitoken"),
        ("python", "UsernamePassword", "password"),
        ("marketplace", "None", "apitoken and password"),
    ] {
        let id = world.connection_id(name);
        let folder = TaskFolder::unpacked("token");
        let step = job
            .step(folder.path())
            .input("azureSubscription", MY_CONNECTION)
            .input("tokens", "")
            .input("connections", &format!("{id} = azureDevOps"))
            .env(&format!("ENDPOINT_AUTH_SCHEME_{id}"), scheme);
        let log = step.run().log;
        assert!(
            log.contains(&format!("\n{parameter} of connection {id}: azureDevOps")),
            "{log}"
        );
    }
}

/// The template, with a task that reads the connection, in a pipeline whose job has the connection from its start.
#[test]
fn the_template_fills_a_connection_for_the_steps_that_it_is_given() {
    let world = world();
    let reader = Reader::new();
    let file = reader.found.path().join("found");
    let id = world.connection_id("nuget");
    let pipeline = format!(
        "steps:
- template: pipelines/templates/connections.yml
  parameters:
    connections: {id} = azureDevOps
    steps:
    - task: Reader@1
      displayName: Restore
      inputs:
        feeds: nuget
      env:
        CLIENTS: {}
        FOUND: {}
",
        client("tasks").display(),
        file.display()
    );
    let sources = tempfile::tempdir().expect("a folder");
    let mut scenario = Scenario::new(&world, &pipeline, sources.path());
    scenario.pipeline = scenario.pipeline.task(reader.folder.path());
    let run = scenario.run();
    expect![[r#"
        Job
          Checkout: Succeeded
          Fill the connections: Succeeded
            Signed in at login.microsoftonline.com, tenant [TENANT].
            apitoken and password of connection [GUID]: azureDevOps, until [TIME] (59 minutes).
          Restore: Succeeded
            https://pkgs.dev.azure.com/contoso/ by token
          Post-job: Fill the connections: Succeeded
    "#]]
    .assert_eq(&stable(&world, &run.page()));
    let found = fs::read_to_string(&file).expect("a file");
    assert_eq!(world.secrets_in(&found), ["access token"]);
}

#[test]
fn reports_an_invalid_line() {
    let world = world();
    let mut job = job(&world);
    let own = world.connection_id(MY_CONNECTION).to_uppercase();
    let id = world.connection_id("nuget");
    let upper = id.to_uppercase();
    let cases: &[(String, Expect)] = &[
        (
            id.clone(),
            expect![[r#"
                ##[error]The line '[NUGET]' of connections has no '='.
                What to do: Write <connection id> = azureDevOps, or <connection id>.<parameter> = azureDevOps.
                More: adieu explain connections"#]],
        ),
        (
            "nuget feed = azureDevOps".to_owned(),
            expect![[r#"
            ##[error]The line 'nuget feed = azureDevOps' of connections starts with 'nuget feed', which is not the ID of a service connection.
            What to do: Open the connection's page (Project settings → Service connections) and copy the GUID after resourceId= in its address.
            More: adieu explain connections"#]],
        ),
        (
            "my.feed = azureDevOps".to_owned(),
            expect![[r#"
            ##[error]The line 'my.feed = azureDevOps' of connections starts with 'my.feed', which is not the ID of a service connection.
            What to do: Open the connection's page (Project settings → Service connections) and copy the GUID after resourceId= in its address.
            More: adieu explain connections"#]],
        ),
        (
            format!(
                "https://dev.azure.com/contoso/web/_settings/adminservices?resourceId={id} = azureDevOps"
            ),
            expect![[r#"
                ##[error]The line 'https://dev.azure.com/contoso/web/_settings/adminservices?resourceId=[NUGET] = azureDevOps' of connections starts with 'https://dev.azure.com/contoso/web/_settings/adminservices?resourceId', which is not the ID of a service connection.
                What to do: Open the connection's page (Project settings → Service connections) and copy the GUID after resourceId= in its address.
                More: adieu explain connections"#]],
        ),
        (
            format!("{{{id}}} = azureDevOps"),
            expect![[r#"
                ##[error]The line '{[NUGET]} = azureDevOps' of connections starts with '{[NUGET]}', which is not the ID of a service connection.
                What to do: Open the connection's page (Project settings → Service connections) and copy the GUID after resourceId= in its address.
                More: adieu explain connections"#]],
        ),
        (
            format!("{own} = azureDevOps"),
            expect![[r#"
            ##[error]The line '[GUID] = azureDevOps' of connections names the connection with which the step signs in, which has no PAT.
            What to do: Write the ID of the connection from which a later step reads its PAT.
            More: adieu explain connections"#]],
        ),
        (
            "SystemVssConnection.AccessToken = azureDevOps".to_owned(),
            expect![[r#"
                ##[error]The line 'SystemVssConnection.AccessToken = azureDevOps' of connections names the job's own connection (SystemVssConnection), which the agent does not let steps change.
                What to do: Remove the line.
                More: adieu explain connections"#]],
        ),
        (
            "00000000-0000-0000-0000-000000000000 = azureDevOps".to_owned(),
            expect![[r#"
                ##[error]The line '[GUID] = azureDevOps' of connections names the job's own connection (SystemVssConnection), which the agent does not let steps change.
                What to do: Remove the line.
                More: adieu explain connections"#]],
        ),
        (
            format!("{id}. = azureDevOps"),
            expect![[r#"
                ##[error]The line '[NUGET]. = azureDevOps' of connections names the parameter '', which may have letters, digits, '.', '_' and '-' only.
                What to do: Use the parameter's name, such as apitoken or password, or leave it out.
                More: adieu explain connections"#]],
        ),
        (
            format!("{id}.a;b = azureDevOps"),
            expect![[r#"
                ##[error]The line '[NUGET].a;b = azureDevOps' of connections names the parameter 'a;b', which may have letters, digits, '.', '_' and '-' only.
                What to do: Use the parameter's name, such as apitoken or password, or leave it out.
                More: adieu explain connections"#]],
        ),
        (
            format!("{id}.a]##vso[task.complete result=Succeeded = azureDevOps"),
            expect![[r#"
                ##[error]The line '[NUGET].a]**vso[task.complete result=Succeeded = azureDevOps' of connections names the parameter 'a]**vso[task.complete result', which may have letters, digits, '.', '_' and '-' only.
                What to do: Use the parameter's name, such as apitoken or password, or leave it out.
                More: adieu explain connections"#]],
        ),
        (
            format!("{id} = azureDevOps\n{upper}.PASSWORD = arm\n{id} = graph"),
            expect![[r#"
                ##[error]The line '[Nuget].PASSWORD = arm' of connections fills password of that connection a second time.
                What to do: Keep one line for each parameter of a connection.
                More: adieu explain connections
                The line '[NUGET] = graph' of connections fills apitoken of that connection a second time.
                What to do: Keep one line for each parameter of a connection.
                More: adieu explain connections"#]],
        ),
        (
            format!("{id} = azure"),
            expect![[r#"
                ##[error]The line '[NUGET] = azure' of connections names 'azure', which is not a resource.
                What to do: Use azureDevOps, arm, graph, keyVault, storage, sql, an application ID or URI, or a scope that ends in /.default.
                More: adieu explain connections"#]],
        ),
        (
            format!("{id} = $(resource)"),
            expect![[r#"
                ##[error]The line '[NUGET] = $(resource)' of connections contains $(resource), but the pipeline has no variable resource.
                What to do: Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.
                More: adieu explain undefined-variable"#]],
        ),
    ];
    for (lines, log) in cases {
        let outcome = fill(&mut job, lines);
        assert_eq!(outcome.result, TaskResult::Failed, "{lines}");
        let shown = outcome
            .log
            .replace(&id, "[NUGET]")
            .replace(&upper, "[Nuget]");
        log.assert_eq(&stable(&world, &shown));
    }
    assert!(world.azure_devops().requests().is_empty());
    let (found, _) = Reader::new().run(&mut job, &[("feeds", "nuget")]);
    assert_eq!(found, [STORED]);
}

/// Some errors only the agent can report.
#[test]
fn the_agent_refuses_a_connection_that_no_step_of_the_job_names() {
    let world = world();
    let mut job = world.job();
    let id = world.connection_id("nuget");
    let outcome = fill(&mut job, &format!("{id}.apitoken = azureDevOps"));
    expect![[r#"
        Signed in at [ENTRA], tenant [TENANT].
        ##[error]Unable to process command '##vso[task.setendpoint id=[GUID];field=authParameter;key=apitoken]***' successfully. Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)
        ##[error]Value cannot be null. (Parameter 'Service connection with id '[GUID]' is not declared in the pipeline job and therefore can't be referenced in task.setendpoint commands.')
        apitoken of connection [GUID]: azureDevOps, until [TIME] (59 minutes)."#]].assert_eq(&stable(&world, &outcome.log));
    assert_eq!(outcome.result, TaskResult::Failed);
}

#[test]
fn the_agent_ignores_it_in_restricted_mode_with_a_warning() {
    let world = world();
    let mut job = job(&world);
    let id = world.connection_id("nuget");
    let folder = TaskFolder::unpacked("token");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("tokens", "")
        .input("connections", &format!("{id}.apitoken = azureDevOps"))
        .restricted_commands()
        .run();
    expect![[r#"
        Signed in at [ENTRA], tenant [TENANT].
        ##[warning]##vso[task.setendpoint] is not allowed in this step due to policy restrictions. Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)
        apitoken of connection [GUID]: azureDevOps, until [TIME] (59 minutes)."#]].assert_eq(&stable(&world, &outcome.log));
    let (found, _) = Reader::new().run(&mut job, &[("feeds", "nuget")]);
    assert_eq!(found, [STORED]);
}
