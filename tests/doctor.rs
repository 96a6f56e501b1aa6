//! `adieu doctor`: the way from here to a working token, and the one next thing to do.
//!
//! Each thing that can be wrong is made wrong in the emulator or in the environment.

// The ID token, the run's page, the step's identity.
mod pipelines;

use std::time::Duration;

use adieu_emulator::{Connection, World};
use expect_test::{Expect, expect};

use crate::desk::{Desk, Said};
use crate::harness::without_number;
use crate::whoami::shown;

/// A world with an identity that may read a repository of `contoso` and publish for `pub`.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organization_member("contoso", "app");
    world.publisher_role("pub", "app", Some("Contributor"));
    world.add_repository("contoso", "web", "site", &[("a.txt", "a")]);
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

fn examined(desk: &Desk<'_>, arguments: &[&str]) -> Said {
    let quiet = ["--credential", "managed-identity"];
    desk.adieu(&[arguments, &quiet].concat())
}

/// What was said, with names in place of the proxy's port and of how many seconds a clock is wrong.
fn told(world: &World, said: &Said) -> String {
    let text = without_number(&shown(world, said), "This machine's clock is ");
    let text =
        without_number(&text, "http://127.0.0.1:").replace("http://127.0.0.1:[N]", "[PROXY]");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n"))
}

fn finds(world: &World, said: &Said, expected: &Expect) {
    expected.assert_eq(&told(world, said));
}

#[test]
fn everything_that_holds_is_said_to_hold() {
    let world = world();
    let said = examined(&Desk::machine(&world), &EVERYTHING);
    finds(
        &world,
        &said,
        &expect![[r#"
            holds     configuration  there is managed-identity
            holds     proxy          [PROXY]
            holds     names          the proxy resolves them
            holds     trust          each certificate is trusted
            holds     hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com, marketplace.visualstudio.com
            holds     clock          within a minute of the services'
            unchecked federation     this credential presents no ID token of its own
            holds     token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            holds     identity       app's principal ([PROFILE])
            holds     organization   contoso knows it as a member
            holds     licence        Basic
            holds     repository     web/site is shown to it
            holds     publisher      Contributor of pub
            What to do next: Nothing: everything that was checked holds.
            exit 0
        "#]],
    );
}

#[test]
fn a_program_reads_the_same_in_one_document() {
    let world = world();
    world.stakeholder("contoso", "app");
    let asked = [&EVERYTHING[..], &["--output", "json"]].concat();
    let said = examined(&Desk::machine(&world), &asked);
    finds(
        &world,
        &said,
        &expect![[r#"
            {
              "checks": [
                {
                  "facts": {},
                  "found": "there is managed-identity",
                  "name": "configuration",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
                },
                {
                  "facts": {},
                  "found": "[PROXY]",
                  "name": "proxy",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
                },
                {
                  "facts": {},
                  "found": "the proxy resolves them",
                  "name": "names",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
                },
                {
                  "facts": {},
                  "found": "each certificate is trusted",
                  "name": "trust",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
                },
                {
                  "facts": {},
                  "found": "reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com, marketplace.visualstudio.com",
                  "name": "hosts",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
                },
                {
                  "facts": {},
                  "found": "within a minute of the services'",
                  "name": "clock",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
                },
                {
                  "facts": {},
                  "found": "this credential presents no ID token of its own",
                  "name": "federation",
                  "remedy": null,
                  "section": null,
                  "state": "unchecked"
                },
                {
                  "facts": {},
                  "found": "for Azure DevOps, by managed-identity, of tenant [TENANT]",
                  "name": "token",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
                },
                {
                  "facts": {},
                  "found": "app's principal ([PROFILE])",
                  "name": "identity",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
                },
                {
                  "facts": {},
                  "found": "contoso knows it as a member",
                  "name": "organization",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
                },
                {
                  "facts": {},
                  "found": "The access level in contoso is Stakeholder, with which no repository is read.",
                  "name": "licence",
                  "remedy": "An administrator runs: adieu onboard --organization contoso --identity [OBJECT] --access-level basic",
                  "section": "tf401019",
                  "state": "doubtful"
                },
                {
                  "facts": {
                    "activityid": "[GUID]",
                    "it said": "TF401019: The Git repository with name or identifier site does not exist or you do not have permissions for the operation you are attempting."
                  },
                  "found": "There is no repository web/site, or it is not shown to this identity (TF401019).",
                  "name": "repository",
                  "remedy": "Give the identity the access level Basic, and Read in the repository's Security (Project settings → Repositories).",
                  "section": "tf401019",
                  "state": "fails"
                },
                {
                  "facts": {},
                  "found": "Contributor of pub",
                  "name": "publisher",
                  "remedy": null,
                  "section": null,
                  "state": "holds"
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
fn without_a_credential_there_is_nothing_to_begin_with() {
    let world = world();
    let desk = Desk::with(&world, &[]).set("HTTPS_PROXY", world.internet().url());
    finds(
        &world,
        &desk.adieu(&["doctor"]),
        &expect![[r#"
            fails     configuration  No credential here gave a token.
                                       pipelines: SYSTEM_OIDCREQUESTURI is not set. Azure Pipelines sets it in every job.
                                       workload-identity: AZURE_FEDERATED_TOKEN_FILE is not set. Azure Kubernetes Service sets it in a pod with the label azure.workload.identity/use: "true".
                                       managed-identity: IDENTITY_ENDPOINT is not set. App Service and Functions set it; on a virtual machine write --credential managed-identity.
                                       azd: azd is not on the PATH. Install it (https://aka.ms/azd-install), then: azd auth login
                                       az: az is not on the PATH. Install it (https://aka.ms/azure-cli), then: az login
            holds     proxy          [PROXY]
            holds     names          the proxy resolves them
            holds     trust          each certificate is trusted
            holds     hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com
            holds     clock          within a minute of the services'
            unchecked federation     this credential presents no ID token of its own
            unchecked token          there is no credential
            What to do next: Make one of these ways work: at a desk, az login is the shortest.
            More: TROUBLESHOOTING.md#credential
            exit 1
        "#]],
    );
}

#[test]
fn an_identity_that_is_no_member_is_told_who_adds_it() {
    let world = world();
    world.organization("fabrikam");
    let said = examined(
        &Desk::machine(&world),
        &["doctor", "--organization", "fabrikam"],
    );
    finds(
        &world,
        &said,
        &expect![[r#"
            holds     configuration  there is managed-identity
            holds     proxy          [PROXY]
            holds     names          the proxy resolves them
            holds     trust          each certificate is trusted
            holds     hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com
            holds     clock          within a minute of the services'
            unchecked federation     this credential presents no ID token of its own
            holds     token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            holds     identity       app's principal ([PROFILE])
            fails     organization   fabrikam knows this identity and has not added it (TF400813, 401 of dev.azure.com).
                                       it said: TF400813: The user '[PROFILE]' is not authorized to access this resource.
                                       activityid: [GUID]
                                       identity: [PROFILE]
                                       its name: app's principal
                                       object id: [OBJECT]
                                       client id: [CLIENT]
                                       token's tenant: [TENANT]
            unchecked licence        it is no member
            What to do next: An administrator of the organization adds it: adieu onboard --organization fabrikam --identity [OBJECT]
            More: TROUBLESHOOTING.md#tf400813
            exit 1
        "#]],
    );
}

#[test]
fn a_stakeholder_reads_no_repository() {
    let world = world();
    world.stakeholder("contoso", "app");
    let desk = Desk::machine(&world);
    let said = examined(&desk, &["doctor", "--organization", "contoso"]);
    finds(
        &world,
        &said,
        &expect![[r#"
        holds     configuration  there is managed-identity
        holds     proxy          [PROXY]
        holds     names          the proxy resolves them
        holds     trust          each certificate is trusted
        holds     hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com
        holds     clock          within a minute of the services'
        unchecked federation     this credential presents no ID token of its own
        holds     token          for Azure DevOps, by managed-identity, of tenant [TENANT]
        holds     identity       app's principal ([PROFILE])
        holds     organization   contoso knows it as a member
        doubtful  licence        The access level in contoso is Stakeholder, with which no repository is read.
        What to do next: An administrator runs: adieu onboard --organization contoso --identity [OBJECT] --access-level basic
        More: TROUBLESHOOTING.md#tf401019
        exit 0
    "#]],
    );
    finds(
        &world,
        &examined(&desk, &EVERYTHING),
        &expect![[r#"
        holds     configuration  there is managed-identity
        holds     proxy          [PROXY]
        holds     names          the proxy resolves them
        holds     trust          each certificate is trusted
        holds     hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com, marketplace.visualstudio.com
        holds     clock          within a minute of the services'
        unchecked federation     this credential presents no ID token of its own
        holds     token          for Azure DevOps, by managed-identity, of tenant [TENANT]
        holds     identity       app's principal ([PROFILE])
        holds     organization   contoso knows it as a member
        doubtful  licence        The access level in contoso is Stakeholder, with which no repository is read.
        fails     repository     There is no repository web/site, or it is not shown to this identity (TF401019).
                                   it said: TF401019: The Git repository with name or identifier site does not exist or you do not have permissions for the operation you are attempting.
                                   activityid: [GUID]
        holds     publisher      Contributor of pub
        What to do next: Give the identity the access level Basic, and Read in the repository's Security (Project settings → Repositories).
        More: TROUBLESHOOTING.md#tf401019
        exit 1
    "#]],
    );
}

#[test]
fn a_publisher_that_does_not_know_the_identity_names_the_id_and_the_page() {
    let world = world();
    world.publisher_role("pub", "app", None);
    let desk = Desk::machine(&world);
    let asked = ["doctor", "--publisher", "pub"];
    finds(
        &world,
        &examined(&desk, &asked),
        &expect![[r#"
        holds     configuration  there is managed-identity
        holds     proxy          [PROXY]
        holds     names          the proxy resolves them
        holds     trust          each certificate is trusted
        holds     hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, marketplace.visualstudio.com
        holds     clock          within a minute of the services'
        unchecked federation     this credential presents no ID token of its own
        holds     token          for Azure DevOps, by managed-identity, of tenant [TENANT]
        holds     identity       app's principal ([PROFILE])
        fails     publisher      The identity is no member of the publisher pub.
        What to do next: An Owner opens https://marketplace.visualstudio.com/manage/publishers/pub → Members → Add, and pastes [PROFILE] with the role Contributor (Creator for a new extension).
        More: TROUBLESHOOTING.md#publisher-member
        exit 1
    "#]],
    );
    world.publisher_role("pub", "app", Some("Reader"));
    finds(
        &world,
        &examined(&desk, &asked),
        &expect![[r#"
        holds     configuration  there is managed-identity
        holds     proxy          [PROXY]
        holds     names          the proxy resolves them
        holds     trust          each certificate is trusted
        holds     hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, marketplace.visualstudio.com
        holds     clock          within a minute of the services'
        unchecked federation     this credential presents no ID token of its own
        holds     token          for Azure DevOps, by managed-identity, of tenant [TENANT]
        holds     identity       app's principal ([PROFILE])
        doubtful  publisher      The identity is a Reader of the publisher pub, which publishes nothing.
        What to do next: An Owner opens https://marketplace.visualstudio.com/manage/publishers/pub → Members, and changes the role to Contributor.
        More: TROUBLESHOOTING.md#publisher-member
        exit 0
    "#]],
    );
}

#[test]
fn a_clock_that_is_wrong_is_found_by_the_services_own() {
    let world = world();
    let desk = Desk::machine(&world);
    world.clock().advance(Duration::from_secs(120));
    finds(
        &world,
        &examined(&desk, &["doctor"]),
        &expect![[r#"
            holds     configuration  there is managed-identity
            holds     proxy          [PROXY]
            holds     names          the proxy resolves them
            holds     trust          each certificate is trusted
            holds     hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com
            doubtful  clock          This machine's clock is [N] seconds behind that of app.vssps.visualstudio.com.
            unchecked federation     this credential presents no ID token of its own
            holds     token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            holds     identity       app's principal ([PROFILE])
            What to do next: Set this machine's clock (NTP): Microsoft Entra allows five minutes.
            More: TROUBLESHOOTING.md#clock
            exit 0
        "#]],
    );
    world.clock().advance(Duration::from_secs(480));
    finds(
        &world,
        &examined(&desk, &["doctor"]),
        &expect![[r#"
            holds     configuration  there is managed-identity
            holds     proxy          [PROXY]
            holds     names          the proxy resolves them
            holds     trust          each certificate is trusted
            holds     hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com
            fails     clock          This machine's clock is [N] seconds behind that of app.vssps.visualstudio.com.
            unchecked federation     this credential presents no ID token of its own
            holds     token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            holds     identity       app's principal ([PROFILE])
            What to do next: Set this machine's clock (NTP): Microsoft Entra allows five minutes.
            More: TROUBLESHOOTING.md#clock
            exit 1
        "#]],
    );
}

#[test]
fn what_is_in_the_way_is_a_proxy_a_certificate_a_name_or_a_host() {
    let world = world();
    let plain = || Desk::with(&world, &[]).managed_identity();
    let elsewhere = World::start();
    let closed = "http://127.0.0.1:9";
    let internet = world.internet().url();
    let mut found = String::new();
    for (what, desk) in [
        ("no proxy there", plain().set("HTTPS_PROXY", closed)),
        (
            "a proxy that wants a password",
            plain().set(
                "HTTPS_PROXY",
                world
                    .proxy(Some(("user", "correct horse")), "Basic realm=\"proxy\"")
                    .url(),
            ),
        ),
        (
            "a proxy that goes nowhere",
            plain().set("HTTPS_PROXY", world.proxy(None, "").url()),
        ),
        (
            "another authority's certificates",
            plain()
                .set("HTTPS_PROXY", &internet)
                .set("SSL_CERT_FILE", elsewhere.ca_file()),
        ),
        (
            "an authority that nobody serves",
            plain()
                .set("HTTPS_PROXY", &internet)
                .set("AZURE_AUTHORITY_HOST", "https://127.0.0.1:9"),
        ),
    ] {
        let said = examined(&desk, &["doctor"]);
        found.push_str(&format!("{what}\n{}\n", told(&world, &said)));
    }
    expect![[r#"
        no proxy there
        holds     configuration  there is managed-identity
        fails     proxy          This host (login.microsoftonline.com) gave no answer at the first attempt: no connection to the proxy (refused).
        unchecked names          the proxy is in the way
        unchecked trust          the proxy is in the way
        unchecked hosts          the proxy is in the way
        unchecked clock          no host told its own
        unchecked federation     not every host is reached
        unchecked token          not every host is reached
        unchecked identity       not every host is reached
        What to do next: Correct HTTPS_PROXY, or name the host in NO_PROXY.
        More: TROUBLESHOOTING.md#proxy
        exit 1

        a proxy that wants a password
        holds     configuration  there is managed-identity
        fails     proxy          This host (login.microsoftonline.com) gave no answer at the first attempt: the proxy asks for authentication.
        unchecked names          the proxy is in the way
        unchecked trust          the proxy is in the way
        unchecked hosts          the proxy is in the way
        unchecked clock          no host told its own
        unchecked federation     not every host is reached
        unchecked token          not every host is reached
        unchecked identity       not every host is reached
        What to do next: Write user and password into HTTPS_PROXY: http://user:password@host:port.
        More: TROUBLESHOOTING.md#proxy
        exit 1

        a proxy that goes nowhere
        holds     configuration  there is managed-identity
        fails     proxy          This host (app.vssps.visualstudio.com) gave no answer at the first attempt: the proxy does not connect (unsuccessful).
        unchecked names          the proxy is in the way
        unchecked trust          the proxy is in the way
        unchecked hosts          the proxy is in the way
        holds     clock          within a minute of the services'
        unchecked federation     not every host is reached
        unchecked token          not every host is reached
        unchecked identity       not every host is reached
        What to do next: Correct HTTPS_PROXY, or name the host in NO_PROXY.
        More: TROUBLESHOOTING.md#proxy
        exit 1

        another authority's certificates
        holds     configuration  there is managed-identity
        holds     proxy          [PROXY]
        holds     names          the proxy resolves them
        fails     trust          This host (login.microsoftonline.com) gave no answer at the first attempt: its certificate is not trusted (its issuer is unknown here).
        unchecked hosts          no host is reached
        unchecked clock          no host told its own
        unchecked federation     not every host is reached
        unchecked token          not every host is reached
        unchecked identity       not every host is reached
        What to do next: If a proxy inspects TLS here, put its root into a PEM file and name that in SSL_CERT_FILE.
        More: TROUBLESHOOTING.md#certificates
        exit 1

        an authority that nobody serves
        holds     configuration  there is managed-identity
        holds     proxy          [PROXY]
        holds     names          the proxy resolves them
        holds     trust          trusted: app.vssps.visualstudio.com
        fails     hosts          This host (127.0.0.1:9) gave no answer at the first attempt: no connection (refused).
        holds     clock          within a minute of the services'
        unchecked federation     not every host is reached
        unchecked token          not every host is reached
        unchecked identity       not every host is reached
        What to do next: Check the network; behind a proxy, set HTTPS_PROXY.
        More: TROUBLESHOOTING.md#network
        exit 1

    "#]].assert_eq(&found);
}

#[test]
fn a_command_line_that_makes_no_sense_asks_nobody() {
    let world = world();
    let desk = Desk::machine(&world);
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
        text.push_str(&shown(&world, &desk.adieu(arguments)));
    }
    expect![[r#"
        error: the following required arguments were not provided:
          --organization <ORGANIZATION>

        Usage: adieu doctor --organization <ORGANIZATION> --repository <REPOSITORY>

        For more information, try '--help'.
        exit 2
        error: invalid value 'site' for '--repository <REPOSITORY>': PROJECT/REPOSITORY is needed

        For more information, try '--help'.
        exit 2
        error: 'https://example.org/x' is no address of Azure DevOps, so it gets no token.
        What to do: Write the organization's name.
        More: TROUBLESHOOTING.md#organizations
        exit 2
        error: unexpected argument '--x' found

        Usage: adieu doctor [OPTIONS]

        For more information, try '--help'.
        exit 2
        error: 'a tenant' is no tenant.
        What to do: Write the tenant's GUID, or one of its domains, such as contoso.onmicrosoft.com.
        More: TROUBLESHOOTING.md#token-command
        exit 2
    "#]]
    .assert_eq(&text);
    assert!(world.marketplace().requests().is_empty());
}
