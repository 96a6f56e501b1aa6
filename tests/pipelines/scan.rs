//! The template that scans the sources of a pipeline: its summary, its report, and what fails the job.

use std::fs;

use adieu_emulator::{TaskResult, World};

use super::scenario::Scenario;

#[test]
fn a_token_in_the_sources_fails_the_job_and_is_on_the_page_of_the_run() {
    let world = World::start();
    let sources = tempfile::tempdir().expect("a folder");
    let pipeline = "steps:\n- template: pipelines/templates/scan.yml\n";
    let clean = Scenario::new(&world, pipeline, sources.path()).run();
    assert_eq!(clean.result, TaskResult::Succeeded, "{}", clean.page());
    let text = format!("steps:\n- script: x {}\n", crate::scan::new_token());
    fs::write(sources.path().join("deploy.yml"), text).expect("a file");
    let found = Scenario::new(&world, pipeline, sources.path()).run();
    assert_eq!(found.result, TaskResult::Failed, "{}", found.page());
    let page = found.page();
    assert!(
        page.contains("deploy.yml:2:13  azure-devops-pat  certain"),
        "{page}"
    );
    crate::scan::shows_no_token(&page);
    let nothing = format!("{pipeline}  parameters:\n    failOn: nothing\n");
    let shown = Scenario::new(&world, &nothing, sources.path()).run();
    assert_eq!(shown.result, TaskResult::Succeeded, "{}", shown.page());
}
