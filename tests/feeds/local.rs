//! `adieu feeds list`, `adieu feeds login` and `adieu exec --feeds`: feeds on your own machine, with real clients.
//!
//! Nothing remains in the home folder, in the checkout or in the temporary folder.

use std::fs;
use std::path::PathBuf;

use adieu_emulator::{Connection, World};
use expect_test::{Expect, expect};
use serde_json::Value;

use super::job::{FEED, snapshot, write};
use crate::harness::schema::Schema;
use crate::shell::{CommandOutput, Shell};
use crate::whoami::shown;

/// A world in which the machine's identity is a member of `contoso`, which has the feed `packages`.
pub(super) fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add_member("contoso", "app");
    world.feeds().add("contoso", "packages");
    world
}

/// A machine with its own temporary folder, and these files in its home folder.
pub(super) fn machine<'w>(world: &'w World, files: &[(&str, &str)]) -> Shell<'w> {
    let shell = Shell::machine(world);
    let temporary = temporary(&shell);
    fs::create_dir(&temporary).expect("a folder");
    for (name, text) in files {
        write(&shell.home().join(name), &text.replace("FEED", FEED));
    }
    let path = std::env::var("PATH").expect("a PATH");
    let adieu = PathBuf::from(env!("CARGO_BIN_EXE_adieu"));
    let adieu = adieu.parent().expect("a folder").display().to_string();
    shell
        .set("TMPDIR", temporary)
        .set("PATH", format!("{adieu}:{path}"))
        .set("NPM_CONFIG_CAFILE", world.ca_file())
        .set("NPM_CONFIG_CACHE", "../npm-cache")
        .set("NPM_CONFIG_LOGS_MAX", "0")
        .set("NPM_CONFIG_UPDATE_NOTIFIER", "false")
}

fn temporary(shell: &Shell<'_>) -> PathBuf {
    shell.home().with_file_name("tmp")
}

pub(super) fn finds(world: &World, output: &CommandOutput, expected: &Expect) {
    expected.assert_eq(&shown(world, output));
}

/// Compares the output, with a placeholder for the home folder.
pub(super) fn finds_at_home(
    world: &World,
    shell: &Shell<'_>,
    output: &CommandOutput,
    expected: &Expect,
) {
    let home = shell.home().display().to_string();
    expected.assert_eq(&shown(world, output).replace(&home, "[HOME]"));
}

pub(super) const NPMRC: (&str, &str) = (".npmrc", "registry=FEED/npm/registry/\n");

#[test]
fn list_names_file_line_and_client() {
    let world = world();
    let shell = machine(
        &world,
        &[
            (
                ".npmrc",
                "; ours\nregistry=FEED/npm/registry/\n//pkgs.dev.azure.com/contoso/:_authToken=old\n",
            ),
            (
                "lib/pyproject.toml",
                "[[tool.uv.index]]\nname = \"feed\"\nurl = \"FEED@Local/pypi/simple/\"\n",
            ),
            ("java/build.gradle", "maven { url 'FEED/maven/v1' }\n"),
        ],
    );
    finds(
        &world,
        &shell.adieu(&["feeds", "list"]),
        &expect![[r#"
        .npmrc:2              npm      contoso/packages  (NPM_CONFIG_USERCONFIG)
        java/build.gradle:1   gradle   contoso/packages  (an init script, in pipelines only)
        lib/pyproject.toml:3  uv       contoso/packages@Local  (keyring and netrc)
        .npmrc:3 has a credential, which npm uses before any other
        exit 0
    "#]],
    );
    finds(
        &world,
        &shell.adieu(&["feeds", "list", "lib", "--output", "json"]),
        &expect![[r#"
            {
              "complete": true,
              "credentials": [],
              "feeds": [
                {
                  "address": "https://pkgs.dev.azure.com/contoso/_packaging/packages@Local/pypi/simple/",
                  "client": "uv",
                  "credentialBy": "keyring and netrc",
                  "feed": "contoso/packages@Local",
                  "file": "pyproject.toml",
                  "line": 3,
                  "organization": "contoso"
                }
              ],
              "otherAddresses": []
            }
            exit 0
        "#]],
    );
    finds(
        &world,
        &shell.adieu(&["feeds", "list", "nowhere"]),
        &expect![[r#"
            error: The folder nowhere does not exist.
            More: adieu explain feeds
            exit 2
        "#]],
    );
    let empty = machine(&world, &[]);
    finds_at_home(
        &world,
        &empty,
        &empty.adieu(&["feeds", "list"]),
        &expect![[r#"
        No Azure Artifacts feed is declared in [HOME].
        exit 0
    "#]],
    );
}

#[test]
fn exec_supplies_one_command_with_feeds() {
    let world = world();
    let shell = machine(
        &world,
        &[
            NPMRC,
            (
                ".cargo/config.toml",
                "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n",
            ),
            ("requirements.txt", "--index-url FEED/pypi/simple/\n"),
        ],
    );
    let before = snapshot(&shell.home());
    let script = format!(
        "npm view hello-feed version && keyring get {FEED}/pypi/simple/ adieu | wc -l && keyring get https://pypi.org/simple/ adieu; echo $? $AZURE_DEVOPS_TOKEN $NETRC | cut -c 1-6"
    );
    let output = shell.adieu(&["exec", "--feeds", "--", "/bin/sh", "-c", &script]);
    finds(
        &world,
        &output,
        &expect![[r#"
        1.0.0
        1
        1 /tmp
        exit 0
    "#]],
    );
    assert_eq!(snapshot(&shell.home()), before);
    assert!(snapshot(&temporary(&shell)).is_empty());
}

#[test]
fn json_matches_its_schema() {
    let world = world();
    let schema = Schema::read("docs/output.schema.json");
    let json = |shell: &Shell<'_>, verb: &str| -> Value {
        let words: Vec<&str> = verb.split(' ').chain(["--output", "json"]).collect();
        let output = shell.adieu(&words);
        let document = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!(
            schema.violations_of(verb, &document),
            [""; 0],
            "{document:#}"
        );
        document
    };
    let shell = machine(&world, &[NPMRC]).set("ADIEU_CREDENTIAL", "managed-identity");
    let checked = json(&shell, "feeds check");
    assert_eq!(checked["holds"], true);
    let login = json(&shell, "feeds login");
    let variables = login["variables"].as_object().expect("variables");
    assert!(variables.contains_key("NPM_CONFIG_USERCONFIG"), "{login}");
    let shell = variables.iter().fold(shell, |shell, (name, value)| {
        shell.set(name, value.as_str().unwrap_or_default())
    });
    let logout = json(&shell, "feeds logout");
    let names = |document: &Value| -> Vec<String> {
        let variables = document["variables"].as_object().expect("variables");
        variables.keys().cloned().collect()
    };
    assert_eq!(names(&logout), names(&login));
}

#[test]
fn login_is_valid_until_logout() {
    let world = world();
    let shell = machine(&world, &[NPMRC, ("requirements.txt", "--index-url FEED/pypi/simple/\n"), ("java/pom.xml", "<project><repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n")])
        .set("MAVEN_ARGS", "--batch-mode -Dit's=\"here\"");
    let before = snapshot(&shell.home());
    let script = format!(
        "
        export -p > ../before
        eval \"$(adieu feeds login)\"
        adieu feeds login 2>/dev/null > ../lines
        eval \"$(cat ../lines)\"
        npm view hello-feed version
        keyring get {FEED}/pypi/simple/ adieu > ../answer; echo $?
        find \"$TMPDIR\" -mindepth 1 -maxdepth 1 -perm 700 | wc -l
        find \"$TMPDIR\" -name npmrc -perm 600 | wc -l
        echo \"$MAVEN_ARGS\" | cut -d / -f 1
        eval \"$(adieu feeds logout)\"
        export -p > ../after
        cmp ../before ../after && echo same
        adieu feeds logout
    "
    );
    let output = shell
        .command("/bin/sh")
        .args(["-c", &script])
        .output()
        .expect("sh starts");
    let text = [output.stdout, output.stderr]
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .join("--\n");
    assert!(world.secrets_in(&text).is_empty(), "{text}");
    expect![[r#"
        1.0.0
        0
        1
        1
        --batch-mode -Dit's="here" --settings 
        same
        --
        .npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        java/pom.xml:2: contoso/packages for maven (MAVEN_ARGS).
        requirements.txt:1: contoso/packages for pip (keyring and netrc).
        Files have a token that is valid until [TIME]; helpers sign in with managed-identity whenever a client asks.
        This shell has no login for feeds: ADIEU_FEEDS is not set.
    "#]].assert_eq(&crate::harness::stable(&world, &text));
    let lines = fs::read_to_string(shell.home().join("../lines")).expect("a file");
    assert!(world.secrets_in(&lines).is_empty(), "{lines}");
    let answer = fs::read_to_string(shell.home().join("../answer")).expect("a file");
    assert_eq!(world.secrets_in(&answer), ["access token"]);
    assert_eq!(snapshot(&shell.home()), before);
    assert!(snapshot(&temporary(&shell)).is_empty());
}

#[test]
fn login_prints_json_for_programs() {
    let world = world();
    let shell = machine(&world, &[NPMRC]);
    let output = shell.adieu(&["feeds", "login", "--output", "json", "--quiet"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    let login: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
    let names: Vec<&String> = login["variables"]
        .as_object()
        .expect("variables")
        .keys()
        .collect();
    expect![[r#"
        [
            "ADIEU_FEEDS",
            "NPM_CONFIG_USERCONFIG",
        ]
    "#]]
    .assert_debug_eq(&names);
    let folder = login["variables"]["ADIEU_FEEDS"]
        .as_str()
        .expect("a folder");
    let shell = shell.set("ADIEU_FEEDS", folder);
    finds(
        &world,
        &shell.adieu(&["feeds", "logout", "--output", "json"]),
        &expect![[r#"
            {
              "variables": {
                "ADIEU_FEEDS": null
              }
            }
            exit 0
        "#]],
    );
    assert!(snapshot(&temporary(&shell)).is_empty());
}
