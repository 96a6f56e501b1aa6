//! The library of `az devops`, which takes its token from `AZURE_DEVOPS_EXT_PAT`.
//!
//! The extension of az is in no registry. What it does with that variable is in `tests/clients/azure_devops.py`.

use std::process::Command;

use adieu_emulator::{Connection, World};
use expect_test::expect;

use crate::harness::{client, root};

#[test]
fn lists_projects_with_a_token_in_place_of_a_pat() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("machine", None));
    world.organizations().add_member("contoso", "machine");
    for name in ["web", "web shop"] {
        world.organizations().add_project("contoso", name);
    }
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["exec", "--credential", "managed-identity"])
        .args(["--env", "AZURE_DEVOPS_EXT_PAT=azureDevOps", "--"])
        .arg(client("azure-devops").join("bin/python"))
        .arg(root().join("tests/clients/azure_devops.py"))
        .arg("https://dev.azure.com/contoso")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("IDENTITY_ENDPOINT", world.managed_identity().url())
        .env("IDENTITY_HEADER", world.managed_identity().secret())
        .env("HTTPS_PROXY", world.network().url())
        .env("SSL_CERT_FILE", world.ca_file())
        .env("REQUESTS_CA_BUNDLE", world.ca_file())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let printed = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(world.secrets_in(&printed), Vec::<&str>::new());
    expect![[r#"
        web
        web shop
    "#]]
    .assert_eq(&printed);
    assert!(output.status.success());
    // It keeps the routes of the service there, and no token.
    let mut kept = Vec::new();
    let mut folders = vec![home.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => kept.push(std::fs::read(path).unwrap()),
            }
        }
    }
    assert!(!kept.is_empty());
    for bytes in kept {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(world.secrets_in(&text), Vec::<&str>::new());
    }
}
