//! The agent's proxy and certificates, as administrators configure them.
//!
//! It asks nobody on the network: names that no proxy of the emulator maps end in `.invalid`.

use std::fs;
use std::path::{Path, PathBuf};

use adieu_emulator::{Connection, Job, MY_CONNECTION, Outcome, TaskResult, World};

use crate::harness::{TaskFolder, stable};

/// A connection that signs in at Microsoft Entra's own address, to which the emulator's proxy leads.
const REAL_AUTHORITY: &str = "real-authority";

/// A connection that signs in at a host that does not exist.
const NO_HOST: &str = "no-host";

/// A password that is written otherwise in an address, in JSON, in a command and in base64.
const PASSWORD: &str = "p@:/%&+ ü\"\\;]w0rd";
const USER: &str = "CONTOSO\\böb@contoso.com/%&+ x";

const SIGNED_IN_AT_MICROSOFT: &str = "\
Signed in at login.microsoftonline.com, tenant [TENANT].
AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).";

const SIGNED_IN: &str = "\
Signed in at [ENTRA], tenant [TENANT].
AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes).";

fn world() -> World {
    with_connections(World::start())
}

fn with_connections(world: World) -> World {
    for (name, authority) in [
        (REAL_AUTHORITY, "https://login.microsoftonline.com/"),
        (NO_HOST, "https://login.contoso.invalid/"),
    ] {
        world.add_connection(Connection::workload_identity(name).authority(authority));
    }
    world
}

fn run(job: &mut Job<'_>, connection: &str) -> Outcome {
    let folder = TaskFolder::unpacked("token");
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", connection)
        .run();
    assert_eq!(outcome.denied, Vec::<String>::new());
    assert_eq!(outcome.exit_code, Some(0), "{}", outcome.log);
    outcome
}

/// The log without what differs from run to run.
fn shown(world: &World, connection: &str, outcome: &Outcome) -> String {
    let log = outcome
        .log
        .replace(&world.connection_id(connection), "[CONNECTION]")
        .replace(&*world.folder().to_string_lossy(), "[FOLDER]");
    let log: Vec<String> = stable(world, &log).lines().map(attempts).collect();
    log.join("\n")
}

/// Pauses between attempts are random, and so is how many fit into half a minute.
fn attempts(line: &str) -> String {
    let Some((before, after)) = line.split_once(" gave no answer in ") else {
        return line.to_owned();
    };
    let (_number, after) = after.split_once(' ').expect("a number of attempts");
    format!("{before} gave no answer in [SEVERAL] {after}")
}

/// Runs a step that has to succeed.
fn succeeds(world: &World, job: &mut Job<'_>, connection: &str, log: &str) {
    let outcome = run(job, connection);
    assert_eq!(shown(world, connection, &outcome), log);
    assert_eq!(outcome.result, TaskResult::Succeeded);
}

/// Runs a step that has to fail.
fn fails(world: &World, job: &mut Job<'_>, connection: &str, log: &str) {
    let outcome = run(job, connection);
    assert_eq!(shown(world, connection, &outcome), log);
    assert_eq!(outcome.result, TaskResult::Failed);
    assert!(job.get("AZURE_DEVOPS_TOKEN").is_none());
}

fn use_proxy(job: &mut Job<'_>, url: &str) {
    job.variable("agent.proxyurl", url);
}

fn authenticate(job: &mut Job<'_>, user: &str, password: &str) {
    job.variable("agent.proxyusername", user);
    job.secret_variable("agent.proxypassword", password);
}

/// Has the job run at dev.azure.com, to which the emulator's proxy leads.
fn at_dev_azure_com(world: &World, job: &mut Job<'_>) {
    for name in [
        "system.collectionuri",
        "system.teamfoundationcollectionuri",
        "system.oidcrequesturi",
    ] {
        let here = job.value(name).expect("a variable").to_owned();
        let there = here.replace(world.azure_devops().url(), "https://dev.azure.com/contoso/");
        assert_ne!(here, there);
        job.variable(name, &there);
    }
}

fn file(world: &World, name: &str, text: &str) -> PathBuf {
    let path = world.folder().join(name);
    fs::write(&path, text).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

// The proxy.

#[test]
fn reaches_entra_by_the_agents_proxy() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    succeeds(&world, &mut job, REAL_AUTHORITY, SIGNED_IN_AT_MICROSOFT);
    assert_eq!(proxy.asked(), ["login.microsoftonline.com:443"]);
    assert_eq!(world.entra().requests().len(), 1);
}

#[test]
fn reaches_azure_devops_by_the_agents_proxy() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    at_dev_azure_com(&world, &mut job);
    succeeds(&world, &mut job, REAL_AUTHORITY, SIGNED_IN_AT_MICROSOFT);
    let mut asked = proxy.asked();
    asked.sort();
    assert_eq!(
        asked,
        ["dev.azure.com:443", "login.microsoftonline.com:443"]
    );
    assert_eq!(world.azure_devops().requests().len(), 1);
}

#[test]
fn never_asks_a_proxy_for_this_machine() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    succeeds(&world, &mut job, MY_CONNECTION, SIGNED_IN);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"] {
        let mut job = world.job();
        job.agent_environment(name, &proxy.url());
        succeeds(&world, &mut job, MY_CONNECTION, SIGNED_IN);
    }
    assert_eq!(proxy.asked(), Vec::<String>::new());
}

#[test]
fn signs_in_at_the_proxy_with_every_character() {
    let world = world();
    let proxy = world.proxy(Some((USER, PASSWORD)), "Basic realm=\"proxy\"");
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    authenticate(&mut job, USER, PASSWORD);
    at_dev_azure_com(&world, &mut job);
    succeeds(&world, &mut job, REAL_AUTHORITY, SIGNED_IN_AT_MICROSOFT);
    assert_eq!(proxy.asked().len(), 2);
}

#[test]
fn never_shows_the_proxys_password_while_debugging() {
    let world = world();
    let proxy = world.proxy(Some((USER, PASSWORD)), "Basic realm=\"proxy\"");
    let mut job = world.job();
    job.variable("system.debug", "true");
    use_proxy(&mut job, &proxy.url());
    authenticate(&mut job, USER, PASSWORD);
    // Whether it leaks, the agent looks itself.
    assert_eq!(run(&mut job, REAL_AUTHORITY).result, TaskResult::Succeeded);
}

#[test]
fn a_wrong_password_for_the_proxy_is_tried_once() {
    for challenge in ["Basic realm=\"proxy\"", "NTLM", "Negotiate"] {
        let world = world();
        let proxy = world.proxy(Some((USER, PASSWORD)), challenge);
        let mut job = world.job();
        use_proxy(&mut job, &proxy.url());
        authenticate(&mut job, USER, "another password");
        fails(
            &world,
            &mut job,
            REAL_AUTHORITY,
            "\
##[error]Microsoft Entra (login.microsoftonline.com) gave no answer at the first attempt: the proxy asks for authentication.
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Configure the agent with --proxyusername and --proxypassword for Basic authentication; NTLM, Negotiate and Kerberos are not supported.
More: TROUBLESHOOTING.md#proxy",
        );
        assert_eq!(proxy.asked(), ["login.microsoftonline.com:443"]);
    }
}

#[test]
fn a_proxy_that_asks_for_a_password_before_azure_devops_is_named_too() {
    let world = world();
    let proxy = world.proxy(Some((USER, PASSWORD)), "Negotiate");
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    at_dev_azure_com(&world, &mut job);
    fails(
        &world,
        &mut job,
        REAL_AUTHORITY,
        "\
##[error]Azure DevOps (dev.azure.com) gave no answer at the first attempt: the proxy asks for authentication.
  connection: https://dev.azure.com/contoso/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Configure the agent with --proxyusername and --proxypassword for Basic authentication; NTLM, Negotiate and Kerberos are not supported.
More: TROUBLESHOOTING.md#proxy",
    );
}

#[test]
fn honours_the_environment_where_the_agent_has_no_proxy() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let world = world();
        let proxy = world.proxy(Some(("bob", "p@ss w0rd")), "Basic realm=\"proxy\"");
        let mut job = world.job();
        let url = proxy.url().replace("http://", "http://bob:p%40ss%20w0rd@");
        job.agent_environment(name, &url);
        succeeds(&world, &mut job, REAL_AUTHORITY, SIGNED_IN_AT_MICROSOFT);
        assert_eq!(proxy.asked(), ["login.microsoftonline.com:443"], "{name}");
    }
}

#[test]
fn signs_in_at_the_proxy_with_a_password_in_its_address() {
    let world = world();
    let proxy = world.proxy(Some(("bob", "p@ss w0rd")), "Basic realm=\"proxy\"");
    let mut job = world.job();
    let url = proxy.url().replace("http://", "http://bob:p%40ss%20w0rd@");
    use_proxy(&mut job, &url);
    succeeds(&world, &mut job, REAL_AUTHORITY, SIGNED_IN_AT_MICROSOFT);
}

#[test]
fn prefers_the_agents_proxy_to_the_environments() {
    let world = world();
    let (proxy, other) = (world.proxy(None, ""), world.proxy(None, ""));
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    job.agent_environment("HTTPS_PROXY", &other.url());
    job.agent_environment("NO_PROXY", "*");
    succeeds(&world, &mut job, REAL_AUTHORITY, SIGNED_IN_AT_MICROSOFT);
    assert_eq!(proxy.asked().len(), 1);
    assert_eq!(other.asked(), Vec::<String>::new());
}

#[test]
fn warns_of_patterns_that_it_cannot_read() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    job.variable(
        "agent.proxybypasslist",
        r#"["(", "(?!dev)microsoft", "fabrikam\\.com"]"#,
    );
    let unreadable = "##[warning]The agent's proxy bypass list has a pattern that this task cannot read, so it has no effect here: ";
    succeeds(
        &world,
        &mut job,
        REAL_AUTHORITY,
        &format!("{unreadable}(\n{unreadable}(?!dev)microsoft\n{SIGNED_IN_AT_MICROSOFT}"),
    );
    assert_eq!(proxy.asked(), ["login.microsoftonline.com:443"]);
}

#[test]
fn warns_of_a_bypass_list_that_is_none() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    job.variable("agent.proxybypasslist", "*.contoso.com");
    succeeds(
        &world,
        &mut job,
        REAL_AUTHORITY,
        &format!(
            "##[warning]The agent's proxy bypass list is no JSON array of texts, so it has no effect here: *.contoso.com\n{SIGNED_IN_AT_MICROSOFT}"
        ),
    );
}

#[test]
fn names_a_proxy_that_is_none_without_its_password() {
    for (url, named) in [
        ("proxy.contoso.com:3128", "proxy.contoso.com:3128"),
        ("not an address", "not an address"),
        ("socks5://proxy:1080", "socks5://proxy:1080"),
        (
            "socks5://bob:an-older-password@proxy:1080",
            "socks5://***@proxy:1080",
        ),
        ("bob:an-older-password@proxy:1080", "***@proxy:1080"),
    ] {
        let world = world();
        world.record_secret("proxy password", "an-older-password");
        let mut job = world.job();
        use_proxy(&mut job, url);
        fails(
            &world,
            &mut job,
            MY_CONNECTION,
            &format!(
                "\
##[error]The agent's proxy, '{named}', is no address of an HTTP proxy.
What to do: Configure the agent with --proxyurl http://host:port.
More: TROUBLESHOOTING.md#proxy"
            ),
        );
    }
}

/// What can heal is tried for half a minute, so that these are all tried at once.
#[test]
fn says_what_is_between_here_and_the_service() {
    type Setting = fn(&World, &mut Job<'_>) -> Option<adieu_emulator::Proxy>;
    let cases: [(&str, Setting, &str); 5] = [
        (
            REAL_AUTHORITY,
            |_world, job| {
                // Port 9 is nobody's.
                use_proxy(job, "http://127.0.0.1:9");
                None
            },
            "\
##[error]Microsoft Entra (login.microsoftonline.com) gave no answer in [SEVERAL] attempts: no connection to the proxy (refused).
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Let the agent reach its proxy, or correct the proxy's address.
More: TROUBLESHOOTING.md#proxy",
        ),
        (
            NO_HOST,
            |world, job| {
                let proxy = world.proxy(None, "");
                use_proxy(job, &proxy.url());
                Some(proxy)
            },
            "\
##[error]Microsoft Entra (login.contoso.invalid) gave no answer in [SEVERAL] attempts: the proxy does not connect (unsuccessful).
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Let the agent's proxy connect to this host on port 443.
More: TROUBLESHOOTING.md#proxy",
        ),
        (
            NO_HOST,
            |world, job| {
                let proxy = world.proxy(None, "");
                use_proxy(job, &proxy.url());
                job.variable(
                    "agent.proxybypasslist",
                    r#"["fabrikam\\.com", "contoso\\.INVALID$"]"#,
                );
                Some(proxy)
            },
            NO_NAME,
        ),
        (
            NO_HOST,
            |world, job| {
                let proxy = world.proxy(None, "");
                job.agent_environment("HTTPS_PROXY", &proxy.url());
                job.agent_environment("NO_PROXY", "fabrikam.com,.contoso.invalid");
                Some(proxy)
            },
            NO_NAME,
        ),
        (NO_HOST, |_world, _job| None, NO_NAME),
    ];
    std::thread::scope(|scope| {
        for (connection, set, log) in cases {
            scope.spawn(move || {
                let world = world();
                let mut job = world.job();
                let proxy = set(&world, &mut job);
                fails(&world, &mut job, connection, log);
                if let Some(proxy) = proxy {
                    assert_eq!(proxy.asked().is_empty(), log == NO_NAME);
                }
            });
        }
    });
}

const NO_NAME: &str = "\
##[error]Microsoft Entra (login.contoso.invalid) gave no answer in [SEVERAL] attempts: its name cannot be resolved.
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Check the agent's DNS and proxy: this name must be resolvable from the agent.
More: TROUBLESHOOTING.md#network";

// The services' certificates.

const UNKNOWN_ISSUER: &str = "\
##[error]Azure DevOps ([AZURE DEVOPS]) gave no answer at the first attempt: its certificate is not trusted (its issuer is unknown here).
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: If a proxy of yours inspects TLS, configure the agent with --sslcacert and that proxy's root.
More: TROUBLESHOOTING.md#certificates";

#[test]
fn trusts_the_agents_ca_file_on_an_image_without_certificates() {
    let world = world();
    let mut job = world.job();
    let none = file(&world, "none.pem", "");
    let empty = world.folder().join("empty");
    fs::create_dir(&empty).unwrap();
    job.agent_environment("SSL_CERT_FILE", text(&none));
    job.agent_environment("SSL_CERT_DIR", text(&empty));
    succeeds(&world, &mut job, MY_CONNECTION, SIGNED_IN);
}

#[test]
fn trusts_the_systems_certificates_without_an_agents_ca_file() {
    let world = world();
    let mut job = world.job();
    job.without("agent.cainfo");
    job.agent_environment("SSL_CERT_FILE", text(&world.ca_file()));
    succeeds(&world, &mut job, MY_CONNECTION, SIGNED_IN);
}

#[test]
fn a_certificate_that_nobody_trusts_here_is_tried_once() {
    let (world, elsewhere) = (world(), World::start());
    let mut job = world.job();
    job.without("agent.cainfo");
    job.agent_environment("SSL_CERT_FILE", text(&elsewhere.ca_file()));
    fails(&world, &mut job, MY_CONNECTION, UNKNOWN_ISSUER);
    assert_eq!(world.azure_devops().requests(), Vec::<String>::new());
}

#[test]
fn a_certificate_for_another_host_is_tried_once() {
    let world = world();
    world.add_connection(
        Connection::workload_identity("other-host").authority("https://login.windows.net/"),
    );
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    fails(
        &world,
        &mut job,
        "other-host",
        "\
##[error]Microsoft Entra (login.windows.net) gave no answer at the first attempt: its certificate is not trusted (it is for another host).
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: If a proxy of yours inspects TLS, configure the agent with --sslcacert and that proxy's root.
More: TROUBLESHOOTING.md#certificates",
    );
    assert_eq!(proxy.asked(), ["login.windows.net:443"]);
    assert_eq!(world.entra().requests(), Vec::<String>::new());
}

#[test]
fn warns_of_a_ca_file_that_is_not_there() {
    let world = world();
    let mut job = world.job();
    job.variable("agent.cainfo", text(&world.folder().join("no.pem")));
    fails(
        &world,
        &mut job,
        MY_CONNECTION,
        &format!(
            "##[warning]The agent's CA file [FOLDER]/no.pem cannot be read here (No such file or directory (os error 2)); the system's certificates are used alone.\n{UNKNOWN_ISSUER}"
        ),
    );
}

#[test]
fn warns_of_a_ca_file_without_certificates() {
    let world = world();
    let mut job = world.job();
    let no_pem = file(&world, "ca.der", "\u{1}\u{2}\u{3}");
    job.variable("agent.cainfo", text(&no_pem));
    fails(
        &world,
        &mut job,
        MY_CONNECTION,
        &format!(
            "##[warning]The agent's CA file [FOLDER]/ca.der has no certificate in PEM form; the system's certificates are used alone.\n{UNKNOWN_ISSUER}"
        ),
    );
}

#[test]
fn checks_no_certificate_where_the_agent_checks_none_and_says_what_that_means() {
    let world = world();
    let mut job = world.job();
    job.without("agent.cainfo");
    job.variable("agent.skipcertvalidation", "True");
    succeeds(
        &world,
        &mut job,
        MY_CONNECTION,
        &format!(
            "##[warning]The agent was configured with --sslskipcertvalidation: whoever stands between this agent and Azure DevOps or Microsoft Entra can read the job's token and every token that this step gets. Configure the agent with --sslcacert instead.\n{SIGNED_IN}"
        ),
    );
}

// The agent's own certificate.

fn use_client_certificate(job: &mut Job<'_>, certificate: &Path, key: &Path) {
    job.variable("agent.clientcert", text(certificate));
    job.variable("agent.clientcertkey", text(key));
}

/// Runs a step whose client certificate cannot be used.
fn client_certificate_fails(world: &World, certificate: &Path, key: &Path, reason: &str) {
    let mut job = world.job();
    use_client_certificate(&mut job, certificate, key);
    fails(
        world,
        &mut job,
        MY_CONNECTION,
        &format!(
            "\
##[error]The agent's client certificate cannot be used: {reason}.
What to do: Give the agent a PEM certificate and a PEM key without a password (openssl pkcs8 -topk8 -nocrypt).
More: TROUBLESHOOTING.md#certificates"
        ),
    );
}

#[test]
fn shows_the_agents_client_certificate() {
    let world = with_connections(World::with_client_certificates());
    let (certificate, key) = world.client_certificate();
    let mut job = world.job();
    use_client_certificate(&mut job, &certificate, &key);
    succeeds(&world, &mut job, MY_CONNECTION, SIGNED_IN);
}

#[test]
fn a_service_that_wants_a_client_certificate_is_asked_once_without() {
    let world = with_connections(World::with_client_certificates());
    let mut job = world.job();
    fails(
        &world,
        &mut job,
        MY_CONNECTION,
        "\
##[error]Azure DevOps ([AZURE DEVOPS]) gave no answer at the first attempt: it does not accept this agent's client certificate (it wants one, and none was shown).
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Configure the agent with --sslclientcert and --sslclientcertkey, and a certificate that this host accepts.
More: TROUBLESHOOTING.md#certificates",
    );
}

#[test]
fn a_client_certificate_of_another_authority_is_shown_once() {
    let world = with_connections(World::with_client_certificates());
    let elsewhere = World::with_client_certificates();
    let (certificate, key) = elsewhere.client_certificate();
    let mut job = world.job();
    use_client_certificate(&mut job, &certificate, &key);
    fails(
        &world,
        &mut job,
        MY_CONNECTION,
        "\
##[error]Azure DevOps ([AZURE DEVOPS]) gave no answer at the first attempt: it does not accept this agent's client certificate (its issuer is unknown there).
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Configure the agent with --sslclientcert and --sslclientcertkey, and a certificate that this host accepts.
More: TROUBLESHOOTING.md#certificates",
    );
}

#[test]
fn names_what_is_wrong_with_a_client_certificate() {
    let world = world();
    let (certificate, key) = world.client_certificate();
    let missing = world.folder().join("no.pem");
    client_certificate_fails(
        &world,
        &missing,
        &key,
        "[FOLDER]/no.pem cannot be read: No such file or directory (os error 2)",
    );
    client_certificate_fails(
        &world,
        &certificate,
        &missing,
        "[FOLDER]/no.pem cannot be read: No such file or directory (os error 2)",
    );
    let encrypted = file(
        &world,
        "encrypted.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    client_certificate_fails(&world, &certificate, &encrypted, "its key is encrypted");
    let encrypted = file(
        &world,
        "old.key",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
    );
    client_certificate_fails(&world, &certificate, &encrypted, "its key is encrypted");
    let text = file(&world, "text.pem", "a password, or whatever\n");
    client_certificate_fails(
        &world,
        &certificate,
        &text,
        "there is no private key in its file",
    );
    client_certificate_fails(&world, &text, &key, "there is no certificate in its file");
    let elsewhere = World::start();
    let (_, other) = elsewhere.client_certificate();
    client_certificate_fails(
        &world,
        &certificate,
        &other,
        "its key is another certificate's",
    );
}
