//! Renovate, with a Microsoft Entra token instead of a personal access token.
//!
//! It changes nothing: Renovate's own dry run shows what it would do.

use std::collections::BTreeMap;
use std::process::Command;

use adieu_emulator::{MY_CONNECTION, TaskResult, World};
use expect_test::expect;

use crate::harness::{TaskFolder, client};

const PIPELINE: &str = "\
resources:
  repositories:
  - repository: templates
    type: git
    name: fabrikam/templates
    ref: refs/tags/v1.0.0
";

const SETTINGS: &str = r#"{
  "enabledManagers": ["azure-pipelines"],
  "azure-pipelines": { "enabled": true }
}"#;

/// An organization with a pipeline that uses an old tag of another repository.
fn world() -> World {
    let world = World::start();
    world.organizations().add_member("contoso", MY_CONNECTION);
    let files = [
        ("azure-pipelines.yml", PIPELINE),
        ("renovate.json", SETTINGS),
    ];
    world
        .git()
        .add_repository("contoso", "fabrikam", "hello", &files);
    let templates =
        world
            .git()
            .add_repository("contoso", "fabrikam", "templates", &[("a.yml", "")]);
    for tag in ["v1.0.0", "v1.1.0"] {
        let tagged = Command::new("git")
            .arg("-C")
            .arg(&templates)
            .args(["tag", tag, "main"])
            .status();
        assert!(tagged.unwrap().success());
    }
    world
}

/// Runs Renovate like a step of a job. Returns its warnings and what it would do.
fn renovate(world: &World, environment: BTreeMap<String, String>) -> String {
    let base = tempfile::tempdir().unwrap();
    let output = Command::new(client("renovate").join("node_modules/.bin/renovate"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", base.path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HTTPS_PROXY", world.network().url())
        .env("NODE_EXTRA_CA_CERTS", world.ca_file())
        .env("GIT_SSL_CAINFO", world.ca_file())
        .env("SSL_CERT_FILE", world.ca_file())
        .env("RENOVATE_PLATFORM", "azure")
        .env("RENOVATE_ENDPOINT", "https://dev.azure.com/contoso/")
        .env("RENOVATE_REPOSITORIES", "fabrikam/hello")
        .env("RENOVATE_DRY_RUN", "full")
        .env("RENOVATE_BASE_DIR", base.path())
        .env("RENOVATE_ONBOARDING", "false")
        .env("RENOVATE_X_IGNORE_RE2", "true")
        .env("LOG_FORMAT", "json")
        .env("LOG_LEVEL", "info")
        .envs(environment)
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}{errors}");
    assert!(world.secrets_in(&log).is_empty(), "{log}");
    let mut lines = Vec::new();
    for line in log.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = entry["msg"].as_str().unwrap_or_default();
        let level = entry["level"].as_u64().unwrap_or_default();
        if level >= 40 || text.starts_with("DRY-RUN") {
            lines.push(text.to_owned());
        }
    }
    lines.join("\n")
}

/// Runs Renovate in a job after EntraToken@1 with this `configure`. `with` receives the token.
fn in_a_job(
    world: &World,
    configure: &str,
    with: impl FnOnce(&str) -> Vec<(String, String)>,
) -> String {
    let mut job = world.job();
    let task = TaskFolder::unpacked("token");
    let outcome = job
        .step(task.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("tokens", "RENOVATE_TOKEN = azureDevOps")
        .input("configure", configure)
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let mut environment = job.environment_of_next_script();
    let token = job.value("RENOVATE_TOKEN").unwrap().to_owned();
    environment.extend(with(&token));
    environment.insert("RENOVATE_TOKEN".to_owned(), token);
    let log = renovate(world, environment);
    let outcome = job.step(task.path()).section("postjobexecution").run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    log
}

#[test]
fn renovate_finds_an_update_in_another_repository() {
    let world = world();
    let log = in_a_job(&world, "git", |_| Vec::new());
    expect![[r#"
        DRY-RUN: Would commit files to branch renovate/fabrikam-templates-1.x
        DRY-RUN: Would close Dependency Dashboard
        DRY-RUN: Would save repository cache."#]]
    .assert_eq(&log);
    // The helper answers all of git's requests, which Renovate cannot do for as long.
    let refused = world.git().requests();
    let refused = refused.iter().filter(|line| line.ends_with("Bearer 401"));
    assert_eq!(refused.count(), 0);
}

#[test]
fn a_host_rule_lets_renovate_ask_for_tags_without_the_helper() {
    let world = world();
    let log = in_a_job(&world, "", |token| {
        let rule = serde_json::json!([{
            "hostType": "git-tags", "matchHost": "https://dev.azure.com/",
            "username": "renovate", "password": token,
        }]);
        vec![("RENOVATE_HOST_RULES".to_owned(), rule.to_string())]
    });
    expect![[r#"
        DRY-RUN: Would commit files to branch renovate/fabrikam-templates-1.x
        DRY-RUN: Would close Dependency Dashboard
        DRY-RUN: Would save repository cache."#]]
    .assert_eq(&log);
}

#[test]
fn renovate_sees_no_tags_with_only_the_token() {
    let world = world();
    let log = in_a_job(&world, "", |_| Vec::new());
    expect![[r#"
        DRY-RUN: Would close Dependency Dashboard
        DRY-RUN: Would save repository cache."#]]
    .assert_eq(&log);
}
