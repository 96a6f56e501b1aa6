//! Checks pipelines with Azure Pipelines' language service, and the schema that Microsoft publishes for editors.
//!
//! `cargo xtask test` installs both; none is imitated here.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use adieu_emulator::World;
use adieu_emulator::pipeline::Pipeline;

use super::documents::{self, Document};
use crate::harness::{client, root};

#[test]
fn every_pipeline_is_valid_for_azure_pipelines() {
    let documents = documents::all();
    assert!(documents.len() >= 6, "only {} were found", documents.len());
    assert_eq!(problems(&documents), "");
}

/// With every parameter's default, as the service sees it before a run.
#[test]
fn every_file_expands_to_a_valid_pipeline() {
    let world = World::start();
    let nothing = tempfile::tempdir().expect("a folder");
    let mut documents = Vec::new();
    let files: Vec<Document> = documents::all();
    let whole = files
        .iter()
        .filter(|file| file.offset == 0 && file.path.ends_with(".yml"));
    for Document { path, text, .. } in whole.clone() {
        let mut pipeline = Pipeline::new(&world, nothing.path());
        for file in whole.clone() {
            pipeline = pipeline.file(&file.path, &file.text);
        }
        // A template is inserted into an otherwise empty pipeline.
        let kinds = ["stages", "jobs", "steps"];
        let mut kinds = kinds
            .iter()
            .filter(|kind| text.contains(&format!("\n{kind}:\n")));
        let kind = kinds.next().expect("a list");
        let expanded = if text.contains("\ntrigger:") {
            pipeline.expanded(path)
        } else {
            let around = format!("{kind}:\n- template: /{path}\n");
            pipeline.file("it.yml", &around).expanded("it.yml")
        };
        let expanded = expanded.unwrap_or_else(|problem| panic!("{problem}"));
        documents.push(Document {
            path: path.clone(),
            offset: 0,
            text: expanded.to_yaml(),
        });
    }
    assert!(documents.len() >= 10, "only {} were found", documents.len());
    assert_eq!(problems(&documents), "");
}

#[test]
fn broken_pipelines_are_refused() {
    let task = "- task: EntraToken@1\n  inputs:\n    azureSubscription: my-connection\n";
    let broken = [
        ("unknown-task", task.replace("EntraToken", "EntraTokn")),
        ("unknown-version", task.replace("@1", "@2")),
        ("unknown-input", format!("{task}    tokenz: A = arm\n")),
        (
            "missing-input",
            "- task: RunWithToken@1\n  inputs:\n    azureSubscription: my-connection\n".to_owned(),
        ),
        ("no-inputs", "- task: RunWithToken@1\n".to_owned()),
        ("no-boolean", format!("{task}    isOutput: maybe\n")),
        (
            "no-choice",
            "- task: MarketplaceExtension@1\n  inputs:\n    operation: publsh\n".to_owned(),
        ),
        (
            "task-comes-first",
            "- displayName: x\n  task: EntraToken@1\n".to_owned(),
        ),
        ("unknown-key", format!("{task}  envs: {{}}\n")),
        ("twice", "- script: a\n  script: b\n".to_owned()),
        ("no-such-step", "- run: npm test\n".to_owned()),
    ];
    let documents: Vec<Document> = broken
        .iter()
        .map(|(name, text)| Document {
            path: (*name).to_owned(),
            offset: 0,
            text: format!("steps:\n{text}"),
        })
        .collect();
    expect_test::expect![[r#"
        unknown-task:2: String does not match the pattern of "^PowerShell@2$".
        unknown-task:4: Unexpected property azureSubscription
        unknown-task:2: Value is not accepted.
        unknown-version:2: String does not match the pattern of "^PowerShell@2$".
        unknown-version:4: Unexpected property azureSubscription
        unknown-version:2: Value is not accepted.
        unknown-input:5: Unexpected property tokenz
        missing-input:3: Missing property "script".
        no-inputs:2: Missing property "inputs".
        no-boolean:5: Incorrect type. Expected "boolean".
        no-choice:4: Value is not accepted.
        task-comes-first:3: String does not match the pattern of "^PowerShell@2$".
        task-comes-first:2: The first property must be task
        unknown-key:5: Unexpected property envs
        twice:3: duplicate key
        twice:2: duplicate key
        no-such-step:2: Missing property "task".
        no-such-step:2: The first property must be task
        no-such-step:2: Unexpected property run
    "#]]
    .assert_eq(&problems(&documents));
}

/// The service's messages, one per line, each with its position.
pub(crate) fn problems(documents: &[Document]) -> String {
    let schema = client("azure-pipelines")
        .join("schema/check_jsonschema/builtin_schemas/vendor/azure-pipelines.json");
    let mut tasks: Vec<_> = fs::read_dir(root().join("task"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path().join("task.json"))
        .filter(|path| path.is_file())
        .collect();
    tasks.sort();
    let mut service = Command::new("node")
        .arg(root().join("tests/pipelines/language_service.js"))
        .arg(client("azure-pipelines"))
        .arg(schema)
        .args(tasks)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut input = service.stdin.take().expect("a pipe");
    for Document { path, offset, text } in documents {
        let document = serde_json::json!({ "name": path, "offset": offset, "text": text });
        writeln!(input, "{document}").expect("the service reads");
    }
    drop(input);
    let output = service.wait_with_output().expect("the service ends");
    assert!(output.status.success(), "the service failed");
    String::from_utf8(output.stdout).expect("UTF-8")
}
