//! Each remedy in a message resolves the problem.

use super::super::extension_folder::Folder;
use super::{MANIFEST, TASK, hello, png};

/// Two tasks with one ID.
fn two_tasks() -> Folder {
    let manifest = MANIFEST
        .replace(
            r#"{ "id": "decorator""#,
            r#"{ "id": "other", "type": "ms.vss-distributed-task.task", "properties": { "name": "Other" } }, { "id": "decorator""#,
        )
        .replace(r#"{ "path": "Hello" }"#, r#"{ "path": "Hello" }, { "path": "Other" }"#);
    let other = TASK.replace(r#""name": "Hello""#, r#""name": "Other""#);
    let folder = hello(&[
        ("vss-extension.json", &manifest),
        ("Other/task.json", &other),
        ("Other/index.js", ""),
    ]);
    folder.write("Other/icon.png", &png(32));
    folder
}

fn output_of(folder: &Folder, arguments: &[&str]) -> String {
    folder.adieu(&[&["package"], arguments].concat()).stderr
}

/// Checks that the message appears without the remedy, and does not with it.
fn clears(folder: &Folder, message: &str, remedy: &[&str]) {
    let before = output_of(folder, &[]);
    assert!(before.contains(message), "{before}");
    let after = output_of(folder, remedy);
    assert!(after.starts_with("Packed"), "{after}");
}

#[test]
fn new_task_ids_clear_a_task_id_that_two_tasks_share() {
    clears(
        &two_tasks(),
        "Give the task a new GUID, or use --update-tasks-id.",
        &["--update-tasks-id"],
    );
}

#[test]
fn a_version_of_the_command_line_clears_the_manifests() {
    let manifest = MANIFEST.replace("3.2.1", "3.x");
    clears(
        &hello(&[("vss-extension.json", &manifest)]),
        "Write a version such as 1.4.0, or pass --extension-version.",
        &["--extension-version", "1.4.0"],
    );
}

#[test]
fn overrides_clear_a_missing_key() {
    let manifest = MANIFEST.replace(r#""name": "Hello","#, "");
    clears(
        &hello(&[
            ("vss-extension.json", &manifest),
            ("o.json", r#"{ "name": "Hello" }"#),
        ]),
        "Add the key to the manifest or to an overrides file.",
        &["--overrides-file", "o.json"],
    );
}

#[test]
fn json5_clears_comments() {
    let manifest = format!("// a note\n{MANIFEST}");
    clears(
        &hello(&[("vss-extension.json", &manifest)]),
        "comments and trailing commas need --json5.",
        &["--json5"],
    );
}

#[test]
fn the_remedy_of_a_message_clears_it() {
    for (message, manifest) in [
        (
            r#"Add "targets": [{ "id": "Microsoft.VisualStudio.Services" }]"#,
            (
                r#""targets": [{ "id": "Microsoft.VisualStudio.Services" }],"#,
                "",
            ),
        ),
        (
            "Use Azure Boards, Azure Repos, Azure Pipelines, Azure Test Plans, Azure Artifacts",
            (r#"["Azure Pipelines"]"#, r#"["Nonsense"]"#),
        ),
        (
            r#"Add "icons": { "default": "icon.png" }, 128x128 pixels"#,
            (r#""icons": { "default": "icon.png" },"#, ""),
        ),
        (
            "Write true or false without quotes",
            (
                r#"{ "path": "Hello" }"#,
                r#"{ "path": "Hello", "addressable": "false" }"#,
            ),
        ),
        (
            r#"Write "type": "git""#,
            (
                r#""name": "Hello","#,
                r#""name": "Hello", "repository": { "uri": "https://x" },"#,
            ),
        ),
    ] {
        let (good, bad) = manifest;
        let wrong = MANIFEST.replacen(good, bad, 1);
        let folder = hello(&[("vss-extension.json", &wrong)]);
        let before = output_of(&folder, &[]);
        assert!(before.contains(message), "{message}: {before}");
        folder.write("vss-extension.json", MANIFEST.as_bytes());
        assert!(output_of(&folder, &[]).starts_with("Packed"), "{message}");
    }
    for (message, bad, good) in [
        ("Write `Node20_1`", r#""Node20""#, r#""Node20_1""#),
        ("Write `label`", r#""lable""#, r#""label""#),
        (
            "Add Node20_1 and Node24 handlers",
            r#""Node16""#,
            r#""Node20_1": { "target": "index.js" }, "Node24""#,
        ),
    ] {
        let wrong = TASK.replace(
            r#""Node20_1""#,
            if bad.contains("Node") {
                bad
            } else {
                r#""Node20_1""#
            },
        );
        let wrong = wrong.replace(
            r#""label""#,
            if bad.contains("lable") {
                bad
            } else {
                r#""label""#
            },
        );
        let folder = hello(&[("Hello/task.json", &wrong)]);
        let before = output_of(&folder, &[]);
        assert!(before.contains(message), "{message}: {before}");
        let right = wrong.replace(bad, good);
        folder.write("Hello/task.json", right.as_bytes());
        let after = output_of(&folder, &[]);
        assert!(after.starts_with("Packed"), "{message}: {after}");
    }
}

#[test]
fn a_bypass_clears_every_error_as_long_as_a_package_can_be_made() {
    let ran = two_tasks().adieu(&["package", "--bypass-validation"]);
    assert_eq!(ran.status, 0);
    assert!(!ran.stderr.contains("error: "), "{}", ran.stderr);
}
