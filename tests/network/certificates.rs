//! The services' certificates: which ones the agent trusts, and what happens with an untrusted one.
//!
//! The agent's own certificate is in client_certificate.rs.

use std::fs;

use adieu_emulator::{Connection, MY_CONNECTION, World};

use super::{SIGNED_IN, fails, file, succeeds, text, use_proxy, world};

const UNKNOWN_ISSUER: &str = "\
##[error]Azure DevOps ([AZURE DEVOPS]) did not answer at the first attempt: its certificate is not trusted (its issuer is unknown here).
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: If a proxy inspects TLS, configure the agent with --sslcacert and that proxy's root certificate.
More: adieu explain certificates";

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
fn reports_an_untrusted_certificate_after_one_attempt() {
    let (world, elsewhere) = (world(), World::start());
    let mut job = world.job();
    job.without("agent.cainfo");
    job.agent_environment("SSL_CERT_FILE", text(&elsewhere.ca_file()));
    fails(&world, &mut job, MY_CONNECTION, UNKNOWN_ISSUER);
    assert_eq!(world.azure_devops().requests(), Vec::<String>::new());
}

#[test]
fn reports_a_certificate_for_another_host_after_one_attempt() {
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
##[error]Microsoft Entra (login.windows.net) did not answer at the first attempt: its certificate is not trusted (it is for another host).
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Check DNS and proxies: another host answers instead.
More: adieu explain certificates",
    );
    assert_eq!(proxy.contacted_hosts(), ["login.windows.net:443"]);
    assert_eq!(world.entra().requests(), Vec::<String>::new());
}

#[test]
fn warns_of_a_missing_ca_file() {
    let world = world();
    let mut job = world.job();
    job.variable("agent.cainfo", text(&world.folder().join("no.pem")));
    fails(
        &world,
        &mut job,
        MY_CONNECTION,
        &format!(
            "##[warning]The agent's CA file [FOLDER]/no.pem cannot be read here (No such file or \
             directory); only the system's certificates are used.\n{UNKNOWN_ISSUER}"
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
            "##[warning]The agent's CA file [FOLDER]/ca.der has no certificate in PEM form; only \
             the system's certificates are used.\n{UNKNOWN_ISSUER}"
        ),
    );
}

#[test]
fn reads_a_ca_file_with_a_byte_order_mark_comments_and_other_blocks() {
    let world = world();
    let mut job = world.job();
    let roots = fs::read_to_string(world.ca_file()).unwrap();
    let ca = format!(
        "\u{feff}# Our roots\r\n-----BEGIN X509 CRL-----\r\nMAA=\r\n-----END X509 CRL-----\r\n{}",
        roots.replace('\n', "\r\n")
    );
    job.variable("agent.cainfo", text(&file(&world, "roots.pem", &ca)));
    succeeds(&world, &mut job, MY_CONNECTION, SIGNED_IN);
}

#[test]
fn trusts_the_roots_that_the_agents_machine_gives_to_node() {
    let world = world();
    let mut job = world.job();
    job.without("agent.cainfo");
    job.agent_environment("NODE_EXTRA_CA_CERTS", text(&world.ca_file()));
    succeeds(&world, &mut job, MY_CONNECTION, SIGNED_IN);
}

#[test]
fn warns_of_a_pipeline_variable_that_names_roots_for_node() {
    let world = world();
    let mut job = world.job();
    job.without("agent.cainfo");
    job.variable("NODE_EXTRA_CA_CERTS", text(&world.ca_file()));
    fails(
        &world,
        &mut job,
        MY_CONNECTION,
        &format!(
            "##[warning]NODE_EXTRA_CA_CERTS is a pipeline variable, so it has no effect here; \
             set it on the agent's machine, or configure the agent with \
             --sslcacert.\n{UNKNOWN_ISSUER}"
        ),
    );
}

#[test]
fn ignores_roots_that_a_pipeline_variable_puts_in_place_of_the_systems() {
    let world = world();
    let mut job = world.job();
    job.without("agent.cainfo");
    job.variable("SSL_CERT_FILE", text(&world.ca_file()));
    fails(
        &world,
        &mut job,
        MY_CONNECTION,
        &format!(
            "##[warning]SSL_CERT_FILE is a pipeline variable, so it has no effect here; set it \
             on the agent's machine, or configure the agent with --sslcacert.\n{UNKNOWN_ISSUER}"
        ),
    );
}

#[test]
fn warns_when_the_agent_skips_certificate_checks() {
    let world = world();
    let mut job = world.job();
    job.without("agent.cainfo");
    job.variable("agent.skipcertvalidation", "True");
    succeeds(
        &world,
        &mut job,
        MY_CONNECTION,
        &format!(
            "##[warning]The agent was configured with --sslskipcertvalidation: anyone \
             between this agent and Azure DevOps or Microsoft Entra can read the job's token and every token that this step gets. Configure the agent with --sslcacert instead.\n{SIGNED_IN}"
        ),
    );
}
