//! `--help` of every verb: as wide as the terminal, starting with an imperative, ending with the exit codes.
//!
//! What the flags do is tested with each verb.

use std::collections::BTreeMap;
use std::process::Command;

/// The verbs with which summaries start, in the imperative, as in git, gh, az and cargo.
const IMPERATIVES: [&str; 21] = [
    "Add",
    "Change",
    "Check",
    "Compare",
    "Find",
    "Get",
    "Give",
    "Install",
    "List",
    "Make",
    "Package",
    "Print",
    "Publish",
    "Remove",
    "Run",
    "Serve",
    "Share",
    "Show",
    "Stop",
    "Uninstall",
    "Wait",
];

/// The help of the binary, of each verb and of each sub-verb.
fn helps(width: usize) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut verbs = vec![String::new()];
    while !verbs.is_empty() {
        // One terminal for all verbs of a level.
        let mut script = format!("stty cols {width} rows 24\n");
        for verb in &verbs {
            script.push_str(&format!("echo '@@{verb}'\n\"$ADIEU\" {verb} --help\n"));
        }
        let output = Command::new("/usr/bin/script")
            .args(["-qec", &script, "/dev/null"])
            .env("ADIEU", env!("CARGO_BIN_EXE_adieu"))
            .env("TERM", "dumb")
            .env("SHELL", "/bin/sh")
            .output()
            .expect("a terminal");
        let shown = String::from_utf8(output.stdout)
            .expect("UTF-8")
            .replace('\r', "");
        let mut below = Vec::new();
        for part in shown.split("@@").skip(1) {
            let (verb, help) = part.split_once('\n').expect("a help text");
            below.extend(
                sub_verbs(help)
                    .iter()
                    .map(|name| format!("{verb} {name}").trim().to_owned()),
            );
            found.insert(verb.to_owned(), help.to_owned());
        }
        verbs = below;
    }
    found
}

fn sub_verbs(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|word| !word.is_empty() && *word != "help")
        .collect()
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 120] {
        let helps = helps(width);
        assert!(helps.len() > 30, "{:?}", helps.keys());
        let mut wide = Vec::new();
        for (verb, help) in &helps {
            let lines = help.lines().filter(|line| line.chars().count() > width);
            // clap does not wrap the usage line.
            let lines = lines.filter(|line| width > 60 || !line.starts_with("Usage: "));
            wide.extend(lines.map(|line| format!("{verb}: {line}")));
        }
        assert!(wide.is_empty(), "at {width} columns: {wide:#?}");
    }
}

#[test]
fn examples_fit_80_columns_as_they_are_written() {
    let mut wide = Vec::new();
    for (verb, help) in helps(80) {
        let whole = plain(&verb);
        let examples = whole
            .split_once("\nExample")
            .map(|(_, rest)| rest)
            .unwrap_or_default();
        for line in examples.lines().filter(|line| line.chars().count() > 80) {
            wide.push(format!("{verb}: {line}"));
        }
        // So that a terminal shows each of them in one line.
        let lines = examples.lines().filter(|line| line.starts_with("  adieu "));
        for line in lines {
            assert!(help.contains(line), "{verb}: {line}\n{help}");
        }
    }
    assert!(wide.is_empty(), "{wide:#?}");
}

/// The help without a terminal, whose lines stay whole.
fn plain(verb: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(verb.split_whitespace().chain(["--help"]))
        .output()
        .expect("the binary starts");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn each_verb_has_a_summary_and_exit_codes() {
    for verb in helps(120).into_keys().filter(|verb| !verb.is_empty()) {
        let help = plain(&verb);
        let first = help.split_whitespace().next().unwrap_or_default();
        let first = first.trim_end_matches(',');
        assert!(IMPERATIVES.contains(&first), "{verb}: {first}");
        assert_eq!(help.matches("Exit codes: ").count(), 1, "{verb}: {help}");
        assert!(!help.contains("  \n\n\n"), "{verb}: {help}");
    }
}
