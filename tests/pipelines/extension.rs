//! `pipelines/templates/extension.yml`: from a folder to three rings, and the state after a ring has failed.
//!
//! Single operations are tested in tests/extension.rs.

use std::fs;

use adieu_emulator::{MY_CONNECTION, TaskResult, Validation, World};
use tempfile::TempDir;

use super::scenario::Scenario;
use crate::extension::sizes;
use crate::extension_package::hello;
use crate::harness::stable;

const PIPELINE: &str = "
trigger: none
stages:
- template: pipelines/templates/extension.yml
  parameters:
    azureDevOpsServiceConnection: my-connection
    extensionId: hello
    rings:
    - name: development
      suffix: -dev
      visibility: private
      organizations: |
        fabrikam
    - name: staging
      suffix: -staging
      visibility: private
      organizations: |
        northwind
    - name: production
      suffix: ''
      visibility: public
      branch: refs/heads/main
      organizations: ''
";

/// A world in which the connection has the permissions that the template needs.
fn world() -> World {
    let world = World::start();
    world
        .marketplace()
        .set_role("pub", MY_CONNECTION, Some("Creator"));
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    world.organizations().add_member("northwind", MY_CONNECTION);
    world
}

/// A repository with the extension `pub.hello`.
fn sources() -> TempDir {
    let sources = tempfile::tempdir().expect("a folder");
    for (name, bytes) in hello(&[]).files() {
        let path = sources.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    sources
}

#[test]
fn an_extension_reaches_its_three_rings() {
    let world = world();
    let sources = sources();
    let scenario = Scenario::new(&world, PIPELINE, sources.path());
    let run = scenario.run();
    expect_test::expect![[r#"
        package, package
          checkout self: Succeeded
          Package hello 1.0.1234: Succeeded
            Packed pub.hello 1.0.1234: 7 parts, [SIZE] bytes.
          Keep the package: Succeeded
        development, publish
          Fetch the package: Succeeded
          Publish: Succeeded
            Changed Hello/task.json in a copy of the package.
            Changed extension.vsixmanifest in a copy of the package.
            Changed extension.vsomanifest in a copy of the package.
            Uploading pub.hello-dev 1.0.1234, [SIZE] bytes; the extension is new.
            Uploaded pub.hello-dev 1.0.1234.
            Not waiting for validation; the version cannot be installed before it is done.
          Wait until it is validated: Succeeded
            pub.hello-dev 1.0.1234 is validated.
          Share: Succeeded
            fabrikam: shared.
          Install: Succeeded
            fabrikam: installed 1.0.1234.
          Wait until it is installed: Succeeded
            Waiting until pub.hello-dev 1.0.1234 is installed in fabrikam, for at most 30 minutes.
            fabrikam: there.
        staging, publish
          Fetch the package: Succeeded
          Publish: Succeeded
            Changed Hello/task.json in a copy of the package.
            Changed extension.vsixmanifest in a copy of the package.
            Changed extension.vsomanifest in a copy of the package.
            Uploading pub.hello-staging 1.0.1234, [SIZE] bytes; the extension is new.
            Uploaded pub.hello-staging 1.0.1234.
            Not waiting for validation; the version cannot be installed before it is done.
          Wait until it is validated: Succeeded
            pub.hello-staging 1.0.1234 is validated.
          Share: Succeeded
            northwind: shared.
          Install: Succeeded
            northwind: installed 1.0.1234.
          Wait until it is installed: Succeeded
            Waiting until pub.hello-staging 1.0.1234 is installed in northwind, for at most 30 minutes.
            northwind: there.
        production, publish
          Fetch the package: Succeeded
          Publish: Succeeded
            Changed extension.vsixmanifest in a copy of the package.
            Uploading pub.hello 1.0.1234, [SIZE] bytes; the extension is new.
            Uploaded pub.hello 1.0.1234.
            Not waiting for validation; the version cannot be installed before it is done.
          Wait until it is validated: Succeeded
            pub.hello 1.0.1234 is validated.
    "#]].assert_eq(&sizes(&stable(&world, &run.page())));
    assert_eq!(run.result, TaskResult::Succeeded);
    for (name, flags, shared_with, installed_in) in [
        ("pub.hello-dev", "", "fabrikam", "fabrikam"),
        ("pub.hello-staging", "", "northwind", "northwind"),
        ("pub.hello", "Public", "", ""),
    ] {
        let extension = world.marketplace().extension(name).expect("an extension");
        let versions: Vec<&str> = extension
            .versions
            .iter()
            .map(|(version, _)| &**version)
            .collect();
        assert_eq!(versions, ["1.0.1234"], "{name}");
        assert_eq!(extension.gallery_flags, flags, "{name}");
        assert_eq!(extension.shared_with.join(","), shared_with, "{name}");
        let installed: Vec<&str> = extension.installed_in.keys().map(String::as_str).collect();
        assert_eq!(installed.join(","), installed_in, "{name}");
    }
    let artifacts: Vec<&str> = run.artifacts.keys().map(String::as_str).collect();
    assert_eq!(artifacts, ["extension/pub.hello-1.0.1234.vsix"]);
}

#[test]
fn stops_after_a_failed_ring() {
    let world = world();
    world.marketplace().validation(Validation {
        takes: 0,
        refuses: Some("The extension's icon is missing.".to_owned()),
    });
    let sources = sources();
    let run = Scenario::new(&world, PIPELINE, sources.path()).run();
    assert_eq!(run.result, TaskResult::Failed);
    expect_test::expect![[r#"
        package, package
          checkout self: Succeeded
          Package hello 1.0.1234: Succeeded
            Packed pub.hello 1.0.1234: 7 parts, [SIZE] bytes.
          Keep the package: Succeeded
        development, publish
          Fetch the package: Succeeded
          Publish: Succeeded
            Changed Hello/task.json in a copy of the package.
            Changed extension.vsixmanifest in a copy of the package.
            Changed extension.vsomanifest in a copy of the package.
            Uploading pub.hello-dev 1.0.1234, [SIZE] bytes; the extension is new.
            Uploaded pub.hello-dev 1.0.1234.
            Not waiting for validation; the version cannot be installed before it is done.
          Wait until it is validated: Failed
            ##[error]Marketplace validation refused pub.hello-dev 1.0.1234.
              validator: The extension's icon is missing.
              its log: Verifying 1.0.1234
              its log: The extension's icon is missing.
            What to do: Fix what the validator reports, and publish a higher version: a refused version stays refused.
            More: adieu explain validation
          Share: Skipped
          Install: Skipped
          Wait until it is installed: Skipped
        staging: Skipped
        production: Skipped
    "#]].assert_eq(&sizes(&stable(&world, &run.page())));
    assert!(world.marketplace().extension("pub.hello-staging").is_none());
}

#[test]
fn a_branch_does_not_reach_production() {
    let world = world();
    let sources = sources();
    let mut scenario = Scenario::new(&world, PIPELINE, sources.path());
    scenario.pipeline = scenario
        .pipeline
        .variable("Build.SourceBranch", "refs/heads/topic");
    let run = scenario.run();
    assert_eq!(run.result, TaskResult::Succeeded);
    assert_eq!(run.skipped, ["production"]);
    assert!(world.marketplace().extension("pub.hello").is_none());
}

/// As in pipelines/release.yml.
#[test]
fn publishes_the_package_of_the_run_unchanged() {
    let world = world();
    let sources = sources();
    let pipeline = "
stages:
- stage: build
  jobs:
  - job: build
    steps:
    - task: MarketplaceExtension@1
      inputs:
        operation: package
        extensionVersion: 5.0.0
        outputPath: $(Build.ArtifactStagingDirectory)
    - publish: $(Build.ArtifactStagingDirectory)
      artifact: mine
- template: pipelines/templates/extension.yml
  parameters:
    artifact: mine
    extensionId: hello
    rings:
    - name: preview
      suffix: -preview
      visibility: privatePreview
      organizations: fabrikam
";
    let run = Scenario::new(&world, pipeline, sources.path()).run();
    assert_eq!(run.result, TaskResult::Succeeded, "{}", run.page());
    let preview = world
        .marketplace()
        .extension("pub.hello-preview")
        .expect("an extension");
    assert_eq!(preview.versions[0].0, "5.0.0");
    assert_eq!(preview.gallery_flags, "Preview");
    assert!(preview.installed_in.contains_key("fabrikam"));
}
