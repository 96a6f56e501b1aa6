//! `adieu doctor`: checks everything that a working token needs, and names the next thing to fix.
//!
//! Each problem is caused in the emulator or in the environment.

// The ID token, the run's page, the step's identity.
mod pipelines;
// A proxy, a certificate, a name, a host, a clock.
mod reachability;
// An organization, a license, a publisher.
mod membership;

use adieu_emulator::World;
use expect_test::{Expect, expect};

use crate::harness::without_number;
use crate::shell::{CommandOutput, Shell, world_of_a_member};
use crate::whoami::shown;

/// A world with an identity that may read a repository of `contoso` and publish for `pub`.
fn world() -> World {
    let world = world_of_a_member();
    world
        .git()
        .add_repository("contoso", "web", "site", &[("a.txt", "a")]);
    world
}

const EVERYTHING: [&str; 7] = [
    "doctor",
    "--organization",
    "contoso",
    "--repository",
    "web/site",
    "--publisher",
    "pub",
];

fn examined(shell: &Shell<'_>, arguments: &[&str]) -> CommandOutput {
    let quiet = ["--credential", "managed-identity"];
    shell.adieu(&[arguments, &quiet].concat())
}

/// The output, with placeholders for the proxy's port and for the seconds by which a clock is wrong.
fn stable(world: &World, output: &CommandOutput) -> String {
    let text = without_number(&shown(world, output), "This machine's clock is ");
    let text =
        without_number(&text, "http://127.0.0.1:").replace("http://127.0.0.1:[N]", "[PROXY]");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n"))
}

fn finds(world: &World, output: &CommandOutput, expected: &Expect) {
    expected.assert_eq(&stable(world, output));
}

#[test]
fn lists_every_check_that_passes() {
    let world = world();
    let output = examined(&Shell::machine(&world), &EVERYTHING);
    finds(
        &world,
        &output,
        &expect![[r#"
            ok        configuration  managed-identity
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com, marketplace.visualstudio.com
            ok        clock          within a minute of the services
            skipped   federation     this credential does not present an ID token
            ok        token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            ok        identity       app's principal ([PROFILE])
            ok        organization   a member of contoso
            ok        license        Basic
            ok        repository     can read web/site
            ok        publisher      Contributor of pub

            What to do next: No action needed; all checks passed.
            exit 0
        "#]],
    );
}

#[test]
fn prints_the_checks_as_json() {
    let world = world();
    world.organizations().make_stakeholder("contoso", "app");
    let asked = [&EVERYTHING[..], &["--output", "json"]].concat();
    let output = examined(&Shell::machine(&world), &asked);
    finds(
        &world,
        &output,
        &expect![[r#"
            {
              "checks": [
                {
                  "facts": {},
                  "found": "managed-identity",
                  "name": "configuration",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                },
                {
                  "facts": {},
                  "found": "[PROXY]",
                  "name": "proxy",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                },
                {
                  "facts": {},
                  "found": "the proxy resolves them",
                  "name": "names",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                },
                {
                  "facts": {},
                  "found": "each certificate is trusted",
                  "name": "trust",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                },
                {
                  "facts": {},
                  "found": "reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com, marketplace.visualstudio.com",
                  "name": "hosts",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                },
                {
                  "facts": {},
                  "found": "within a minute of the services",
                  "name": "clock",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                },
                {
                  "facts": {},
                  "found": "this credential does not present an ID token",
                  "name": "federation",
                  "remedy": null,
                  "section": null,
                  "state": "skipped"
                },
                {
                  "facts": {},
                  "found": "for Azure DevOps, by managed-identity, of tenant [TENANT]",
                  "name": "token",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                },
                {
                  "facts": {},
                  "found": "app's principal ([PROFILE])",
                  "name": "identity",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                },
                {
                  "facts": {},
                  "found": "a member of contoso",
                  "name": "organization",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                },
                {
                  "facts": {},
                  "found": "The access level in contoso is Stakeholder, which cannot read repositories.",
                  "name": "license",
                  "remedy": "An administrator runs: adieu onboard --organization contoso --identity [OBJECT] --access-level basic",
                  "section": "tf401019",
                  "state": "warning"
                },
                {
                  "facts": {
                    "activityid": "[GUID]",
                    "it said": "TF401019: The Git repository with name or identifier site does not exist or you do not have permissions for the operation you are attempting.",
                    "x-msedge-ref": "Ref A: 0 Ref B: EMULATOR Ref C: 0",
                    "x-vss-e2eid": "[GUID]"
                  },
                  "found": "The repository web/site does not exist, or this identity may not see it (TF401019).",
                  "name": "repository",
                  "remedy": "Give the identity the access level Basic, and Read in the repository's Security (Project settings → Repositories).",
                  "section": "tf401019",
                  "state": "failed"
                },
                {
                  "facts": {},
                  "found": "Contributor of pub",
                  "name": "publisher",
                  "remedy": null,
                  "section": null,
                  "state": "ok"
                }
              ],
              "holds": false,
              "next": "Give the identity the access level Basic, and Read in the repository's Security (Project settings → Repositories)."
            }
            exit 1
        "#]],
    );
}

#[test]
fn stops_without_a_credential() {
    let world = world();
    let shell = Shell::with(&world, &[]).set("HTTPS_PROXY", world.network().url());
    finds(
        &world,
        &shell.adieu(&["doctor"]),
        &expect![[r#"
            failed    configuration  You are not signed in.
                                       not available here: pipelines, workload-identity, managed-identity, azd, az (--verbose shows why)
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com
            ok        clock          within a minute of the services
            skipped   federation     this credential does not present an ID token
            skipped   token          there is no credential

            What to do next: Sign in; on your own machine, az login is the shortest way.
            More: adieu explain credential
            exit 1
        "#]],
    );
}

#[test]
fn a_usage_error_sends_no_request() {
    let world = world();
    let shell = Shell::machine(&world);
    let mut text = String::new();
    for arguments in [
        &["doctor", "--repository", "web/site"][..],
        &[
            "doctor",
            "--organization",
            "contoso",
            "--repository",
            "site",
        ],
        &["doctor", "--organization", "https://example.org/x"],
        &["doctor", "--tenant", "--x"],
        &["doctor", "--tenant", "a tenant"],
    ] {
        text.push_str(&shown(&world, &shell.adieu(arguments)));
    }
    expect![[r#"
        error: --repository needs an organization.
        What to do: Write --organization, or set ADIEU_ORGANIZATION.
        More: adieu explain organizations
        exit 2
        error: invalid value 'site' for '--repository <REPOSITORY>': write PROJECT/REPOSITORY, such as web/site

        For more information, try '--help'.
        exit 2
        error: 'https://example.org/x' is not an Azure DevOps address, so no token is sent there.
        What to do: Write the organization's name.
        More: adieu explain organizations
        exit 2
        error: unexpected argument '--x' found

        Usage: adieu doctor [OPTIONS]

        For more information, try '--help'.
        exit 2
        error: 'a tenant' is not a tenant.
        What to do: Write the tenant's GUID, or one of its domains, such as contoso.onmicrosoft.com.
        More: adieu explain token-command
        exit 2
    "#]]
    .assert_eq(&text);
    assert!(world.marketplace().requests().is_empty());
}
