//! Problems on the network path: a proxy, a certificate, a name, a host, a clock.
//!
//! Membership is in membership.rs.

use std::time::Duration;

use adieu_emulator::World;
use expect_test::expect;

use super::{examined, finds, stable, world};
use crate::shell::Shell;

#[test]
fn detects_a_wrong_clock_by_the_services_time() {
    let world = world();
    let shell = Shell::machine(&world);
    world.clock().advance(Duration::from_secs(120));
    finds(
        &world,
        &examined(&shell, &["doctor"]),
        &expect![[r#"
            ok        configuration  managed-identity
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com
            warning   clock          This machine's clock is [N] seconds behind that of app.vssps.visualstudio.com.
            skipped   federation     this credential does not present an ID token
            ok        token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            ok        identity       app's principal ([PROFILE])

            What to do next: Set this machine's clock (NTP): Microsoft Entra allows five minutes.
            More: adieu explain clock
            exit 0
        "#]],
    );
    world.clock().advance(Duration::from_secs(480));
    finds(
        &world,
        &examined(&shell, &["doctor"]),
        &expect![[r#"
            ok        configuration  managed-identity
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com
            failed    clock          This machine's clock is [N] seconds behind that of app.vssps.visualstudio.com.
            skipped   federation     this credential does not present an ID token
            ok        token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            ok        identity       app's principal ([PROFILE])

            What to do next: Set this machine's clock (NTP): Microsoft Entra allows five minutes.
            More: adieu explain clock
            exit 1
        "#]],
    );
}

#[test]
fn distinguishes_proxy_certificate_name_and_host_problems() {
    let world = world();
    let plain = || Shell::with(&world, &[]).managed_identity();
    let elsewhere = World::start();
    let closed = "http://127.0.0.1:9";
    let network = world.network().url();
    let mut found = String::new();
    for (what, shell) in [
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
                .set("HTTPS_PROXY", &network)
                .set("SSL_CERT_FILE", elsewhere.ca_file()),
        ),
        (
            "an authority without a server",
            plain()
                .set("HTTPS_PROXY", &network)
                .set("AZURE_AUTHORITY_HOST", "https://127.0.0.1:9"),
        ),
    ] {
        let output = examined(&shell, &["doctor"]);
        found.push_str(&format!("{what}\n{}\n", stable(&world, &output)));
    }
    expect![[r#"
        no proxy there
        ok        configuration  managed-identity
        failed    proxy          This host (login.microsoftonline.com) did not answer at the first attempt: no connection to the proxy (refused).
        skipped   names          the proxy does not work
        skipped   trust          the proxy does not work
        skipped   hosts          the proxy does not work
        skipped   clock          no host reported its time
        skipped   federation     not every host can be reached
        skipped   token          not every host can be reached
        skipped   identity       not every host can be reached

        What to do next: Correct HTTPS_PROXY, or name the host in NO_PROXY.
        More: adieu explain proxy
        exit 1

        a proxy that wants a password
        ok        configuration  managed-identity
        failed    proxy          This host (login.microsoftonline.com) did not answer at the first attempt: the proxy asks for authentication.
        skipped   names          the proxy does not work
        skipped   trust          the proxy does not work
        skipped   hosts          the proxy does not work
        skipped   clock          no host reported its time
        skipped   federation     not every host can be reached
        skipped   token          not every host can be reached
        skipped   identity       not every host can be reached

        What to do next: Write user and password into HTTPS_PROXY: http://user:password@host:port.
        More: adieu explain proxy
        exit 1

        a proxy that goes nowhere
        ok        configuration  managed-identity
        failed    proxy          This host (app.vssps.visualstudio.com) did not answer at the first attempt: the proxy does not connect (unsuccessful).
        skipped   names          the proxy does not work
        skipped   trust          the proxy does not work
        skipped   hosts          the proxy does not work
        ok        clock          within a minute of the services
        skipped   federation     not every host can be reached
        skipped   token          not every host can be reached
        skipped   identity       not every host can be reached

        What to do next: Correct HTTPS_PROXY, or name the host in NO_PROXY.
        More: adieu explain proxy
        exit 1

        another authority's certificates
        ok        configuration  managed-identity
        ok        proxy          [PROXY]
        ok        names          the proxy resolves them
        failed    trust          This host (login.microsoftonline.com) did not answer at the first attempt: its certificate is not trusted (its issuer is unknown here).
        skipped   hosts          no host can be reached
        skipped   clock          no host reported its time
        skipped   federation     not every host can be reached
        skipped   token          not every host can be reached
        skipped   identity       not every host can be reached

        What to do next: If a proxy inspects TLS here, put its root certificate into a PEM file, and set SSL_CERT_FILE to that file.
        More: adieu explain certificates
        exit 1

        an authority without a server
        ok        configuration  managed-identity
        ok        proxy          [PROXY]
        ok        names          the proxy resolves them
        ok        trust          trusted: app.vssps.visualstudio.com
        failed    hosts          This host (127.0.0.1:9) did not answer at the first attempt: no connection (refused).
        ok        clock          within a minute of the services
        skipped   federation     not every host can be reached
        skipped   token          not every host can be reached
        skipped   identity       not every host can be reached

        What to do next: Check the network; behind a proxy, set HTTPS_PROXY.
        More: adieu explain network
        exit 1

    "#]].assert_eq(&found);
}
