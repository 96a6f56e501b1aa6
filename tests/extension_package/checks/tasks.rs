//! Problems of tasks: folders, handlers, launchers, schema, IDs and versions.
//!
//! It contains no checks that tfx-cli has; peer.rs does.

use expect_test::expect;

use super::super::{MANIFEST, TASK, hello, png};
use super::manifest_with;

/// The packer's output for a task with this change.
fn task_with(old: &str, new: &str) -> String {
    let task = TASK.replace(old, new);
    assert_ne!(task, TASK);
    hello(&[("Hello/task.json", &task)])
        .adieu(&["package"])
        .transcript()
}

#[test]
fn reports_a_task_whose_folder_is_not_packed() {
    expect![[r##"
error: vss-extension.json:8: task contribution `hello-task` names folder `Hello`, and the package has no `Hello/task.json`
  Add the task's folder to `files`, under the name in `properties.name`.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"##]].assert_eq(&manifest_with(r#""files": [{ "path": "Hello" }]"#, r#""files": []"#));
}

#[test]
fn reports_a_task_without_a_contribution() {
    expect![[r##"
[FOLDER]/pub.hello-3.2.1.vsix
warning: vss-extension.json:5: task `Hello/task.json` is packed, but no contribution offers it
  Add a contribution of type ms.vss-distributed-task.task, or leave the folder out of `files`.
Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
SHA-256: [SHA256]
exit 0
"##]]
    .assert_eq(&manifest_with(
        "ms.vss-distributed-task.task\"",
        "ms.vss-web.hub\"",
    ));
}

#[test]
fn reports_a_handler_whose_file_is_not_packed() {
    expect![[r##"
error: Hello/task.json:7: `execution.Node20_1` starts `$(currentDirectory)\dist\index.js`, and the package has no `Hello/dist/index.js`
  Build the task before packaging, and check that `files` names the whole folder.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"##]].assert_eq(&task_with("index.js", "$(currentDirectory)\\\\dist\\\\index.js"));
}

#[test]
fn reports_a_handler_file_in_another_letter_case() {
    expect![[r##"
[FOLDER]/pub.hello-3.2.1.vsix
warning: Hello/task.json:7: `execution.Node20_1` starts `Index.js`, and the part is `Hello/index.js`: only Windows finds it
  Write both in the same letter case.
Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
SHA-256: [SHA256]
exit 0
"##]].assert_eq(&task_with("index.js", "Index.js"));
}

#[test]
fn reports_a_task_without_a_handler() {
    expect![[r##"
error: Hello/task.json:1: the task has no handler: nothing would run
  Add Node20_1 and Node24 handlers.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"##]]
    .assert_eq(&task_with(
        r#""execution": { "Node20_1": { "target": "index.js" } }"#,
        r#""execution": {}"#,
    ));
}

#[test]
fn accepts_a_path_as_a_tasks_folder() {
    let manifest = MANIFEST.replace(r#"{ "name": "Hello" }"#, r#"{ "name": "./Hello\\" }"#);
    assert_ne!(manifest, MANIFEST);
    let folder = hello(&[("vss-extension.json", &manifest)]);
    assert_eq!(
        folder
            .adieu(&["package", "--output-path", "p.vsix"])
            .done()
            .stderr,
        "Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.\nSHA-256: [SHA256]\n"
    );
    let shown = folder.adieu(&["inspect", "--vsix", "p.vsix"]).done();
    assert!(shown.stdout.contains("Hello@1.4.7"), "{}", shown.stdout);
}

#[test]
fn reports_a_launcher_without_its_binary() {
    let task = TASK.replace("index.js", "launch.js");
    expect![[r##"
error: Hello/task.json:7: `execution.Node20_1` starts a launcher, and the package has no binary under `Hello/bin/`
  Put the binaries into the task's folder before packaging.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"##]].assert_eq(&hello(&[("Hello/task.json", &task), ("Hello/launch.js", "spawn('bin/linux-x64')")])
            .adieu(&["package"])
            .transcript());
    hello(&[
        ("Hello/task.json", &task),
        ("Hello/launch.js", "spawn('bin/linux-x64')"),
        ("Hello/bin/linux-x64", "ELF"),
    ])
    .adieu(&["package"])
    .done();
}

#[test]
fn reports_violations_of_the_task_schema() {
    let task = r#"{
  "id": "not-a-guid",
  "name": "Hello World",
  "friendlyName": "A name that is much longer than forty characters",
  "instanceNameFormat": "",
  "category": "Nonsense",
  "frendlyName": "misspelled",
  "preview": "true",
  "demands": "none",
  "minimumAgentVersion": "two",
  "version": { "Major": "1", "Minor": -1, "Build": 5 },
  "groups": [{ "name": "g", "displayName": "G", "visibleRule": "who = x" }],
  "inputs": [
    { "name": "who", "type": "string", "label": "Who", "aliases": ["pick"] },
    { "name": "PICK", "type": "text", "groupName": "h" },
    { "name": "with.dot", "type": "connectedService:AzureRM", "label": "L", "visibleRule": "who != a && (wher == b || pick in c)" }
  ],
  "execution": { "Node16": { }, "Node10": { "target": "index.js" } }
}"#;
    expect![[r#"
        warning: Hello/task.json:1: the task has no `description`, which the catalog and the editor show (and 3 more)
          Add the key to the task.json.
        error: Hello/task.json:2: `id` is `not-a-guid`, which must be a GUID
        warning: Hello/task.json:3: the task's name `Hello World` has more than letters, digits and dashes; it works, and tfx warns about it
        warning: Hello/task.json:4: `friendlyName` has 48 characters, and the schema has 40; it works, and tfx warns about it
        warning: Hello/task.json:6: `category` is `Nonsense`, and the schema knows Build, Utility, Tool, Test, Package, Deploy, Azure Repos, Azure Boards, Azure Pipelines, Azure Test Plans, Azure Artifacts
        warning: Hello/task.json:7: `frendlyName` is not a key of a task in a task.json
          Write `friendlyName`.
        warning: Hello/task.json:8: `preview` is `"true"`, and the schema has true or false without quotes; Azure DevOps reads both (and 1 more)
        error: Hello/task.json:9: `demands` must be an array, but it is a string
        warning: Hello/task.json:10: `minimumAgentVersion` is `two`, and the schema has two or three numbers (and 1 more)
        warning: Hello/task.json:11: `Build` is not a key of a version in a task.json: it is ignored
        error: Hello/task.json:11: `version.Minor` is `-1`, which must be a whole number
        warning: Hello/task.json:11: the task has no `version.Patch`, which the schema requires; Azure DevOps works without it
          Add the key to the task.json.
        error: Hello/task.json:15: input `PICK` is already declared in Hello/task.json:14
        warning: Hello/task.json:15: `inputs[1].type` is `text`, and the schema knows boolean, filePath, multiLine, pickList, radio, secureFile, string, int, identities, querycontrol, githubRepositoryPicker, connectedService:<type>
        warning: Hello/task.json:15: input `PICK` is in group `h`, which does not exist
          Declare the group, or correct its name.
        error: Hello/task.json:16: `visibleRule` of `with.dot` is `who != a && (wher == b || pick in c)`: a rule cannot have both && and ||
          Write terms such as `action = publish` with either && or || between them.
        error: Hello/task.json:18: the task has no `execution.Node16.target`
          Add the key to the task.json.
        warning: Hello/task.json:18: every handler of `execution` is at its end of life (Node16, Node10)
          Add Node20_1 and Node24 handlers.
        error: The extension cannot be packed: 6 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&hello(&[("Hello/task.json", task)])
            .adieu(&["package"])
            .transcript());
}

#[test]
fn reports_violations_in_nested_parts_of_the_schema() {
    let task = r#"{
  "id": "aaaaaaaa-1111-4222-8333-444444444444", "name": "Hello", "friendlyName": "Hello", "instanceNameFormat": "Hello",
  "description": "d", "author": "a", "category": "Utility", "version": { "Major": 1, "Minor": 4, "Patch": 7 },
  "removalDate": "25.11.2026",
  "minimumAgentVersion": "2.x.1.4",
  "demands": ["git", 5],
  "runsOn": ["Agent", "Cloud"],
  "groups": [{ "name": "g", "isExpanded": "yes" }],
  "inputs": [{ "name": "who", "type": "string", "label": "Who", "aliases": [true], "defaultValue": 7,
    "properties": { "EditableOptions": "maybe", "rows": 4, "resizable": true, "ownKey": 1 } }],
  "dataSourceBindings": [{ "target": "who", "requestVerb": "GET", "RequestVerb": "FETCH" }, "x"],
  "sourceDefinitions": [{ "endpoint": 1 }],
  "execution": {
    "Node20_1": { "target": "index.js", "argumentFormat": [], "ownKey": 1 },
    "Node20": { "target": "index.js" },
    "PowerShell3": { "target": "index.js", "platforms": ["linux"] } },
  "outputVariables": [{ "name": "with_underscore" }, { "description": "nameless" }],
  "restrictions": { "commands": { "mode": "strict" }, "settableVariables": { "allow": [] } }
}"#;
    expect![[r#"
        warning: Hello/task.json:4: `removalDate` is `25.11.2026`, and the schema has a date such as 2026-11-25 (and 1 more)
        warning: Hello/task.json:6: `demands[1]` is `5`, and the schema has a string; Azure DevOps reads both (and 3 more)
        warning: Hello/task.json:7: `runsOn[1]` is `Cloud`, and the schema knows Agent, MachineGroup, Server, ServerGate, DeploymentGroup
        error: Hello/task.json:8: `groups[0].isExpanded` must be true or false, but it is the text `yes`
          Write true or false without quotes.
        warning: Hello/task.json:8: the task has no `groups[0].displayName`, which the schema requires; Azure DevOps works without it (and 1 more)
          Add the key to the task.json.
        warning: Hello/task.json:10: `inputs[0].properties.EditableOptions` is `maybe`, and the schema knows True, False
        warning: Hello/task.json:11: `RequestVerb` is spelled `requestVerb`; Azure DevOps reads both
        warning: Hello/task.json:11: `dataSourceBindings[0].RequestVerb` is `FETCH`, and the schema knows GET, POST, DELETE, OPTIONS, HEAD, PUT, TRACE, PATCH (and 2 more)
        error: Hello/task.json:11: `dataSourceBindings[1]` must be an object, but it is a string
        error: Hello/task.json:14: `execution.Node20_1.argumentFormat` must be a string, but it is an array
        warning: Hello/task.json:15: no agent knows the handler `Node20`
          Write `Node20_1`.
        warning: Hello/task.json:18: `allow` is not a key of settable variables in a task.json: it is ignored
        error: The extension cannot be packed: 3 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&hello(&[("Hello/task.json", task)])
            .adieu(&["package"])
            .transcript());
}

#[test]
fn reports_a_task_that_is_not_json() {
    expect![[r#"
        error: Hello/task.json:6: this is not JSON: Expected string for object property
          Correct the line; a task.json has no comments and no trailing commas.
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
        exit 1
    "#]]
    .assert_eq(&task_with("\"inputs\"", "inputs"));
}

#[test]
fn reports_tasks_that_share_an_id_or_a_version() {
    let manifest = MANIFEST.replace(
        r#"{ "id": "decorator""#,
        r#"{ "id": "other", "type": "ms.vss-distributed-task.task", "properties": { "name": "Other" } }, { "id": "decorator""#,
    );
    let manifest = manifest.replace(
        r#"{ "path": "Hello" }"#,
        r#"{ "path": "Hello" }, { "path": "Other" }"#,
    );
    let folder = hello(&[
        ("vss-extension.json", &manifest),
        ("Hello/V2/task.json", TASK),
        ("Hello/V2/index.js", ""),
        (
            "Hello/V3/task.json",
            &TASK
                .replace("\"name\": \"Hello\"", "\"name\": \"Third\"")
                .replace("\"Major\": 1", "\"Major\": 3"),
        ),
        ("Hello/V3/index.js", ""),
        (
            "Other/task.json",
            &TASK.replace("\"name\": \"Hello\"", "\"name\": \"Other\""),
        ),
        ("Other/index.js", ""),
    ]);
    for task in ["Hello/V2", "Hello/V3", "Other"] {
        folder.write(&format!("{task}/icon.png"), &png(32));
    }
    expect![[r#"
        error: Hello/task.json:4: Hello@1.4.7 is packed twice, also in Hello/V2/task.json
          Raise the version of one of them.
        error: Other/task.json:2: task ID aaaaaaaa-1111-4222-8333-444444444444 belongs to `Hello` as well, in Hello/V2/task.json:2
          Give the task a new GUID, or use --update-tasks-id.
        error: The extension cannot be packed: 2 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&folder.adieu(&["package"]).transcript());
}

#[test]
fn ignores_old_handlers_if_a_newer_version_has_others() {
    expect![[r#"
        [FOLDER]/pub.hello-3.2.1.vsix
        warning: Hello/task.json:7: every handler of `execution` is at its end of life (Node16)
          Add Node20_1 and Node24 handlers.
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]]
    .assert_eq(&task_with("Node20_1", "Node16"));
    let folder = hello(&[
        ("Hello/V1/task.json", &TASK.replace("Node20_1", "Node16")),
        ("Hello/V1/index.js", ""),
        (
            "Hello/V2/task.json",
            &TASK.replace("\"Major\": 1", "\"Major\": 2"),
        ),
        ("Hello/V2/index.js", ""),
    ]);
    std::fs::remove_file(folder.path("Hello/task.json")).expect("the file is there");
    folder.write("Hello/V1/icon.png", &png(32));
    folder.write("Hello/V2/icon.png", &png(32));
    expect![[r##"
Packed pub.hello 3.2.1: 12 parts, [SIZE] bytes.
SHA-256: [SHA256]
"##]]
    .assert_eq(&folder.adieu(&["package"]).stderr);
}
