//! Checks that others accept our package: `tfx extension publish` reads it and uploads it to a Marketplace.
//!
//! The package is complete, except for the binaries, which are not read here.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use adieu_emulator::{Connection, World};

use super::{fill, pack};
use crate::files::create;
use crate::{platforms, target};

#[test]
fn tfx_publishes_the_package_of_all_platforms() {
    let script = target().join("clients/tfx/node_modules/tfx-cli/_build/tfx-cli.js");
    assert!(
        script.is_file(),
        "tfx-cli is not installed: run cargo xtask test"
    );
    let folder = target().join("accepted");
    create(&folder).expect("the folder can be made");
    let binaries: Vec<(String, PathBuf)> = platforms::all()
        .expect("the table is there")
        .into_iter()
        .map(|(name, platform)| {
            let folder = folder.join("binaries").join(&name);
            create(&folder).expect("the folder can be made");
            let binary = folder.join(platform.binary);
            fs::write(&binary, &name).expect("the file can be written");
            (name, binary)
        })
        .collect();
    let stage = folder.join("stage");
    fill(&stage, &binaries).expect("everything is there");
    // The packer's warnings are errors here, so this also checks that our package causes none.
    let package = pack(&stage, &folder, "1.2.3").expect("the package is clean");

    let world = World::start();
    world.add_connection(Connection::managed_identity("identity", None));
    world
        .marketplace()
        .set_role("adieu", "identity", Some("Owner"));
    let output = Command::new("node")
        .arg(script)
        .args(["extension", "publish", "--vsix"])
        .arg(&package)
        .args(["--service-url", world.plain_marketplace().url()])
        .args(["--token", &world.entra().azure_devops_token("identity")])
        .args(["--no-prompt", "--no-color"])
        .env("HOME", &folder)
        .env("USERPROFILE", &folder)
        .output()
        .expect("node starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    assert!(!said.contains("warning"), "{said}");
    let published = world
        .marketplace()
        .extension("adieu.adieu")
        .expect("it is published");
    let versions: Vec<&str> = published
        .versions
        .iter()
        .map(|(version, _)| version.as_str())
        .collect();
    assert_eq!(versions, ["1.2.3"]);
    assert_eq!(published.gallery_flags, "Public");
}
