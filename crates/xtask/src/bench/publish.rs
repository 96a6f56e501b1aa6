//! How long packaging and publishing a small extension takes, beside `tfx extension publish`, at the same
//! emulated Marketplace.
//!
//! It measures whole commands, in turns, and waits for no validation.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use adieu_emulator::{Connection, World};
use serde_json::json;

use super::measure::{median, milliseconds};
use crate::command::print_line;
use crate::{clients, files, package, target};

/// Runs of each program.
const RUNS: u32 = 9;

/// How much faster than tfx publishing must be.
const LEAST_RATIO: f64 = 10.0;

/// The managed identity by which the command line signs in.
const IDENTITY: &str = "22222222-2222-4222-8222-222222222222";

/// Measures the release binary and tfx.
pub(crate) fn run() -> Result<(), String> {
    let binary = package::release_binary()?;
    clients::tfx()?;
    let tfx = clients::tfx_script();
    let folder = target().join("bench").join("publish");
    write(&folder)?;
    let world = World::start();
    let identity = Connection::managed_identity("identity", Some(IDENTITY));
    world.add_connection(identity.parameter("serviceprincipalid", IDENTITY));
    world
        .marketplace()
        .set_role("pub", "identity", Some("Owner"));
    let url = world.plain_marketplace().url().to_owned();
    let token = world.entra().azure_devops_token("identity");
    let mut times: [Vec<Duration>; 2] = Default::default();
    for run in 1..=RUNS {
        let version = format!("1.{run}.0");
        let mut ours = Command::new(&binary);
        ours.args(["extension", "publish", "--extension-version", &version])
            .args(["--no-wait-validation", "--service-url", &url])
            .args(["--output-path", "ours/"])
            .env("IDENTITY_ENDPOINT", world.managed_identity().url())
            .env("IDENTITY_HEADER", world.managed_identity().secret())
            .env("AZURE_CLIENT_ID", IDENTITY);
        let version = format!("{{\"version\":\"1.{run}.1\"}}");
        let mut theirs = Command::new("node");
        theirs
            .arg(&tfx)
            .args(["extension", "publish", "--override", &version])
            .args([
                "--no-wait-validation",
                "--service-url",
                &url,
                "--token",
                &token,
            ])
            .args(["--no-prompt", "--output-path", "theirs/"])
            .env("HOME", &folder);
        for (index, command) in [ours, theirs].iter_mut().enumerate() {
            times[index].push(timed(command, &folder)?);
        }
    }
    let published = world
        .marketplace()
        .extension("pub.hello")
        .map_or(0, |it| it.versions.len());
    if published != 2 * RUNS as usize {
        return Err(format!("Only {published} versions arrived."));
    }
    let [ours, theirs] = times.map(|mut times| median(&mut times));
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    let (ours, theirs) = (milliseconds(ours), milliseconds(theirs));
    print_line(&format!(
        "| package and publish, {RUNS} runs in turns | median |\n|---|---|\n\
         | adieu extension publish | {ours:.1} ms |\n| tfx extension publish | {theirs:.1} ms |\n\
         ratio {ratio:.1} (at least {LEAST_RATIO:.0})"
    ));
    let measured = json!({ "runs": RUNS, "adieuMilliseconds": ours, "tfxMilliseconds": theirs, "ratio": ratio });
    print_line(&json!({ "publish": measured }).to_string());
    if ratio < LEAST_RATIO {
        return Err("Publishing is slower than it may be.".to_owned());
    }
    Ok(())
}

fn timed(command: &mut Command, folder: &Path) -> Result<Duration, String> {
    let start = Instant::now();
    let output = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{command:?} does not start: {error}."))?;
    let time = start.elapsed();
    if output.status.success() {
        return Ok(time);
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Err(format!("A program failed: {said}{errors}"))
}

/// An extension with one task.
fn write(folder: &Path) -> Result<(), String> {
    let task = folder.join("Hello");
    let png = |side: u32| {
        let side = side.to_be_bytes();
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &side, &side].concat()
    };
    files::write(&folder.join("icon.png"), png(128))?;
    files::write(&task.join("icon.png"), png(32))?;
    files::write(&task.join("index.js"), "console.log('hello');\n")?;
    files::write(
        &task.join("task.json"),
        r#"{ "id": "aaaaaaaa-1111-4222-8333-444444444444", "name": "Hello", "friendlyName": "Hello", "description": "Says hello",
            "author": "pub", "category": "Utility", "version": { "Major": 1, "Minor": 0, "Patch": 0 }, "instanceNameFormat": "Hello",
            "inputs": [], "execution": { "Node20_1": { "target": "index.js" } } }"#,
    )?;
    files::write(
        &folder.join("vss-extension.json"),
        r#"{ "manifestVersion": 1, "id": "hello", "publisher": "pub", "version": "1.0.0", "name": "Hello", "description": "Hello",
            "categories": ["Azure Pipelines"], "targets": [{ "id": "Microsoft.VisualStudio.Services" }],
            "icons": { "default": "icon.png" }, "files": [{ "path": "Hello" }],
            "contributions": [{ "id": "hello-task", "type": "ms.vss-distributed-task.task",
                "targets": ["ms.vss-distributed-task.tasks"], "properties": { "name": "Hello" } }] }"#,
    )
}
