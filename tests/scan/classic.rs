//! Exported classic definitions: each habit with its line and the JSON pointer of its value.

use serde_json::{Value, json};

use super::{new_token, scan, tree};

/// `line:column rule pointer` of each finding of a file, in the order of the report.
fn found(text: &str) -> Vec<String> {
    let folder = tree(&[("export.json", text.as_bytes())]);
    let document = scan(folder.path(), &["--output", "json"]).json();
    let findings = document["findings"].as_array().expect("findings");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    findings
        .iter()
        .map(|finding| {
            assert!(finding["fix"].is_null(), "{finding}");
            format!(
                "{}:{} {} {}",
                finding["line"],
                finding["column"],
                text(&finding["rule"]),
                text(&finding["pointer"])
            )
        })
        .collect()
}

fn step(id: &str, version: &str, inputs: Value, environment: Value) -> Value {
    json!({
        "environment": environment, "enabled": true, "displayName": "a step",
        "task": { "id": id, "versionSpec": version, "definitionType": "task" },
        "inputs": inputs,
    })
}

#[test]
fn a_build_definition_has_its_steps_and_variables() {
    let definition = json!({
        "id": 12, "name": "CI",
        "process": { "type": 1, "phases": [{ "name": "Job", "steps": [
            step("631511b4-50ab-47c8-b766-7ae2aa672733", "5.*", json!({ "connectTo": "VsTeam" }), json!({})),
            step(
                "6C731C3C-3C68-459A-A5C9-BDE6E6595B5B",
                "3.*",
                json!({ "script": "set -e\ncurl -u \":$MY_PAT\" https://dev.azure.com/c/_apis/projects\n" }),
                json!({ "MY_PAT": "$(SECRET_PAT)" }),
            ),
            step("f5fd8599-ccfa-4d6e-b965-4d14bed7097b", "1.*", json!({ "nuGetServiceConnections": "8f2f" }), json!({})),
            // The job token, and an unknown task.
            step("d9bafed4-0b18-4f58-968d-86655b4d2ce9", "2.*", json!({ "script": "x $(System.AccessToken)" }), json!({})),
            step("00000000-0000-4000-8000-000000000000", "1.*", json!({ "args": "--pat $(OTHER_PAT)" }), json!({})),
        ]}]},
        "variables": {
            "SECRET_PAT": { "value": null, "isSecret": true }, "a/b~PAT": { "isSecret": true },
            "PLAIN_PAT": { "value": "$(SECRET_PAT)" },
        },
    });
    let text = format!("{definition:#}\n");
    expect_test::expect![[r#"
        18:22 publish /process/phases/0/steps/0/task/id
        29:26 basic-header /process/phases/0/steps/1/inputs/script
        42:43 feed-connection /process/phases/0/steps/2/inputs/nuGetServiceConnections
        68:30 pat-variable /process/phases/0/steps/4/inputs/args
        85:6 pat-variable /variables/SECRET_PAT
        89:6 pat-variable /variables/a~1b~0PAT"#]]
    .assert_eq(&found(&text).join("\n"));
    // One line, as from the REST API: the same findings by their pointers.
    let lines = found(&definition.to_string());
    let pointers = |lines: &[String]| -> std::collections::BTreeSet<String> {
        let end = |line: &String| line.split_once(' ').map(|(_, end)| end.to_owned());
        lines.iter().filter_map(end).collect()
    };
    assert_eq!(pointers(&lines), pointers(&found(&text)));
    assert!(lines.iter().all(|line| line.starts_with("1:")), "{lines:?}");
}

#[test]
fn a_release_definition_has_stages_and_a_task_group_has_tasks() {
    let release = json!({
        "name": "CD", "environments": [{
            "variables": { "STAGE_PAT": { "isSecret": true } },
            "deployPhases": [{ "workflowTasks": [{
                "taskId": "5e3feff0-c5ae-11e8-a7d0-4bd3b8229800", "version": "1.*", "name": "pip",
                "inputs": { "pythonDownloadServiceConnections": "8f2f" },
            }]}],
        }],
    });
    let group = json!({ "count": 1, "value": [{ "name": "deploy", "tasks": [step(
        "e213ff0f-5d5c-4791-802d-52ea3e7be1f1",
        "2.*",
        json!({ "script": "tfx extension publish --token $(MY_PAT)" }),
        json!({}),
    )]}]});
    let shown = [release, group].map(|document| found(&document.to_string()).join("\n"));
    expect_test::expect![[r#"
        1:100 feed-connection /environments/0/deployPhases/0/workflowTasks/0/inputs/pythonDownloadServiceConnections
        1:202 pat-variable /environments/0/variables/STAGE_PAT

        1:123 publish-tool /value/0/tasks/0/inputs/script"#]].assert_eq(&shown.join("\n\n"));
}

#[test]
fn a_token_in_a_definition_is_found_once_and_at_its_place() {
    let text = format!(
        "{{\n  \"process\": {{ \"phases\": [] }},\n  \"variables\": {{ \"a\": {{ \"value\": \"{}\" }} }},\n  \"definitionType\": 1\n}}\n",
        new_token()
    );
    assert_eq!(found(&text), ["3:35 azure-devops-pat -"]);
}

#[test]
fn reads_other_and_invalid_json_as_text() {
    for (text, expected) in [
        // A word of classic definitions in another kind of file.
        (
            "{ \"definitionType\": \"task\", \"tasks\": [1, {}], \"build\": null }",
            0,
        ),
        ("{ \"definitionType\": [[[[[[", 0),
        ("[]", 0),
    ] {
        assert_eq!(found(text).len(), expected, "{text}");
    }
    let nested = format!(
        "{{\"definitionType\":{}1{}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    assert_eq!(found(&nested), [""; 0]);
}

/// The definitions in this repository have no habits.
#[test]
fn our_own_definitions_are_clean() {
    let folder = crate::harness::root().join("pipelines/classic");
    let scanned = scan(&folder, &[]);
    assert_eq!((scanned.status, scanned.stdout.as_str()), (0, ""));
}
