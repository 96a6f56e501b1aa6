//! `cargo run -p adieu-emulator -- shell`: the commands of its introduction work there, without Azure.

use adieu_emulator::{MY_CONNECTION, Playground};

use crate::desk::Desk;

#[test]
fn the_verbs_work_in_the_emulators_shell() {
    let playground = Playground::start();
    let mut desk = Desk::with(&playground.world, &[]);
    for (name, value) in &playground.variables {
        desk = desk.set(name, value);
    }
    let identity = playground.world.client_id(MY_CONNECTION);
    let extension = playground.world.folder().join("hello");
    let extension = format!("extension publish --root {}", extension.display());
    let offered = playground.introduction();
    for (command, status, expected) in [
        ("pats --organization contoso", 0, "release"),
        ("scan --organization contoso", 1, "marketplace"),
    ] {
        assert!(
            offered.contains(&format!("  adieu {command}\n")),
            "{command}"
        );
        let words: Vec<&str> = command.split(' ').collect();
        let said = desk.adieu(&words);
        assert_eq!(
            said.status, status,
            "{command}: {}{}",
            said.stdout, said.stderr
        );
        assert!(said.stdout.contains(expected), "{command}: {}", said.stdout);
    }
    for (command, expected) in [
        ("whoami", "organization: contoso"),
        (
            "doctor --repository web/site",
            "No action needed; all checks passed.",
        ),
        (
            "token --output json",
            "\"credential\": \"managed-identity\"",
        ),
        (
            "onboard --organization contoso --identity [IDENTITY] --project web=contributor",
            "contoso",
        ),
        (
            "feeds check --feed contoso/packages",
            "contoso/packages can be read",
        ),
        (extension.as_str(), "is validated"),
    ] {
        let command = command.replace("[IDENTITY]", &identity);
        assert!(
            offered.contains(&format!("  adieu {command}\n")),
            "{command}"
        );
        let words: Vec<&str> = command.split(' ').collect();
        // `publish` leaves the package in the working directory.
        let said = desk.end(desk.start(&words));
        assert_eq!(said.status, 0, "{command}: {}{}", said.stdout, said.stderr);
        let all = format!("{}{}", said.stdout, said.stderr);
        assert!(all.contains(expected), "{command}: {all}");
    }
}
