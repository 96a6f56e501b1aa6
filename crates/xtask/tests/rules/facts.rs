//! Numbers in documents must be those of the code.
//!
//! It changes nothing. If a number changes, this test names the sentence to change.

use super::{files, product_sources, read};

/// A document, a part of a sentence in it, a file, and a part of that file.
const FACTS: &[(&str, &str, &str, &str)] = &[
    (
        "SECURITY.md",
        "keyed hashes of pieces of the last 16 credentials",
        "crates/secret/src/wire.rs",
        "const REMEMBERED: usize = 16;",
    ),
    (
        "SECURITY.md",
        "any 19 characters of it in a row",
        "crates/secret/src/wire.rs",
        "const PIECE: usize = 16;",
    ),
    (
        "SECURITY.md",
        "any 19 characters of it in a row",
        "crates/secret/src/wire.rs",
        "const STEP: usize = 4;",
    ),
    (
        "SECURITY.md",
        "Credentials of fewer than six characters are not searched for",
        "crates/secret/src/wire.rs",
        "const SHORTEST: usize = 6;",
    ),
    (
        "SECURITY.md",
        "answers larger than 256 KiB",
        "crates/transport/src/transport.rs",
        "const LONGEST_ANSWER: usize = 256 * 1024;",
    ),
    (
        "SECURITY.md",
        "16 MiB for the REST APIs of Azure DevOps and the Marketplace",
        "crates/devops/src/client.rs",
        "const LONGEST_ANSWER: usize = 16 * 1024 * 1024;",
    ),
    (
        "SECURITY.md",
        "a log line has at most 1,000 characters",
        "crates/agent/src/untrusted.rs",
        "const LONGEST_LINE: usize = 1000;",
    ),
    (
        "SECURITY.md",
        "a day without a request",
        "crates/cli/serve/job.rs",
        "const IDLE: Duration = Duration::from_secs(24 * 60 * 60);",
    ),
    (
        "docs/troubleshooting/tasks.md",
        "after 24 hours without a request",
        "crates/cli/serve/job.rs",
        "const IDLE: Duration = Duration::from_secs(24 * 60 * 60);",
    ),
    (
        "SECURITY.md",
        "an assertion that is valid for five minutes",
        "crates/identity/src/certificate.rs",
        "const LIFETIME: i64 = 300;",
    ),
    (
        "SECURITY.md",
        "the key has 256 bits",
        "crates/broker/src/auth.rs",
        "Zeroizing::new([0; 32])",
    ),
    (
        "ARCHITECTURE.md",
        "a token with less than five minutes left",
        "crates/broker/src/tokens.rs",
        "const LEAST: Duration = Duration::from_secs(5 * 60);",
    ),
    (
        "ARCHITECTURE.md",
        "waits half a minute after a refusal",
        "crates/broker/src/tokens.rs",
        "const REFUSED: Duration = Duration::from_secs(30);",
    ),
    (
        "docs/troubleshooting/clients.md",
        "is remembered for 30 seconds",
        "crates/broker/src/tokens.rs",
        "const REFUSED: Duration = Duration::from_secs(30);",
    ),
    (
        "ARCHITECTURE.md",
        "all of them finish within 17 seconds",
        "crates/identity/src/credentials.rs",
        "const ALL: Duration = Duration::from_secs(17);",
    ),
    (
        "docs/troubleshooting/command-line.md",
        "A credential has 15 seconds, and all of them together have 17",
        "crates/identity/src/credentials.rs",
        "const ONE: Duration = Duration::from_secs(15);",
    ),
    (
        "docs/cli.md",
        "that limit, in seconds (1 to 600)",
        "crates/cli/credential.rs",
        "1..=600",
    ),
    (
        "ARCHITECTURE.md",
        "Level 6: on 177 MB",
        "crates/vsix/src/archive/writer.rs",
        "const LEVEL: i64 = 6;",
    ),
    (
        "docs/onboard.md",
        "The command waits for a minute",
        "crates/cli/onboard.rs",
        "default_value_t = 60",
    ),
    (
        "docs/packaging.md",
        "more than 65,534 entries",
        "crates/vsix/src/archive/bounds.rs",
        "entries: 65_534,",
    ),
    (
        "docs/packaging.md",
        "a directory over 64 MiB",
        "crates/vsix/src/archive/bounds.rs",
        "directory_bytes: 64 << 20,",
    ),
    (
        "docs/packaging.md",
        "an entry over 256 MiB",
        "crates/vsix/src/archive/bounds.rs",
        "entry_bytes: 256 << 20,",
    ),
    (
        "docs/packaging.md",
        "a manifest or `task.json` over 2 MiB",
        "crates/vsix/src/archive/bounds.rs",
        "text_bytes: 2 << 20,",
    ),
    (
        "docs/packaging.md",
        "more than 1 GiB in total",
        "crates/vsix/src/archive/bounds.rs",
        "total_bytes: 1 << 30,",
    ),
    (
        "docs/packaging.md",
        "packages over 26,214,400 and 104,857,600 bytes",
        "crates/vsix/src/folder.rs",
        "(\"Azure DevOps Server 2022\", 104_857_600)",
    ),
    (
        "docs/packaging.md",
        "packages over 26,214,400 and 104,857,600 bytes",
        "crates/vsix/src/folder.rs",
        "(\"Azure DevOps Server 2019\", 26_214_400)",
    ),
    (
        "docs/tasks/feeds.md",
        "They are renewed 30 minutes before they expire",
        "crates/cli/feeds/keeper.rs",
        "const RENEW: Duration = Duration::from_secs(30 * 60);",
    ),
    (
        "docs/scan.md",
        "Up to four git processes read at once",
        "crates/scan/src/history.rs",
        "const MOST_WORKERS: usize = 4;",
    ),
    (
        "docs/scan.md",
        "a PAT, 84 characters",
        "crates/scan/src/token.rs",
        "const NEW_LENGTH: usize = 84;",
    ),
    (
        "docs/scan.md",
        "a PAT, 52 characters",
        "crates/scan/src/token.rs",
        "const OLD_LENGTH: usize = 52;",
    ),
    (
        "docs/pats.md",
        "the changes of the last 90 days",
        "crates/inventory/src/users.rs",
        "const AUDITED: Duration = Duration::days(90);",
    ),
    (
        "docs/troubleshooting/network.md",
        "retries transient failures for up to 30 seconds",
        "crates/transport/src/retry.rs",
        "const BOUND: Duration = Duration::from_secs(30);",
    ),
    (
        "docs/troubleshooting/sign-in.md",
        "Adieu retried for up to 30 seconds",
        "crates/transport/src/retry.rs",
        "const BOUND: Duration = Duration::from_secs(30);",
    ),
    (
        "docs/troubleshooting/tasks.md",
        "longer than 32,000 characters",
        "crates/agent/src/log.rs",
        "const LONGEST_VALUE: usize = 32_000;",
    ),
    (
        "docs/troubleshooting/connections.md",
        "the virtual machine's endpoint, for six seconds",
        "crates/identity/src/credentials/managed_identity.rs",
        "const UNANNOUNCED: Duration = Duration::from_secs(6);",
    ),
    (
        "SECURITY.md",
        "git 2.39 and 2.47 with git-lfs",
        "crates/xtask/clients.md",
        "git/trixie | | 2.47",
    ),
    (
        "SECURITY.md",
        "tfx-cli 0.23",
        "crates/xtask/clients.md",
        "tfx-cli@0.23.",
    ),
    (
        "SECURITY.md",
        "vsce 3.9",
        "crates/xtask/clients.md",
        "@vscode/vsce@3.9.",
    ),
    (
        "SECURITY.md",
        "az 2.91",
        "crates/xtask/clients.md",
        "azure-cli==2.91.",
    ),
    (
        "SECURITY.md",
        "azure-devops 7.1 for Python",
        "crates/xtask/clients.md",
        "azure-devops==7.1.",
    ),
    (
        "SECURITY.md",
        "Renovate 37",
        "crates/xtask/clients.md",
        "renovate@37.",
    ),
    (
        "SECURITY.md",
        "azidentity 1.13 for Go",
        "tests/clients/go/go.mod",
        "azidentity v1.13.",
    ),
    (
        "SECURITY.md",
        "azure-identity 1.18 for Java",
        "tests/clients/java/pom.xml",
        "<version>1.18.",
    ),
    (
        "CONTRIBUTING.md",
        "Node.js 18 or newer",
        "crates/xtask/src/test.rs",
        "const NODE: u32 = 18;",
    ),
    (
        "README.md",
        "[Node.js](https://nodejs.org) 18 or newer",
        "crates/xtask/src/test.rs",
        "const NODE: u32 = 18;",
    ),
];

#[test]
fn numbers_in_documents_are_those_of_the_code() {
    for (document, sentence, file, code) in FACTS {
        let words = one_line(&read(document));
        assert!(
            words.contains(sentence),
            "{document} no longer has \"{sentence}\": is {file} as it says? Then change FACTS."
        );
        assert!(
            read(file).contains(code),
            "{file} no longer has `{code}`: change \"{sentence}\" in {document}, and FACTS"
        );
    }
}

/// SECURITY.md: "six are used".
#[test]
fn an_image_without_root_certificates_gets_six() {
    let roots = read("crates/transport/src/trust/microsoft.pem");
    assert_eq!(roots.matches("BEGIN CERTIFICATE").count(), 6);
    assert!(one_line(&read("SECURITY.md")).contains("without root certificates, six are used"));
}

/// SECURITY.md: "its nine output variables and no other variables".
#[test]
fn the_extension_task_may_set_only_its_output_variables() {
    let task: serde_json::Value =
        serde_json::from_str(&read("task/extension/task.json")).expect("JSON");
    let names = |value: &serde_json::Value, name: &str| -> Vec<String> {
        let texts = value.as_array().into_iter().flatten();
        let text = |text: &serde_json::Value| match name {
            "" => text.as_str().map(str::to_owned),
            name => text[name].as_str().map(str::to_owned),
        };
        texts.filter_map(text).collect()
    };
    let declared = names(&task["outputVariables"], "name");
    let allowed = &task["restrictions"]["settableVariables"]["allowed"];
    assert_eq!(declared, names(allowed, ""));
    assert_eq!(declared.len(), 9);
    assert!(one_line(&read("SECURITY.md")).contains("its nine output variables"));
}

/// ARCHITECTURE.md: what each crate never does.
#[test]
fn only_transport_opens_connections() {
    const OPENERS: [&str; 4] = [
        "TcpStream::connect",
        "Client::builder()",
        "Client::new()",
        "UdpSocket",
    ];
    /// The address of the broker on loopback: connecting shows whether the process still runs.
    const LOOPBACK: &str = "crates/cli/serve/job.rs";
    for path in product_sources() {
        if path.starts_with("crates/transport/") || path == LOOPBACK {
            continue;
        }
        for line in super::code_lines(&read(&path)) {
            let opener = OPENERS.iter().find(|opener| line.contains(**opener));
            assert_eq!(opener, None, "{path}: {line}");
        }
    }
}

/// ARCHITECTURE.md: "The product has no branch and no feature for tests".
#[test]
fn the_product_has_no_features() {
    let ships = |path: &String| {
        let name = path.split('/').nth(1).unwrap_or_default();
        // crc32fast has the features of the crate that it replaces.
        !["emulator", "pictures", "xtask", "crc32fast"].contains(&name)
    };
    let manifests = files("crates/").into_iter().filter(ships);
    for path in manifests.chain(["Cargo.toml".to_owned()]) {
        if path.ends_with("Cargo.toml") {
            assert!(!read(&path).contains("\n[features]"), "{path}");
        } else if path.ends_with(".rs") {
            assert!(!read(&path).contains("cfg(feature"), "{path}");
        }
    }
}

/// `tests/main.rs`: "No test sleeps". ARCHITECTURE.md and CONTRIBUTING.md say the same.
#[test]
fn no_test_sleeps_or_is_ignored() {
    for path in files("tests/") {
        if !path.ends_with(".rs") {
            continue;
        }
        for line in read(&path).lines() {
            let is_asleep = line.contains("thread::sleep") || line.contains("time::sleep");
            assert!(
                !is_asleep && !line.trim_start().starts_with("#[ignore"),
                "{path}: {line}"
            );
        }
    }
}

/// A text without line breaks, to find sentences that continue on the next line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
