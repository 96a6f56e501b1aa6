//! What a person at a terminal sees while a service takes its time.

use std::path::PathBuf;
use std::time::Duration;

use adieu_emulator::{Connection, Fault, Validation, World};

use crate::shell::{Shell, write_hello_extension};

/// A terminal from util-linux, because the behavior depends on a terminal.
#[test]
fn names_the_service_after_two_seconds_of_waiting() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world
        .marketplace()
        .fault(Fault::Delay(Duration::from_secs(4)));
    let shell = Shell::machine(&world);
    let line = format!(
        "{} whoami --credential managed-identity",
        env!("CARGO_BIN_EXE_adieu")
    );
    let output = shell
        .command("/usr/bin/script")
        .args(["-qec", &line, "/dev/null"])
        .output()
        .expect("a terminal");
    let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    let waiting = "Waiting for Azure DevOps (app.vssps.visualstudio.com) …";
    assert_eq!(
        text.lines().filter(|line| *line == waiting).count(),
        1,
        "{text}"
    );
    assert!(text.contains("Azure DevOps id: "), "{text}");
    // Without a terminal, there is no user who waits.
    world
        .marketplace()
        .fault(Fault::Delay(Duration::from_secs(4)));
    let result = shell.adieu(&["whoami", "--credential", "managed-identity"]);
    assert!(!result.stderr.contains("Waiting"), "{}", result.stderr);
}

/// The smallest extension that the Marketplace accepts.
fn extension(shell: &Shell<'_>) -> PathBuf {
    let folder = shell.home().join("hello");
    write_hello_extension(&folder, &[]);
    folder
}

/// A publisher's machine whose uploads take four seconds, and the validation some more.
fn slow_publisher() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add_member("contoso", "app");
    world.marketplace().set_role("pub", "app", Some("Creator"));
    world.marketplace().validation(Validation {
        takes: 3,
        refuses: None,
    });
    // The request whether it exists is answered immediately.
    world.marketplace().fault(Fault::Delay(Duration::ZERO));
    world
        .marketplace()
        .fault(Fault::Delay(Duration::from_secs(4)));
    world
}

#[test]
fn redraws_one_line_with_percent_and_time_on_a_terminal() {
    let world = slow_publisher();
    let shell = Shell::machine(&world).set("TERM", "xterm");
    let folder = extension(&shell).display().to_string();
    let line = format!("extension publish --credential managed-identity --root {folder}");
    let shown = shell.raw_on_a_terminal(&line, "");
    for part in [
        "\rUploading, 100 % … 2 s\u{1b}[K",
        "\rWaiting for validation … 2 s\u{1b}[K",
    ] {
        assert!(shown.contains(part), "{part:?} in {shown:?}");
    }
    // Nothing of it remains on the screen.
    let screen: Vec<&str> = shown
        .split('\n')
        .map(|line| line.trim_end_matches('\r'))
        .map(|line| line.rsplit("\r\u{1b}[K").next().unwrap_or(line))
        .filter(|line| line.contains('…'))
        .collect();
    assert!(screen.is_empty(), "{screen:?}");
}

#[test]
fn quiet_hides_the_status_line() {
    let world = slow_publisher();
    let shell = Shell::machine(&world).set("TERM", "xterm");
    let folder = extension(&shell).display().to_string();
    let line = format!("extension publish -q --credential managed-identity --root {folder}");
    let shown = shell.raw_on_a_terminal(&line, "");
    assert!(!shown.contains('…'), "{shown:?}");
}

#[test]
fn a_log_has_one_plain_line_for_each_wait() {
    let world = slow_publisher();
    let shell = Shell::machine(&world);
    let folder = extension(&shell).display().to_string();
    let arguments = [
        "extension",
        "publish",
        "--credential",
        "managed-identity",
        "--root",
    ];
    let output = shell.end(shell.start(&[&arguments[..], &[&folder]].concat()));
    assert_eq!(output.status, 0, "{}", output.stderr);
    let starts = [
        "Uploading pub.hello 1.0.0",
        "pub.hello 1.0.0: validation is not done",
    ];
    for start in starts {
        let lines = output.stderr.lines().filter(|line| line.starts_with(start));
        assert_eq!(lines.count(), 1, "{}", output.stderr);
    }
    assert!(
        !output.stderr.contains('\r') && !output.stderr.contains('%'),
        "{}",
        output.stderr
    );
}
