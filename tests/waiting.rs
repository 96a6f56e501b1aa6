//! What a person at a terminal sees while a service takes its time.

use std::path::PathBuf;
use std::time::Duration;

use adieu_emulator::{Connection, Fault, Validation, World};

use crate::desk::{Desk, write_hello_extension};

/// A terminal from util-linux, because the behavior depends on a terminal.
#[test]
fn names_the_service_after_two_seconds_of_waiting() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world
        .marketplace()
        .fault(Fault::Delay(Duration::from_secs(4)));
    let desk = Desk::machine(&world);
    let line = format!(
        "{} whoami --credential managed-identity",
        env!("CARGO_BIN_EXE_adieu")
    );
    let output = desk
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
    let said = desk.adieu(&["whoami", "--credential", "managed-identity"]);
    assert!(!said.stderr.contains("Waiting"), "{}", said.stderr);
}

/// The smallest extension that the Marketplace accepts.
fn extension(desk: &Desk<'_>) -> PathBuf {
    let folder = desk.home().join("hello");
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
    let desk = Desk::machine(&world).set("TERM", "xterm");
    let folder = extension(&desk).display().to_string();
    let line = format!("extension publish --credential managed-identity --root {folder}");
    let shown = desk.raw_on_a_terminal(&line, "");
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
    let desk = Desk::machine(&world).set("TERM", "xterm");
    let folder = extension(&desk).display().to_string();
    let line = format!("extension publish -q --credential managed-identity --root {folder}");
    let shown = desk.raw_on_a_terminal(&line, "");
    assert!(!shown.contains('…'), "{shown:?}");
}

#[test]
fn a_log_has_one_plain_line_for_each_wait() {
    let world = slow_publisher();
    let desk = Desk::machine(&world);
    let folder = extension(&desk).display().to_string();
    let arguments = [
        "extension",
        "publish",
        "--credential",
        "managed-identity",
        "--root",
    ];
    let said = desk.end(desk.start(&[&arguments[..], &[&folder]].concat()));
    assert_eq!(said.status, 0, "{}", said.stderr);
    let starts = [
        "Uploading pub.hello 1.0.0",
        "pub.hello 1.0.0: validation is not done",
    ];
    for start in starts {
        let lines = said.stderr.lines().filter(|line| line.starts_with(start));
        assert_eq!(lines.count(), 1, "{}", said.stderr);
    }
    assert!(
        !said.stderr.contains('\r') && !said.stderr.contains('%'),
        "{}",
        said.stderr
    );
}
