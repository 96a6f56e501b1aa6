//! Each kind of service connection: its scheme, its cloud, its tenant, and an ID token that came with the job.
//!
//! Connections that lack something are in token_inputs.rs.

use adieu_emulator::{
    Connection, IdentityRefusal, Issuer, MY_CONNECTION, TaskResult, TokenFlaw, World,
};

use crate::harness::run;

#[test]
fn signs_in_in_classic_releases_and_deployment_groups() {
    let world = World::start();
    for (mut job, hub) in [
        (world.release_job(), "release"),
        (world.deployment_job(), "deployment"),
    ] {
        for uri_is_sent in [true, false] {
            if !uri_is_sent {
                job.without("system.oidcrequesturi");
            }
            let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
            assert_eq!(
                outcome.result,
                TaskResult::Succeeded,
                "{hub}: {}",
                outcome.log
            );
            let asked = world.azure_devops().requests().pop().unwrap_or_default();
            assert!(asked.contains(&format!("/hubs/{hub}/")), "{asked}");
        }
    }
}

#[test]
fn rebuilds_the_address_of_the_id_token_where_the_server_sends_none() {
    let world = World::start();
    let mut job = world.job();
    job.without("system.oidcrequesturi");
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn signs_in_with_an_id_token_from_microsoft_entras_issuer() {
    let world = World::with_issuer(Issuer::Entra);
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn signs_in_with_a_secret() {
    let world = World::start();
    world.add_connection(Connection::client_secret("with-secret"));
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", "with-secret")]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(world.azure_devops().requests().is_empty());
    assert_eq!(world.entra().requests().len(), 1);
}

#[test]
fn signs_in_with_a_certificate() {
    let world = World::start();
    world.add_connection(Connection::certificate("with-certificate"));
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", "with-certificate")]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(world.azure_devops().requests().is_empty());
}

#[test]
fn finds_the_keys_certificate_in_any_order() {
    let world = World::start();
    world.add_connection(Connection::certificate("mine"));
    world.add_connection(Connection::certificate("other"));
    let (mine, other) = (
        world.entra().certificate_parts("mine"),
        world.entra().certificate_parts("other"),
    );
    let signs_in = |pem: String| {
        world
            .azure_devops()
            .set_parameter("mine", "servicePrincipalCertificate", &pem);
        let mut job = world.job();
        let outcome = run(&mut job, &[("azureSubscription", "mine")]);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    };
    let (certificate, key) = (&mine.certificate, &mine.key);
    signs_in(format!("{key}{certificate}"));
    signs_in(format!("{}{key}{certificate}", other.certificate));
    signs_in(format!(
        "Bag Attributes\n  friendlyName: x\n{certificate}subject=x\n{key}"
    ));
    // If Microsoft Entra knows only the names, it needs the chain, from the key's certificate upwards.
    world.entra().trust_by_subject_name("mine");
    let (intermediate, root) = (&mine.intermediate, &mine.root);
    signs_in(format!("{key}{certificate}{intermediate}{root}"));
    signs_in(format!("{root}{intermediate}{certificate}{key}"));
    signs_in(format!(
        "{intermediate}{}{key}{root}{certificate}",
        other.root
    ));
}

#[test]
fn signs_in_with_the_machines_managed_identity() {
    let world = World::start();
    let client = "0c0ffee0-0000-4000-8000-000000000000";
    world.add_connection(Connection::managed_identity("system-assigned", None));
    world.add_connection(Connection::managed_identity("user-assigned", Some(client)));
    for connection in ["system-assigned", "user-assigned"] {
        let mut job = world.job();
        job.agent_environment("IDENTITY_ENDPOINT", world.managed_identity().url());
        job.agent_environment("IDENTITY_HEADER", &world.managed_identity().secret());
        // A proxy must not receive a request for this machine, nor its secret header.
        job.agent_environment("HTTP_PROXY", "http://127.0.0.1:1");
        let outcome = run(&mut job, &[("azureSubscription", connection)]);
        assert_eq!(
            outcome.result,
            TaskResult::Succeeded,
            "{connection}: {}",
            outcome.log
        );
        assert_eq!(
            world.secrets_in(job.value("AZURE_DEVOPS_TOKEN").unwrap_or_default()),
            ["access token"]
        );
    }
    assert_eq!(world.managed_identity().requests().len(), 2);
    assert!(world.entra().requests().is_empty());
}

/// The data of a connection names the identity in one of three ways, for which the endpoint has different parameters.
#[test]
fn signs_in_with_the_identity_that_the_connections_data_names() {
    let world = World::start();
    world.add_connection(Connection::client_secret("other"));
    let (client, object) = (world.client_id("other"), world.entra().object_id("other"));
    let resource = "/subscriptions/0c0ffee0-0000-4000-8000-000000000000/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/other";
    for (key, id) in [
        ("msiClientId", client.as_str()),
        ("msiObjectId", &object),
        ("msiResourceId", resource),
    ] {
        world.add_connection(Connection::managed_identity(key, None).data(key, id));
        for is_app_service in [true, false] {
            let mut job = world.job();
            let endpoint = world.managed_identity().url().to_owned();
            if is_app_service {
                job.agent_environment("IDENTITY_ENDPOINT", &endpoint);
                job.agent_environment("IDENTITY_HEADER", &world.managed_identity().secret());
            } else {
                let host = endpoint.trim_end_matches("/msi/token");
                job.agent_environment("AZURE_POD_IDENTITY_AUTHORITY_HOST", host);
            }
            let outcome = run(&mut job, &[("azureSubscription", key)]);
            assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
            let token = job.value("AZURE_DEVOPS_TOKEN").expect("a token");
            assert_eq!(world.entra().token_client(token), client, "{key}");
        }
    }
}

#[test]
fn waits_for_a_machine_that_is_being_updated_and_reports_it() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("system-assigned", None));
    world
        .managed_identity()
        .refuse(IdentityRefusal::BeingUpdated, 2);
    let mut job = world.job();
    let endpoint = world.managed_identity().url().to_owned();
    let host = endpoint.trim_end_matches("/msi/token");
    job.agent_environment("AZURE_POD_IDENTITY_AUTHORITY_HOST", host);
    let outcome = run(&mut job, &[("azureSubscription", "system-assigned")]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let first = outcome.log.lines().next();
    assert_eq!(
        first,
        Some(
            "The managed identity returned no token: its endpoint answered 410: IMDS service is \
             updating. Waiting up to 70 seconds."
        )
    );
}

#[test]
fn uses_an_id_token_that_came_with_the_job() {
    let world = World::start();
    let token = world.azure_devops().late_bound_id_token(MY_CONNECTION, 0);
    world
        .azure_devops()
        .set_parameter(MY_CONNECTION, "idToken", &token);
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(world.azure_devops().requests().is_empty());
}

#[test]
fn requests_a_new_id_token_if_the_jobs_own_has_expired() {
    // One that has expired, and one that could expire on its way.
    for age in [3600, 570] {
        let world = World::start();
        world.azure_devops().id_token_lifetime(600);
        let token = world.azure_devops().late_bound_id_token(MY_CONNECTION, age);
        world
            .azure_devops()
            .set_parameter(MY_CONNECTION, "idToken", &token);
        let mut job = world.job();
        let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        assert_eq!(world.azure_devops().requests().len(), 1, "{age}");
        assert_eq!(world.entra().requests().len(), 1, "{age}");
    }
}

#[test]
fn signs_in_to_another_tenant() {
    let world = World::start();
    let tenant = world.entra().add_tenant(MY_CONNECTION);
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[("azureSubscription", MY_CONNECTION), ("tenantId", &tenant)],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert_eq!(
        world.entra().requests(),
        [format!("POST /{tenant}/oauth2/v2.0/token")]
    );
}

#[test]
fn signs_in_at_every_clouds_own_host() {
    for (environment, host) in [
        ("AzureCloud", "login.microsoftonline.com"),
        ("AzureUSGovernment", "login.microsoftonline.us"),
        ("AzureChinaCloud", "login.chinacloudapi.cn"),
    ] {
        let world = World::start();
        let connection = Connection::workload_identity("cloud")
            .authority("")
            .data("environment", environment);
        world.add_connection(connection);
        let proxy = world.proxy(None, "");
        let mut job = world.job();
        job.variable("agent.proxyurl", &proxy.url());
        let outcome = run(
            &mut job,
            &[
                ("azureSubscription", "cloud"),
                (
                    "tokens",
                    "ARM=arm\nGRAPH=graph\nVAULT=keyVault\nSQL=sql\nBLOB=storage",
                ),
            ],
        );
        assert_eq!(
            outcome.result,
            TaskResult::Succeeded,
            "{environment}: {}",
            outcome.log
        );
        let mut asked = proxy.contacted_hosts();
        asked.dedup();
        assert_eq!(asked, [format!("{host}:443")]);
    }
}

#[test]
fn signs_in_at_a_clouds_own_authority() {
    let world = World::start();
    let authority = world.entra().url().to_owned();
    let connection = Connection::workload_identity("stack")
        .authority("")
        .data("environment", "AzureStack")
        .data("environmentAuthorityUrl", &authority)
        .data(
            "activeDirectoryServiceEndpointResourceId",
            "https://management.azure.com",
        );
    world.add_connection(connection);
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[("azureSubscription", "stack"), ("tokens", "ARM=arm")],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

/// Tokens as in 2025 and before, whose tenant and audience are compared with the request.
#[test]
fn accepts_a_token_that_can_be_decoded() {
    let world = World::start();
    world.entra().readable_tokens();
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}

#[test]
fn accepts_a_lifetime_as_text() {
    let world = World::start();
    world.entra().flaw(TokenFlaw::TextLifetime);
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}
