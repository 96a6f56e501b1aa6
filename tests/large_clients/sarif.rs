//! Microsoft's validator for SARIF accepts the output of `adieu scan` without errors or warnings.
//!
//! Its notes do not apply: they ask for snippets, which would show tokens.

use std::fs;
use std::path::Path;
use std::process::Command;

use adieu_emulator::{Connection, Resource, World};
use serde_json::{Value, json};

use crate::harness::client;

#[test]
fn microsofts_validator_accepts_the_report() {
    let token = [
        "u8jzPde0IgxLd6GncfBAepfJBd0K",
        "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
        "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
    ]
    .concat();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let allowed = format!("A={token}\n# adieu:allow azure-devops-pat a fixture\n{token}\n");
    let pipeline = "steps:\n- script: x\n  env:\n    A: $(MY_PAT)\n";
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n";
    let definition = json!({
        "definitionType": "build", "process": { "phases": [] },
        "variables": { "A_PAT": { "isSecret": true } },
    });
    for (name, text) in [
        ("classic.json", definition.to_string().as_str()),
        ("a.env", allowed.as_str()),
        ("a.yml", pipeline),
        ("##vso[x] <b>|é.txt", &token),
        ("big.bin", pointer),
    ] {
        fs::write(path.join(name), text).expect("a file");
    }
    let scanned = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["scan", "--output-path", "report"])
        .current_dir(path)
        .output()
        .expect("the binary starts");
    assert_eq!(scanned.status.code(), Some(1), "{scanned:?}");
    validates(&path.join("report/scan.sarif"));
}

/// Findings that are not in a file: values in an organization's resources, and lists that could not be read.
#[test]
fn microsofts_validator_accepts_the_report_of_an_organization() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    let organizations = world.organizations();
    organizations.add_member("contoso", "app");
    let project = organizations.add_project("contoso", "Web");
    let definition = json!({
        "name": "CI", "path": "\\", "process": { "yamlFilename": "a.yml" },
        "repository": { "name": "web" }, "variables": { "A_PAT": { "isSecret": true } },
    });
    let builds = Resource::BuildDefinition;
    organizations.add_resource("contoso", Some(&project), builds, definition);
    organizations.close_resources(Some(&project), Resource::VariableGroup);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let scanned = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args([
            "scan",
            "--organization",
            "contoso",
            "--output-path",
            "report",
        ])
        .current_dir(path)
        .env("SSL_CERT_FILE", world.ca_file())
        .env("HTTPS_PROXY", world.network().url())
        .env("IDENTITY_ENDPOINT", world.managed_identity().url())
        .env("IDENTITY_HEADER", world.managed_identity().secret())
        .output()
        .expect("the binary starts");
    assert_eq!(scanned.status.code(), Some(1), "{scanned:?}");
    validates(&path.join("report/scan.sarif"));
}

/// Checks that the validator has no remarks about a file.
fn validates(file: &Path) {
    let folder = file.parent().expect("a folder");
    let remarks = folder.join("remarks.sarif");
    let validated = Command::new("node")
        .arg(client("sarif").join("node_modules/.bin/sarif-multitool"))
        .arg("validate")
        .arg(file)
        .arg("--output")
        .arg(&remarks)
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .current_dir(folder)
        .output()
        .expect("node starts");
    let remarks = fs::read_to_string(&remarks);
    let remarks = remarks.unwrap_or_else(|error| panic!("{error}: {validated:?}"));
    let remarks: Value =
        serde_json::from_str(remarks.trim_start_matches('\u{feff}')).expect("JSON");
    let remarks = &remarks["runs"][0]["results"];
    assert_eq!(remarks.as_array().map_or(0, Vec::len), 0, "{remarks:#}");
    assert!(validated.status.success(), "{validated:?}");
}
