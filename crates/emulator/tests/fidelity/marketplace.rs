//! The Marketplace: packages that it refuses, and callers without permission.

use std::io::{Cursor, Write as _};

use adieu_emulator::{MY_CONNECTION, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Row;
use super::client::{Answer, SUPPRESS, ask_plain};

pub(super) const ROWS: [Row; 4] = [
    Row {
        fact: "a version that is not above the last one",
        evidence: "learn.microsoft.com, Publish from the command line, potential errors",
        answer: |world| {
            world
                .marketplace()
                .set_role("pub", MY_CONNECTION, Some("Creator"));
            upload(world);
            upload(world)
        },
        shape: "500 application/json; charset=utf-8 ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-UserData ExtensionVersionException 'Version number must increase each time an extension is published'",
    },
    Row {
        fact: "no role in the publisher",
        evidence: "microsoft/vscode-vsce#656, #851",
        answer: |world| upload(world),
        shape: "403 application/json; charset=utf-8 ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-UserData AccessCheckException 'Access Denied'",
    },
    Row {
        fact: "no role in the publisher, by the other status that is reported",
        evidence: "microsoft/tfs-cli#339",
        answer: |world| {
            world.marketplace().access_check_status(401);
            upload(world)
        },
        shape: "401 application/json; charset=utf-8 ActivityId X-VSS-E2EID X-MSEdge-Ref \
         AccessCheckException 'Access Denied'",
    },
    Row {
        fact: "a package that nothing can be read from",
        evidence: "microsoft/tfs-cli#187",
        answer: |world| {
            world
                .marketplace()
                .set_role("pub", MY_CONNECTION, Some("Creator"));
            post_package(world, "bm8gcGFja2FnZQ==")
        },
        shape: "400 application/json; charset=utf-8 ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-UserData InvalidPackageFormatException 'Extension package is malformed/corrupted'",
    },
];

/// Publishes the smallest package, whose bytes are sent as base64 in JSON.
fn upload(world: &World) -> Answer {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    archive
        .start_file("extension.vsixmanifest", options)
        .expect("a new entry");
    let manifest = "<PackageManifest><Metadata><Identity Language=\"en-US\" Id=\"hello\" \
     Version=\"1.0.0\" Publisher=\"pub\"/><DisplayName>Hello</DisplayName></Metadata></PackageManifest>";
    archive.write_all(manifest.as_bytes()).expect("memory");
    let bytes = archive.finish().expect("an archive").into_inner();
    post_package(world, &STANDARD.encode(bytes))
}

fn post_package(world: &World, package: &str) -> Answer {
    let known = world.marketplace().extension("pub.hello").is_some();
    let (method, target) = if known {
        (
            "PUT",
            "/_apis/gallery/publishers/pub/extensions/hello?api-version=3.1-preview.1",
        )
    } else {
        (
            "POST",
            "/_apis/gallery/extensions?api-version=3.1-preview.1",
        )
    };
    let bearer = format!("Bearer {}", world.entra().azure_devops_token(MY_CONNECTION));
    let headers = [
        SUPPRESS,
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let body = serde_json::json!({ "extensionManifest": package }).to_string();
    let port = world.plain_marketplace().port();
    let host = "marketplace.visualstudio.com";
    ask_plain(port, host, method, target, &headers, Some(&body))
}

#[test]
fn a_missing_permission_names_the_azure_devops_id() {
    let world = World::start();
    let answer = upload(&world);
    let id = world.organizations().profile_id(MY_CONNECTION);
    assert_eq!(
        answer.body["message"],
        format!(
            "Access Denied: {id} needs the following permission(s) on the resource /pub to \
             perform this action: Publish new extensions to an existing publisher"
        )
    );
    assert_eq!(answer.body["customProperties"]["Token"], "/pub");
}
