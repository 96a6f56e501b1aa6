//! `--output json`: checks each verb's document against its schema in `docs/`, so that neither changes without the
//! other.
//!
//! The values are tested with each verb.

use std::collections::BTreeSet;
use std::fs;

use adieu_emulator::{MY_CONNECTION, Pat, World};
use serde_json::{Value, json};

use crate::harness::schema::Schema;
use crate::shell::{Shell, world_of_an_administrator, write_hello_extension};

/// SHA-256 of the only file in the extension.
const DIGEST: &str = "d0a26d23e9d8e0538fd47e7bc502d26cf6c320e8daaec7c8521d4769530f5900";

/// A subject of GitHub Actions.
const TRUST: &str = "repo:contoso/web:ref:refs/heads/main";

/// Definitions that are used by others.
const PARTS: [&str; 2] = ["request", "task"];

/// A world in which `admin`, a machine's identity, has all permissions.
fn world() -> World {
    let world = world_of_an_administrator();
    world.organizations().add_project("contoso", "web");
    world.marketplace().set_role("pub", "admin", Some("Owner"));
    world.microsoft_graph().add_reader("admin");
    world
}

/// The sub-verbs in a help text, except `help` itself.
fn listed(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|word| !word.is_empty() && *word != "help")
        .collect()
}

/// Every verb with JSON output, according to its help.
fn verbs_with_json(shell: &Shell<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let help = |verb: &str| {
        let words: Vec<&str> = verb.split_whitespace().chain(["--help"]).collect();
        shell.adieu(&words).stdout
    };
    let mut verbs: Vec<String> = listed(&help("")).into_iter().map(str::to_owned).collect();
    while let Some(verb) = verbs.pop() {
        let text = help(&verb);
        verbs.extend(listed(&text).iter().map(|below| format!("{verb} {below}")));
        let options = text.split("--output <").nth(1).unwrap_or_default();
        let options = options.split("\n  -").next().unwrap_or_default();
        if options.contains("json") {
            found.insert(verb);
        }
    }
    found
}

#[test]
fn every_verb_prints_json_that_matches_its_schema() {
    let world = world();
    let client = world.client_id(MY_CONNECTION);
    let shell = Shell::machine(&world)
        .set("ADIEU_CREDENTIAL", "managed-identity")
        .set("ADIEU_ORGANIZATION", "contoso");
    let folder = world.folder().join("json-output");
    write_hello_extension(&folder, &["SHA256SUMS"]);
    fs::write(folder.join("SHA256SUMS"), format!("{DIGEST}  hello.html\n")).expect("a file");
    let feed = "registry=https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/\n";
    fs::write(folder.join(".npmrc"), feed).expect("a file");
    let root = folder.display().to_string();
    let vsix = folder.join("a.vsix").display().to_string();
    let edited = folder.join("b.vsix").display().to_string();
    let named = "--publisher pub --extension-id hello";
    let onboard = format!("onboard --organization contoso --identity {client} --publisher pub");
    let offboard = format!("offboard --organization contoso --identity {client} --publisher pub");
    let lines = [
        ("token", "token".to_owned()),
        ("whoami", "whoami --publisher pub".to_owned()),
        ("doctor", "doctor".to_owned()),
        ("onboard", format!("{onboard} --project web --dry-run")),
        ("onboard", format!("{onboard} --project web")),
        ("onboard", onboard),
        (
            "onboard",
            format!("onboard --identity {client} --trust {TRUST}"),
        ),
        ("feeds list", format!("feeds list {root}")),
        ("onboard --list", "onboard --list".to_owned()),
        ("offboard", format!("{offboard} --dry-run")),
        ("offboard", format!("{offboard} --yes")),
        ("offboard", format!("{offboard} --yes")),
        ("explain", "explain".to_owned()),
        ("explain", "explain onboard".to_owned()),
        ("version", "version".to_owned()),
        (
            "extension package",
            format!("extension package --root {root} --output-path {vsix}"),
        ),
        (
            "extension inspect",
            format!("extension inspect --vsix {vsix}"),
        ),
        (
            "extension verify",
            format!("extension verify --vsix {vsix}"),
        ),
        (
            "extension edit",
            format!("extension edit --vsix {vsix} --extension-name New --output-path {edited}"),
        ),
        (
            "extension publish",
            format!("extension publish --vsix {vsix} --share-with contoso"),
        ),
        (
            "extension publish",
            format!("extension publish --vsix {vsix}"),
        ),
        (
            "extension share",
            format!("extension share {named} --organizations contoso"),
        ),
        (
            "extension install",
            format!("extension install {named} --organizations contoso"),
        ),
        (
            "extension wait-for-installation",
            format!("extension wait-for-installation {named} --organizations contoso"),
        ),
        (
            "extension uninstall",
            format!("extension uninstall {named} --organizations contoso"),
        ),
        (
            "extension unshare",
            format!("extension unshare {named} --organizations contoso"),
        ),
        ("extension show", format!("extension show {named}")),
        (
            "extension query-version",
            format!("extension query-version {named}"),
        ),
        (
            "extension wait-for-validation",
            format!("extension wait-for-validation {named}"),
        ),
        ("extension who-am-i", "extension who-am-i".to_owned()),
        (
            "extension add-member",
            "extension add-member --publisher pub --member-role owner".to_owned(),
        ),
        ("events", format!("events {named}")),
        ("extension events", format!("extension events {named}")),
        (
            "extension unpublish",
            format!("extension unpublish {named} --all-versions --yes"),
        ),
    ];
    let schema = Schema::read("docs/output.schema.json");
    let mut covered = BTreeSet::new();
    for (verb, line) in &lines {
        let words: Vec<&str> = line.split_whitespace().chain(["-o", "json"]).collect();
        let output = shell.end(shell.start(&words));
        let left: Vec<_> = fs::read_dir(shell.home())
            .expect("a folder")
            .flatten()
            .collect();
        assert!(left.is_empty(), "{line}: {left:?}");
        let document: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{line}: {error}\n{}{}", output.stdout, output.stderr));
        assert_eq!(
            schema.violations_of(verb, &document),
            [""; 0],
            "{line}: {document:#}"
        );
        covered.insert(*verb);
    }
    // Each definition is used, and each verb with JSON is here or has its own schema.
    let elsewhere = [
        "serve",
        "scan",
        "pats",
        // tests/feeds/local.rs has a world with feeds.
        "feeds check",
        "feeds login",
        "feeds logout",
    ];
    let unused: Vec<&str> = schema
        .definitions()
        .into_iter()
        .filter(|name| {
            !covered.contains(name) && !PARTS.contains(name) && !elsewhere.contains(name)
        })
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
    let mut verbs = verbs_with_json(&shell);
    verbs.retain(|verb| !covered.contains(verb.as_str()) && !elsewhere.contains(&verb.as_str()));
    assert!(verbs.is_empty(), "{verbs:?} have JSON without a schema");
}

#[test]
fn detects_a_document_that_violates_its_schema() {
    let schema = Schema::read("docs/output.schema.json");
    let wrong = json!({ "version": 1, "commit": null, "more": true });
    let mut found = schema.violations_of("version", &wrong);
    found.sort();
    assert_eq!(
        found,
        [
            "$ has more",
            "$ has no target",
            "$.version is not \"string\""
        ]
    );
}

#[test]
fn the_variables_of_serve_have_their_schema() {
    let schema = Schema::read("docs/output.schema.json");
    let world = world();
    let shell = Shell::machine(&world).set("ADIEU_CREDENTIAL", "managed-identity");
    let mut serve = shell.start(&["serve", "--output", "json"]);
    let mut line = String::new();
    let stdout = serve.stdout.as_mut().expect("an output");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("a line");
    serve.kill().expect("it runs");
    serve.wait().expect("an end");
    let document: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(schema.violations_of("serve", &document), [""; 0]);
    assert!(document.get("IDENTITY_ENDPOINT").is_some());
}

#[test]
fn the_list_of_tokens_has_the_form_of_its_schema() {
    let world = world();
    world
        .organizations()
        .add_person("contoso", "ada@contoso.com");
    let pat = Pat {
        name: "old",
        ..Pat::default()
    };
    world
        .organizations()
        .add_pat("contoso", "ada@contoso.com", &pat);
    let shell = Shell::machine(&world).set("ADIEU_CREDENTIAL", "managed-identity");
    let output = shell.adieu(&["pats", "--organization", "contoso", "--output", "json"]);
    let document: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(document["pats"].as_array().map(Vec::len), Some(1));
    let schema = Schema::read("docs/pats.schema.json");
    assert_eq!(schema.violations(&document), [""; 0]);
}
