//! `adieu feeds check` and `adieu doctor --feed`: which feeds this machine's identity can use, and what is missing.
//!
//! Nothing is written.

use adieu_emulator::Role;
use expect_test::expect;

use super::local::{NPMRC, finds, finds_at_home, machine, world};
use crate::whoami::shown;

#[test]
fn check_asks_each_feed_once() {
    let world = world();
    world
        .feeds()
        .grant("contoso", "packages", "app", Role::Collaborator);
    let shell = machine(
        &world,
        &[
            NPMRC,
            ("web/.npmrc", "registry=FEED/npm/registry/\n"),
            ("requirements.txt", "--index-url FEED@Local/pypi/simple/\n"),
        ],
    );
    finds(
        &world,
        &shell.adieu(&["feeds", "check"]),
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
fn check_names_the_missing_role() {
    let world = world();
    let shell = machine(&world, &[NPMRC]);
    let grant = |role| world.feeds().grant("contoso", "packages", "app", role);
    finds(
        &world,
        &shell.adieu(&["feeds", "check"]),
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
        &shell.adieu(&["feeds", "check", "--publish"]),
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
        let output = shell.adieu(arguments);
        let line = output.stdout.lines().next().unwrap_or_default().to_owned();
        format!("{line}\nexit {}", output.status)
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
fn check_names_the_missing_right_or_tenant() {
    let world = world();
    world.feeds().add("contoso", "secret");
    world.feeds().refuse("contoso", "secret", "app");
    world.feeds().add("fabrikam", "packages");
    let foreign = world.entra().add_foreign_tenant();
    world.organizations().connect("northwind", &foreign);
    let shell = machine(&world, &[]);
    let check = |feed: &str| shell.adieu(&["feeds", "check", "--feed", feed]);
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
        &shell,
        &shell.adieu(&["feeds", "check"]),
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
fn doctor_checks_a_feed_last() {
    let world = world();
    world
        .feeds()
        .grant("contoso", "packages", "app", Role::Publisher);
    world.feeds().add("contoso", "secret");
    world.feeds().refuse("contoso", "secret", "app");
    let shell = machine(&world, &[]);
    let output = shell.adieu(&[
        "doctor",
        "--feed",
        "contoso/packages",
        "--feed",
        "contoso/secret",
    ]);
    let output = shown(&world, &output);
    let checks: Vec<&str> = output
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
