//! The agent's proxy and certificates: what a task behind a company's wall meets.
//!
//! Nothing leaves this machine: the emulated proxy connects the real services' names to the emulated ones.

use std::fs;

use adieu_emulator::{Connection, Job, MY_CONNECTION, Outcome, Proxy, TaskResult, World};
use expect_test::{Expect, expect};

use crate::harness::{run, stable};

/// A world with a connection of the public cloud, whose host is reached by a proxy only.
fn world() -> World {
    let world = World::start();
    world.add_connection(
        Connection::workload_identity("public").authority("https://login.microsoftonline.com/"),
    );
    world
}

fn sign_in(job: &mut Job<'_>) -> Outcome {
    run(job, &[("azureSubscription", "public")])
}

/// The log, with names for this run's proxy and connection.
fn shown(world: &World, proxy: Option<&Proxy>, outcome: &Outcome) -> String {
    let mut log = outcome
        .log
        .replace(&world.connection_id("public"), "[CONNECTION]");
    if let Some(proxy) = proxy {
        log = log.replace(&proxy.url(), "[PROXY]");
    }
    stable(world, &log)
}

#[test]
fn goes_by_the_agents_proxy_and_never_for_this_machine() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    let outcome = sign_in(&mut job);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert_eq!(proxy.asked(), ["login.microsoftonline.com:443"]);
}

#[test]
fn goes_by_the_agents_proxy_to_both_services() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    let request = job
        .value("system.oidcrequesturi")
        .unwrap_or_default()
        .to_owned();
    let request = request.replace(world.azure_devops().url(), "https://dev.azure.com/contoso/");
    job.variable("system.collectionuri", "https://dev.azure.com/contoso/");
    job.variable("system.oidcrequesturi", &request);
    let outcome = sign_in(&mut job);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let mut asked = proxy.asked();
    asked.sort();
    assert_eq!(
        asked,
        ["dev.azure.com:443", "login.microsoftonline.com:443"]
    );
}

#[test]
fn gives_the_proxy_a_password_with_any_character() {
    let world = world();
    let password = "p@ss:w/ö%rd &+#?\\\"x";
    let proxy = world.proxy(Some(("contoso\\user@x", password)), "Basic realm=\"proxy\"");
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    job.variable("agent.proxyusername", "contoso\\user@x");
    job.secret_variable("agent.proxypassword", password);
    let outcome = sign_in(&mut job);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn says_what_a_proxy_wants() {
    let refused = expect![[r#"
        ##[error]Microsoft Entra (login.microsoftonline.com) gave no answer at the first attempt: the proxy asks for authentication.
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Configure the agent with --proxyusername and --proxypassword for Basic authentication; NTLM, Negotiate and Kerberos are not supported.
        More: TROUBLESHOOTING.md#proxy"#]];
    for challenge in ["Basic realm=\"proxy\"", "NTLM", "Negotiate"] {
        let world = world();
        let proxy = world.proxy(Some(("user", "correct horse")), challenge);
        let mut job = world.job();
        job.variable("agent.proxyurl", &proxy.url());
        job.variable("agent.proxyusername", "user");
        job.secret_variable("agent.proxypassword", "battery staple");
        let outcome = sign_in(&mut job);
        refused.assert_eq(&shown(&world, Some(&proxy), &outcome));
        // The early connection and the request's own: a refusal is not asked for a third time.
        assert!(proxy.asked().len() <= 2, "{:?}", proxy.asked());
    }
}

#[test]
fn goes_past_the_proxy_where_the_agent_would() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    job.variable(
        "agent.proxybypasslist",
        r#"["internal\\.example", "LOGIN\\.microsoftonline\\.com$"]"#,
    );
    // The emulated Entra again, by a name that this machine cannot resolve without the proxy.
    let outcome = sign_in(&mut job);
    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
    assert_eq!(outcome.result, TaskResult::Failed);
}

#[test]
fn names_a_pattern_that_it_cannot_read() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    job.variable(
        "agent.proxybypasslist",
        r#"["(?!login)", "(", "internal\\.example"]"#,
    );
    let outcome = sign_in(&mut job);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    expect![[r#"
        The agent's proxy bypass list has a pattern that this task cannot read, so it has no effect here: (?!login)
        The agent's proxy bypass list has a pattern that this task cannot read, so it has no effect here: ("#]].assert_eq(&outcome.warnings.join("\n"));
}

#[test]
fn refuses_a_proxy_that_is_none() {
    let world = world();
    let mut job = world.job();
    job.variable("agent.proxyurl", "proxy.contoso.com:3128");
    let outcome = sign_in(&mut job);
    expect![[r#"
        ##[error]The agent's proxy, 'proxy.contoso.com:3128', is no address of an HTTP proxy.
        What to do: Configure the agent with --proxyurl http://host:port.
        More: TROUBLESHOOTING.md#proxy"#]]
    .assert_eq(&shown(&world, None, &outcome));
}

#[test]
fn honours_the_proxy_of_the_environment_where_the_agent_has_none() {
    for (no_proxy, asked) in [
        ("", vec!["login.microsoftonline.com:443"]),
        ("other.example", vec!["login.microsoftonline.com:443"]),
    ] {
        let world = world();
        let proxy = world.proxy(None, "");
        let mut job = world.job();
        job.agent_environment("HTTPS_PROXY", &proxy.url());
        job.agent_environment("NO_PROXY", no_proxy);
        let outcome = sign_in(&mut job);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        assert_eq!(proxy.asked(), asked);
    }
}

#[test]
fn trusts_no_certificate_that_nobody_vouches_for() {
    let world = World::start();
    let mut job = world.job();
    job.without("agent.cainfo");
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    expect![[r#"
        ##[error]Azure DevOps ([AZURE DEVOPS]) gave no answer at the first attempt: its certificate is not trusted (its issuer is unknown here).
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: If a proxy of yours inspects TLS, configure the agent with --sslcacert and that proxy's root.
        More: TROUBLESHOOTING.md#certificates"#]].assert_eq(&stable(&world, &outcome.log));
    assert!(world.azure_devops().requests().is_empty());
}

#[test]
fn trusts_the_systems_certificates() {
    let world = World::start();
    let mut job = world.job();
    job.without("agent.cainfo");
    job.agent_environment("SSL_CERT_FILE", &world.ca_file().to_string_lossy());
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn works_in_an_image_without_any_certificate() {
    let world = World::start();
    let empty = world.folder().join("empty");
    fs::create_dir(&empty).expect("a folder");
    let mut job = world.job();
    job.agent_environment("SSL_CERT_DIR", &empty.to_string_lossy());
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn warns_of_a_ca_file_that_is_not_there() {
    let world = World::start();
    let mut job = world.job();
    job.variable("agent.cainfo", "/host/only/ca.pem");
    job.agent_environment("SSL_CERT_FILE", &world.ca_file().to_string_lossy());
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    expect!["The agent's CA file /host/only/ca.pem cannot be read here (No such file or directory (os error 2)); the system's certificates are used alone."].assert_eq(&outcome.warnings.join("\n"));
}

#[test]
fn names_the_risk_of_an_agent_that_checks_no_certificate() {
    let world = World::start();
    let mut job = world.job();
    job.without("agent.cainfo");
    job.variable("agent.skipcertvalidation", "True");
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    expect!["The agent was configured with --sslskipcertvalidation: whoever stands between this agent and Azure DevOps or Microsoft Entra can read the job's token and every token that this step gets. Configure the agent with --sslcacert instead."].assert_eq(&outcome.warnings.join("\n"));
}

#[test]
fn shows_the_agents_own_certificate_to_services_that_ask_for_one() {
    let world = World::with_client_certificates();
    let (certificate, key) = world.client_certificate();
    let mut job = world.job();
    job.variable("agent.clientcert", &certificate.to_string_lossy());
    job.variable("agent.clientcertkey", &key.to_string_lossy());
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn says_what_is_wrong_with_a_client_certificate() {
    let cases: &[(&str, Expect)] = &[
        (
            "/no/such.key",
            expect![[r#"
            ##[error]The agent's client certificate cannot be used: /no/such.key cannot be read: No such file or directory (os error 2).
            What to do: Give the agent a PEM certificate and a PEM key without a password (openssl pkcs8 -topk8 -nocrypt).
            More: TROUBLESHOOTING.md#certificates"#]],
        ),
        (
            "not a key",
            expect![[r#"
            ##[error]The agent's client certificate cannot be used: no items found.
            What to do: Give the agent a PEM certificate and a PEM key without a password (openssl pkcs8 -topk8 -nocrypt).
            More: TROUBLESHOOTING.md#certificates"#]],
        ),
        (
            ENCRYPTED,
            expect![[r#"
            ##[error]The agent's client certificate cannot be used: no items found.
            What to do: Give the agent a PEM certificate and a PEM key without a password (openssl pkcs8 -topk8 -nocrypt).
            More: TROUBLESHOOTING.md#certificates"#]],
        ),
    ];
    for (key, log) in cases {
        let world = World::with_client_certificates();
        let (certificate, key_file) = world.client_certificate();
        let mut job = world.job();
        job.variable("agent.clientcert", &certificate.to_string_lossy());
        if key.starts_with('/') {
            job.variable("agent.clientcertkey", key);
        } else {
            fs::write(&key_file, key).expect("a file");
            job.variable("agent.clientcertkey", &key_file.to_string_lossy());
        }
        let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
        assert_eq!(outcome.result, TaskResult::Failed);
        log.assert_eq(&stable(&world, &outcome.log));
    }
}

/// The form of a key with a password; its inside does not matter.
const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIFNTBfBgkqhkiG\n-----END ENCRYPTED PRIVATE KEY-----\n";
