//! How servers treat contributions, categories, paths and names.
//!
//! It has no helpers.

use expect_test::expect;

use super::super::super::extension_folder::text;
use super::super::{MANIFEST, TASK, hello, png};
use super::{extension, manifest_is, notes};

#[test]
fn reports_a_task_of_two_contributions() {
    let other = r#"{ "id": "other", "type": "ms.vss-distributed-task.task", "properties": { "name": "NAME" } },
    { "id": "decorator""#;
    let with = |name: &str| {
        let other = other.replace("NAME", name);
        extension(
            &[
                (r#"{ "id": "decorator""#, &other),
                (
                    r#"{ "path": "Hello" }"#,
                    r#"{ "path": "Hello" }, { "path": "New" }"#,
                ),
            ],
            &[],
        )
    };
    let folder = with("Hello");
    folder.write("New/a.txt", b"a");
    expect![[r#"
        error: vss-extension.json:9: contribution `other` offers task `Hello`, which `hello-task` offers already (in vss-extension.json:8)
          Keep one of the two contributions.
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&notes(&folder, &[]));
    let folder = with("New");
    let newer = TASK.replace(r#""Major": 1"#, r#""Major": 2"#);
    folder.write("New/task.json", newer.as_bytes());
    folder.write("New/index.js", b"");
    folder.write("New/icon.png", &png(32));
    expect![[r#"
        warning: vss-extension.json:9: contribution `other` has the task Hello with the ID of `hello-task` (in vss-extension.json:8): Azure DevOps ignores one of the two
          Put both versions below the folder of one contribution, or give one of the tasks another ID.
        Packed pub.hello 3.2.1: 10 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]].assert_eq(&notes(&folder, &[]));
}

#[test]
fn folders_with_a_common_prefix_are_kept_apart() {
    let folder = extension(
        &[
            (
                r#"{ "id": "decorator""#,
                r#"{ "id": "other", "type": "ms.vss-distributed-task.task", "properties": { "name": "HelloInstaller" } }, { "id": "decorator""#,
            ),
            (
                r#"{ "path": "Hello" }"#,
                r#"{ "path": "Hello" }, { "path": "HelloInstaller" }"#,
            ),
        ],
        &[],
    );
    let other = TASK
        .replace("aaaaaaaa", "bbbbbbbb")
        .replace(r#""name": "Hello""#, r#""name": "HelloInstaller""#);
    folder.write("HelloInstaller/task.json", other.as_bytes());
    folder.write("HelloInstaller/index.js", b"");
    folder.write("HelloInstaller/icon.png", &png(32));
    expect![[r#"
        warning: vss-extension.json:9: task folder `HelloInstaller` begins with the name of task folder `Hello`: Azure DevOps Server 2019 takes both for versions of one task
          Rename one of the folders, so that neither name begins with the other.
        Packed pub.hello 3.2.1: 10 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]].assert_eq(&notes(&folder, &[]));
}

#[test]
fn versions_of_one_task_stay_apart_or_are_refused() {
    let folder = extension(&[], &[]);
    std::fs::remove_file(folder.path("Hello/task.json")).expect("the file is there");
    for (name, major) in [("V1", 1), ("V2", 2)] {
        let task = TASK.replace(r#""Major": 1"#, &format!(r#""Major": {major}"#));
        folder.write(&format!("Hello/{name}/task.json"), task.as_bytes());
        folder.write(&format!("Hello/{name}/index.js"), b"");
        folder.write(&format!("Hello/{name}/icon.png"), &png(32));
    }
    let update = ["--update-tasks-id", "--update-tasks-version"];
    expect![[r#"
        error: Hello/V2/task.json:4: Hello would become 3.2.1 here and in Hello/V1/task.json: an agent could not tell them apart
          Take less from the extension's version: --update-tasks-version minor keeps the major numbers, patch the minor ones.
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&notes(&folder, &[&update[..], &["major"]].concat()));
    let packed = ["minor", "--output-path", "p.vsix"];
    assert!(notes(&folder, &[&update[..], &packed].concat()).starts_with("Packed"));
    let shown = folder.adieu(&["inspect", "--vsix", "p.vsix"]).done();
    let tasks: Vec<&str> = shown
        .stdout
        .lines()
        .filter(|line| line.starts_with("task "))
        .collect();
    assert_eq!(
        tasks,
        [
            "task          Hello@1.2.1 fad36dd2-bf27-5f08-b4b9-1f6eea6499db (Hello/V1/task.json)",
            "task          Hello@2.2.1 fad36dd2-bf27-5f08-b4b9-1f6eea6499db (Hello/V2/task.json)",
        ]
    );
}

#[test]
fn versions_of_one_task_may_differ_in_name_and_share_one_id() {
    let folder = extension(&[], &[]);
    std::fs::remove_file(folder.path("Hello/task.json")).expect("the file is there");
    for (name, major) in [("V1", 1), ("V2", 2)] {
        let task = TASK
            .replace(r#""Major": 1"#, &format!(r#""Major": {major}"#))
            .replace(r#""name": "Hello""#, &format!(r#""name": "Hello{name}""#));
        folder.write(&format!("Hello/{name}/task.json"), task.as_bytes());
        folder.write(&format!("Hello/{name}/index.js"), b"");
        folder.write(&format!("Hello/{name}/icon.png"), &png(32));
    }
    assert!(notes(&folder, &["--output-path", "old.vsix"]).starts_with("Packed"));
    let ids = |package: &str| {
        let shown = folder.adieu(&["inspect", "--vsix", package]).done().stdout;
        let tasks = shown.lines().filter(|line| line.starts_with("task "));
        let ids = tasks.map(|line| {
            line.split_whitespace()
                .nth(2)
                .unwrap_or_default()
                .to_owned()
        });
        ids.collect::<Vec<_>>()
    };
    notes(&folder, &["--update-tasks-id", "--output-path", "new.vsix"]);
    folder
        .adieu(&[
            "edit",
            "--vsix",
            "old.vsix",
            "--update-tasks-id",
            "--output-path",
            "edited.vsix",
        ])
        .done();
    let new = ids("new.vsix");
    assert_eq!(new[0], new[1]);
    assert_ne!(new, ids("old.vsix"));
    assert_eq!(new, ids("edited.vsix"));
    // With another ID, it is another task.
    let other =
        text(&folder.path("old.vsix"), "Hello/V2/task.json").replace("aaaaaaaa", "bbbbbbbb");
    folder.write("Hello/V2/task.json", other.as_bytes());
    expect![[r#"
        error: vss-extension.json:8: one contribution has tasks of several IDs: `HelloV1 aaaaaaaa-1111-4222-8333-444444444444` and `HelloV2 bbbbbbbb-1111-4222-8333-444444444444`
          Give all versions of the task one ID, or each task its own contribution.
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&notes(&folder, &[]));
}

#[test]
fn categories_are_those_of_the_marketplace() {
    manifest_is(
        &[(
            r#"["Azure Pipelines"]"#,
            r#"["azure pipelines", "Build and release", "Nonsense"]"#,
        )],
        expect![[r#"
            warning: vss-extension.json:3: `Nonsense` is not a category of Azure DevOps extensions; the Marketplace refuses others
              Use Azure Boards, Azure Repos, Azure Pipelines, Azure Test Plans, Azure Artifacts.
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            SHA-256: [SHA256]
            exit 0
        "#]],
    );
}

#[test]
fn keys_that_are_missing_are_named() {
    manifest_is(
        &[
            (
                r#""properties": { "name": "Hello" }"#,
                r#""properties": {}"#,
            ),
            (
                r#""targets": [{ "id": "Microsoft.VisualStudio.Services" }]"#,
                r#""targets": [{ "version": "1" }], "repository": { "uri": "https://x" }, "badges": ["x"]"#,
            ),
        ],
        expect![[r#"
            error: vss-extension.json:3: `targets[].id` is missing
              Add the key to the manifest or to an overrides file.
            error: vss-extension.json:3: `repository.type` is missing
              Write "type": "git".
            error: vss-extension.json:3: `badges[]` must be an object, but it is a string
            warning: vss-extension.json:5: task `Hello/task.json` is packed, but no contribution offers it
              Add a contribution of type ms.vss-distributed-task.task, or leave the folder out of `files`.
            error: The extension cannot be packed: 3 errors to correct.
            More: adieu explain extension-package
            exit 1
        "#]],
    );
    manifest_is(
        &[
            (
                r#""targets": ["ms.vss-distributed-task.tasks"]"#,
                r#""targets": "ms.vss-distributed-task.tasks", "includes": [1]"#,
            ),
            (
                r#""icons": {"#,
                r#""repository": { "type": "git" }, "screenshots": [{}], "icons": {"#,
            ),
        ],
        expect![[r#"
            error: vss-extension.json:4: `repository.uri` is missing
              Add "uri": "https://…".
            warning: vss-extension.json:4: screenshot `1` has no `path`: it is left out
            error: The extension cannot be packed: 1 error to correct.
            More: adieu explain extension-package
            exit 1
        "#]],
    );
}

#[test]
fn lengths_are_counted_as_the_marketplace_counts() {
    let rockets = "\u{1f680}".repeat(101);
    manifest_is(
        &[(
            r#""name": "Hello","#,
            &format!(r#""name": "Hello", "description": "{rockets}","#),
        )],
        expect![[r#"
            error: vss-extension.json:2: `description` has 202 characters (UTF-16), and the Marketplace allows 200
              Move the long text to content.details.
            error: The extension cannot be packed: 1 error to correct.
            More: adieu explain extension-package
            exit 1
        "#]],
    );
}

#[test]
fn reports_names_that_azure_devops_server_cannot_install() {
    let files =
        |keys: &str| format!(r#""files": [{{ "path": "Hello" }}, {{ "path": "dist"{keys} }}]"#);
    let with = |keys: &str| {
        let folder = extension(&[(r#""files": [{ "path": "Hello" }]"#, &files(keys))], &[]);
        folder.write("dist/a+b.js", b"1");
        folder.write("dist/a&b.js", b"1");
        notes(&folder, &[])
    };
    expect![[r#"
        warning: vss-extension.json:5: `dist/a&b.js` is addressable and has a `&`: Azure DevOps Server 2019 cannot install it (and 1 more)
          Rename the file, or target only Microsoft.VisualStudio.Services.Cloud.
        Packed pub.hello 3.2.1: 9 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]].assert_eq(&with(r#", "addressable": true"#));
    assert!(with("").starts_with("Packed"));
}

#[test]
fn translations_of_tasks_and_other_files_have_their_media_types() {
    let folder = hello(&[
        (
            "Hello/Strings/resources.resjson/en-US/resources.resjson",
            "{}",
        ),
        ("Hello/app.webmanifest", "{}"),
        ("Hello/lib.nuspec", "<a/>"),
        ("Hello/run.py", "1"),
        ("Hello/film.mp4", ""),
    ]);
    folder.adieu(&["package", "--output-path", "p.vsix"]).done();
    let types = text(&folder.path("p.vsix"), "[Content_Types].xml");
    for (extension, kind) in [
        (".resjson", "application/json"),
        (".webmanifest", "application/manifest+json"),
        (".nuspec", "text/xml"),
        (".py", "text/plain"),
        (".mp4", "video/mp4"),
    ] {
        let line = format!(r#"<Default Extension="{extension}" ContentType="{kind}"/>"#);
        assert!(types.contains(&line), "{line}\n{types}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn paths_in_another_letter_case_are_named() {
    let manifest = MANIFEST
        .replace(r#""icon.png""#, r#""Icon.png""#)
        .replace(
            r#"{ "path": "Hello" }"#,
            r#"{ "path": "hello" }, { "path": "Gone" }"#,
        )
        .replace(
            r#""contributions""#,
            r#""content": { "details": { "path": "Docs/README.md" } }, "contributions""#,
        );
    let folder = hello(&[("vss-extension.json", &manifest), ("docs/readme.md", "r")]);
    expect![[r#"
        error: vss-extension.json:4: `Icon.png` does not exist; `icon.png` does: only Windows finds it
          Write both in the same letter case.
        error: vss-extension.json:5: `hello` does not exist; `Hello` does: only Windows finds it
          Write both in the same letter case.
        error: vss-extension.json:5: `Gone` does not exist
          `files` and `icons` are relative to the manifest; `content` and `screenshots` to --root.
        error: vss-extension.json:6: `Docs/README.md` does not exist; `docs/readme.md` does: only Windows finds it
          Write both in the same letter case.
        error: The extension cannot be packed: 4 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&notes(&folder, &[]));
    expect![[r#"
        error: --loc-root: `Docs` does not exist; `docs` does: only Windows finds it
          Write both in the same letter case.
        error: `Docs/readme.md` does not exist; `docs/readme.md` does: only Windows finds it
          Write both in the same letter case.
        error: `VSS-Extension.json` does not exist; `vss-extension.json` does: only Windows finds it
          Write both in the same letter case.
        error: The extension cannot be packed: 3 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]]
    .assert_eq(&notes(
        &folder,
        &[
            "--manifests",
            "VSS-Extension.json",
            "--overrides-file",
            "Docs/readme.md",
            "--loc-root",
            "Docs",
        ],
    ));
}

#[test]
fn reports_a_folder_instead_of_a_file_and_the_reverse() {
    let folder = hello(&[]);
    for (path, name) in [(".", "."), ("Hello", "Hello"), ("Hello/..", ".")] {
        assert_eq!(
            notes(&folder, &["--manifests", path]),
            format!(
                "\
error: --manifests: `{name}` is a folder; --manifests wants files
  Name the extension's folder with --root (rootFolder in a task), its manifests with --manifests.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"
            )
        );
    }
    expect![[r#"
        error: --loc-root: `icon.png` is a file; --loc-root wants a folder
          --overrides-file and --loc-root are relative to the current folder.
        error: --overrides-file: `Hello` is a folder; --overrides-file wants a file
          --overrides-file and --loc-root are relative to the current folder.
        error: The extension cannot be packed: 2 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]]
    .assert_eq(&notes(
        &folder,
        &["--overrides-file", "Hello", "--loc-root", "icon.png"],
    ));
}

#[test]
fn paths_in_messages_are_relative_to_the_extension() {
    let folder = hello(&[("Hello/task.json", "{")]);
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["extension", "package", "--root"])
        .arg(folder.path(""))
        .current_dir(std::env::temp_dir())
        .output()
        .expect("the binary starts");
    expect![[r#"
        error: Hello/task.json:1: this is not JSON: Unterminated object
          Correct the line; a task.json has no comments and no trailing commas.
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
    "#]]
    .assert_eq(&String::from_utf8_lossy(&ran.stderr));
}
