//! The template that scans a pipeline's sources and an organization: its summary, its report, and when the job fails.

use std::fs;

use adieu_emulator::{MY_CONNECTION, Resource, TaskResult, World};
use serde_json::json;

use super::scenario::Scenario;

#[test]
fn a_token_in_the_sources_fails_the_job_and_is_in_its_summary() {
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

#[test]
fn an_organization_is_scanned_by_the_same_template() {
    let world = World::start();
    let organizations = world.organizations();
    organizations.add_member("contoso", MY_CONNECTION);
    let project = organizations.add_project("contoso", "Web");
    let add = |resource, document| {
        organizations.add_resource("contoso", Some(&project), resource, document)
    };
    add(
        Resource::VariableGroup,
        json!({ "name": "secrets", "variables": { "FEED_PAT": { "isSecret": true } } }),
    );
    organizations.close_resources(Some(&project), Resource::TaskGroup);
    let sources = tempfile::tempdir().expect("a folder");
    let pipeline = "steps:\n- template: pipelines/templates/scan.yml\n  parameters:\n    \
                    sources: false\n    organization: contoso\n";
    // Habits and lists that could not be read are shown; neither fails the job.
    let shown = Scenario::new(&world, pipeline, sources.path()).run();
    let page = shown.page();
    assert_eq!(shown.result, TaskResult::Succeeded, "{page}");
    assert!(
        page.contains("contoso/Web/variable group/secrets#/variables/FEED_PAT  pat-variable"),
        "{page}"
    );
    assert!(
        page.contains("contoso/Web/task groups were not scanned"),
        "{page}"
    );
    let token =
        json!({ "name": "plain", "variables": { "a": { "value": crate::scan::new_token() } } });
    add(Resource::VariableGroup, token);
    let found = Scenario::new(&world, pipeline, sources.path()).run();
    let page = found.page();
    assert_eq!(found.result, TaskResult::Failed, "{page}");
    assert!(
        page.contains("contoso/Web/variable group/plain#/variables/a/value  azure-devops-pat"),
        "{page}"
    );
    crate::scan::shows_no_token(&page);
    let nothing = format!("{pipeline}    failOn: nothing\n");
    let shown = Scenario::new(&world, &nothing, sources.path()).run();
    assert_eq!(shown.result, TaskResult::Succeeded, "{}", shown.page());
}
