//! The agent's behavior, tested with tasks of a few lines of JavaScript.
//!
//! It never uses a task of this repository.

use std::fs;
use std::path::Path;

use adieu_emulator::{Connection, MY_CONNECTION, TaskResult, World};
use tempfile::TempDir;

/// A folder with a task: its inputs as in task.json, and the script of each section.
fn task(inputs: &str, script: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let definition = format!(
        r#"{{
            "id": "5c0a1d0e-6d1b-4f4e-9a55-d0a6f4f2b7c1", "name": "Probe", "friendlyName": "Probe",
            "description": "", "author": "", "category": "Utility", "visibility": [],
            "runsOn": [], "instanceNameFormat": "Probe",
            "version": {{ "Major": 1, "Minor": 0, "Patch": 0 }},
            "inputs": [{inputs}],
            "execution": {{ "Node20_1": {{ "target": "main.js" }} }},
            "postjobexecution": {{ "Node20_1": {{ "target": "main.js" }} }}
        }}"#
    );
    fs::write(folder.path().join("task.json"), definition).expect("a file");
    fs::write(folder.path().join("main.js"), script).expect("a file");
    folder
}

/// A script that prints a variable of its environment.
fn shows(name: &str) -> String {
    format!("console.log(`<${{process.env[{name:?}]}}>`);")
}

fn input(name: &str, kind: &str) -> String {
    format!(r#"{{ "name": "{name}", "label": "{name}", "type": "{kind}" }}"#)
}

#[test]
fn an_input_is_trimmed_before_its_variables_are_replaced() {
    let world = World::start();
    let mut job = world.job();
    job.variable("spaced", " x ");
    let task = task(&input("text", "string"), &shows("INPUT_TEXT"));
    let step = |text: &str| {
        let outcome = job.step(task.path()).input("text", text).run();
        outcome.log
    };
    let mut step = step;
    assert_eq!(step("  a$(spaced)b  "), "<a x b>");
    assert_eq!(step("$(spaced)"), "< x >");
    assert_eq!(step("$(unknown)"), "<$(unknown)>");
}

#[test]
fn an_empty_path_is_the_sources_folder() {
    let world = World::start();
    let mut job = world.job();
    let task = task(&input("file", "filePath"), &shows("INPUT_FILE"));
    let sources = job.work_folder().join("s");
    let shown = |path: &Path| format!("<{}>", path.display());
    assert_eq!(job.step(task.path()).run().log, shown(&sources));
    for (written, meant) in [
        ("a/b", sources.join("a/b")),
        ("./a/../b", sources.join("b")),
        ("/etc/../tmp", Path::new("/tmp").to_owned()),
    ] {
        let outcome = job.step(task.path()).input("file", written).run();
        assert_eq!(outcome.log, shown(&meant), "{written}");
    }
}

#[test]
fn variables_and_the_agents_environment_are_replaced_in_inputs_and_env() {
    let world = World::start();
    let mut job = world.job();
    job.agent_environment("OF_AGENT", "agent's");
    job.variable("outer", "[$(inner)]");
    job.variable("inner", "x");
    let task = task(
        &input("text", "string"),
        "console.log(process.env.INPUT_TEXT, process.env.MAPPED, process.env.OUTER);",
    );
    let step = job.step(task.path()).input("text", "$(outer) $(OF_AGENT)");
    let outcome = step.env("MAPPED", " $(Outer) $(OF_AGENT) ").run();
    assert_eq!(outcome.log, "[x] agent's [x] agent's [x]");
}

#[test]
fn a_prepended_folder_is_on_the_path_of_later_steps() {
    let world = World::start();
    let mut job = world.job();
    let task = task(
        &input("folder", "string"),
        "if (process.env.INPUT_FOLDER) console.log(`##vso[task.prependpath]${process.env.INPUT_FOLDER}`);
         console.log(process.env.PATH.split(':').slice(0, 2).join(' '));",
    );
    let first = |log: &str| log.split(' ').next().map(str::to_owned);
    let path = std::env::var("PATH").unwrap_or_default();
    let before = path.split(':').next().map(str::to_owned);
    let outcome = job.step(task.path()).input("folder", "/one").run();
    assert_eq!(first(&outcome.log), before);
    let outcome = job.step(task.path()).input("folder", "/two").run();
    assert_eq!(first(&outcome.log).as_deref(), Some("/one"));
    let outcome = job.step(task.path()).input("folder", "/one").run();
    assert_eq!(outcome.log, "/two /one");
    let outcome = job.step(task.path()).in_container().run();
    assert_eq!(outcome.log, "/one /two");
    let outcome = job
        .step(task.path())
        .input("folder", "/three")
        .settable_variables(&["OTHER"])
        .run();
    assert_eq!(outcome.warnings.len(), 1, "{}", outcome.log);
    assert_eq!(job.step(task.path()).run().log, "/one /two");
}

#[test]
fn a_changed_connection_stays_changed_for_the_rest_of_the_job() {
    let world = World::start();
    let mut job = world.job();
    let id = world.connection_id(MY_CONNECTION);
    let url = format!("ENDPOINT_URL_{id}");
    let task = task(
        &input("connection", "connectedService:AzureRM"),
        &format!(
            "console.log(process.env[{url:?}], process.env['ENDPOINT_AUTH_PARAMETER_{id}_NEW']);
             console.log('##vso[task.setendpoint id={id};field=url]https://example.org/');
             console.log('##vso[task.setendpoint id={id};field=authParameter;key=new]s3cr3t-value');
             console.log('##vso[task.setendpoint id=00000000-0000-0000-0000-000000000000;field=url]https://example.org/');"
        ),
    );
    let outcome = job
        .step(task.path())
        .input("connection", MY_CONNECTION)
        .run();
    assert_eq!(
        outcome.log,
        "https://management.azure.com/ undefined\n##[warning]Modification of system endpoint \
         'SystemVssConnection' is not allowed via setendpoint command."
    );
    let outcome = job
        .step(task.path())
        .input("connection", MY_CONNECTION)
        .run();
    assert!(
        outcome.log.starts_with("https://example.org/ ***\n"),
        "{}",
        outcome.log
    );
    let outcome = world.job().step(task.path()).run();
    assert!(outcome.log.contains("is not declared in the pipeline job"));
    assert_eq!(outcome.result, TaskResult::Failed);
}

#[test]
fn each_step_has_its_own_task_variables_and_inputs() {
    let world = World::start();
    let mut job = world.job();
    let task = task(
        &input("text", "string"),
        "const { INPUT_TEXT: text, VSTS_TASKVARIABLE_KEPT: kept } = process.env;
         console.log(`${text} ${kept}`);
         console.log(`##vso[task.settaskvariable variable=kept;issecret=true]kept of ${text}`);",
    );
    for text in ["first", "second"] {
        let outcome = job.step(task.path()).input("text", text).run();
        assert_eq!(outcome.log, format!("{text} undefined"));
    }
    // The last one first, as in the agent.
    for text in ["second", "first"] {
        let outcome = job.step(task.path()).section("postjobexecution").run();
        assert_eq!(outcome.log, format!("{text} ***"));
    }
}

#[test]
fn available_lines_of_standard_error_come_first() {
    let world = World::start();
    let mut job = world.job();
    let task = task(
        "",
        "const fs = require('fs');
         fs.writeSync(1, 'output\\n'.repeat(3)); fs.writeSync(2, 'error\\n'.repeat(3));
         const end = Date.now() + 300; while (Date.now() < end);",
    );
    let running = job.step(task.path()).start();
    let mut running = running;
    while !running.has_ended() {
        std::thread::yield_now();
    }
    assert_eq!(
        running.wait().log,
        "error\nerror\nerror\noutput\noutput\noutput"
    );
}

#[test]
fn a_container_does_not_have_the_agents_environment() {
    let world = World::start();
    let mut job = world.job();
    job.agent_environment("HTTPS_PROXY", "http://proxy.example:3128");
    job.variable("of.pipeline", "x");
    let task = task(
        "",
        "console.log(process.env.HTTPS_PROXY, process.env.OF_PIPELINE, process.env.TF_BUILD);",
    );
    let outcome = job.step(task.path()).run();
    assert_eq!(outcome.log, "http://proxy.example:3128 x True");
    let outcome = job.step(task.path()).in_container().run();
    assert_eq!(outcome.log, "undefined x True");
}

#[test]
fn setting_a_read_only_variable_is_a_warning() {
    let world = World::start();
    let mut job = world.job();
    let task = task(
        "",
        "console.log('##vso[task.setvariable variable=out;isOutput=true]1');
         console.log('##vso[task.setvariable variable=step.out]2');
         console.log('##vso[task.setvariable variable=Agent.Name]3');
         console.log('##vso[task.setvariable variable=Kept;preserveCase=true]4');
         for (let i = 0; i < 11; i++) console.log(`##vso[task.logissue type=error]${i}`);",
    );
    let outcome = job.step(task.path()).run();
    assert_eq!(outcome.warnings.len(), 2, "{}", outcome.log);
    // The page has at most ten of each kind.
    assert_eq!(outcome.errors.len(), 10);
    assert_eq!(job.value("step.out"), Some("2"));
    let kept = self::task("", &shows("Kept"));
    assert_eq!(job.step(kept.path()).run().log, "<4>");
}

/// An input for connections of a type.
fn connected(kind: &str) -> String {
    input("connection", &format!("connectedService:{kind}"))
}

#[test]
#[should_panic(
    expected = "input connection expects a service connection of type AzureRM but the provided \
     service connection organization is of type workloadidentityuser"
)]
fn a_connection_of_another_type_is_refused_before_the_run() {
    let world = World::start();
    world.add_connection(Connection::azure_devops("organization", "contoso"));
    let mut job = world.job();
    let task = task(&connected("AzureRM"), "");
    let step = job.step(task.path()).input("connection", "organization");
    drop(step.run());
}

#[test]
fn a_connection_for_azure_devops_has_an_organization_and_no_data() {
    let world = World::start();
    let id = world.add_connection(Connection::azure_devops("organization", "contoso"));
    let mut job = world.job();
    let task = task(&connected("workloadidentityuser"), "");
    let step = job.step(task.path()).input("connection", "organization");
    let environment = step.environment();
    let value = |name: &str| environment[&format!("ENDPOINT_{name}")].as_str();
    assert_eq!(
        value(&format!("URL_{id}")),
        "https://dev.azure.com/contoso/"
    );
    assert_eq!(value(&format!("DATA_{id}")), "{}");
    assert_eq!(
        value(&format!("AUTH_SCHEME_{id}")),
        "WorkloadIdentityFederation"
    );
    let parameters: Vec<&String> = environment
        .keys()
        .filter(|name| name.starts_with("ENDPOINT_AUTH_PARAMETER_") && name.contains(&id))
        .collect();
    assert_eq!(
        parameters,
        [
            &format!("ENDPOINT_AUTH_PARAMETER_{id}_SERVICEPRINCIPALID"),
            &format!("ENDPOINT_AUTH_PARAMETER_{id}_TENANTID"),
        ]
    );
}
