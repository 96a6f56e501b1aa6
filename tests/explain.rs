//! `adieu explain`: each section that an error names, without a network.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use expect_test::expect;
use serde_json::Value;

use crate::harness::root;

fn adieu(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts")
}

/// The output for these arguments.
fn explained(arguments: &[&str]) -> String {
    let output = adieu(&[&["explain"], arguments].concat());
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        output.status.success(),
        "{arguments:?}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// The text of every file below a folder.
fn all_text(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            text.push_str(&all_text(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            text.push_str(&std::fs::read_to_string(&path).expect("a file"));
        }
    }
    text
}

#[test]
fn explains_every_section_that_an_error_names() {
    let list: Value = serde_json::from_str(&explained(&["--output", "json"])).expect("JSON");
    let listed: BTreeSet<&str> = list["sections"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|section| section["section"].as_str())
        .collect();
    assert!(listed.len() > 90, "{listed:?}");
    // Expected errors in all tests: each names a section.
    let tests = all_text(&root().join("tests"));
    let named: BTreeSet<&str> = tests
        .split("More: adieu explain ")
        .skip(1)
        .map(|rest| {
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
            &rest[..end.unwrap_or(rest.len())]
        })
        .filter(|name| !name.is_empty())
        .collect();
    assert!(named.len() > 50, "{named:?}");
    let unknown: Vec<_> = named.difference(&listed).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    for section in listed {
        let json: Value = serde_json::from_str(&explained(&[section, "-o", "json"])).expect("JSON");
        assert_eq!(json["section"], section);
        assert_ne!(json["summary"], "");
    }
}

/// An error links to TROUBLESHOOTING.md if the repository is public, and otherwise names `adieu explain`.
#[test]
fn has_the_same_sections_as_the_page() {
    let list: Value = serde_json::from_str(&explained(&["--output", "json"])).expect("JSON");
    let known = list["sections"].as_array().expect("a list");
    let known = known
        .iter()
        .map(|section| section["section"].as_str().expect("a name"));
    let page = std::fs::read_to_string(root().join("TROUBLESHOOTING.md")).expect("the page");
    let anchors: Vec<&str> = page
        .split("<a id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(known.collect::<Vec<_>>(), anchors);
    // Links refer to sections, or to files relative to the root.
    for name in anchors {
        let json: Value = serde_json::from_str(&explained(&[name, "-o", "json"])).expect("JSON");
        let text = json["markdown"].as_str().expect("a text");
        let targets = text.split("](").skip(1);
        for target in targets.filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().expect("a file");
            let is_there = target.starts_with('#')
                && page.contains(&format!("<a id=\"{}\"", &target[1..]))
                || target.starts_with("https://")
                || target.contains('/') && root().join(file).is_file();
            assert!(is_there, "{name}: {target}");
        }
    }
}

#[test]
fn prints_a_section_for_a_terminal() {
    expect![[r#"
        aadsts90012

        See adieu explain aadsts90006.

        AADSTS90006

        Microsoft Entra had a temporary error. Adieu retried for up to 30 seconds.

        Run the job again. If it continues for more than a few minutes, check Microsoft's status page; Microsoft support asks for the correlation ID in the message.
    "#]]
    .assert_eq(&explained(&["90012"]).replacen("AADSTS90012", "aadsts90012", 1));
}

#[test]
fn accepts_codes_numbers_links_and_texts_of_errors() {
    for (words, first) in [
        (&["AADSTS700213"][..], "AADSTS700213"),
        (&["700213"], "AADSTS700213"),
        (&["#exec"], "exec"),
        (&["TROUBLESHOOTING.md#tf401444"], "TF401444"),
        (&["TF401444:", "Please", "sign", "in"], "TF401444"),
        (&["tf14045"], "TF14045 does not have its own section."),
        (&["tf30063"], "TF30063 does not have its own section."),
        (
            &["Access Denied: The Personal Access Token used has expired."],
            "pat-expired",
        ),
        (
            &["AADSTS99999"],
            "AADSTS99999 does not have its own section.",
        ),
    ] {
        assert_eq!(explained(words).lines().next(), Some(first), "{words:?}");
    }
}

#[test]
fn lists_sections_and_suggests_similar_ones() {
    let list = explained(&[]);
    assert!(list.starts_with("token "), "{list}");
    assert!(list.contains("\naadsts700213 "), "{list}");
    assert!(!list.contains('`'), "{list}");
    for section in ["pats", "feeds"] {
        let text = explained(&[section]);
        assert!(text.contains("→ Permissions →"), "{text}");
    }
    let output = adieu(&["explain", "crednetial"]);
    expect![[r#"
        error: There is no section 'crednetial'.
        What to do: Did you mean credential?
        More: adieu explain explain
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2));
    let output = adieu(&["explain", "##vso[task.complete]zzz"]);
    expect![[r#"
        error: There is no section '**vso[task.complete]zzz'.
        What to do: Run `adieu explain` for a list of all sections.
        More: adieu explain explain
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
}
