//! MarketplaceExtension@1: the life of an extension, each operation through the launcher and against the
//! Marketplace by its own names.
//!
//! What is refused and what breaks stands in extension_refusals.rs and extension_faults.rs.

use std::fs;

use adieu_emulator::{Job, MY_CONNECTION, Outcome, Proxy, TaskResult, Validation, World};

use super::extension_package::hello;
use crate::harness::{TaskFolder, stable};

/// The sources folder of the job has the extension `pub.hello` 3.2.1.
pub(crate) fn checked_out(job: &Job<'_>) {
    for (name, bytes) in hello(&[]).files() {
        let path = sources(job).join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

pub(crate) fn sources(job: &Job<'_>) -> std::path::PathBuf {
    std::path::PathBuf::from(job.value("System.DefaultWorkingDirectory").expect("it"))
}

/// A world in which the connection may publish `pub`, and is a member of two organizations.
pub(crate) fn world() -> World {
    let world = World::start();
    world
        .marketplace()
        .set_role("pub", MY_CONNECTION, Some("Creator"));
    for organization in ["fabrikam", "northwind"] {
        world
            .organizations()
            .add_member(organization, MY_CONNECTION);
    }
    world
}

/// A job whose agent reaches the internet of the emulator.
pub(crate) fn job(world: &World) -> (Job<'_>, Proxy) {
    let proxy = world.internet();
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    checked_out(&job);
    (job, proxy)
}

/// Runs an operation as the step `extension`.
pub(crate) fn run(job: &mut Job<'_>, operation: &str, inputs: &[(&str, &str)]) -> Outcome {
    let folder = TaskFolder::unpacked("extension");
    let mut step = job
        .step(folder.path())
        .name("extension")
        .input("operation", operation)
        .input("azureSubscription", MY_CONNECTION);
    for (name, value) in inputs {
        step = step.input(name, value);
    }
    step.run()
}

/// The log without what differs from run to run.
pub(crate) fn shown(world: &World, job: &Job<'_>, outcome: &Outcome) -> String {
    let log = outcome
        .log
        .replace(&*sources(job).to_string_lossy(), "[SOURCES]")
        .replace(&*job.temp_folder().to_string_lossy(), "[TEMP]")
        .replace(
            &world.organizations().profile_id(MY_CONNECTION),
            "[PROFILE]",
        );
    stable(world, &sizes(&log))
}

/// Sizes of packages depend on how well they are compressed.
pub(crate) fn sizes(log: &str) -> String {
    let words: Vec<&str> = log.split(' ').collect();
    let mut shown: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    for index in 1..words.len() {
        let is_unit = words[index].trim_end_matches(['.', ';', '\n']) == "bytes"
            || words[index].starts_with("bytes.\n");
        if is_unit && words[index - 1].parse::<u64>().is_ok() {
            "[SIZE]".clone_into(&mut shown[index - 1]);
        }
    }
    shown.join(" ")
}

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
    // Less than five minutes are left of each token, so that every question of the wait has a new one.
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
            .asked()
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
        Uploading pub.hello 3.3.0, [SIZE] bytes; the extension is there already.
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
fn a_version_that_is_there_already_is_not_sent_again() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let first = run(&mut job, "publish", &[]);
    assert_eq!(first.result, TaskResult::Succeeded, "{}", first.log);
    let outcome = run(&mut job, "publish", &[]);
    expect_test::expect![[r#"
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        pub.hello 3.2.1 is already in the Marketplace (since [TIME]), and it is this package; nothing was uploaded.
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
fn shares_installs_waits_uninstalls_and_stops_sharing() {
    let world = world();
    world.marketplace().installation_takes(1);
    let (mut job, _proxy) = job(&world);
    let published = run(&mut job, "publish", &[]);
    assert_eq!(published.result, TaskResult::Succeeded, "{}", published.log);
    let organizations =
        "fabrikam\nhttps://dev.azure.com/northwind\nhttps://northwind.visualstudio.com";
    let mut log = String::new();
    for operation in [
        "share",
        "share",
        "install",
        "install",
        "waitForInstallation",
        "uninstall",
        "uninstall",
        "unshare",
        "unshare",
    ] {
        let outcome = run(&mut job, operation, &[("organizations", organizations)]);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        // Organizations are asked at once, and answer in any order.
        let shown = shown(&world, &job, &outcome);
        let mut lines: Vec<&str> = shown.lines().collect();
        lines.sort_unstable();
        log.push_str(&format!("{operation}\n{}\n", lines.join("\n")));
        if operation == "waitForInstallation" {
            let extension = world.marketplace().extension("pub.hello").expect("it");
            assert_eq!(extension.shared_with, ["fabrikam", "northwind"]);
            assert_eq!(extension.installed_in.len(), 2);
        }
    }
    expect_test::expect![[r#"
        share
        fabrikam: shared.
        northwind: shared.
        share
        fabrikam: was shared already.
        northwind: was shared already.
        install
        fabrikam: installed 3.2.1.
        northwind: installed 3.2.1.
        install
        fabrikam: was installed already.
        northwind: was installed already.
        waitForInstallation
        Waiting until pub.hello 3.2.1 is installed in fabrikam, northwind, for at most 30 minutes.
        fabrikam: not installed.
        fabrikam: there.
        northwind: not installed.
        northwind: there.
        uninstall
        fabrikam: uninstalled.
        northwind: uninstalled.
        uninstall
        fabrikam: was not installed.
        northwind: was not installed.
        unshare
        fabrikam: no longer shared.
        northwind: no longer shared.
        unshare
        fabrikam: was not shared with it.
        northwind: was not shared with it.
    "#]]
    .assert_eq(&log);
    let extension = world.marketplace().extension("pub.hello").expect("it");
    assert!(extension.shared_with.is_empty() && extension.installed_in.is_empty());
}

#[test]
fn waits_for_the_tasks_that_publish_put_into_its_copy_of_a_package() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let packed = run(&mut job, "package", &[("outputPath", "out")]);
    assert_eq!(packed.result, TaskResult::Succeeded, "{}", packed.log);
    let copy = [
        ("vsix", "out/*.vsix"),
        ("extensionId", "hello-dev"),
        ("extensionVersion", "4.1.0"),
        ("updateTasksId", "true"),
        ("updateTasksVersion", "minor"),
    ];
    let published = run(&mut job, "publish", &copy);
    assert_eq!(published.result, TaskResult::Succeeded, "{}", published.log);
    let organizations = [("organizations", "fabrikam")];
    for operation in ["share", "install"] {
        let outcome = run(&mut job, operation, &[&copy[..2], &organizations].concat());
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    }
    let limit = [("timeoutInMinutes", "1")];
    let inputs = [&copy[..], &organizations, &limit].concat();
    let outcome = run(&mut job, "waitForInstallation", &inputs);
    expect_test::expect![[r#"
        Waiting until pub.hello-dev 4.1.0 is installed in fabrikam, for at most 1 minute.
        fabrikam: there."#]]
    .assert_eq(&shown(&world, &job, &outcome));
}

#[test]
fn tells_who_the_connection_is_and_where_to_click() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let outcome = run(&mut job, "whoAmI", &[]);
    expect_test::expect![[r#"
        Azure DevOps id: [PROFILE]
        name: my-connection's principal
        tenant: [TENANT]
        object id: [GUID]
        client id: ***
        Next: open https://marketplace.visualstudio.com/manage/publishers/pub → Members → Add, and paste [PROFILE] with the role Contributor (Creator for a new extension)."#]].assert_eq(&shown(&world, &job, &outcome));
    let profile = world.organizations().profile_id(MY_CONNECTION);
    assert_eq!(job.value("extension.identityId"), Some(profile.as_str()));
    let page = fs::read_to_string(job.temp_folder().join("Marketplace extension 1.md"));
    let page = page.expect("a page").replace(&profile, "[PROFILE]");
    expect_test::expect![[r#"
        ### Who this connection is to Azure DevOps

        | Azure DevOps id | `[PROFILE]` |
        |---|---|
        | name | `my-connection's principal` |
        | tenant | `[TENANT]` |
        | object id | `[GUID]` |
        | client id | `[GUID]` |

        Next: open [the publisher's page](https://marketplace.visualstudio.com/manage/publishers/pub) → Members → Add, and paste `[PROFILE]` with the role Contributor (Creator for a new extension).
    "#]].assert_eq(&stable(&world, &page));
}

#[test]
fn makes_an_identity_a_member_once() {
    let world = world();
    world.add_connection(adieu_emulator::Connection::workload_identity("other"));
    let other = world.organizations().profile_id("other");
    let (mut job, _proxy) = job(&world);
    let refused = run(&mut job, "addMember", &[("memberId", &other)]);
    expect_test::expect![[r#"
        ##[error]It was not possible to make [GUID] a member of pub: the identity may not (403 of marketplace.visualstudio.com).
          it said: Access Denied: [PROFILE] needs the following permission(s) on the resource /pub to perform this action: Manage user permissions on a resource
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          identity: [PROFILE]
          its name: my-connection's principal
        What to do: Open https://marketplace.visualstudio.com/manage/publishers/pub → Members → Add, and paste the identity's id with the role Contributor (Creator for a new extension); operation whoAmI tells the id.
        More: TROUBLESHOOTING.md#publisher-member"#]].assert_eq(&shown(&world, &job, &refused).replace(&other, "[OTHER]"));
    world
        .marketplace()
        .set_role("pub", MY_CONNECTION, Some("Owner"));
    let inputs = [("memberId", other.as_str()), ("memberRole", "creator")];
    for (log, expected) in [
        (
            run(&mut job, "addMember", &inputs).log,
            "is a member of pub now, as Creator.",
        ),
        (
            run(&mut job, "addMember", &inputs).log,
            "was a member of pub already, as Creator.",
        ),
    ] {
        assert_eq!(log, format!("{other} {expected}"));
    }
}

#[test]
fn finds_the_next_version_and_numbers_the_run() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let first = run(&mut job, "queryVersion", &[]);
    expect_test::expect![[r#"
        marketplace: no version.
        ##[error]None of the sources has a version yet.
        What to do: Add a first version to versionSource, such as 0.1.0.
        More: TROUBLESHOOTING.md#extension-version"#]]
    .assert_eq(&shown(&world, &job, &first));
    let published = run(&mut job, "publish", &[("extensionVersion", "3.10.0")]);
    assert_eq!(published.result, TaskResult::Succeeded, "{}", published.log);
    let outcome = run(
        &mut job,
        "queryVersion",
        &[
            ("versionSource", "marketplace\nmanifest\n3.9.9"),
            ("versionAction", "minor"),
            ("setBuildNumber", "true"),
        ],
    );
    expect_test::expect![[r#"
        marketplace: 3.10.0
        manifest: 3.2.1
        3.9.9: 3.9.9
        Highest: 3.10.0 (marketplace); next: 3.11.0."#]]
    .assert_eq(&shown(&world, &job, &outcome));
    let number = "##vso[build.updatebuildnumber]3.11.0".to_owned();
    assert!(outcome.raw.contains(&number), "{:?}", outcome.raw);
    assert_eq!(job.value("extension.proposedVersion"), Some("3.11.0"));
    assert_eq!(job.value("extension.currentVersion"), Some("3.10.0"));
}

#[test]
fn shows_and_unpublishes_one_version_or_all() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let mut log = String::new();
    for (operation, inputs) in [
        ("publish", &[][..]),
        ("publish", &[("extensionVersion", "3.3.0")]),
        ("show", &[]),
        ("unpublish", &[("extensionVersion", "3.3.0")]),
        ("unpublish", &[("extensionVersion", "3.3.0")]),
        ("unpublish", &[]),
        ("unpublish", &[]),
    ] {
        let outcome = run(&mut job, operation, inputs);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        if operation != "publish" {
            log.push_str(&format!("{operation}\n{}\n", shown(&world, &job, &outcome)));
        }
    }
    expect_test::expect![[r#"
        show
        pub.hello 3.3.0: validated; shared with nobody.
        unpublish
        pub.hello 3.3.0 is no longer in the Marketplace.
        unpublish
        pub.hello 3.3.0 was not in the Marketplace.
        unpublish
        pub.hello is no longer in the Marketplace.
        unpublish
        pub.hello was not in the Marketplace.
    "#]]
    .assert_eq(&log);
    assert!(world.marketplace().extension("pub.hello").is_none());
    let metadata = job.value("extension.metadata").expect("JSON");
    let metadata: serde_json::Value = serde_json::from_str(metadata).expect("JSON");
    assert_eq!(metadata["versions"][0]["version"], "3.3.0");
}

#[test]
fn reads_every_page_of_events_into_json_lines_and_csv() {
    let world = world();
    world.marketplace().page_of_events(2);
    let (mut job, _proxy) = job(&world);
    let published = run(&mut job, "publish", &[]);
    assert_eq!(published.result, TaskResult::Succeeded, "{}", published.log);
    for (id, day) in (1..=5).zip(["01", "02", "03", "03", "04"]) {
        world.marketplace().add_event(
            "pub.hello",
            "install",
            id,
            &format!("2026-11-{day}T00:00:00Z"),
        );
    }
    world
        .marketplace()
        .add_event("pub.hello", "review", 9, "2026-11-05T00:00:00Z");
    let outcome = run(
        &mut job,
        "events",
        &[("afterDate", "2026-11-02"), ("outputPath", "events")],
    );
    expect_test::expect![
        "pub.hello: 5 events and 1 days of statistics in [SOURCES]/events/pub.hello-events.jsonl."
    ]
    .assert_eq(&shown(&world, &job, &outcome));
    let folder = sources(&job).join("events");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a file");
    expect_test::expect![[r#"
        {"date":"2026-11-02T00:00:00Z","event":"install","extension":"hello","id":2,"properties":{"hostName":"contoso"},"publisher":"pub","version":"1.0.0"}
        {"date":"2026-11-03T00:00:00Z","event":"install","extension":"hello","id":3,"properties":{"hostName":"contoso"},"publisher":"pub","version":"1.0.0"}
        {"date":"2026-11-03T00:00:00Z","event":"install","extension":"hello","id":4,"properties":{"hostName":"contoso"},"publisher":"pub","version":"1.0.0"}
        {"date":"2026-11-04T00:00:00Z","event":"install","extension":"hello","id":5,"properties":{"hostName":"contoso"},"publisher":"pub","version":"1.0.0"}
        {"date":"2026-11-05T00:00:00Z","event":"review","extension":"hello","id":9,"properties":{"hostName":"contoso"},"publisher":"pub","version":"1.0.0"}
    "#]].assert_eq(&read("pub.hello-events.jsonl"));
    expect_test::expect![[r#"
        date,event,id,version,properties
        2026-11-02T00:00:00Z,install,2,1.0.0,"{""hostName"":""contoso""}"
        2026-11-03T00:00:00Z,install,3,1.0.0,"{""hostName"":""contoso""}"
        2026-11-03T00:00:00Z,install,4,1.0.0,"{""hostName"":""contoso""}"
        2026-11-04T00:00:00Z,install,5,1.0.0,"{""hostName"":""contoso""}"
        2026-11-05T00:00:00Z,review,9,1.0.0,"{""hostName"":""contoso""}"
    "#]]
    .assert_eq(&read("pub.hello-events.csv"));
    expect_test::expect![[r#"
        date,version,count,value
        2026-11-02T00:00:00Z,1.0.0,installCount,3
        2026-11-02T00:00:00Z,1.0.0,webPageViews,40
    "#]]
    .assert_eq(&read("pub.hello-statistics.csv"));
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
        Uploading pub.code 0.1.0, [SIZE] bytes; the extension is new.
        Uploaded pub.code 0.1.0.
        pub.code 0.1.0 is validated."#]]
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
