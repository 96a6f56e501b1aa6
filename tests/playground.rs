//! `cargo run -p adieu-emulator -- shell`: the commands of its introduction work there, without Azure.

use adieu_emulator::{MY_CONNECTION, Playground};

use crate::shell::Shell;

#[test]
fn the_verbs_work_in_the_emulators_shell() {
    let playground = Playground::start();
    let mut shell = Shell::with(&playground.world, &[]);
    for (name, value) in &playground.variables {
        shell = shell.set(name, value);
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
        let output = shell.adieu(&words);
        assert_eq!(
            output.status, status,
            "{command}: {}{}",
            output.stdout, output.stderr
        );
        assert!(
            output.stdout.contains(expected),
            "{command}: {}",
            output.stdout
        );
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
        let output = shell.end(shell.start(&words));
        assert_eq!(
            output.status, 0,
            "{command}: {}{}",
            output.stdout, output.stderr
        );
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(all.contains(expected), "{command}: {all}");
    }
}
