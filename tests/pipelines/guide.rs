//! Pages of docs/migrate, followed: their YAML blocks without changes, and their manual steps in between.
//!
//! It adds nothing to a block: if a page omits something, its test fails.

use std::fs;

use adieu_emulator::pipeline::Run;
use adieu_emulator::{Connection, MY_CONNECTION, TaskResult, World};
use tempfile::TempDir;

use super::documents;
use super::git;
use super::scenario::Scenario;
use crate::extension_package::hello;
use crate::harness::root;
use crate::shell::Shell;

/// Runs the block of a page that contains this text.
fn run(world: &World, page: &str, part: &str, sources: &TempDir) -> Run {
    let text = fs::read_to_string(root().join(page)).expect("a page");
    let mut blocks = documents::blocks(page, &text).into_iter();
    let block = blocks.find(|block| block.text.contains(part));
    let block = block.unwrap_or_else(|| panic!("{page} has no block with {part}"));
    Scenario::new(world, &block.text, sources.path()).run()
}

#[test]
fn the_publishing_guide_works_as_written() {
    let world = World::start();
    world.organizations().add_member("contoso", MY_CONNECTION);
    let sources = tempfile::tempdir().expect("a folder");
    for (name, bytes) in hello(&[]).files() {
        let path = sources.path().join(&name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let manifest = String::from_utf8_lossy(&bytes).replace("\"pub\"", "\"my-publisher\"");
        let is_manifest = name == "vss-extension.json";
        fs::write(
            path,
            if is_manifest {
                manifest.into_bytes()
            } else {
                bytes
            },
        )
        .expect("a file");
    }
    let page = "docs/migrate/publishing.md";
    let early = run(&world, page, "operation: publish", &sources);
    assert_eq!(early.result, TaskResult::Failed, "{}", early.page());

    let who = run(&world, page, "operation: whoAmI", &sources);
    assert_eq!(who.result, TaskResult::Succeeded, "{}", who.page());
    let log = who.page();
    let id = log
        .lines()
        .find_map(|line| line.trim().strip_prefix("Azure DevOps id: "))
        .expect("the line that the page names");
    assert!(
        log.contains("Next: open https://marketplace.visualstudio.com/"),
        "{log}"
    );
    // Members → Add: the publisher's page accepts the ID of an identity that Azure DevOps knows.
    assert_eq!(id, world.organizations().profile_id(MY_CONNECTION));
    world
        .marketplace()
        .set_role("my-publisher", MY_CONNECTION, Some("Creator"));

    for _ in 0..2 {
        let published = run(&world, page, "operation: publish", &sources);
        assert_eq!(
            published.result,
            TaskResult::Succeeded,
            "{}",
            published.page()
        );
        assert!(
            published.page().contains("is validated."),
            "{}",
            published.page()
        );
    }
    let extension = world
        .marketplace()
        .extension("my-publisher.hello")
        .expect("an extension");
    assert_eq!(extension.versions.len(), 1);
    assert_eq!(extension.versions[0].0, "1.0.1234");
}

/// It installs another package here: other tests show how ours is built and packed.
#[test]
fn the_install_guide_works_as_written() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("person", None));
    world.organizations().add_member("contoso", "person");
    world
        .marketplace()
        .set_role("my-publisher", "person", Some("Owner"));
    let shell = Shell::machine(&world);
    let folder = hello(&[]);
    for (name, bytes) in folder.files() {
        let path = shell.home().join(&name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    let pack = "extension package --publisher adieu --extension-id adieu --visibility public \
        --output-path target/vsix/adieu.adieu-0.1.0.vsix";
    let page = fs::read_to_string(root().join("docs/install.md")).expect("a page");
    let lines = page.lines().map(str::trim);
    let commands: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("adieu "))
        .collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    for command in [&[pack], commands.as_slice()].concat() {
        let arguments: Vec<&str> = command
            .split_whitespace()
            .map(|word| word.trim_matches('\''))
            .collect();
        let output = shell.end(shell.start(&arguments));
        assert_eq!(output.status, 0, "{command}: {}", output.stderr);
    }
    assert!(world.marketplace().extension("adieu.adieu").is_none());
    let extension = world
        .marketplace()
        .extension("my-publisher.adieu")
        .expect("an extension");
    assert_eq!(extension.gallery_flags, "");
    assert_eq!(extension.shared_with, ["contoso"]);
    assert!(extension.installed_in.contains_key("contoso"));
}

#[test]
fn the_git_guide_works_as_written() {
    let world = World::start();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    let (hosted, checkout) = git::repository(&world);
    let pushed = run(&world, "docs/migrate/git.md", "git push", &checkout);
    assert_eq!(pushed.result, TaskResult::Succeeded, "{}", pushed.page());
    assert_eq!(git::git(&hosted, &["tag"]), "v1234");
}

#[test]
fn scripts_in_the_pages_work() {
    let world = World::start();
    let empty = tempfile::tempdir().expect("a folder");
    for organization in ["contoso", "fabrikam"] {
        world
            .organizations()
            .add_member(organization, MY_CONNECTION);
        world.organizations().add_project(organization, "web");
    }
    for (page, part) in [
        ("docs/migrate/scripts.md", "tokens: MY_PAT = azureDevOps"),
        ("docs/migrate/scripts.md", "RunWithToken@1"),
        (
            "docs/migrate/organizations.md",
            "https://dev.azure.com/fabrikam/",
        ),
        ("docs/tasks/token.md", "curl --fail"),
    ] {
        let run = run(&world, page, part, &empty);
        assert_eq!(
            run.result,
            TaskResult::Succeeded,
            "{page}, {part}:\n{}",
            run.page()
        );
        assert!(
            run.page().contains("\"web\""),
            "{page}, {part}:\n{}",
            run.page()
        );
    }
}
