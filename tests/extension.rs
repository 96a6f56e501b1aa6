//! MarketplaceExtension@1: each operation on an extension, run through the launcher, with the Marketplace under its
//! own names.
//!
//! Refusals and faults are in extension_refusals.rs and extension_faults.rs.

mod publish;

use std::fs;

use adieu_emulator::{Job, MY_CONNECTION, Outcome, Proxy, TaskResult, World};

use super::extension_package::hello;
use crate::harness::{TaskFolder, stable};

/// Puts the extension `pub.hello` 3.2.1 into the job's sources folder.
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

/// A job whose agent uses the emulator's network.
pub(crate) fn job(world: &World) -> (Job<'_>, Proxy) {
    let proxy = world.network();
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

/// The log without text that differs between runs.
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

/// Replaces sizes of packages, which depend on the compressor.
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
        // Organizations are contacted concurrently, and answer in any order.
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
        fabrikam: was already installed.
        northwind: was already installed.
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
fn waits_for_the_changed_tasks_of_a_published_copy() {
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
fn prints_the_identity_and_the_page_to_open() {
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
        ### The connection's identity in Azure DevOps

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
fn adds_a_member_once() {
    let world = world();
    world.add_connection(adieu_emulator::Connection::workload_identity("other"));
    let other = world.organizations().profile_id("other");
    let (mut job, _proxy) = job(&world);
    let refused = run(&mut job, "addMember", &[("memberId", &other)]);
    expect_test::expect![[r#"
        ##[error]Could not make [GUID] a member of pub: this identity lacks the permission (403 of marketplace.visualstudio.com).
          it said: Access Denied: [PROFILE] needs the following permission(s) on the resource /pub to perform this action: Manage user permissions on a resource
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          identity: [PROFILE]
          its name: my-connection's principal
        What to do: Open https://marketplace.visualstudio.com/manage/publishers/pub → Members → Add, and paste the identity's ID with the role Contributor (Creator for a new extension); operation whoAmI prints the ID.
        More: adieu explain publisher-member"#]].assert_eq(&shown(&world, &job, &refused).replace(&other, "[OTHER]"));
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
            "was already a member of pub, as Creator.",
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
        More: adieu explain extension-version"#]]
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
        pub.hello 3.3.0: validated; shared with no organization.
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
