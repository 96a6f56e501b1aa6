//! `pipelines/classic/*.json`: task groups and a release definition, as Azure DevOps exports and imports them.
//!
//! Each is checked against `task.json` and run as a stage of a release; importing them by hand is not tested.

use std::collections::BTreeSet;
use std::fs;

use adieu_emulator::pipeline::{Node, Run, check};
use adieu_emulator::{Connection, MY_CONNECTION, TaskResult, World};
use serde_json::Value;
use tempfile::TempDir;

use super::scenario::Scenario;
use super::tasks::tasks;
use crate::extension::{self, sizes};
use crate::harness::{root, stable};

const GROUPS: [&str; 4] = ["token", "run", "feeds", "extension"];

/// A file of the folder.
fn read(name: &str) -> Value {
    let path = root().join(format!("pipelines/classic/{name}.json"));
    let text = fs::read_to_string(path).expect("a text");
    serde_json::from_str(&text).expect("JSON")
}

/// The name in YAML of each of our tasks, by ID.
fn task_name(id: &str) -> String {
    for entry in fs::read_dir(root().join("task")).expect("a folder") {
        let path = entry.expect("an entry").path().join("task.json");
        if let Ok(text) = fs::read_to_string(path) {
            let task: Value = serde_json::from_str(&text).expect("JSON");
            if task["id"] == id {
                return format!("{}@1", task["name"].as_str().expect("a name"));
            }
        }
    }
    panic!("none of our tasks has the ID {id}");
}

/// The steps as YAML, like the classic editor's "View YAML"; a release's tasks have other keys than a task group's.
fn steps(tasks: &[Value]) -> String {
    let mut steps = String::from("steps:\n");
    for task in tasks {
        let id = task["task"]["id"].as_str().or(task["taskId"].as_str());
        let version = task["task"]["versionSpec"].as_str();
        assert_eq!(version.or(task["version"].as_str()), Some("1.*"));
        let inputs = task["inputs"].as_object().expect("inputs");
        let name = task["displayName"].as_str().or(task["name"].as_str());
        steps.push_str(&format!(
            "- task: {}\n  displayName: {}\n  inputs: {}\n",
            task_name(id.expect("an id")),
            Value::from(name.expect("a name")),
            Value::from(inputs.clone())
        ));
    }
    steps
}

/// The steps of a group, with values for its parameters.
fn filled(group: &Value, values: &[(&str, &str)]) -> String {
    let mut text = group["tasks"].to_string();
    for input in group["inputs"].as_array().expect("inputs") {
        let name = input["name"].as_str().expect("a name");
        let default = input["defaultValue"].as_str().expect("a default");
        let value = values.iter().find(|(known, _)| *known == name);
        let value = Value::from(value.map_or(default, |(_, value)| value)).to_string();
        text = text.replace(&format!("$({name})"), value.trim_matches('"'));
    }
    let tasks: Value = serde_json::from_str(&text).expect("JSON");
    steps(tasks.as_array().expect("tasks"))
}

/// A release's artifact: a folder with the package of `pub.hello`.
fn artifact(world: &World) -> TempDir {
    let (mut job, _proxy) = extension::job(world);
    let folder = tempfile::tempdir().expect("a folder");
    let packed = extension::run(
        &mut job,
        "package",
        &[("outputPath", &folder.path().to_string_lossy())],
    );
    assert_eq!(packed.result, TaskResult::Succeeded, "{}", packed.log);
    folder
}

fn run(world: &World, steps: &str, variables: &[(&str, &str)], artifact: &TempDir) -> Run {
    let mut scenario = Scenario::new(world, steps, artifact.path());
    scenario.pipeline = scenario.pipeline.of_classic_release();
    for (name, value) in variables {
        scenario.pipeline = scenario.pipeline.variable(name, value);
    }
    scenario.run()
}

#[test]
fn groups_have_the_form_of_an_export() {
    for name in GROUPS {
        let group = read(name);
        let keys: Vec<&str> = group
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        // The form of the Azure DevOps REST API, without author and dates.
        assert_eq!(
            keys.join(" "),
            "author category dataSourceBindings definitionType demands description execution friendlyName groups \
             iconUrl id inputs instanceNameFormat name postJobExecution preJobExecution revision runsOn satisfies \
             sourceDefinitions tasks version",
            "{name}"
        );
        assert_eq!(group["definitionType"], "metaTask");
        for task in group["tasks"].as_array().expect("tasks") {
            let keys: Vec<&str> = task
                .as_object()
                .expect("an object")
                .keys()
                .map(String::as_str)
                .collect();
            assert_eq!(
                keys.join(" "),
                "alwaysRun condition continueOnError displayName enabled environment inputs \
                 retryCountOnTaskFailure task timeoutInMinutes",
                "{name}"
            );
            assert_eq!(task["task"]["definitionType"], "task");
        }
    }
}

#[test]
fn groups_use_each_of_their_parameters_and_no_other() {
    for name in GROUPS {
        let group = read(name);
        let declared: BTreeSet<&str> = group["inputs"]
            .as_array()
            .expect("inputs")
            .iter()
            .filter_map(|input| input["name"].as_str())
            .collect();
        let text = format!("{} {}", group["tasks"], group["inputs"]);
        let used: BTreeSet<&str> = text
            .split("$(")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|name| !name.contains('.'))
            .collect();
        assert_eq!(used, declared, "{name}");
    }
}

#[test]
fn each_classic_step_is_right_for_its_task() {
    let tasks = tasks();
    let mut texts: Vec<String> = GROUPS
        .iter()
        .map(|name| steps(read(name)["tasks"].as_array().expect("tasks")))
        .collect();
    for stage in read("extension-release")["environments"]
        .as_array()
        .expect("stages")
    {
        let list = stage["deployPhases"][0]["workflowTasks"].as_array();
        texts.push(steps(list.expect("tasks")));
    }
    assert_eq!(texts.len(), 7);
    for text in texts {
        let problems = check(&Node::parse(&text).expect("YAML"), &tasks);
        assert_eq!(problems, [], "{text}");
    }
}

#[test]
fn a_group_runs_tests_with_a_token() {
    let world = World::start();
    let nothing = tempfile::tempdir().expect("a folder");
    let steps = filled(
        &read("token"),
        &[
            ("azureDevOpsServiceConnection", MY_CONNECTION),
            ("tests", "test -n \\\"$AZURE_DEVOPS_TOKEN\\\" && echo there"),
        ],
    );
    let run = run(&world, &steps, &[], &nothing);
    expect_test::expect![[r#"
        Job
          Download artifacts: Succeeded
          Test: Succeeded
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
            there
    "#]]
    .assert_eq(&stable(&world, &run.page()));
}

#[test]
fn a_group_takes_the_other_type_of_connection_as_well() {
    let world = World::start();
    world.add_connection(Connection::workload_identity("of-azure"));
    let nothing = tempfile::tempdir().expect("a folder");
    let values = [("azureSubscription", "of-azure"), ("tests", "true")];
    let steps = filled(&read("token"), &values);
    let run = run(&world, &steps, &[], &nothing);
    assert_eq!(run.result, TaskResult::Succeeded, "{}", run.page());
}

#[test]
fn a_group_keeps_a_job_signed_in() {
    let world = World::start();
    let nothing = tempfile::tempdir().expect("a folder");
    let mut steps = filled(
        &read("run"),
        &[("azureDevOpsServiceConnection", MY_CONNECTION)],
    );
    steps.push_str("- script: test -n \"$IDENTITY_ENDPOINT\" && echo there\n");
    let run = run(&world, &steps, &[], &nothing);
    expect_test::expect![[r#"
        Job
          Download artifacts: Succeeded
          Keep the job signed in: Succeeded
            Signed in at login.microsoftonline.com, tenant [TENANT].
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).
            Configured until the job ends: identity.
          CmdLine: Succeeded
            there
          Post-job: Keep the job signed in: Succeeded
            The job's credential endpoint is closed.
    "#]]
    .assert_eq(&stable(&world, &run.page()));
}

#[test]
fn a_group_authenticates_to_feeds() {
    let world = World::start();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    world.feeds().add("fabrikam", "packages");
    let nothing = tempfile::tempdir().expect("a folder");
    let mut steps = filled(
        &read("feeds"),
        &[
            ("azureDevOpsServiceConnection", MY_CONNECTION),
            ("feeds", "fabrikam/packages = npm"),
        ],
    );
    steps.push_str("- script: test -f \"$NPM_CONFIG_USERCONFIG\" && echo there\n");
    let mut scenario = Scenario::new(&world, &steps, nothing.path());
    scenario.pipeline = scenario
        .pipeline
        .of_classic_release()
        .keeps_secrets_in("adieu-feeds-");
    let run = scenario.run();
    expect_test::expect![[r#"
        Job
          Download artifacts: Succeeded
          Authenticate to feeds: Succeeded
            input feeds: fabrikam/packages for npm (NPM_CONFIG_USERCONFIG).
            Credentials are renewed until the job ends; the first one is valid until [TIME].
          CmdLine: Succeeded
            there
          Post-job: Authenticate to feeds: Succeeded
            The credentials for feeds are removed.
    "#]]
    .assert_eq(&stable(&world, &run.page()));
}

#[test]
fn a_group_publishes_and_installs() {
    let world = extension::world();
    let artifact = artifact(&world);
    let steps = filled(
        &read("extension"),
        &[
            ("azureDevOpsServiceConnection", MY_CONNECTION),
            ("extensionId", "hello"),
            ("organizations", "fabrikam"),
        ],
    );
    let run = run(&world, &steps, &[], &artifact);
    assert_eq!(run.result, TaskResult::Succeeded, "{}", run.page());
    let extension = world
        .marketplace()
        .extension("pub.hello-dev")
        .expect("an extension");
    assert_eq!(extension.shared_with, ["fabrikam"]);
    assert!(extension.installed_in.contains_key("fabrikam"));
}

#[test]
fn a_release_goes_through_its_stages() {
    let world = extension::world();
    let artifact = artifact(&world);
    let definition = read("extension-release");
    let mut page = String::new();
    for (stage, organization) in definition["environments"]
        .as_array()
        .expect("stages")
        .iter()
        .zip(["fabrikam", "northwind", ""])
    {
        let list = stage["deployPhases"][0]["workflowTasks"].as_array();
        let package = definition["variables"]["vsix"]["value"].as_str();
        let variables = [
            ("azureDevOpsServiceConnection", MY_CONNECTION),
            ("azureSubscription", ""),
            ("extensionId", "hello"),
            ("vsix", package.expect("a pattern")),
            ("organizations", organization),
        ];
        let run = run(&world, &steps(list.expect("tasks")), &variables, &artifact);
        page.push_str(&format!("{}: {}", stage["name"], run.page()));
        assert_eq!(run.result, TaskResult::Succeeded, "{page}");
    }
    expect_test::expect![[r#"
        "development": Job
          Download artifacts: Succeeded
          Publish hello-dev: Succeeded
            Changed Hello/task.json in a copy of the package.
            Changed extension.vsixmanifest in a copy of the package.
            Changed extension.vsomanifest in a copy of the package.
            Uploading pub.hello-dev 3.2.1, [SIZE] bytes; the extension is new.
            Uploaded pub.hello-dev 3.2.1.
            pub.hello-dev 3.2.1 is validated.
          Share: Succeeded
            fabrikam: shared.
          Install: Succeeded
            fabrikam: installed 3.2.1.
          Wait until it is installed: Succeeded
            Waiting until pub.hello-dev 3.2.1 is installed in fabrikam, for at most 30 minutes.
            fabrikam: there.
        "staging": Job
          Download artifacts: Succeeded
          Publish hello-staging: Succeeded
            Changed Hello/task.json in a copy of the package.
            Changed extension.vsixmanifest in a copy of the package.
            Changed extension.vsomanifest in a copy of the package.
            Uploading pub.hello-staging 3.2.1, [SIZE] bytes; the extension is new.
            Uploaded pub.hello-staging 3.2.1.
            pub.hello-staging 3.2.1 is validated.
          Share: Succeeded
            northwind: shared.
          Install: Succeeded
            northwind: installed 3.2.1.
          Wait until it is installed: Succeeded
            Waiting until pub.hello-staging 3.2.1 is installed in northwind, for at most 30 minutes.
            northwind: there.
        "production": Job
          Download artifacts: Succeeded
          Publish hello: Succeeded
            Changed extension.vsixmanifest in a copy of the package.
            Uploading pub.hello 3.2.1, [SIZE] bytes; the extension is new.
            Uploaded pub.hello 3.2.1.
            pub.hello 3.2.1 is validated.
    "#]]
    .assert_eq(&sizes(&stable(&world, &page)));
    for name in ["pub.hello-dev", "pub.hello-staging", "pub.hello"] {
        assert!(world.marketplace().extension(name).is_some(), "{name}");
    }
    // Only the last stage requires an approval.
    let is_automated =
        |stage: &Value| stage["preDeployApprovals"]["approvals"][0]["isAutomated"].clone();
    let stages = definition["environments"].as_array().expect("stages");
    let automated: Vec<Value> = stages.iter().map(is_automated).collect();
    assert_eq!(automated, [true, true, false]);
}
