//! MarketplaceExtension@1 and `adieu extension publish`: publishing a version again. Only the same package is
//! accepted; the published one is downloaded and compared file by file.

use std::fs;
use std::io::{Cursor, Write as _};

use adieu_emulator::{Connection, Delivery, TaskResult, World};
use expect_test::expect;

use super::extension::{job, run, shown, sources, world};
use crate::shell::Shell;

/// Publishes `pub.hello` 3.2.1 twice, and returns the second step's log.
fn twice(world: &World, delivery: Delivery, change: Option<(&str, &str)>) -> (TaskResult, String) {
    world.marketplace().delivery(delivery);
    let (mut job, _proxy) = job(world);
    let first = run(&mut job, "publish", &[]);
    assert_eq!(first.result, TaskResult::Succeeded, "{}", first.log);
    if let Some((file, text)) = change {
        fs::write(sources(&job).join(file), text).expect("a file");
    }
    let outcome = run(&mut job, "publish", &[]);
    let extension = world
        .marketplace()
        .extension("pub.hello")
        .expect("an extension");
    assert_eq!(extension.versions.len(), 1);
    (outcome.result, shown(world, &job, &outcome))
}

#[test]
fn the_same_package_is_not_sent_again() {
    for delivery in [Delivery::AsUploaded, Delivery::Signed, Delivery::Redirected] {
        let (result, log) = twice(&world(), delivery, None);
        expect![[r#"
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            pub.hello 3.2.1 is already in the Marketplace (since [TIME]) with the same contents; nothing was uploaded.
            pub.hello 3.2.1 is validated."#]]
        .assert_eq(&log);
        assert_eq!(result, TaskResult::Succeeded, "{delivery:?}");
    }
}

#[test]
fn refuses_another_package_with_the_same_version() {
    for delivery in [Delivery::AsUploaded, Delivery::Signed] {
        let change = Some(("Hello/index.js", "console.log('another');\n"));
        let (result, log) = twice(&world(), delivery, change);
        expect![[r#"
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            ##[error]The Marketplace already has pub.hello 3.2.1, but with different contents.
              published: [TIME]
              files that differ: Hello/index.js
            What to do: Raise the version: operation queryVersion with versionAction: patch finds the next one.
            More: adieu explain extension-version"#]]
        .assert_eq(&log);
        assert_eq!(result, TaskResult::Failed, "{delivery:?}");
    }
}

#[test]
fn warns_if_the_package_cannot_be_downloaded() {
    let (result, log) = twice(&world(), Delivery::Missing, None);
    expect![[r#"
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        ##[warning]pub.hello 3.2.1 is already in the Marketplace (since [TIME]), so nothing was uploaded. Its contents could not be compared: Could not download it: it does not exist, or this identity may not see it (404 of marketplace.visualstudio.com). If they differ, raise the version.
        pub.hello 3.2.1 is validated."#]]
    .assert_eq(&log);
    assert_eq!(result, TaskResult::Succeeded);
}

/// A VS Code package of `pub.tool` 1.0.0.
fn for_vs_code(platform: &str) -> Vec<u8> {
    let mut package = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let manifest = format!(
        r#"<?xml version="1.0" encoding="utf-8"?><PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata><Identity Language="en-US" Id="tool" Version="1.0.0" Publisher="pub" TargetPlatform="{platform}"/><DisplayName>Tool</DisplayName><Description xml:space="preserve">It works.</Description></Metadata><Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation><Dependencies/><Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets></PackageManifest>"#
    );
    let types = r#"<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension=".json" ContentType="application/json"/><Default Extension=".vsixmanifest" ContentType="text/xml"/></Types>"#;
    let json =
        r#"{"name":"tool","publisher":"pub","version":"1.0.0","engines":{"vscode":"^1.90.0"}}"#;
    for (name, text) in [
        ("extension.vsixmanifest", manifest.as_str()),
        ("[Content_Types].xml", types),
        ("extension/package.json", json),
    ] {
        package.start_file(name, options).expect("an entry");
        package.write_all(text.as_bytes()).expect("its text");
    }
    package.finish().expect("a package").into_inner()
}

#[test]
fn uploads_a_version_for_each_platform() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.marketplace().set_role("pub", "app", Some("Creator"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut log = String::new();
    for platform in ["linux-x64", "win32-x64", "win32-x64"] {
        let file = folder.path().join("tool.vsix");
        fs::write(&file, for_vs_code(platform)).expect("a file");
        let file = file.display().to_string();
        let output = Shell::machine(&world).adieu(&[
            "extension",
            "publish",
            "--vsix",
            &file,
            "--no-wait-validation",
            "--credential",
            "managed-identity",
        ]);
        assert_eq!(output.status, 0, "{}", output.stderr);
        let lines = output.stderr.lines();
        let uploads = lines.filter(|line| line.contains("pload") && !line.contains('%'));
        log.extend(uploads.map(|line| format!("{platform}: {line}\n")));
    }
    let log = crate::harness::stable(&world, &super::extension::sizes(&log));
    expect![[r#"
        linux-x64: Uploading pub.tool 1.0.0 (linux-x64), [SIZE] bytes; the extension is new.
        linux-x64: Uploaded pub.tool 1.0.0 (linux-x64).
        win32-x64: Uploading pub.tool 1.0.0 (win32-x64), [SIZE] bytes; the extension already exists.
        win32-x64: Uploaded pub.tool 1.0.0 (win32-x64).
        win32-x64: pub.tool 1.0.0 (win32-x64) is already in the Marketplace (since [TIME]) with the same contents; nothing was uploaded.
    "#]]
    .assert_eq(&log);
}
