//! What a person at a terminal sees while a service takes its time.

use std::time::Duration;

use adieu_emulator::{Connection, Fault, World};

use crate::desk::Desk;

/// A terminal of util-linux' making, for it is the terminal that matters.
#[test]
fn names_the_service_that_is_waited_for_after_two_seconds() {
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
    // Without a terminal no user waits.
    world
        .marketplace()
        .fault(Fault::Delay(Duration::from_secs(4)));
    let said = desk.adieu(&["whoami", "--credential", "managed-identity"]);
    assert!(!said.stderr.contains("Waiting"), "{}", said.stderr);
}
