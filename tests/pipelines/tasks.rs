//! Checks our steps in every pipeline against `task.json`: names, versions, inputs, values.
//!
//! It checks what Azure Pipelines' schema cannot express: inputs that are required only sometimes, and inputs without
//! effect.

use std::fs;

use adieu_emulator::World;
use adieu_emulator::pipeline::{Node, Pipeline, Tasks, check};

use super::documents;
use crate::harness::root;

/// Our tasks' definitions.
pub(crate) fn tasks() -> Tasks {
    let mut tasks = Tasks::default();
    for entry in fs::read_dir(root().join("task")).expect("a folder") {
        let path = entry.expect("an entry").path().join("task.json");
        if path.is_file() {
            tasks.install(&fs::read_to_string(path).expect("a text"));
        }
    }
    tasks
}

#[test]
fn every_step_is_right_for_its_task() {
    let tasks = tasks();
    let mut problems = String::new();
    for document in documents::all() {
        let found = match Node::parse(&document.text) {
            Ok(node) => check(&node, &tasks),
            Err(problem) => vec![problem],
        };
        for problem in found {
            let line = document.offset + problem.position.line;
            problems.push_str(&format!("{}:{line}: {}\n", document.path, problem.message));
        }
    }
    assert_eq!(problems, "");
}

/// Callers of our templates pass only parameters that exist.
#[test]
fn every_template_gets_only_parameters_that_exist() {
    let world = World::start();
    let nothing = tempfile::tempdir().expect("a folder");
    let mut named = 0;
    for document in documents::all() {
        let is_ours = document.offset == 0 && document.path.starts_with("pipelines/");
        if !is_ours && !document.text.contains("template: pipelines/templates/") {
            continue;
        }
        named += 1;
        let path = if is_ours { &document.path } else { "it.yml" };
        let mut pipeline = Pipeline::new(&world, nothing.path());
        for other in documents::all() {
            if other.offset == 0 {
                pipeline = pipeline.file(&other.path, &other.text);
            }
        }
        if let Err(problem) = pipeline.file(path, &document.text).expanded(path) {
            panic!(
                "{}, from line {}: {problem}",
                document.path, document.offset
            );
        }
    }
    assert!(named >= 18, "only {named} were found");
}

/// A template signs in with its user's connection, of either type.
#[test]
fn every_template_takes_a_connection_of_either_type() {
    let world = World::start();
    let nothing = tempfile::tempdir().expect("a folder");
    let mut checked = 0;
    for document in documents::all() {
        let is_template = document.path.starts_with("pipelines/templates/");
        if document.offset != 0 || !is_template {
            continue;
        }
        checked += 1;
        let kind = ["stages", "jobs", "steps"]
            .into_iter()
            .find(|kind| document.text.contains(&format!("\n{kind}:\n")))
            .expect("a list");
        let names = |parameters: &str| {
            let path = &document.path;
            let pipeline = format!("{kind}:\n- template: {path}\n  parameters:\n{parameters}");
            let pipeline = Pipeline::new(&world, nothing.path())
                .file(path, &document.text)
                .file("it.yml", &pipeline);
            let expanded = pipeline.expanded("it.yml");
            let expanded = expanded
                .unwrap_or_else(|problem| panic!("{problem}"))
                .to_yaml();
            [
                "\"azureDevOpsServiceConnection\": \"one\"",
                "\"azureSubscription\": \"one\"",
            ]
            .map(|input| expanded.matches(input).count())
        };
        let [newer, none] = names("    azureDevOpsServiceConnection: one\n");
        assert!(newer > 0 && none == 0, "{}", document.path);
        let swapped = names("    azureSubscription: one\n");
        assert_eq!(swapped, [0, newer], "{}", document.path);
    }
    assert!(checked >= 10, "only {checked} were found");
}

#[test]
fn steps_that_are_wrong_are_refused() {
    let tasks = tasks();
    let mut problems = String::new();
    for step in [
        "task: EntraToken@2\n  inputs: { azureSubscription: c }",
        "task: EntraToken\n  inputs: { azureSubscription: c }",
        "task: EntraToken@1",
        "task: EntraToken@1\n  inputs: { azureSubscription: c, scope: x }",
        "task: EntraToken@1\n  inputs: { azureSubscription: c, connectedService: c }",
        "task: EntraToken@1\n  inputs: { azureSubscription: c, isOutput: yes }",
        "task: MarketplaceExtension@1\n  inputs: { operation: publsh, azureSubscription: c }",
        "task: MarketplaceExtension@1\n  inputs: { operation: publish }",
        "task: MarketplaceExtension@1\n  inputs: { operation: share, azureSubscription: c, visibility: public }",
        "task: MarketplaceExtension@1\n  inputs:\n    operation: share\n    ${{ if x }}:\n      azureSubscriptoin: c",
        // These are right.
        "task: entratoken@1\n  inputs: { AZURESUBSCRIPTION: c }",
        "task: EntraToken@1\n  inputs: { azureSubscription: c, isOutput: $(flag) }",
        "task: MarketplaceExtension@1\n  inputs: { operation: package }",
        "task: MarketplaceExtension@1\n  inputs: { operation: $(which), azureSubscription: c, visibility: public }",
        "task: SomebodysTask@7\n  inputs: { anything: goes }",
    ] {
        let node = Node::parse(&format!("steps:\n- {step}\n")).expect("YAML");
        for problem in check(&node, &tasks) {
            problems.push_str(&format!("{problem}\n"));
        }
    }
    expect_test::expect![[r#"
        (Line: 2, Col: 3): the task EntraToken has the version 1, not '2'
        (Line: 2, Col: 3): the task EntraToken has the version 1, not ''
        (Line: 3, Col: 35): EntraToken has no input 'scope'
        (Line: 3, Col: 35): 'connectedService' is given twice, under another name
        (Line: 3, Col: 35): 'isOutput' is true or false, not 'yes'
        (Line: 3, Col: 13): 'operation' is one of addMember, events, install, package, publish, queryVersion, share, show, uninstall, unpublish, unshare, waitForInstallation, waitForValidation, whoAmI, not 'publsh'
        (Line: 3, Col: 53): 'visibility' has no effect here: it is for operation = package || operation = publish
        (Line: 6, Col: 7): MarketplaceExtension has no input 'azureSubscriptoin'
    "#]].assert_eq(&problems);
}
