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
    world.publisher_role("pub", MY_CONNECTION, Some("Creator"));
    for organization in ["fabrikam", "northwind"] {
        world.organization_member(organization, MY_CONNECTION);
    }
    world
}

/// A job whose agent reaches the internet of the emulator.
pub(crate) fn job(world: &World) -> (Job<'_>, Proxy) {
    let proxy = world.internet();
    let mut job = world.job();
    job.agent_environment("AGENT_PROXYURL", &proxy.url());
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
        .replace(&world.profile_id(MY_CONNECTION), "[PROFILE]");
    stable(world, &sizes(&log))
}

/// Sizes of packages depend on how well they are compressed.
fn sizes(log: &str) -> String {
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
    world.validation(Validation {
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
    let extension = world.extension("pub.hello").expect("an extension");
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
