//! `adieu feeds` and `adieu exec --feeds`: feeds on your own machine, with real clients.
//!
//! Nothing remains in the home folder, in the checkout or in the temporary folder.

use std::fs;
use std::path::PathBuf;

use adieu_emulator::{Connection, Role, World};
use expect_test::{Expect, expect};
use serde_json::Value;

use super::job::{FEED, snapshot, write};
use crate::desk::{Desk, Said};
use crate::harness::schema::Schema;
use crate::whoami::shown;

/// A world in which the machine's identity is a member of `contoso`, which has the feed `packages`.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add_member("contoso", "app");
    world.feeds().add("contoso", "packages");
    world
}

/// A machine with its own temporary folder, and these files in its home folder.
fn machine<'w>(world: &'w World, files: &[(&str, &str)]) -> Desk<'w> {
    let desk = Desk::machine(world);
    let temporary = temporary(&desk);
    fs::create_dir(&temporary).expect("a folder");
    for (name, text) in files {
        write(&desk.home().join(name), &text.replace("FEED", FEED));
    }
    let path = std::env::var("PATH").expect("a PATH");
    let adieu = PathBuf::from(env!("CARGO_BIN_EXE_adieu"));
    let adieu = adieu.parent().expect("a folder").display().to_string();
    desk.set("TMPDIR", temporary)
        .set("PATH", format!("{adieu}:{path}"))
        .set("NPM_CONFIG_CAFILE", world.ca_file())
        .set("NPM_CONFIG_CACHE", "../npm-cache")
        .set("NPM_CONFIG_LOGS_MAX", "0")
        .set("NPM_CONFIG_UPDATE_NOTIFIER", "false")
}

fn temporary(desk: &Desk<'_>) -> PathBuf {
    desk.home().with_file_name("tmp")
}

fn finds(world: &World, said: &Said, expected: &Expect) {
    expected.assert_eq(&shown(world, said));
}

/// Compares the output, with a placeholder for the home folder.
fn finds_at_home(world: &World, desk: &Desk<'_>, said: &Said, expected: &Expect) {
    let home = desk.home().display().to_string();
    expected.assert_eq(&shown(world, said).replace(&home, "[HOME]"));
}

const NPMRC: (&str, &str) = (".npmrc", "registry=FEED/npm/registry/\n");

#[test]
fn list_names_file_line_and_client() {
    let world = world();
    let desk = machine(
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
        &desk.adieu(&["feeds", "list"]),
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
        &desk.adieu(&["feeds", "list", "lib", "--output", "json"]),
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
        &desk.adieu(&["feeds", "list", "nowhere"]),
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
fn check_asks_each_feed_once() {
    let world = world();
    world
        .feeds()
        .grant("contoso", "packages", "app", Role::Collaborator);
    let desk = machine(
        &world,
        &[
            NPMRC,
            ("web/.npmrc", "registry=FEED/npm/registry/\n"),
            ("requirements.txt", "--index-url FEED@Local/pypi/simple/\n"),
        ],
    );
    finds(
        &world,
        &desk.adieu(&["feeds", "check"]),
        &expect![[r#"
        ok        feed           contoso/packages can be read (.npmrc:1, web/.npmrc:1)
        ok        feed           contoso/packages@Local can be read (requirements.txt:1)

        What to do next: No action needed; all checks passed.
        exit 0
    "#]],
    );
    // They are requested concurrently.
    let mut let_in = world.feeds().let_in();
    let_in.sort();
    expect![[r#"
        [
            "GET /contoso/_packaging/packages/nuget/v3/index.json Bearer",
            "GET /contoso/_packaging/packages@Local/nuget/v3/index.json Bearer",
        ]
    "#]]
    .assert_debug_eq(&let_in);
}

/// Only the list of feeds has the role.
#[test]
fn check_says_which_role_is_missing() {
    let world = world();
    let desk = machine(&world, &[NPMRC]);
    let grant = |role| world.feeds().grant("contoso", "packages", "app", role);
    finds(
        &world,
        &desk.adieu(&["feeds", "check"]),
        &expect![[r#"
        warning   feed           This identity can read the feed contoso/packages, and cannot save packages from its upstream sources: a public package that is not in it yet is not found.
                                   feed: contoso/packages
                                   declared in: .npmrc:1

        What to do next: An owner of the feed gives it the role Feed and Upstream Reader (Collaborator): Artifacts → the feed → ⚙ → Permissions → Add users/groups.
        More: adieu explain feeds
        exit 0
    "#]],
    );
    finds(
        &world,
        &desk.adieu(&["feeds", "check", "--publish"]),
        &expect![[r#"
            failed    feed           This identity can read the feed contoso/packages, and cannot publish to it.
                                       feed: contoso/packages
                                       declared in: .npmrc:1

            What to do next: An owner of the feed gives it the role Feed Publisher (Contributor): Artifacts → the feed → ⚙ → Permissions → Add users/groups.
            More: adieu explain feeds
            exit 1
        "#]],
    );
    let first = |arguments: &[&str]| {
        let said = desk.adieu(arguments);
        let line = said.stdout.lines().next().unwrap_or_default().to_owned();
        format!("{line}\nexit {}", said.status)
    };
    grant(Role::Collaborator);
    expect![[r#"
        ok        feed           contoso/packages can be read (.npmrc:1)
        exit 0"#]]
    .assert_eq(&first(&["feeds", "check"]));
    expect![[r#"
        failed    feed           This identity can read the feed contoso/packages, and cannot publish to it.
        exit 1"#]].assert_eq(&first(&["feeds", "check", "--publish"]));
    let can_publish = expect![[r#"
        ok        feed           contoso/packages can be read and published to (.npmrc:1)
        exit 0"#]];
    for role in [Role::Publisher, Role::Owner] {
        grant(role);
        can_publish.assert_eq(&first(&["feeds", "check", "--publish"]));
    }
    world.feeds().hide_roles();
    expect![[r#"
        warning   feed           This identity can read the feed contoso/packages; Azure DevOps does not show whether it can publish to it.
        exit 0"#]].assert_eq(&first(&["feeds", "check", "--publish"]));
}

#[test]
fn check_says_which_right_or_tenant_is_missing() {
    let world = world();
    world.feeds().add("contoso", "secret");
    world.feeds().refuse("contoso", "secret", "app");
    world.feeds().add("fabrikam", "packages");
    let foreign = world.entra().add_foreign_tenant();
    world.organizations().connect("northwind", &foreign);
    let desk = machine(&world, &[]);
    let check = |feed: &str| desk.adieu(&["feeds", "check", "--feed", feed]);
    finds(
        &world,
        &check("contoso/secret"),
        &expect![[r#"
            failed    feed           This identity is not a reader of the feed contoso/secret (403 of pkgs.dev.azure.com).
                                       it said: User '[PROFILE]' lacks permission to complete this action. You need to have 'ReadPackages'.
                                       x-vss-e2eid: [GUID]
                                       activityid: [GUID]
                                       x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
                                       feed: contoso/secret
                                       declared in: --feed

            What to do next: Have an owner of the feed add it as Feed Reader, or as Feed and Upstream Reader (Collaborator) if it may save packages from upstream sources: Artifacts → the feed → ⚙ → Permissions → Add users/groups.
            More: adieu explain feeds
            exit 1
        "#]],
    );
    finds(
        &world,
        &check("contoso/nothing"),
        &expect![[r#"
            failed    feed           contoso has no feed contoso/nothing that this identity may see (404 of pkgs.dev.azure.com).
                                       it said: The feed with ID 'nothing' doesn't exist.
                                       x-vss-e2eid: [GUID]
                                       activityid: [GUID]
                                       x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
                                       feed: contoso/nothing
                                       declared in: --feed

            What to do next: Compare the address with Artifacts → Connect to feed: the address of a project's feed contains the project.
            More: adieu explain feeds
            exit 1
        "#]],
    );
    finds(
        &world,
        &check("fabrikam/packages"),
        &expect![[r#"
        failed    feed           Azure DevOps has no organization fabrikam.
                                   feed: fabrikam/packages
                                   declared in: --feed

        What to do next: Compare the name with the address in the browser: https://dev.azure.com/<name>.
        More: adieu explain organizations
        exit 1
    "#]],
    );
    finds(
        &world,
        &check("northwind/packages"),
        &expect![[r#"
        failed    feed           northwind accepts tokens of tenant [GUID], but does not accept this one.
                                   it said: TF400813: The user '[GUID]' is not authorized to access this resource.
                                   x-vss-e2eid: [GUID]
                                   activityid: [GUID]
                                   x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
                                   feed: northwind/packages
                                   declared in: --feed

        What to do next: Request a token of that tenant (--tenant [GUID]; EntraToken@1: tenantId), for an application with an enterprise application there.
        More: adieu explain tenants
        exit 1
    "#]],
    );
    finds(
        &world,
        &check("packages"),
        &expect![[r#"
        error: --feed 'packages' is not a feed: its path is not <organization>[/<project>]/_packaging/<feed>.
        What to do: Write https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/, or contoso/packages, or contoso/project/packages.
        More: adieu explain feeds
        exit 2
    "#]],
    );
    finds_at_home(
        &world,
        &desk,
        &desk.adieu(&["feeds", "check"]),
        &expect![[r#"
        error: No Azure Artifacts feed was found.
          folder: [HOME]
        What to do: Run it in the folder that has .npmrc, nuget.config, pyproject.toml, pom.xml or .cargo/config.toml, or name a feed: adieu feeds login --feed contoso/packages
        More: adieu explain feeds
        exit 1
    "#]],
    );
}

#[test]
fn exec_supplies_one_command_with_feeds() {
    let world = world();
    let desk = machine(
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
    let before = snapshot(&desk.home());
    let script = format!(
        "npm view hello-feed version && keyring get {FEED}/pypi/simple/ adieu | wc -l && keyring get https://pypi.org/simple/ adieu; echo $? $AZURE_DEVOPS_TOKEN $NETRC | cut -c 1-6"
    );
    let said = desk.adieu(&["exec", "--feeds", "--", "/bin/sh", "-c", &script]);
    finds(
        &world,
        &said,
        &expect![[r#"
        1.0.0
        1
        1 /tmp
        exit 0
    "#]],
    );
    assert_eq!(snapshot(&desk.home()), before);
    assert!(snapshot(&temporary(&desk)).is_empty());
}

#[test]
fn json_matches_its_schema() {
    let world = world();
    let schema = Schema::read("docs/output.schema.json");
    let json = |desk: &Desk<'_>, verb: &str| -> Value {
        let words: Vec<&str> = verb.split(' ').chain(["--output", "json"]).collect();
        let said = desk.adieu(&words);
        let document = serde_json::from_str(&said.stdout).expect("JSON");
        assert_eq!(
            schema.violations_of(verb, &document),
            [""; 0],
            "{document:#}"
        );
        document
    };
    let desk = machine(&world, &[NPMRC]).set("ADIEU_CREDENTIAL", "managed-identity");
    let checked = json(&desk, "feeds check");
    assert_eq!(checked["holds"], true);
    let login = json(&desk, "feeds login");
    let variables = login["variables"].as_object().expect("variables");
    assert!(variables.contains_key("NPM_CONFIG_USERCONFIG"), "{login}");
    let desk = variables.iter().fold(desk, |desk, (name, value)| {
        desk.set(name, value.as_str().unwrap_or_default())
    });
    let logout = json(&desk, "feeds logout");
    let names = |document: &Value| -> Vec<String> {
        let variables = document["variables"].as_object().expect("variables");
        variables.keys().cloned().collect()
    };
    assert_eq!(names(&logout), names(&login));
}

#[test]
fn login_is_valid_until_logout() {
    let world = world();
    let desk = machine(&world, &[NPMRC, ("requirements.txt", "--index-url FEED/pypi/simple/\n"), ("java/pom.xml", "<project><repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n")])
        .set("MAVEN_ARGS", "--batch-mode -Dit's=\"here\"");
    let before = snapshot(&desk.home());
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
    let output = desk
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
    let lines = fs::read_to_string(desk.home().join("../lines")).expect("a file");
    assert!(world.secrets_in(&lines).is_empty(), "{lines}");
    let answer = fs::read_to_string(desk.home().join("../answer")).expect("a file");
    assert_eq!(world.secrets_in(&answer), ["access token"]);
    assert_eq!(snapshot(&desk.home()), before);
    assert!(snapshot(&temporary(&desk)).is_empty());
}

#[test]
fn login_prints_json_for_programs() {
    let world = world();
    let desk = machine(&world, &[NPMRC]);
    let said = desk.adieu(&["feeds", "login", "--output", "json", "--quiet"]);
    assert_eq!(said.status, 0, "{}", said.stderr);
    let login: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
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
    let desk = desk.set("ADIEU_FEEDS", folder);
    finds(
        &world,
        &desk.adieu(&["feeds", "logout", "--output", "json"]),
        &expect![[r#"
            {
              "variables": {
                "ADIEU_FEEDS": null
              }
            }
            exit 0
        "#]],
    );
    assert!(snapshot(&temporary(&desk)).is_empty());
}

#[test]
fn doctor_checks_a_feed_last() {
    let world = world();
    world
        .feeds()
        .grant("contoso", "packages", "app", Role::Publisher);
    world.feeds().add("contoso", "secret");
    world.feeds().refuse("contoso", "secret", "app");
    let desk = machine(&world, &[]);
    let said = desk.adieu(&[
        "doctor",
        "--feed",
        "contoso/packages",
        "--feed",
        "contoso/secret",
    ]);
    let said = shown(&world, &said);
    let checks: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("  feed  ") || line.starts_with(['W', 'M', 'e']))
        .collect();
    expect![[r#"
        ok        feed           contoso/packages can be read and published to
        failed    feed           This identity is not a reader of the feed contoso/secret (403 of pkgs.dev.azure.com).
        What to do next: Have an owner of the feed add it as Feed Reader, or as Feed and Upstream Reader (Collaborator) if it may save packages from upstream sources: Artifacts → the feed → ⚙ → Permissions → Add users/groups.
        More: adieu explain feeds
        exit 1"#]].assert_eq(&checks.join("\n"));
}
