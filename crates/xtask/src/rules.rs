//! The house rules, as tests: what a reviewer would have to remember, the test command remembers.
//!
//! It reads the repository's files and never changes one.

mod links;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::root;

/// Which crate may know which (ARCHITECTURE.md). An arrow that is not here is forbidden.
const FLOORS: &[(&str, &[&str])] = &[
    (
        "adieu",
        &[
            "adieu-agent",
            "adieu-broker",
            "adieu-devops",
            "adieu-identity",
            "adieu-manifest",
            "adieu-secret",
            "adieu-transport",
            "adieu-vsix",
        ],
    ),
    ("adieu-agent", &["adieu-secret"]),
    ("adieu-broker", &["adieu-identity", "adieu-secret"]),
    ("adieu-devops", &["adieu-secret", "adieu-transport"]),
    ("adieu-emulator", &["adieu-manifest"]),
    ("adieu-identity", &["adieu-secret", "adieu-transport"]),
    ("adieu-manifest", &[]),
    ("adieu-secret", &[]),
    ("adieu-transport", &["adieu-secret"]),
    ("adieu-vsix", &["adieu-manifest"]),
    // A real client of the tests, outside the workspace.
    ("azure-identity-client", &[]),
    (
        "marketplace-events-function",
        &[
            "adieu-devops",
            "adieu-identity",
            "adieu-secret",
            "adieu-transport",
        ],
    ),
    ("pictures", &[]),
    ("xtask", &["adieu-emulator", "adieu-manifest", "adieu-vsix"]),
];

/// The files in which a secret leaves its type, and where it goes there.
const REVEALS: &[(&str, &str)] = &[
    ("crates/agent/src/log.rs", "the agent, behind its mask"),
    (
        "crates/broker/src/gate.rs",
        "the comparison with what a client shows",
    ),
    (
        "crates/broker/src/protocol/azd.rs",
        "the answer to azd, over the loopback address",
    ),
    (
        "crates/broker/src/protocol/managed_identity.rs",
        "the answer to an SDK, over the loopback address",
    ),
    (
        "crates/cli/configure/settings.rs",
        "the environment of a process that this one starts",
    ),
    ("crates/cli/exec.rs", "the environment of one command"),
    ("crates/cli/git_credential.rs", "git, which asked for it"),
    (
        "crates/cli/git_credential/question.rs",
        "the claims of a token that git hands back",
    ),
    ("crates/cli/run.rs", "the environment of one script"),
    (
        "crates/cli/serve.rs",
        "standard output of a person's terminal, whom it is for",
    ),
    (
        "crates/cli/serve/job.rs",
        "the pipe between a task and the broker that it starts, and the header that ends one",
    ),
    (
        "crates/cli/token/output.rs",
        "standard output, for whoever asked for the token",
    ),
    (
        "crates/devops/src/client.rs",
        "the header for Azure DevOps and the Marketplace",
    ),
    (
        "crates/devops/src/microsoft_graph.rs",
        "the header for Microsoft Graph",
    ),
    (
        "crates/identity/src/certificate_assertion.rs",
        "the key that signs",
    ),
    (
        "crates/identity/src/exchange.rs",
        "the form for the authority, and the claims of what was presented",
    ),
    (
        "crates/identity/src/id_token.rs",
        "the header for the collection",
    ),
    (
        "crates/identity/src/managed_identity.rs",
        "the header for the machine's own endpoint",
    ),
    ("crates/transport/src/proxy.rs", "the header for the proxy"),
    (
        "crates/identity/src/service_connection.rs",
        "the expiry of a token that came with the job",
    ),
    (
        "crates/transport/src/transport.rs",
        "the key of the TLS client certificate",
    ),
    ("crates/secret/src/lib.rs", "its own definition"),
];

#[test]
fn crates_know_only_those_below_them() {
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files("")
        .into_iter()
        .filter(|path| path.ends_with("Cargo.toml"))
    {
        let text = read(&path);
        let Some(name) = text.lines().find_map(|line| line.strip_prefix("name = \"")) else {
            continue;
        };
        let name = name.trim_end_matches('"').to_owned();
        let mut section = "";
        let mut arrows = Vec::new();
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let ours = dependency.starts_with("adieu-");
            if ours && section.ends_with("dependencies]") && section != "[workspace.dependencies]" {
                if section != "[dev-dependencies]" {
                    arrows.push(dependency.to_owned());
                } else {
                    assert!(
                        matches!(
                            name.as_str(),
                            "adieu" | "adieu-emulator" | "marketplace-events-function"
                        ),
                        "{name} tests with {dependency}"
                    );
                }
            }
        }
        known.insert(name, arrows);
    }
    for (name, arrows) in &known {
        let floor = FLOORS.iter().find(|(floor, _)| floor == name);
        let (_, allowed) = floor.unwrap_or_else(|| panic!("{name} has no floor in rules.rs"));
        for arrow in arrows {
            assert!(
                allowed.contains(&arrow.as_str()),
                "{name} may not know {arrow}"
            );
        }
    }
}

#[test]
fn secrets_leave_their_type_in_listed_files_only() {
    let mut found = BTreeSet::new();
    for path in product_sources() {
        let text = read(&path);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let reveals = code.lines().any(|line| {
            !line.trim_start().starts_with("//")
                && (line.contains(".reveal()") || line.contains("fn reveal"))
        });
        if reveals {
            found.insert(path);
        }
    }
    let listed: BTreeSet<String> = REVEALS.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(found, listed);
}

#[test]
fn each_source_file_says_what_it_owns_and_what_it_never_does() {
    for path in files("").into_iter().filter(|path| path.ends_with(".rs")) {
        let text = read(&path);
        let opening: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        assert!(opening.len() >= 3, "{path} opens without its two sentences");
    }
}

#[test]
fn a_task_has_its_five_places() {
    for path in files("task/")
        .into_iter()
        .filter(|path| path.ends_with("/task.json"))
    {
        let name = path.split('/').nth(1).unwrap_or_default();
        for place in [
            format!("crates/cli/{name}.rs"),
            format!("tests/{name}.rs"),
            format!("pipelines/templates/{name}.yml"),
        ] {
            assert!(root().join(&place).is_file(), "{path} without {place}");
        }
        let headings = links::headings("TROUBLESHOOTING.md");
        assert!(
            headings.contains(name),
            "TROUBLESHOOTING.md has no heading {name}"
        );
        let page = format!("docs/tasks/{name}.md");
        assert!(
            read("README.md").contains(&page),
            "README.md does not name {page}"
        );
    }
}

#[test]
fn each_message_leads_to_an_entry() {
    let headings = links::headings("TROUBLESHOOTING.md");
    let report: String = files("crates/cli/report/")
        .iter()
        .map(|path| read(path))
        .chain([read("crates/cli/report.rs")])
        .collect();
    let anchors = report
        .split("Report::new(")
        .skip(1)
        .chain(report.split("report(").skip(1));
    for anchor in anchors.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
    {
        assert!(
            headings.contains(anchor),
            "TROUBLESHOOTING.md has no heading {anchor}"
        );
    }
    let codes = read("crates/cli/aadsts.rs");
    let numbers: Vec<String> = codes
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with(',') || line.starts_with("federation("))
        .filter_map(|line| {
            let number = line
                .trim_start_matches("federation(")
                .split(',')
                .next()?
                .replace('_', "");
            (number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit()))
                .then_some(number)
        })
        .collect();
    assert!(
        numbers.len() >= 25,
        "only {} codes were found in aadsts.rs",
        numbers.len()
    );
    for number in numbers {
        assert!(
            headings.contains(&format!("aadsts{number}")),
            "TROUBLESHOOTING.md has no heading AADSTS{number}"
        );
    }
}

#[test]
fn the_emulator_uses_nothing_of_the_client() {
    for path in files("crates/emulator/")
        .into_iter()
        .filter(|path| path.ends_with(".rs"))
    {
        let text = read(&path);
        for name in [
            "adieu_agent",
            "adieu_broker",
            "adieu_devops",
            "adieu_identity",
            "adieu_secret",
            "adieu_transport",
            "adieu_vsix",
        ] {
            assert!(!text.contains(name), "{path} uses {name}");
        }
    }
}

/// Sources that ship in the binary.
fn product_sources() -> Vec<String> {
    let shipped = [
        "agent",
        "broker",
        "cli",
        "devops",
        "identity",
        "manifest",
        "secret",
        "transport",
        "vsix",
    ];
    files("crates/")
        .into_iter()
        .filter(|path| {
            path.ends_with(".rs") && shipped.contains(&path.split('/').nth(1).unwrap_or_default())
        })
        .collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files below a folder, relative to the root, without what is built.
fn files(below: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(below)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root().join(&folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = folder.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() || root().join(&path).is_dir() {
                if !matches!(name.as_str(), "target" | ".git" | "node_modules") {
                    folders.push(path);
                }
            } else {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}
