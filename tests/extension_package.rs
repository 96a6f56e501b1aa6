//! `adieu extension package`: its output, its refusals, and that it changes nothing else.
//!
//! extension_package/peer.rs compares it with tfx-cli.

mod checks;
mod differ;
#[cfg(unix)]
mod outside;
mod peer;
mod remedies;
mod servers;

use std::fs;

use super::extension_folder::{Folder, parts, text};

/// A manifest with one task in the folder `Hello`.
pub(crate) const MANIFEST: &str = r#"{
  "manifestVersion": 1, "id": "hello", "publisher": "pub", "version": "3.2.1", "name": "Hello",
  "categories": ["Azure Pipelines"], "targets": [{ "id": "Microsoft.VisualStudio.Services" }],
  "icons": { "default": "icon.png" },
  "files": [{ "path": "Hello" }],
  "contributions": [
    { "id": "hello-task", "type": "ms.vss-distributed-task.task", "targets": ["ms.vss-distributed-task.tasks"],
      "properties": { "name": "Hello" } },
    { "id": "decorator", "type": "ms.azure-pipelines.pipeline-decorator", "targets": ["x"],
      "properties": { "supportsTasks": ["AAAAAAAA-1111-4222-8333-444444444444", "99999999-1111-4222-8333-444444444444"] } }
  ]
}"#;

/// A valid task.
pub(crate) const TASK: &str = r#"{
    "id": "aaaaaaaa-1111-4222-8333-444444444444",
    "name": "Hello", "friendlyName": "Hello", "description": "Says hello", "author": "pub", "category": "Utility",
    "version": { "Major": 1, "Minor": 4, "Patch": 7 },
    "instanceNameFormat": "Hello",
    "inputs": [{ "name": "who", "type": "string", "label": "Who" }],
    "execution": { "Node20_1": { "target": "index.js" } }
}"#;

/// The start of a PNG file of that size; the rest is never read.
pub(crate) fn png(size: u32) -> Vec<u8> {
    let side = size.to_be_bytes();
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &side, &side].concat()
}

/// The extension of `MANIFEST` with additional or replaced files.
pub(crate) fn hello(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::with(&[
        ("vss-extension.json", MANIFEST),
        ("Hello/task.json", TASK),
        ("Hello/index.js", "hello"),
    ]);
    folder.write("icon.png", &png(128));
    folder.write("Hello/icon.png", &png(32));
    for (name, text) in files {
        folder.write(name, text.as_bytes());
    }
    folder
}

#[test]
fn prints_only_the_path_of_the_package_on_stdout() {
    let ran = hello(&[]).adieu(&["package"]);
    assert_eq!(ran.stdout, "[FOLDER]/pub.hello-3.2.1.vsix\n");
    assert_eq!(
        ran.stderr,
        "Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.\nSHA-256: [SHA256]\n"
    );
    assert_eq!(ran.status, 0);
}

#[test]
fn the_result_as_json_is_alone_on_stdout() {
    let ran =
        hello(&[("icon.png", "no picture")]).adieu(&["package", "--json", "--output-path", "out"]);
    assert_eq!(
        ran.transcript(),
        "\
{
  \"extensionId\": \"hello\",
  \"parts\": 7,
  \"path\": \"[FOLDER]/out/pub.hello-3.2.1.vsix\",
  \"publisher\": \"pub\",
  \"sha256\": \"[SHA256]\",
  \"size\": [SIZE],
  \"version\": \"3.2.1\"
}
warning: vss-extension.json:4: icon `icon.png` is not a PNG, JPEG, GIF or BMP image
  Replace it with a PNG that is large enough.
exit 0
"
    );
}

#[test]
fn two_builds_of_one_tree_are_the_same_bytes() {
    let (one, two) = (hello(&[]), hello(&[]));
    one.adieu(&["package"]).done();
    two.adieu(&[
        "package",
        "--root",
        ".",
        "--manifests",
        "./vss-extension.json",
    ])
    .done();
    let bytes = |folder: &Folder| {
        fs::read(folder.path("pub.hello-3.2.1.vsix")).expect("the package is there")
    };
    assert_eq!(bytes(&one), bytes(&two));
}

#[test]
fn entries_are_sorted_and_carry_one_time() {
    let folder = hello(&[]);
    folder.adieu(&["package"]).done();
    let file = fs::File::open(folder.path("pub.hello-3.2.1.vsix")).expect("the package is there");
    let mut archive = zip::ZipArchive::new(file).expect("the package is an archive");
    let mut listing = String::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).expect("the entry can be read");
        let time = entry.last_modified().expect("the entry has a time");
        listing += &format!(
            "{time} {:?} {}\n",
            entry.unix_mode(),
            entry.name().expect("the name is UTF-8")
        );
    }
    assert_eq!(
        listing,
        "\
1980-01-01 00:00:00 None Hello/icon.png
1980-01-01 00:00:00 None Hello/index.js
1980-01-01 00:00:00 None Hello/task.json
1980-01-01 00:00:00 None [Content_Types].xml
1980-01-01 00:00:00 None extension.vsixmanifest
1980-01-01 00:00:00 None extension.vsomanifest
1980-01-01 00:00:00 None icon.png
"
    );
}

#[test]
fn nothing_in_the_source_tree_changes() {
    let folder = hello(&[("Hello/task.loc.json", TASK)]);
    let before = folder.files();
    let overrides = [
        "package",
        "--output-path",
        "out/p.vsix",
        "--rev-version",
        "--publisher",
        "other",
        "--extension-id",
        "new",
        "--extension-name",
        "New",
        "--visibility",
        "public",
        "--pricing",
        "paid",
        "--update-tasks-version",
        "major",
        "--update-tasks-id",
        "--bypass-validation",
    ];
    folder.adieu(&overrides).done();
    let mut after = folder.files();
    assert!(after.remove("out/p.vsix").is_some());
    assert_eq!(after, before);
}

#[test]
fn flags_change_identity_name_visibility_and_pricing() {
    let folder = hello(&[]);
    let flags = [
        "package",
        "--output-path",
        "p.vsix",
        "--publisher",
        "other",
        "--extension-id",
        "new",
        "--extension-version",
        "4.0.0",
        "--extension-name",
        "New & better",
        "--visibility",
        "public_preview",
        "--pricing",
        "trial",
    ];
    folder.adieu(&flags).done();
    let manifest = text(&folder.path("p.vsix"), "extension.vsixmanifest");
    let metadata: Vec<&str> = manifest.lines().skip(3).take(5).map(str::trim).collect();
    assert_eq!(
        metadata,
        [
            r#"<Identity Language="en-US" Id="new" Publisher="other" Version="4.0.0"/>"#,
            "<DisplayName>New &amp; better</DisplayName>",
            "<Categories>Azure Pipelines</Categories>",
            "<GalleryFlags>Public Preview Trial</GalleryFlags>",
            "<Icon>icon.png</Icon>",
        ]
    );
}

#[test]
fn tasks_take_over_the_requested_part_of_the_version() {
    for (part, version) in [
        ("major", r#"{ "Major": 3, "Minor": 2, "Patch": 1 }"#),
        ("minor", r#"{ "Major": 1, "Minor": 2, "Patch": 1 }"#),
        ("patch", r#"{ "Major": 1, "Minor": 4, "Patch": 1 }"#),
        ("none", r#"{ "Major": 1, "Minor": 4, "Patch": 7 }"#),
    ] {
        let folder = hello(&[]);
        folder
            .adieu(&[
                "package",
                "--output-path",
                "p.vsix",
                "--update-tasks-version",
                part,
            ])
            .done();
        let expected = TASK.replace(r#"{ "Major": 1, "Minor": 4, "Patch": 7 }"#, version);
        assert_eq!(text(&folder.path("p.vsix"), "Hello/task.json"), expected);
    }
}

#[test]
fn new_task_ids_reach_localized_tasks_and_supporting_contributions() {
    let folder = hello(&[(
        "Hello/task.loc.json",
        r#"{ "id": "aaaaaaaa-1111-4222-8333-444444444444", "name": "Hello" }"#,
    )]);
    folder
        .adieu(&["package", "--output-path", "p.vsix", "--update-tasks-id"])
        .done();
    let package = folder.path("p.vsix");
    let id = adieu_id(&text(&package, "Hello/task.json"));
    assert_eq!(id, "fad36dd2-bf27-5f08-b4b9-1f6eea6499db");
    assert_eq!(adieu_id(&text(&package, "Hello/task.loc.json")), id);
    let manifest: serde_json::Value =
        serde_json::from_str(&text(&package, "extension.vsomanifest")).expect("it is JSON");
    assert_eq!(
        manifest["contributions"][1]["properties"]["supportsTasks"],
        serde_json::json!([id, "99999999-1111-4222-8333-444444444444"])
    );
}

fn adieu_id(task: &str) -> String {
    let task: serde_json::Value = serde_json::from_str(task).expect("it is JSON");
    task["id"].as_str().expect("a task has an ID").to_owned()
}

#[test]
fn a_time_from_the_environment_is_every_entrys_time() {
    let folder = hello(&[]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_adieu"));
    command
        .args(["extension", "package", "--root"])
        .arg(folder.path(""))
        .arg("--output-path")
        .arg(folder.path("p.vsix"));
    let wrong = command
        .env("SOURCE_DATE_EPOCH", "yesterday")
        .output()
        .expect("the binary starts");
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&wrong.stderr),
        "error: SOURCE_DATE_EPOCH is 'yesterday', which is not a number of seconds since 1970.\n\
         More: adieu explain extension-package\n"
    );
    assert!(
        command
            .env("SOURCE_DATE_EPOCH", "1790121601")
            .status()
            .expect("the binary starts")
            .success()
    );
    let file = fs::File::open(folder.path("p.vsix")).expect("the package is there");
    let mut archive = zip::ZipArchive::new(file).expect("the package is an archive");
    let time = archive
        .by_index(0)
        .expect("the entry can be read")
        .last_modified()
        .expect("the entry has a time");
    assert_eq!(time.to_string(), "2026-09-23 00:00:00");
}

#[test]
fn a_large_file_is_packed_whole() {
    let large = "0123456789abcdef".repeat(1 << 20);
    let folder = hello(&[("Hello/large.txt", &large)]);
    folder.adieu(&["package", "--output-path", "p.vsix"]).done();
    assert_eq!(
        parts(&folder.path("p.vsix"))["Hello/large.txt"],
        large.as_bytes()
    );
    folder.adieu(&["inspect", "--vsix", "p.vsix"]).done();
}
