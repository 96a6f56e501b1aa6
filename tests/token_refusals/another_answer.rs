//! Answers other than the expected one: from another service, with another token, or without an identity.
//!
//! Thousands of answers are in token_hostile_answers.rs.

use adieu_emulator::{Connection, Fault, Job, MY_CONNECTION, TaskResult, TokenFlaw, World};
use expect_test::{Expect, expect};

use super::refused;
use crate::harness::{run, stable};

#[test]
fn recognizes_answers_that_are_not_from_microsoft_entra() {
    let cases: &[(Fault, Expect)] = &[
        (
            Fault::SignInPage(200),
            expect![[r#"
            ##[error][ENTRA] answered 200 with a web page, so something other than Microsoft Entra answered.
              tokens: AZURE_DEVOPS_TOKEN
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
            What to do: Look for a proxy, firewall or captive portal between the agent and this host.
            More: adieu explain not-the-service"#]],
        ),
        (
            Fault::Redirect("https://portal.example/login?x=1".to_owned()),
            expect![[r#"
                ##[error][ENTRA] answered 302 with a redirect to portal.example, which is not followed with a credential, so something other than Microsoft Entra answered.
                  tokens: AZURE_DEVOPS_TOKEN
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Look for a proxy, firewall or captive portal between the agent and this host.
                More: adieu explain not-the-service"#]],
        ),
        (
            Fault::Status(200, vec![], "not JSON".to_owned()),
            expect![[r#"
            ##[error][ENTRA] answered 200 with text that is not JSON, so something other than Microsoft Entra answered.
              tokens: AZURE_DEVOPS_TOKEN
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
            What to do: Look for a proxy, firewall or captive portal between the agent and this host.
            More: adieu explain not-the-service"#]],
        ),
        (
            Fault::Status(200, vec![], "{}".to_owned()),
            expect![[r#"
            ##[error][ENTRA] answered 200 with JSON without access_token, so something other than Microsoft Entra answered.
              tokens: AZURE_DEVOPS_TOKEN
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
            What to do: Look for a proxy, firewall or captive portal between the agent and this host.
            More: adieu explain not-the-service"#]],
        ),
        (
            Fault::Status(200, vec![], "[1".repeat(200_000)),
            expect![[r#"
            ##[error][ENTRA] answered 200 with too many bytes, so something other than Microsoft Entra answered.
              tokens: AZURE_DEVOPS_TOKEN
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
            What to do: Look for a proxy, firewall or captive portal between the agent and this host.
            More: adieu explain not-the-service"#]],
        ),
        (
            Fault::Status(
                200,
                vec![("Content-Encoding".into(), "gzip".into())],
                "x".to_owned(),
            ),
            expect![[r#"
                ##[error][ENTRA] answered 200 with a body in the encoding 'gzip', which was not requested, so something other than Microsoft Entra answered.
                  tokens: AZURE_DEVOPS_TOKEN
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Look for a proxy, firewall or captive portal between the agent and this host.
                More: adieu explain not-the-service"#]],
        ),
        (
            Fault::Status(407, vec![], "<html>".to_owned()),
            expect![[r#"
            ##[error][ENTRA] answered 407 with a web page, so something other than Microsoft Entra answered.
              tokens: AZURE_DEVOPS_TOKEN
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
            What to do: Look for a proxy, firewall or captive portal between the agent and this host.
            More: adieu explain not-the-service"#]],
        ),
        (
            Fault::Status(404, vec![], String::new()),
            expect![[r#"
            ##[error][ENTRA] answered 404 with nothing, so something other than Microsoft Entra answered.
              tokens: AZURE_DEVOPS_TOKEN
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
            What to do: Look for a proxy, firewall or captive portal between the agent and this host.
            More: adieu explain not-the-service"#]],
        ),
    ];
    for (fault, log) in cases {
        let world = World::start();
        world.entra().fault(fault.clone());
        log.assert_eq(&refused(&world, MY_CONNECTION));
    }
}

#[test]
fn refuses_a_token_other_than_the_requested_one() {
    let cases: &[(TokenFlaw, Expect)] = &[
        (
            TokenFlaw::Tenant,
            expect![[r#"
                ##[error]Microsoft Entra was asked for a token of tenant [TENANT] and answered with one of tenant [GUID].
                  tokens: AZURE_DEVOPS_TOKEN
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Check the connection's authority: something between the agent and Microsoft Entra answered instead.
                More: adieu explain another-token"#]],
        ),
        (
            TokenFlaw::Audience,
            expect![[r#"
                ##[error]Microsoft Entra was asked for a token for 499b84ac-1321-427f-aa17-267ca6975798/.default and answered with one for '[GUID]'.
                  tokens: AZURE_DEVOPS_TOKEN
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Check the connection's authority: something between the agent and Microsoft Entra answered instead.
                More: adieu explain another-token"#]],
        ),
        (
            TokenFlaw::Expired,
            expect![[r#"
                ##[error]By this machine's clock, the token from Microsoft Entra has already expired.
                  token expires: [TIME]
                  agent's clock: [TIME]
                  tokens: AZURE_DEVOPS_TOKEN
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Set the agent's clock (NTP).
                More: adieu explain clock"#]],
        ),
        (
            TokenFlaw::Long,
            expect![[r#"
                Signed in at [ENTRA], tenant [TENANT].
                ##[error]The value of AZURE_DEVOPS_TOKEN has 78914 characters; a variable can have at most 32000 on every system.
                What to do: Give the identity fewer groups or roles: they make its tokens long.
                More: adieu explain token"#]],
        ),
    ];
    for (flaw, log) in cases {
        let world = World::start();
        world.entra().flaw(*flaw);
        log.assert_eq(&refused(&world, MY_CONNECTION));
    }
}

#[test]
fn names_what_the_managed_identity_lacks() {
    type Change = fn(&World, &mut Job<'_>);
    let cases: &[Change] = &[
        |_, job| job.agent_environment("IDENTITY_HEADER", "another header"),
        |_, job| job.agent_environment("IDENTITY_SERVER_THUMBPRINT", "0123456789"),
        |world, _| {
            let nothing = Fault::Status(200, Vec::new(), "{}".to_owned());
            world.managed_identity().fault(nothing);
        },
    ];
    let mut text = String::new();
    for change in cases {
        let world = World::start();
        world.add_connection(Connection::managed_identity("machine", None));
        let mut job = world.job();
        job.agent_environment("IDENTITY_ENDPOINT", world.managed_identity().url());
        job.agent_environment("IDENTITY_HEADER", &world.managed_identity().secret());
        change(&world, &mut job);
        let outcome = run(&mut job, &[("azureSubscription", "machine")]);
        assert_eq!(outcome.result, TaskResult::Failed);
        let id = world.connection_id("machine");
        let log = stable(&world, &outcome.log.replace(&id, "[CONNECTION]"));
        text.push_str(&format!("{log}\n\n"));
    }
    expect![[r#"
        ##[error]The agent's managed identity returned no token: its endpoint answered 401: The X-IDENTITY-HEADER is wrong.
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Run the job on an agent whose machine has that identity, or use a connection with workload identity federation, which works on every agent.
        More: adieu explain managed-identity

        ##[error]The agent's managed identity returned no token: Service Fabric's managed identity is not supported.
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Run the job on an agent whose machine has that identity, or use a connection with workload identity federation, which works on every agent.
        More: adieu explain managed-identity

        ##[error]The agent's managed identity returned no token: its answer has no token that can be read.
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Run the job on an agent whose machine has that identity, or use a connection with workload identity federation, which works on every agent.
        More: adieu explain managed-identity

    "#]].assert_eq(&text);
}
