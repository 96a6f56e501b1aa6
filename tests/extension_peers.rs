//! tfx-cli and `adieu` with the same Marketplace: each reads what the other has published.
//!
//! `cargo xtask test` installs tfx-cli; no part of it is imitated here.

use std::path::Path;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use adieu_emulator::{Connection, Fault, World};
use serde_json::Value;

use super::extension_folder::Folder;
use super::extension_package::hello;

/// The client ID of the managed identity with which the command line signs in.
const IDENTITY: &str = "22222222-2222-4222-8222-222222222222";

/// A world whose managed identity may publish `pub`, and its Marketplace as a server on this machine.
fn world() -> World {
    let world = World::start();
    world.add_connection(
        Connection::managed_identity("identity", Some(IDENTITY))
            .parameter("serviceprincipalid", IDENTITY),
    );
    world
        .marketplace()
        .set_role("pub", "identity", Some("Owner"));
    world.organizations().add_member("fabrikam", "identity");
    world
}

/// Runs `tfx extension <arguments>` with the Marketplace, and returns its JSON.
fn tfx(world: &World, folder: &Folder, arguments: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/clients/tfx/node_modules/tfx-cli/_build/tfx-cli.js");
    assert!(
        script.is_file(),
        "tfx-cli is not installed: run cargo xtask test"
    );
    let token = world.entra().azure_devops_token("identity");
    let url = world.plain_marketplace().url();
    let output = Command::new("node")
        .arg(script)
        .arg("extension")
        .args(arguments)
        .args(["--service-url", url, "--token", &token])
        .args(["--no-prompt", "--no-color", "--json"])
        .current_dir(folder.path("."))
        .env("HOME", folder.path("."))
        .env("USERPROFILE", folder.path("."))
        .output()
        .expect("node starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {text}{errors}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}"))
}

/// Runs `adieu extension <arguments>` with the same Marketplace, and returns its JSON.
fn adieu(world: &World, folder: &Folder, arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .arg("extension")
        .args(arguments)
        .args(["--service-url", world.plain_marketplace().url(), "--json"])
        .current_dir(folder.path("."))
        .env("IDENTITY_ENDPOINT", world.managed_identity().url())
        .env("IDENTITY_HEADER", world.managed_identity().secret())
        .env("AZURE_CLIENT_ID", IDENTITY)
        .output()
        .expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {text}{errors}");
    assert!(world.secrets_in(&errors).is_empty() && world.secrets_in(&text).is_empty());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}"))
}

#[test]
fn tfx_sees_what_adieu_published_and_shared() {
    let world = world();
    let folder = hello(&[]);
    let published = adieu(&world, &folder, &["publish", "--share-with", "fabrikam"]);
    assert_eq!(published["validation"], "success");
    let name = ["--publisher", "pub", "--extension-id", "hello"];
    let shown = tfx(&world, &folder, &[&["show"], &name[..]].concat());
    assert_eq!(shown["versions"][0]["version"], "3.2.1");
    assert_eq!(shown["sharedWith"][0]["name"], "fabrikam");
    let valid = tfx(&world, &folder, &[&["isvalid"], &name[..]].concat());
    assert_eq!(valid["status"], "success");
    tfx(
        &world,
        &folder,
        &[&["unshare"], &name[..], &["--unshare-with", "fabrikam"]].concat(),
    );
    assert!(
        world
            .marketplace()
            .extension("pub.hello")
            .expect("it")
            .shared_with
            .is_empty()
    );
}

#[test]
fn adieu_sees_what_tfx_published_and_shared() {
    let world = world();
    let folder = hello(&[]);
    let packed = folder.adieu(&["package", "--output-path", "hello.vsix"]);
    assert_eq!(packed.status, 0);
    let published = tfx(
        &world,
        &folder,
        &[
            "publish",
            "--vsix",
            "hello.vsix",
            "--share-with",
            "fabrikam",
        ],
    );
    assert_eq!(published["published"], true);
    let shown = adieu(&world, &folder, &["show"]);
    assert_eq!(shown["versions"][0]["version"], "3.2.1");
    assert_eq!(shown["sharedWith"][0]["name"], "fabrikam");
    let valid = adieu(&world, &folder, &["wait-for-validation"]);
    assert_eq!(valid["status"], "success");
    // The same bytes: what tfx sent is what we packed.
    let again = adieu(&world, &folder, &["publish", "--vsix", "hello.vsix"]);
    assert_eq!(again["wasThere"], true);
    assert_eq!(
        world
            .marketplace()
            .extension("pub.hello")
            .expect("it")
            .versions
            .len(),
        1
    );
}

/// A package of 60 MB that compression does not shrink.
fn large() -> Folder {
    let folder = hello(&[]);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(60_000_000);
    while bytes.len() < 60_000_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    folder.write("Hello/large.bin", &bytes);
    let packed = folder.adieu(&["package", "--output-path", "large.vsix"]);
    assert_eq!(packed.status, 0, "{}", packed.stderr);
    folder
}

#[cfg(target_os = "linux")]
#[test]
fn sixty_megabytes_are_published_in_less_than_forty() {
    let folder = large();
    for service in [
        "https://marketplace.visualstudio.com",
        "a server of this machine",
    ] {
        let world = world();
        let is_public = service.starts_with("https");
        let proxy = world.network();
        let gallery = if is_public {
            world.marketplace()
        } else {
            world.plain_marketplace()
        };
        // The answer to the request after the upload is lost once; meanwhile the program's memory is measured.
        for _ in 0..2 {
            gallery.fault(Fault::Delay(Duration::ZERO));
        }
        let program = Arc::new(OnceLock::new());
        let peak = Arc::new(OnceLock::new());
        gallery.fault(Fault::Bytes({
            let (program, peak) = (Arc::clone(&program), Arc::clone(&peak));
            Arc::new(move |_| {
                let _ = peak.set(program.get().copied().and_then(peak_of));
                Vec::new()
            })
        }));
        let url = if is_public { service } else { gallery.url() };
        let mut child = Command::new(env!("CARGO_BIN_EXE_adieu"))
            .args(["extension", "publish", "--vsix", "large.vsix"])
            .args(["--service-url", url])
            .current_dir(folder.path("."))
            .env("HTTPS_PROXY", proxy.url())
            .env("SSL_CERT_FILE", world.ca_file())
            .env("IDENTITY_ENDPOINT", world.managed_identity().url())
            .env("IDENTITY_HEADER", world.managed_identity().secret())
            .env("AZURE_CLIENT_ID", IDENTITY)
            .spawn()
            .expect("the binary starts");
        program.set(child.id()).expect("one program");
        assert!(child.wait().expect("an end").success());
        assert!(world.marketplace().extension("pub.hello").expect("it").size > 60_000_000);
        let kilobytes = peak.get().copied().flatten().expect("it was looked at");
        assert!(kilobytes < 40 * 1024, "{service}: {kilobytes} KiB");
    }
}

/// The peak memory of a running program, in KiB.
#[cfg(target_os = "linux")]
fn peak_of(program: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{program}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
