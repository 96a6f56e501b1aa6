//! The agent's own certificate, for services that request one.
//!
//! The certificates that it trusts are in certificates.rs.

use std::path::Path;

use adieu_emulator::{Job, MY_CONNECTION, World};

use super::{SIGNED_IN, fails, file, succeeds, text, with_connections, world};

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
More: adieu explain certificates"
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
fn reports_a_missing_client_certificate_after_one_attempt() {
    let world = with_connections(World::with_client_certificates());
    let mut job = world.job();
    fails(
        &world,
        &mut job,
        MY_CONNECTION,
        "\
##[error]Azure DevOps ([AZURE DEVOPS]) did not answer at the first attempt: it does not accept this agent's client certificate (it requires one, and none was shown).
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Configure the agent with --sslclientcert and --sslclientcertkey, and a certificate that this host accepts.
More: adieu explain certificates",
    );
}

#[test]
fn reports_a_refused_client_certificate_after_one_attempt() {
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
##[error]Azure DevOps ([AZURE DEVOPS]) did not answer at the first attempt: it does not accept this agent's client certificate (its issuer is unknown there).
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Configure the agent with --sslclientcert and --sslclientcertkey, and a certificate that this host accepts.
More: adieu explain certificates",
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
        "[FOLDER]/no.pem cannot be read: No such file or directory",
    );
    client_certificate_fails(
        &world,
        &certificate,
        &missing,
        "[FOLDER]/no.pem cannot be read: No such file or directory",
    );
    let encrypted = file(
        &world,
        "encrypted.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3\n-----END \
         ENCRYPTED PRIVATE KEY-----\n",
    );
    client_certificate_fails(&world, &certificate, &encrypted, "its key is encrypted");
    let encrypted = file(
        &world,
        "old.key",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: \
         AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
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
    // The key of RFC 8410, section 10.3.
    let edwards = file(
        &world,
        "edwards.key",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE \
         KEY-----\n",
    );
    client_certificate_fails(
        &world,
        &certificate,
        &edwards,
        "its key is neither RSA nor ECDSA on P-256 or P-384",
    );
    let elsewhere = World::start();
    let (_, other) = elsewhere.client_certificate();
    client_certificate_fails(
        &world,
        &certificate,
        &other,
        "its key is another certificate's",
    );
}
