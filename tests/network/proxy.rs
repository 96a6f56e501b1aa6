//! The agent's proxy, its password and its bypass list; and the environment's proxy, if the agent has none.
//!
//! It contacts no real host: names that no proxy of the emulator maps end in `.invalid`.

use adieu_emulator::{Job, MY_CONNECTION, TaskResult, World};

use crate::harness::TaskFolder;

use super::{
    NO_HOST, REAL_AUTHORITY, SIGNED_IN, SIGNED_IN_AT_MICROSOFT, at_dev_azure_com, authenticate,
    fails, run, succeeds, use_proxy, world,
};

/// A password with other forms in an address, in JSON, in a command and in base64.
const PASSWORD: &str = "p@:/%&+ ü\"\\;]w0rd";

const USER: &str = "CONTOSO\\böb@contoso.com/%&+ x";

#[test]
fn reaches_entra_by_the_agents_proxy() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    use_proxy(&mut job, &proxy.url());
    succeeds(&world, &mut job, REAL_AUTHORITY, SIGNED_IN_AT_MICROSOFT);
    assert_eq!(proxy.contacted_hosts(), ["login.microsoftonline.com:443"]);
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
    let mut asked = proxy.contacted_hosts();
    asked.sort();
    assert_eq!(
        asked,
        ["dev.azure.com:443", "login.microsoftonline.com:443"]
    );
    assert_eq!(world.azure_devops().requests().len(), 1);
}

/// Nothing bypasses a proxy whose address is misspelled.
#[test]
fn reports_a_variable_that_is_not_a_proxy_url() {
    let world = world();
    for (name, value, output) in [
        (
            "HTTPS_PROXY",
            "socks5://127.0.0.1:1080",
            "HTTPS_PROXY is 'socks5://127.0.0.1:1080'",
        ),
        (
            "ALL_PROXY",
            "ftp://user:word@proxy:1",
            "ALL_PROXY is 'ftp://***@proxy:1'",
        ),
        ("https_proxy", "http://", "https_proxy is 'http://'"),
    ] {
        let mut job = world.job();
        job.agent_environment(name, value);
        let expected = format!(
            "##[error]{output}, which is not a valid HTTP proxy URL.\nWhat to do: Write \
             http://host:port, or unset the variable; SOCKS proxies are not supported.\nMore: adieu explain proxy"
        );
        fails(&world, &mut job, MY_CONNECTION, &expected);
    }
}

#[test]
fn never_uses_a_proxy_for_this_machine() {
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
    assert_eq!(proxy.contacted_hosts(), Vec::<String>::new());
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
    assert_eq!(proxy.contacted_hosts().len(), 2);
}

#[test]
fn never_shows_the_proxys_password_while_debugging() {
    let world = world();
    let proxy = world.proxy(Some((USER, PASSWORD)), "Basic realm=\"proxy\"");
    let mut job = world.job();
    job.variable("system.debug", "true");
    use_proxy(&mut job, &proxy.url());
    authenticate(&mut job, USER, PASSWORD);
    // The emulated agent checks for leaks.
    assert_eq!(run(&mut job, REAL_AUTHORITY).result, TaskResult::Succeeded);
}

#[test]
fn tries_a_wrong_proxy_password_once() {
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
##[error]Microsoft Entra (login.microsoftonline.com) did not answer at the first attempt: the proxy asks for authentication.
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Configure the agent with --proxyusername and --proxypassword for Basic authentication; NTLM, Negotiate and Kerberos are not supported.
More: adieu explain proxy",
        );
        assert_eq!(proxy.contacted_hosts(), ["login.microsoftonline.com:443"]);
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
##[error]Azure DevOps (dev.azure.com) did not answer at the first attempt: the proxy asks for authentication.
  connection: https://dev.azure.com/contoso/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Configure the agent with --proxyusername and --proxypassword for Basic authentication; NTLM, Negotiate and Kerberos are not supported.
More: adieu explain proxy",
    );
}

#[test]
fn uses_the_environment_when_the_agent_has_no_proxy() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let world = world();
        let proxy = world.proxy(Some(("bob", "p@ss w0rd")), "Basic realm=\"proxy\"");
        let mut job = world.job();
        let url = proxy.url().replace("http://", "http://bob:p%40ss%20w0rd@");
        job.agent_environment(name, &url);
        succeeds(&world, &mut job, REAL_AUTHORITY, SIGNED_IN_AT_MICROSOFT);
        assert_eq!(
            proxy.contacted_hosts(),
            ["login.microsoftonline.com:443"],
            "{name}"
        );
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

/// Anyone who may queue a run can set them; proxy settings belong to the administrator of the agent.
#[test]
fn ignores_a_proxy_that_a_pipeline_variable_names() {
    const THESE: &str = "have no effect here; configure the agent with --proxyurl.";
    for (variables, warning) in [
        (
            &["HTTPS_PROXY"][..],
            "HTTPS_PROXY is a pipeline variable, so it has no effect here; configure the agent \
             with --proxyurl."
                .to_owned(),
        ),
        (
            &["ALL_PROXY", "https.proxy"],
            format!("HTTPS_PROXY and ALL_PROXY are pipeline variables, so they {THESE}"),
        ),
    ] {
        let world = world();
        let (proxy, other) = (world.proxy(None, ""), world.proxy(None, ""));
        let mut job = world.job();
        // The machine's own variable has a name that no pipeline variable can have.
        job.agent_environment("https_proxy", &proxy.url());
        for name in variables {
            job.variable(name, &other.url());
        }
        let log = format!("##[warning]{warning}\n{SIGNED_IN_AT_MICROSOFT}");
        succeeds(&world, &mut job, REAL_AUTHORITY, &log);
        assert_eq!(proxy.contacted_hosts(), ["login.microsoftonline.com:443"]);
        assert_eq!(other.contacted_hosts(), Vec::<String>::new());
    }
}

#[test]
fn warns_of_a_proxy_in_a_secret_pipeline_variable() {
    let world = world();
    let mut job = world.job();
    job.secret_variable("HTTPS_PROXY", "http://user:a-secret-word@127.0.0.1:9");
    succeeds(
        &world,
        &mut job,
        MY_CONNECTION,
        &format!(
            "##[warning]HTTPS_PROXY is a pipeline variable, so it has no effect here; configure \
             the agent with --proxyurl.\n{SIGNED_IN}"
        ),
    );
}

#[test]
fn ignores_a_bypass_list_that_a_pipeline_variable_gives() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    job.agent_environment("HTTPS_PROXY", &proxy.url());
    job.variable("NO_PROXY", "*");
    succeeds(
        &world,
        &mut job,
        REAL_AUTHORITY,
        &format!(
            "##[warning]NO_PROXY is a pipeline variable, so it has no effect here; configure the \
             agent with --proxyurl.\n{SIGNED_IN_AT_MICROSOFT}"
        ),
    );
    assert_eq!(proxy.contacted_hosts(), ["login.microsoftonline.com:443"]);
}

/// `configure: identity` replaces the machine's list with a longer one, in a pipeline variable.
#[test]
fn does_not_warn_of_the_bypass_list_that_configure_set() {
    let world = world();
    let proxy = world.proxy(None, "");
    let mut job = world.job();
    job.agent_environment("HTTPS_PROXY", &proxy.url());
    job.agent_environment("NO_PROXY", "contoso.invalid");
    configure_and_end(&mut job);
    assert_eq!(
        job.value("NO_PROXY"),
        Some("contoso.invalid,127.0.0.1,localhost")
    );
    succeeds(&world, &mut job, REAL_AUTHORITY, SIGNED_IN_AT_MICROSOFT);
    assert_eq!(proxy.contacted_hosts(), ["login.microsoftonline.com:443"]);
}

/// A step with `configure: identity`, and the post-job section, which leaves `NO_PROXY`.
fn configure_and_end(job: &mut Job<'_>) {
    let folder = TaskFolder::unpacked("token");
    let step = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("tokens", "OTHER=azureDevOps")
        .input("configure", "identity");
    assert_eq!(step.run().result, TaskResult::Succeeded);
    let end = job.step(folder.path()).section("postjobexecution").run();
    assert_eq!(end.result, TaskResult::Succeeded, "{}", end.log);
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
    assert_eq!(proxy.contacted_hosts().len(), 1);
    assert_eq!(other.contacted_hosts(), Vec::<String>::new());
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
    let unreadable = "##[warning]The agent's proxy bypass list has a pattern that this task \
     cannot read, so it has no effect here: ";
    succeeds(
        &world,
        &mut job,
        REAL_AUTHORITY,
        &format!("{unreadable}(\n{unreadable}(?!dev)microsoft\n{SIGNED_IN_AT_MICROSOFT}"),
    );
    assert_eq!(proxy.contacted_hosts(), ["login.microsoftonline.com:443"]);
}

#[test]
fn warns_of_an_invalid_bypass_list() {
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
            "##[warning]The agent's proxy bypass list is not a JSON array of strings, so it has no \
             effect here: *.contoso.com\n{SIGNED_IN_AT_MICROSOFT}"
        ),
    );
}

#[test]
fn names_an_invalid_proxy_without_its_password() {
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
##[error]The agent's proxy, '{named}', is not a valid HTTP proxy URL.
What to do: Configure the agent with --proxyurl http://host:port.
More: adieu explain proxy"
            ),
        );
    }
}

/// Transient failures are retried for half a minute, so these run concurrently.
#[test]
fn names_what_intercepts_the_connection() {
    type Setting = fn(&World, &mut Job<'_>) -> Option<adieu_emulator::Proxy>;
    let cases: [(&str, Setting, &str); 6] = [
        (
            REAL_AUTHORITY,
            |_world, job| {
                // Nothing listens on port 9.
                use_proxy(job, "http://127.0.0.1:9");
                None
            },
            "\
##[error]Microsoft Entra (login.microsoftonline.com) did not answer in [N] attempts: no connection to the proxy (refused).
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Let the agent reach its proxy, or correct the proxy's address.
More: adieu explain proxy",
        ),
        (
            NO_HOST,
            |world, job| {
                let proxy = world.proxy(None, "");
                use_proxy(job, &proxy.url());
                Some(proxy)
            },
            "\
##[error]Microsoft Entra (login.contoso.invalid) did not answer in [N] attempts: the proxy does not connect (unsuccessful).
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Let the agent's proxy connect to this host on port 443.
More: adieu explain proxy",
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
        (
            NO_HOST,
            |world, job| {
                let proxy = world.proxy(None, "");
                job.agent_environment("HTTPS_PROXY", &proxy.url());
                job.agent_environment("NO_PROXY", ".contoso.invalid");
                configure_and_end(job);
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
                    assert_eq!(proxy.contacted_hosts().is_empty(), log == NO_NAME);
                }
            });
        }
    });
}

const NO_NAME: &str = "\
##[error]Microsoft Entra (login.contoso.invalid) did not answer in [N] attempts: its name cannot be resolved.
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Check the agent's DNS and proxy: this name must be resolvable from the agent.
More: adieu explain network";
