//! `az devops`, which reads its token from `AZURE_DEVOPS_EXT_PAT`, and the library for Python scripts that do the
//! same.
//!
//! The extension is Debian's package of it, 0.26.0; the script is `tests/clients/azure_devops.py`.

use std::path::Path;
use std::process::Command;

use adieu_emulator::{Connection, World};
use expect_test::expect;

use crate::harness::{client, root};

/// The output of a program with the token in its environment, which must store no token in its home folder.
fn with_token(world: &World, program: &Path, arguments: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let extensions = "usr/lib/python3/dist-packages/azure-cli-extensions";
    let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["exec", "--credential", "managed-identity"])
        .args(["--env", "AZURE_DEVOPS_EXT_PAT=azureDevOps", "--"])
        .arg(program)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("IDENTITY_ENDPOINT", world.managed_identity().url())
        .env("IDENTITY_HEADER", world.managed_identity().secret())
        .env("HTTPS_PROXY", world.network().url())
        .env("SSL_CERT_FILE", world.ca_file())
        .env("REQUESTS_CA_BUNDLE", world.ca_file())
        .env("AZURE_CONFIG_DIR", home.path().join("az"))
        .env("AZURE_CORE_COLLECT_TELEMETRY", "false")
        .env("AZURE_EXTENSION_DIR", client("az-devops").join(extensions))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let printed = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(world.secrets_in(&printed), Vec::<&str>::new());
    assert!(output.status.success(), "{printed}");
    // They store the routes of the service there.
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
    printed
}

/// An organization with two projects, and a machine's identity that is a member.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("machine", None));
    world.organizations().add_member("contoso", "machine");
    for name in ["web", "web shop"] {
        world.organizations().add_project("contoso", name);
    }
    world
}

#[test]
fn the_library_lists_projects_with_a_token_in_place_of_a_pat() {
    let world = world();
    let script = root().join("tests/clients/azure_devops.py");
    let printed = with_token(
        &world,
        &client("azure-devops").join("bin/python"),
        &[
            &script.display().to_string(),
            "https://dev.azure.com/contoso",
        ],
    );
    expect![[r#"
        web
        web shop
    "#]]
    .assert_eq(&printed);
}

#[test]
fn az_devops_lists_projects_with_a_token_in_place_of_a_pat() {
    let world = world();
    let arguments = [
        "devops",
        "project",
        "list",
        "--organization",
        "https://dev.azure.com/contoso",
        "--query",
        "value[].name",
        "--output",
        "tsv",
    ];
    let printed = with_token(&world, &client("az").join("bin/az"), &arguments);
    expect![[r#"
        web
        web shop
    "#]]
    .assert_eq(&printed);
}
