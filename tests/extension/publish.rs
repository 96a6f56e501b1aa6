//! Publishing new extensions and new versions, packed by the step or from existing packages.
//!
//! Refusals and faults are in extension_refusals.rs and extension_faults.rs.

use std::fs;
use std::time::Duration;

use adieu_emulator::{Fault, TaskResult, Validation};

use super::{job, run, shown, sources, world};

#[test]
fn publishes_a_new_extension_and_waits_until_it_is_validated() {
    let world = world();
    world.marketplace().validation(Validation {
        takes: 1,
        refuses: None,
    });
    let (mut job, _proxy) = job(&world);
    let outcome = run(&mut job, "publish", &[("organizations", "fabrikam")]);
    expect_test::expect![[r#"
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.2.1, [SIZE] bytes; the extension is new.
        Uploaded pub.hello 3.2.1.
        pub.hello 3.2.1: validation is not done; waiting for at most 30 minutes.
        pub.hello 3.2.1 is validated.
        fabrikam: shared."#]]
    .assert_eq(&shown(&world, &job, &outcome));
    assert_eq!(outcome.result, TaskResult::Succeeded);
    let extension = world
        .marketplace()
        .extension("pub.hello")
        .expect("an extension");
    assert_eq!(extension.versions.len(), 1);
    assert_eq!(extension.versions[0].0, "3.2.1");
    assert_eq!(extension.shared_with, ["fabrikam"]);
    for (name, value) in [
        ("extension.version", "3.2.1"),
        ("extension.publisherId", "pub"),
        ("extension.extensionId", "hello"),
    ] {
        assert_eq!(job.value(name), Some(value), "{name}");
    }
    let vsix = job.value("extension.vsixFile").expect("a path").to_owned();
    assert!(vsix.starts_with(&*job.temp_folder().to_string_lossy()));
}

/// A gallery that takes long to answer an upload does not add a line: the result follows.
#[test]
fn a_package_that_is_sent_at_once_has_no_lines_about_progress() {
    let world = world();
    let gallery = world.marketplace();
    gallery.fault(Fault::Delay(Duration::ZERO));
    gallery.fault(Fault::Delay(Duration::from_secs(1)));
    let (mut job, _proxy) = job(&world);
    let outcome = run(&mut job, "publish", &[("noWaitValidation", "true")]);
    expect_test::expect![[r#"
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.2.1, [SIZE] bytes; the extension is new.
        Uploaded pub.hello 3.2.1.
        Not waiting for validation; the version cannot be installed before it is done."#]]
    .assert_eq(&shown(&world, &job, &outcome));
}

#[test]
fn a_wait_that_outlives_its_token_signs_in_again() {
    let world = world();
    world.entra().access_token_lifetime(240);
    world.marketplace().validation(Validation {
        takes: 2,
        refuses: None,
    });
    let (mut job, _proxy) = job(&world);
    let outcome = run(&mut job, "publish", &[]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    // Each token has less than five minutes left, so each request of the wait needs a new one.
    assert_eq!(world.entra().requests().len(), 4);
    assert_eq!(world.marketplace().requests().len(), 5);
}

#[test]
fn sends_what_the_gallery_needs_and_nothing_else() {
    let world = world();
    let (mut job, proxy) = job(&world);
    let outcome = run(&mut job, "publish", &[("noWaitValidation", "true")]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert_eq!(
        world.marketplace().requests(),
        [
            "GET /_apis/gallery/publishers/pub/extensions/hello",
            "POST /_apis/gallery/extensions"
        ]
    );
    let upload = world.marketplace().arrivals().pop().expect("the upload");
    assert_eq!(
        upload.headers,
        [
            "authorization",
            "x-tfs-fedauthredirect",
            "accept",
            "content-type",
            "content-length",
            "user-agent",
            "host"
        ]
    );
    assert!(
        proxy
            .contacted_hosts()
            .contains(&"marketplace.visualstudio.com:443".to_owned())
    );
}

#[test]
fn publishes_a_new_version_and_leaves_the_folder_as_it_was() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let first = run(&mut job, "publish", &[]);
    assert_eq!(first.result, TaskResult::Succeeded, "{}", first.log);
    let manifest = sources(&job).join("vss-extension.json");
    let before = fs::read(&manifest).expect("a manifest");
    let outcome = run(
        &mut job,
        "publish",
        &[
            ("extensionVersion", "3.3.0"),
            ("visibility", "publicPreview"),
            ("updateTasksVersion", "major"),
        ],
    );
    expect_test::expect![[r#"
        Packed pub.hello 3.3.0: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.3.0, [SIZE] bytes; the extension already exists.
        Uploaded pub.hello 3.3.0.
        pub.hello 3.3.0 is validated."#]]
    .assert_eq(&shown(&world, &job, &outcome));
    let extension = world
        .marketplace()
        .extension("pub.hello")
        .expect("an extension");
    assert_eq!(extension.versions.len(), 2);
    assert_eq!(extension.versions[1].0, "3.3.0");
    assert_eq!(extension.gallery_flags, "Public Preview");
    assert_eq!(fs::read(&manifest).expect("a manifest"), before);
    assert_eq!(
        world.marketplace().requests().last().map(String::as_str),
        Some("GET /_apis/gallery/publishers/pub/extensions/hello")
    );
}

#[test]
fn publishes_a_finished_package_with_other_values_and_keeps_its_flags() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let manifest = sources(&job).join("vss-extension.json");
    let links = "\"links\": { \"support\": { \"uri\": \"https://contoso.example\" } }, \"files\"";
    let text = fs::read_to_string(&manifest).expect("a manifest");
    fs::write(&manifest, text.replace("\"files\"", links)).expect("a manifest");
    let packed = run(
        &mut job,
        "package",
        &[
            ("pricing", "paid"),
            ("visibility", "publicPreview"),
            ("outputPath", "out"),
        ],
    );
    assert_eq!(packed.result, TaskResult::Succeeded, "{}", packed.log);
    assert!(world.marketplace().requests().is_empty());
    let outcome = run(
        &mut job,
        "publish",
        &[
            ("vsix", "out/*.vsix"),
            ("extensionVersion", "4.0.0"),
            ("visibility", "private"),
        ],
    );
    expect_test::expect![[r#"
        Changed extension.vsixmanifest in a copy of the package.
        Uploading pub.hello 4.0.0, [SIZE] bytes; the extension is new.
        Uploaded pub.hello 4.0.0.
        pub.hello 4.0.0 is validated."#]]
    .assert_eq(&shown(&world, &job, &outcome));
    let extension = world
        .marketplace()
        .extension("pub.hello")
        .expect("an extension");
    assert_eq!(extension.versions[0].0, "4.0.0");
    assert_eq!(extension.gallery_flags, "Paid");
}

#[test]
fn does_not_upload_an_existing_version_again() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let first = run(&mut job, "publish", &[]);
    assert_eq!(first.result, TaskResult::Succeeded, "{}", first.log);
    let outcome = run(&mut job, "publish", &[]);
    expect_test::expect![[r#"
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        pub.hello 3.2.1 is already in the Marketplace (since [TIME]) with the same contents; nothing was uploaded.
        pub.hello 3.2.1 is validated."#]].assert_eq(&shown(&world, &job, &outcome));
    assert_eq!(outcome.result, TaskResult::Succeeded);
    assert_eq!(
        world
            .marketplace()
            .extension("pub.hello")
            .expect("it")
            .versions
            .len(),
        1
    );
}

#[test]
fn publishes_the_package_of_an_extension_for_visual_studio_code() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let manifest = r#"<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id="code" Version="0.1.0" Publisher="pub" TargetPlatform="linux-x64" />
    <DisplayName>Code</DisplayName>
    <Description xml:space="preserve">For the editor</Description>
    <GalleryFlags>Public</GalleryFlags>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true" /></Assets>
</PackageManifest>"#;
    let file = fs::File::create(sources(&job).join("code.vsix")).expect("a file");
    let mut archive = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        ("extension.vsixmanifest", manifest),
        ("[Content_Types].xml", "<Types/>"),
        ("extension/package.json", "{}"),
    ] {
        archive.start_file(name, options).expect("an entry");
        std::io::Write::write_all(&mut archive, text.as_bytes()).expect("a text");
    }
    archive.finish().expect("an archive");
    let outcome = run(&mut job, "publish", &[("vsix", "code.vsix")]);
    expect_test::expect![[r#"
        Uploading pub.code 0.1.0 (linux-x64), [SIZE] bytes; the extension is new.
        Uploaded pub.code 0.1.0 (linux-x64).
        pub.code 0.1.0 (linux-x64) is validated."#]]
    .assert_eq(&shown(&world, &job, &outcome));
    assert_eq!(outcome.result, TaskResult::Succeeded);
    assert_eq!(
        world
            .marketplace()
            .extension("pub.code")
            .expect("it")
            .versions[0]
            .0,
        "0.1.0"
    );
}
