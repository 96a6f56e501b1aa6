//! The agent's behaviour, seen by tasks that are a few lines of JavaScript.
//!
//! It never uses a task of this repository.

use std::fs;
use std::path::Path;

use adieu_emulator::World;
use tempfile::TempDir;

/// A folder with a task: its inputs as task.json has them, and what each section's script does.
fn task(inputs: &str, script: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let definition = format!(
        r#"{{
            "id": "5c0a1d0e-6d1b-4f4e-9a55-d0a6f4f2b7c1", "name": "Probe", "friendlyName": "Probe",
            "description": "", "author": "", "category": "Utility", "visibility": [], "runsOn": [], "instanceNameFormat": "Probe",
            "version": {{ "Major": 1, "Minor": 0, "Patch": 0 }},
            "inputs": [{inputs}],
            "execution": {{ "Node20_1": {{ "target": "main.js" }} }},
            "postjobexecution": {{ "Node20_1": {{ "target": "main.js" }} }}
        }}"#
    );
    fs::write(folder.path().join("task.json"), definition).expect("a file");
    fs::write(folder.path().join("main.js"), script).expect("a file");
    folder
}

/// A script that shows a variable of its environment.
fn shows(name: &str) -> String {
    format!("console.log(`<${{process.env[{name:?}]}}>`);")
}

fn input(name: &str, kind: &str) -> String {
    format!(r#"{{ "name": "{name}", "label": "{name}", "type": "{kind}" }}"#)
}

#[test]
fn an_input_is_trimmed_before_its_variables_are_replaced() {
    let world = World::start();
    let mut job = world.job();
    job.variable("spaced", " x ");
    let task = task(&input("text", "string"), &shows("INPUT_TEXT"));
    let step = |text: &str| {
        let outcome = job.step(task.path()).input("text", text).run();
        outcome.log
    };
    let mut step = step;
    assert_eq!(step("  a$(spaced)b  "), "<a x b>");
    assert_eq!(step("$(spaced)"), "< x >");
    assert_eq!(step("$(unknown)"), "<$(unknown)>");
}

#[test]
fn a_path_that_nobody_gave_is_the_sources_folder() {
    let world = World::start();
    let mut job = world.job();
    let task = task(&input("file", "filePath"), &shows("INPUT_FILE"));
    let sources = job.work_folder().join("s");
    let shown = |path: &Path| format!("<{}>", path.display());
    assert_eq!(job.step(task.path()).run().log, shown(&sources));
    for (said, meant) in [
        ("a/b", sources.join("a/b")),
        ("./a/../b", sources.join("b")),
        ("/etc/../tmp", Path::new("/tmp").to_owned()),
    ] {
        let outcome = job.step(task.path()).input("file", said).run();
        assert_eq!(outcome.log, shown(&meant), "{said}");
    }
}
