//! Waiting for an extension: for which version of which extension, and for which tasks.
//!
//! The length of waits is in extension.rs.

use adieu_emulator::{Connection, World};
use expect_test::expect;

use crate::extension_folder::Folder;
use crate::extension_package::{MANIFEST, TASK, hello, png};
use crate::shell::{CommandOutput, Shell};

/// A world in which the machine's identity may publish `pub` and install in `fabrikam`.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.marketplace().set_role("pub", "app", Some("Creator"));
    world.organizations().add_member("fabrikam", "app");
    world
}

/// Runs `adieu extension` in a folder with these files.
fn adieu(world: &World, files: &[(&str, &str)], arguments: &[&str]) -> CommandOutput {
    let shell = Shell::machine(world);
    for (name, text) in files {
        std::fs::write(shell.home().join(name), text).expect("a file");
    }
    let fixed = ["--credential", "managed-identity"];
    shell.adieu(&[&["extension"], arguments, &fixed].concat())
}

fn done(output: &CommandOutput) {
    assert_eq!(output.status, 0, "{}", output.stderr);
}

/// Publishes an extension, shared with `fabrikam`, and installs it there.
fn publish_and_install(world: &World, flags: &[&str], id: &str) {
    let made = text(Folder::with(&[]).path("made.vsix"));
    let publish = [
        "publish",
        "--share-with",
        "fabrikam",
        "--output-path",
        &made,
    ];
    done(&adieu(world, &[], &[&publish, flags].concat()));
    let install = [
        "install",
        "--publisher",
        "pub",
        "--extension-id",
        id,
        "--organizations",
        "fabrikam",
    ];
    done(&adieu(world, &[], &install));
}

fn text(path: std::path::PathBuf) -> String {
    path.display().to_string()
}

#[test]
fn flags_select_another_extension_than_the_folders() {
    let world = world();
    publish_and_install(&world, &["--root", &text(hello(&[]).path(""))], "hello");
    let another = r#"{ "manifestVersion": 1, "publisher": "mine", "id": "mine", "version": "9.9.9", "name": "Mine" }"#;
    // An extension with the same ID, of another publisher.
    let namesake = another.replace(r#""id": "mine""#, r#""id": "hello""#);
    let broken = "{";
    for files in [
        &[][..],
        &[("vss-extension.json", another)],
        &[("vss-extension.json", namesake.as_str())],
        &[("vss-extension.json", broken)],
    ] {
        let named = [
            "--publisher",
            "pub",
            "--extension-id",
            "hello",
            "--timeout",
            "0",
        ];
        let validation = [&["wait-for-validation"], &named[..]].concat();
        let output = adieu(&world, files, &validation);
        assert_eq!(
            output.stderr, "pub.hello 3.2.1 is validated.\n",
            "{files:?}"
        );
        done(&output);
        let installation = [
            &["wait-for-installation", "--organizations", "fabrikam"],
            &named[..],
        ]
        .concat();
        let output = adieu(&world, files, &installation);
        expect![[r#"
            Waiting until pub.hello is installed in fabrikam, for at most 0 minutes.
            fabrikam: there.
        "#]]
        .assert_eq(&output.stderr);
        done(&output);
    }
}

/// The task of [`TASK`] under another name, in another version.
fn version_of(name: &str, major: u32) -> String {
    let task = TASK.replacen(r#""name": "Hello""#, &format!(r#""name": "{name}""#), 1);
    task.replacen(r#""Major": 1"#, &format!(r#""Major": {major}"#), 1)
}

/// New IDs are derived from names, and all versions of a task share an ID, whatever their names are.
#[test]
fn waits_for_tasks_by_their_new_ids() {
    let (first, second) = (version_of("HelloV1", 1), version_of("HelloV2", 2));
    let two = MANIFEST.replacen(
        r#""contributions": ["#,
        r#""contributions": [{ "id": "other", "type": "ms.vss-distributed-task.task", "targets": ["ms.vss-distributed-task.tasks"], "properties": { "name": "Other" } },"#,
        1,
    );
    let two = two.replacen(r#""files": ["#, r#""files": [{ "path": "Other" },"#, 1);
    let script = "console.log('hello');\n";
    let one_contribution = Folder::with(&[
        ("vss-extension.json", MANIFEST),
        ("Hello/V1/task.json", &first),
        ("Hello/V1/index.js", script),
        ("Hello/V2/task.json", &second),
        ("Hello/V2/index.js", script),
    ]);
    let two_contributions = Folder::with(&[
        ("vss-extension.json", &two),
        ("Hello/task.json", &first),
        ("Hello/index.js", script),
        ("Other/task.json", &second),
        ("Other/index.js", script),
    ]);
    for folder in [one_contribution, two_contributions] {
        folder.write("icon.png", &png(128));
        folder
            .adieu(&["package", "--bypass-validation", "-o", "hello.vsix"])
            .done();
        let vsix = text(folder.path("hello.vsix"));
        let flags = [
            "--vsix",
            &vsix,
            "--extension-id",
            "hello-dev",
            "--extension-version",
            "4.1.0",
            "--update-tasks-id",
            "--update-tasks-version",
            "minor",
        ];
        let world = world();
        publish_and_install(&world, &flags, "hello-dev");
        let wait = [
            "wait-for-installation",
            "--organizations",
            "fabrikam",
            "--timeout",
            "0",
        ];
        let output = adieu(&world, &[], &[&wait, &flags[..]].concat());
        expect![[r#"
            Waiting until pub.hello-dev 4.1.0 is installed in fabrikam, for at most 0 minutes.
            fabrikam: there.
        "#]]
        .assert_eq(&output.stderr);
    }
}
