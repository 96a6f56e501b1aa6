//! Secrets in the wrong place: each fails its test.
//!
//! It never leaks one with a task of this repository.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use adieu_emulator::World;
use tempfile::TempDir;

/// The job token, as a task reads it.
const TOKEN: &str = "process.env.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN";

/// A task whose script uses the job token, called `token`.
fn task(script: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let definition = r#"{
        "id": "5c0a1d0e-6d1b-4f4e-9a55-d0a6f4f2b7c1", "name": "Leak", "friendlyName": "Leak", "description": "",
        "author": "", "category": "Utility", "visibility": [], "runsOn": [], "instanceNameFormat": "Leak",
        "version": { "Major": 1, "Minor": 0, "Patch": 0 },
        "execution": { "Node20_1": { "target": "main.js" } }
    }"#;
    fs::write(folder.path().join("task.json"), definition).expect("a file");
    let script = format!("const fs = require('fs'); const token = {TOKEN};\n{script}");
    fs::write(folder.path().join("main.js"), script).expect("a file");
    folder
}

/// The emulator's message about a task.
fn fault(script: &str) -> String {
    let task = task(script);
    let path = task.path().to_owned();
    let run = std::thread::spawn(move || {
        let world = World::start();
        let mut job = world.job();
        drop(job.step(&path).run());
    });
    let panic = run.join().expect_err("a leak that was seen");
    *panic.downcast::<String>().expect("words")
}

#[test]
fn detects_a_leak_in_every_place() {
    for (script, seen) in [
        ("console.log(token);", "job token in a line of output: ***"),
        (
            "console.error(Buffer.from(`:${token}`).toString('base64'));",
            "job token in a line of output: ",
        ),
        (
            "console.log(`${token.slice(0, -9)}…`);",
            "job token in a line of output: ",
        ),
        (
            "console.log('##vso[task.logissue type=warning]' + encodeURIComponent(token));",
            "job token in a command: ",
        ),
        (
            "fs.writeFileSync(`${process.env.HOME}/.tool`, token);",
            "job token in the file ",
        ),
        (
            "fs.writeFileSync(`${require('os').tmpdir()}/x`, token.match(/.{1,50}/g).join('\\n'));",
            "job token in the file ",
        ),
        (
            "fs.writeFileSync(`${process.env.AGENT_TEMPDIRECTORY}/x`, Buffer.from(token, \
             'utf16le'));",
            "job token in the file ",
        ),
        (
            "require('child_process').spawnSync('sh', ['-c', 'sleep 0.3', token]);",
            "job token in the arguments of a process: sh -c sleep 0.3 ***",
        ),
        (
            "require('child_process').spawnSync('sh', ['-c', 'sleep 0.3; exit'], { env: { \
             HELD: token } });",
            "job token in the environment of sh: HELD",
        ),
    ] {
        let said = fault(script);
        assert!(said.contains(seen), "{script}\n{said}");
    }
}

#[test]
fn a_proxy_may_see_its_own_password_only() {
    let mut world = World::start();
    world.expect_violations();
    let proxy = world.proxy(Some(("user", "pass-of-the-proxy")), "Basic realm=\"proxy\"");
    let address = proxy.url();
    let address = address.trim_start_matches("http://");
    let ask = |header: &str| {
        let mut stream = TcpStream::connect(address).expect("a listening port");
        let request = format!("GET http://127.0.0.1:9/ HTTP/1.1\r\n{header}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let _ = stream.read_to_end(&mut Vec::new());
    };
    ask("Proxy-Authorization: Basic dXNlcjpwYXNzLW9mLXRoZS1wcm94eQ==");
    assert!(world.violations().is_empty(), "{:?}", world.violations());
    ask(&format!(
        "X-IDENTITY-HEADER: {}",
        world.managed_identity().secret()
    ));
    assert_eq!(
        world.violations(),
        ["the proxy was sent a secret: managed identity header"]
    );
}
