//! Steps of pipelines/release.yml that need neither a compiler nor a certificate, unchanged.
//!
//! They publish with pipelines/templates/extension.yml, which extension.rs tests.

use std::fs;

use adieu_emulator::pipeline::Node;
use adieu_emulator::{TaskResult, World};
use tempfile::TempDir;

use super::scenario::Scenario;
use crate::harness::{root, stable};

/// The step with this name, anywhere in a file.
fn step(path: &str, name: &str) -> Node {
    let text = fs::read_to_string(root().join(path)).expect("a text");
    let document = Node::parse(&text).expect("YAML");
    let mut nodes = vec![&document];
    while let Some(node) = nodes.pop() {
        if node.get("displayName").and_then(Node::as_text) == Some(name) {
            return node.clone();
        }
        nodes.extend(node.items());
        nodes.extend(node.pairs().iter().map(|(_, value)| value));
    }
    panic!("{path} has no step {name}");
}

/// A checkout in which everything has been built.
fn built() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    for name in [
        "SHA256SUMS",
        "adieu-1.2.3-linux-x64.tar.gz",
        "npm/adieu-1.2.3.tgz",
    ] {
        write(&format!("target/release-files/{name}"), name);
    }
    write("target/vsix/adieu.adieu-1.2.3.vsix", "the package");
    folder
}

#[test]
fn a_release_has_all_checksums() {
    let world = World::start();
    let sources = built();
    let name = "Sums of everything";
    let step = step("pipelines/release.yml", name).to_yaml();
    let look = "cat target/command-line/made-by.json";
    let pipeline = format!(
        "steps:\n- {step}\n- script: {look}\n- publish: target/command-line\n  artifact: it\n"
    );
    let run = Scenario::new(&world, &pipeline, sources.path()).run();
    assert_eq!(run.result, TaskResult::Succeeded, "{}", run.page());
    let files: Vec<&str> = run.artifacts.keys().map(String::as_str).collect();
    expect_test::expect![[r#"
        it/SHA256SUMS
        it/adieu-1.2.3-linux-x64.tar.gz
        it/adieu.adieu-1.2.3.vsix
        it/made-by.json
        it/npm/adieu-1.2.3.tgz"#]]
    .assert_eq(&files.join("\n"));
    let sums = String::from_utf8_lossy(&run.artifacts["it/SHA256SUMS"]).into_owned();
    assert_eq!(sums.lines().count(), 4, "{sums}");
    let page = stable(&world, &run.page());
    let shown = page.split("CmdLine").nth(1).expect("the look");
    expect_test::expect![[r#"
        : Succeeded
            {"repository":"https://dev.azure.com/contoso/fabrikam/_git/my-repository","commit":"0123456789abcdef0123456789abcdef01234567","run":"[COLLECTION]/fabrikam/_build/results?buildId=1234"}
          publish target/command-line: Succeeded
    "#]].assert_eq(shown);
}

#[test]
fn a_tag_that_is_not_the_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).expect("a file");
    write("Cargo.toml", "[workspace.package]\nversion = \"1.2.3\"\n");
    let run = |tag: &str| {
        let world = World::start();
        let name = "Compare the tag with the version";
        let step = step("pipelines/release.yml", name).to_yaml();
        let mut scenario = Scenario::new(&world, &format!("steps:\n- {step}\n"), folder.path());
        scenario.pipeline = scenario.pipeline.variable("Build.SourceBranchName", tag);
        let run = scenario.run();
        (run.result, run.page())
    };
    write("CHANGELOG.md", "# Changelog\n\n## 1.2.3\n");
    assert_eq!(run("v1.2.3").0, TaskResult::Succeeded);
    let (result, page) = run("v1.2.4");
    assert_eq!(result, TaskResult::Failed);
    let wrong = "The tag is v1.2.4, and Cargo.toml has version 1.2.3";
    assert!(page.contains(wrong), "{page}");
    write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n");
    let (result, page) = run("v1.2.3");
    assert_eq!(result, TaskResult::Failed);
    let missing = "CHANGELOG.md has no heading '## 1.2.3'";
    assert!(page.contains(missing), "{page}");
}
