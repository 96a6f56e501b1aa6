//! What all verbs have in common on a command line: suggestions, colors, quiet and verbose, defaults, the version.

use std::process::Stdio;

use adieu_emulator::{Connection, World};
use expect_test::expect;
use regex_lite::Regex;
use serde_json::Value;

use crate::harness::{root, stable};
use crate::shell::{Shell, signed_in_user, world_of_a_member};

const MACHINE: [&str; 2] = ["--credential", "managed-identity"];

/// The screen of a terminal from util-linux.
fn on_a_terminal(shell: &Shell<'_>, arguments: &str) -> String {
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_adieu"));
    let output = shell
        .command("/usr/bin/script")
        .args(["-qec", &line, "/dev/null"])
        .output()
        .expect("a terminal");
    String::from_utf8_lossy(&output.stdout).replace('\r', "")
}

#[test]
fn suggests_similar_names() {
    let world = World::start();
    let shell = Shell::with(&world, &[]);
    let mut text = String::new();
    for arguments in [
        &["tokne"][..],
        &["token", "--ouput", "json"],
        &["help", "tokne"],
        &["help", "extension", "publsh"],
    ] {
        let one = shell.adieu(arguments);
        assert_eq!((one.status, one.stdout.as_str()), (2, ""));
        text.push_str(&one.stderr);
    }
    expect![[r#"
        error: unrecognized subcommand 'tokne'

          tip: a similar subcommand exists: 'token'

        Usage: adieu [OPTIONS] <COMMAND>

        For more information, try '--help'.
        error: unexpected argument '--ouput' found

          tip: a similar argument exists: '--output'

        Usage: adieu token --output <OUTPUT>

        For more information, try '--help'.
        error: unrecognized subcommand 'tokne'

          tip: a similar subcommand exists: 'token'

        Usage: adieu [OPTIONS] <COMMAND>

        For more information, try '--help'.
        error: unrecognized subcommand 'publsh'

          tip: some similar subcommands exist: 'unpublish', 'publish'

        Usage: adieu extension [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]]
    .assert_eq(&text);
}

#[test]
fn answers_verbs_of_other_programs() {
    let world = World::start();
    let shell = Shell::with(&world, &[]);
    for (verb, start) in [
        ("login", "adieu does not sign in itself: run `az login`"),
        ("publish", "The verb for extensions is adieu extension."),
    ] {
        let output = shell.adieu(&[verb]);
        assert!(output.stderr.starts_with(start), "{}", output.stderr);
        let usage = format!("error: unrecognized subcommand '{verb}'");
        assert!(output.stderr.contains(&usage), "{}", output.stderr);
        assert_eq!(output.status, 2);
    }
}

#[test]
fn colors_a_terminal_and_nothing_else() {
    let world = World::start();
    let shell = Shell::with(&world, &[]).set("TERM", "xterm");
    let red = "\u{1b}[1;31merror:\u{1b}[0m You are not signed in.";
    assert!(on_a_terminal(&shell, "token").contains(red));
    for plain in ["token --color never", "tokne --color=never"] {
        let shown = on_a_terminal(&shell, plain);
        assert!(
            shown.contains("error: ") && !shown.contains('\u{1b}'),
            "{shown:?}"
        );
    }
    assert!(on_a_terminal(&shell, "tokne").contains("\u{1b}["));
    assert!(!shell.adieu(&["token"]).stderr.contains('\u{1b}'));
    assert!(
        shell
            .adieu(&["token", "--color", "always"])
            .stderr
            .contains(red)
    );
    let output = shell.adieu(&["explain", "\u{1b}[31mx\u{1b}[2J", "--color", "always"]);
    assert!(!output.stderr.contains("\u{1b}[2J"), "{:?}", output.stderr);
    let shell = shell.set("NO_COLOR", "1");
    assert!(!on_a_terminal(&shell, "token").contains('\u{1b}'));
}

#[test]
fn doctor_has_signs_on_a_terminal() {
    let world = world_of_a_member();
    let shell = Shell::machine(&world)
        .set("NO_COLOR", "1")
        .set("TERM", "xterm");
    let shown = on_a_terminal(&shell, "doctor --credential managed-identity");
    let signs: Vec<String> = shown
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let sign = words.next().filter(|word| word.chars().count() == 1)?;
            Some(format!("{sign} {}", words.next()?))
        })
        .collect();
    assert!(signs.contains(&"✓ ok".to_owned()), "{shown}");
    assert!(signs.contains(&"– skipped".to_owned()), "{shown}");
    let output = shell.adieu(&[&["doctor"], &MACHINE[..]].concat());
    assert!(output.stdout.starts_with("ok "), "{}", output.stdout);
}

#[test]
fn is_quiet_by_default() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["az"]).signed_in(&token);
    assert_eq!(shell.adieu(&["token"]).stderr, "");
    let output = shell.adieu(&["token", "--verbose"]);
    assert!(
        output.stderr.starts_with("Signed in with az. Skipped: "),
        "{}",
        output.stderr
    );
    let output = shell.adieu(&["token", "-q", "-v"]);
    assert_eq!(output.status, 2, "{}", output.stderr);
    // A warning is not an error.
    let shell = shell.set("ADIEU_TOOL_TIMEOUT", "soon");
    assert!(shell.adieu(&["token"]).stderr.starts_with("warning: "));
    assert_eq!(shell.adieu(&["token", "--quiet"]).stderr, "");
}

#[test]
fn verbose_shows_each_request_without_its_query() {
    let world = world_of_a_member();
    let output = Shell::machine(&world).adieu(&["whoami", "-v", "--organization", "contoso"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    let shown = stable(&world, &output.stderr);
    let varies = Regex::new(r" in \d+ ms( \(.*\))?").expect("a pattern");
    let shown = varies.replace_all(&shown, " in [TIME] [IDS]").into_owned();
    let port = Regex::new(r"127\.0\.0\.1:\d+").expect("a pattern");
    let shown = port.replace_all(&shown, "[LOOPBACK]").into_owned();
    let guid = Regex::new("[0-9a-f]{8}-[0-9a-f-]{27}").expect("a pattern");
    let shown = guid.replace_all(&shown, "[ID]").into_owned();
    assert!(!shown.contains('?'), "{shown}");
    expect![[r#"
        HEAD https://dev.azure.com/contoso: 401 in [TIME] [IDS]
        GET http://[LOOPBACK]/msi/token: 200 in [TIME] [IDS]
        Signed in with managed-identity. Skipped: pipelines (SYSTEM_OIDCREQUESTURI is not set), workload-identity (AZURE_FEDERATED_TOKEN_FILE is not set).
        GET https://app.vssps.visualstudio.com/_apis/profile/profiles/me: 200 in [TIME] [IDS]
        GET https://app.vssps.visualstudio.com/_apis/connectionData: 200 in [TIME] [IDS]
        GET https://dev.azure.com/contoso/_apis/connectionData: 200 in [TIME] [IDS]
        GET https://vsaex.dev.azure.com/contoso/_apis/serviceprincipalentitlements/[GUID]: 200 in [TIME] [IDS]
    "#]]
    .assert_eq(&shown);
}

#[test]
fn an_error_names_the_credential_that_auto_chose() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.add_connection(Connection::client_secret("member"));
    world.organizations().add_member("contoso", "member");
    let output = Shell::machine(&world).adieu(&["whoami", "--organization", "contoso"]);
    assert!(
        output.stderr.contains("\n  credential: managed-identity\n"),
        "{}",
        output.stderr
    );
}

#[test]
fn the_environment_has_defaults_of_flags() {
    let world = world_of_a_member();
    let shell = Shell::machine(&world)
        .set("ADIEU_ORGANIZATION", "contoso")
        .set("ADIEU_PUBLISHER", "pub")
        .set("ADIEU_CREDENTIAL", "managed-identity");
    let output = shell.adieu(&["whoami"]);
    assert!(
        output.stdout.contains("\norganization: contoso\n"),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("\npublisher: pub (Contributor)\n"),
        "{}",
        output.stdout
    );
    // A flag takes precedence.
    let output = shell.adieu(&["whoami", "--organization", "x,y"]);
    assert_eq!(output.status, 2);
    let output = shell.adieu(&["token", "--credential", "az"]);
    assert!(
        output.stderr.contains("az is not on the PATH"),
        "{}",
        output.stderr
    );
}

/// A variable that is set for other commands must not choose where an identity is added or removed.
#[test]
fn verbs_that_change_access_take_the_organization_from_the_flag_alone() {
    let world = world_of_a_member();
    let shell = Shell::machine(&world).set("ADIEU_ORGANIZATION", "contoso");
    for (verb, expected) in [
        (
            "onboard",
            expect![[r#"
                error: the following required arguments were not provided:
                  --organization <ORGANIZATION>

                Usage: adieu onboard --identity <ID> --organization <ORGANIZATION>

                For more information, try '--help'.
            "#]],
        ),
        (
            "offboard",
            expect![[r#"
                error: the following required arguments were not provided:
                  --organization <ORGANIZATION>

                Usage: adieu offboard --identity <ID> --organization <ORGANIZATION>

                For more information, try '--help'.
            "#]],
        ),
    ] {
        let output = shell.adieu(&[verb, "--identity", "11111111-2222-4333-8444-555555555555"]);
        expected.assert_eq(&output.stderr);
        assert_eq!(output.status, 2, "{verb}");
    }
    assert!(world.organizations().requests().is_empty());
}

#[test]
fn the_organization_of_az_devops_configure_is_a_default() {
    let world = world_of_a_member();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("config"),
        "[defaults]\norganization = https://dev.azure.com/contoso\n",
    )
    .expect("a file");
    let shell = Shell::machine(&world).set("AZURE_DEVOPS_EXT_CONFIG_DIR", folder.path());
    let output = shell.adieu(&[&["whoami"], &MACHINE[..]].concat());
    assert!(
        output.stdout.contains("\norganization: contoso\n"),
        "{}",
        output.stdout
    );
    let output = Shell::machine(&world).adieu(&["doctor", "--repository", "web/site"]);
    expect![[r#"
        error: --repository needs an organization.
        What to do: Write --organization, or set ADIEU_ORGANIZATION.
        More: adieu explain organizations
    "#]]
    .assert_eq(&output.stderr);
    assert_eq!(output.status, 2);
}

#[test]
fn prints_its_version() {
    let world = World::start();
    let shell = Shell::with(&world, &[]);
    let line = shell.adieu(&["--version"]).stdout;
    let version = env!("CARGO_PKG_VERSION");
    assert!(line.starts_with(&format!("adieu {version} (")), "{line}");
    assert_eq!(line, shell.adieu(&["version"]).stdout);
    let json: Value =
        serde_json::from_str(&shell.adieu(&["version", "-o", "json"]).stdout).expect("JSON");
    assert_eq!(json["version"], version);
    assert!(
        line.contains(json["target"].as_str().expect("a target")),
        "{line}"
    );
    assert!(json["commit"].is_null() || json["commit"].is_string());
    let help = shell.adieu(&["--help"]).stdout;
    assert!(
        help.contains("Exit codes: 0 success, 1 failure, 2 usage error"),
        "{help}"
    );
}

#[test]
fn help_fits_the_terminal() {
    let world = World::start();
    let shell = Shell::with(&world, &[]).set("TERM", "dumb");
    let binary = env!("CARGO_BIN_EXE_adieu");
    for verb in ["exec", "extension publish", "onboard"] {
        let line = format!("stty cols 80 rows 24; {binary} {verb} -h");
        let output = shell
            .command("/usr/bin/script")
            .env("PATH", "/usr/bin:/bin")
            .args(["-qec", &line, "/dev/null"])
            .stderr(Stdio::inherit())
            .output()
            .expect("a terminal");
        let shown = String::from_utf8_lossy(&output.stdout).replace('\r', "");
        let options = shown.split("Examples:").next().unwrap_or_default();
        let wide: Vec<&str> = options
            .lines()
            .filter(|line| line.chars().count() > 80)
            .collect();
        assert!(
            shown.contains("Options:") && wide.is_empty(),
            "{verb}: {wide:#?}"
        );
    }
}

/// docs/json.md documents every field in the schema, which each verb's output matches (json_output.rs).
#[test]
fn fields_of_json_are_documented() {
    let page = std::fs::read_to_string(root().join("docs/json.md")).expect("a page");
    let schema = std::fs::read_to_string(root().join("docs/output.schema.json")).expect("a schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let definitions = schema["$defs"].as_object().expect("definitions");
    // A row may name several verbs of one kind: `adieu feeds login`, `logout`.
    let row = |verb: &str| {
        let (kind, last) = verb.rsplit_once(' ').unwrap_or(("", verb));
        let rows = page.lines().filter(|line| line.starts_with("| `adieu "));
        rows.map(|line| line.split_once(" | ").expect("two cells"))
            .find(|(verbs, _)| {
                verbs.contains(&format!("`adieu {verb}`"))
                    || verbs.contains(&format!("`adieu {kind} "))
                        && verbs.contains(&format!(", `{last}`"))
            })
            .map(|(_, fields)| fields)
    };
    let mut missing = Vec::new();
    for (verb, definition) in definitions {
        // Parts of other documents; and the same document by the longer of two names.
        if ["request", "task", "extension events"].contains(&verb.as_str()) {
            continue;
        }
        let fields = row(verb).unwrap_or_else(|| panic!("{verb} is not documented"));
        let same = fields.split("as `adieu ").nth(1);
        let same = same.and_then(|verb| row(verb.split('`').next()?));
        for name in fields_of(definition) {
            let name = format!("`{name}`");
            if !fields.contains(&name) && !same.is_some_and(|same| same.contains(&name)) {
                missing.push(format!("{verb}: {name}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// The names of all fields of a definition, except those in others that it refers to.
fn fields_of(definition: &Value) -> Vec<&str> {
    let mut names = Vec::new();
    for (key, value) in definition.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, property) in properties {
                    names.push(name.as_str());
                    names.extend(fields_of(property));
                }
            }
            ("items", items) => names.extend(fields_of(items)),
            _ => {}
        }
    }
    names
}
