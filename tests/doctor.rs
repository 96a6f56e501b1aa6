//! `adieu doctor`: the way from here to a working token, and the one next thing to do.
//!
//! Each thing that can be wrong is made wrong in the emulator or in the environment.

// The ID token, the run's page, the step's identity.
mod pipelines;

use std::time::Duration;

use adieu_emulator::{Connection, World};
use expect_test::{Expect, expect};
use serde_json::Value;

use crate::desk::{Desk, Said};
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

fn finds(world: &World, said: &Said, expected: &Expect) {
    let text = shown(world, said);
    let proxy = text
        .split(' ')
        .find_map(|word| word.strip_prefix("http://127.0.0.1:"));
    let port: String = proxy
        .unwrap_or_default()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let text = text.replace(&format!("http://127.0.0.1:{port}"), "[PROXY]");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    expected.assert_eq(&format!("{}\n", lines.join("\n")));
}

/// What is next, and the states that are not `holds`, from the document for programs.
fn diagnosis(desk: &Desk<'_>, arguments: &[&str]) -> (Value, Vec<String>, i32) {
    let said = desk.adieu(
        &[
            arguments,
            &["--output", "json", "--credential", "managed-identity"],
        ]
        .concat(),
    );
    let json: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let checks = json["checks"].as_array().expect("checks");
    let wrong = checks
        .iter()
        .filter(|check| check["state"] != "holds")
        .map(|check| format!("{} {}", check["name"], check["state"]).replace('"', ""))
        .collect();
    (json, wrong, said.status)
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
    let (json, wrong, status) = diagnosis(&desk, &["doctor", "--organization", "contoso"]);
    assert_eq!(
        (wrong, status),
        (
            vec![
                "federation unchecked".to_owned(),
                "licence doubtful".to_owned()
            ],
            0
        )
    );
    let next = json["next"]
        .as_str()
        .expect("a text")
        .replace(&world.object_id("app"), "[OBJECT]");
    expect!["An administrator runs: adieu onboard --organization contoso --identity [OBJECT] --access-level basic"].assert_eq(&next);
    let (json, wrong, status) = diagnosis(&desk, &EVERYTHING);
    assert_eq!(
        wrong,
        [
            "federation unchecked",
            "licence doubtful",
            "repository fails"
        ]
    );
    assert_eq!(status, 1);
    expect!["Give the identity the access level Basic, and Read in the repository's Security (Project settings → Repositories)."].assert_eq(json["next"].as_str().expect("a text"));
}

#[test]
fn a_publisher_that_does_not_know_the_identity_names_the_id_and_the_page() {
    let world = world();
    world.publisher_role("pub", "app", None);
    let desk = Desk::machine(&world);
    let (json, wrong, status) = diagnosis(&desk, &["doctor", "--publisher", "pub"]);
    assert_eq!(
        (wrong.last().map(String::as_str), status),
        (Some("publisher fails"), 1)
    );
    let next = json["next"]
        .as_str()
        .expect("a text")
        .replace(&world.profile_id("app"), "[PROFILE]");
    expect!["An Owner opens https://marketplace.visualstudio.com/manage/publishers/pub → Members → Add, and pastes [PROFILE] with the role Contributor (Creator for a new extension)."].assert_eq(&next);
    world.publisher_role("pub", "app", Some("Reader"));
    let (json, wrong, status) = diagnosis(&desk, &["doctor", "--publisher", "pub"]);
    assert_eq!(
        (wrong.last().map(String::as_str), status),
        (Some("publisher doubtful"), 0)
    );
    expect!["An Owner opens https://marketplace.visualstudio.com/manage/publishers/pub → Members, and changes the role to Contributor."].assert_eq(json["next"].as_str().expect("a text"));
}

#[test]
fn a_clock_that_is_wrong_is_found_by_the_services_own() {
    let world = world();
    world.clock().advance(Duration::from_secs(120));
    let (_, wrong, _) = diagnosis(&Desk::machine(&world), &["doctor"]);
    assert_eq!(wrong.first().map(String::as_str), Some("clock doubtful"));
    world.clock().advance(Duration::from_secs(480));
    let (json, wrong, status) = diagnosis(&Desk::machine(&world), &["doctor"]);
    assert_eq!(wrong.first().map(String::as_str), Some("clock fails"));
    assert_eq!(status, 1);
    expect!["Set this machine's clock (NTP): Microsoft Entra allows five minutes."]
        .assert_eq(json["next"].as_str().expect("a text"));
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
        let (json, wrong, status) = diagnosis(&desk, &["doctor"]);
        assert_eq!(status, 1, "{what}");
        let next = json["next"].as_str().expect("a text");
        found.push_str(&format!("{what}: {}: {next}\n", wrong.join(", ")));
    }
    expect![[r#"
        no proxy there: proxy fails, names unchecked, trust unchecked, hosts unchecked, clock unchecked, federation unchecked, token unchecked, identity unchecked: Correct HTTPS_PROXY, or name the host in NO_PROXY.
        a proxy that wants a password: proxy fails, names unchecked, trust unchecked, hosts unchecked, clock unchecked, federation unchecked, token unchecked, identity unchecked: Write user and password into HTTPS_PROXY: http://user:password@host:port.
        a proxy that goes nowhere: proxy fails, names unchecked, trust unchecked, hosts unchecked, federation unchecked, token unchecked, identity unchecked: Correct HTTPS_PROXY, or name the host in NO_PROXY.
        another authority's certificates: trust fails, hosts unchecked, clock unchecked, federation unchecked, token unchecked, identity unchecked: If a proxy inspects TLS here, put its root into a PEM file and name that in SSL_CERT_FILE.
        an authority that nobody serves: hosts fails, federation unchecked, token unchecked, identity unchecked: Check the network; behind a proxy, set HTTPS_PROXY.
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
