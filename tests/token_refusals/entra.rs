//! Refusals by Microsoft Entra: each code with its reason, its facts and its remedy.
//!
//! Transient codes are in token_faults.rs.

use std::time::Duration;

use adieu_emulator::{Connection, MY_CONNECTION, World};
use expect_test::{Expect, expect, expect_file};

use super::{Case, refused};
use crate::harness::{run, stable};

/// The facts in every refusal of a federated credential; only the first test includes them.
const FACTS: &str = "\
  issuer: https://vstoken.dev.azure.com/[GUID]
  subject identifier: sc://contoso/fabrikam/my-connection
  audience: api://AzureADTokenExchange
  authority: [ENTRA]
  tenant: [TENANT]
  client id: ***
  scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
  correlation id: [GUID]
  trace id: [GUID]
  timestamp: [TIME]
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
";

fn without_facts(log: &str) -> String {
    log.replace(FACTS, "[FACTS]\n")
}

#[test]
fn shows_issuer_subject_and_audience_of_what_was_presented() {
    let world = World::start();
    world
        .entra()
        .federate(MY_CONNECTION, |_, subject, _| subject.push_str("-renamed"));
    let log = refused(&world, MY_CONNECTION);
    expect![[r#"
        ##[error]Microsoft Entra refused the service connection (AADSTS700213) because no federated credential has the subject of its ID token.
          it said: No matching federated identity record found for presented assertion subject 'sc://contoso/fabrikam/my-connection'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
          issuer: https://vstoken.dev.azure.com/[GUID]
          subject identifier: sc://contoso/fabrikam/my-connection
          audience: api://AzureADTokenExchange
          authority: [ENTRA]
          tenant: [TENANT]
          client id: ***
          scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
        More: adieu explain aadsts700213"#]].assert_eq(&log);
    expect_file!["../../docs/pictures/aadsts700213.txt"].assert_eq(&with_values(&log));
}

/// The log as in the documents: with values for the placeholders above.
fn with_values(log: &str) -> String {
    let values = [
        ("[COLLECTION]", "https://dev.azure.com/contoso"),
        ("[CONNECTION]", "6c0e2a14-9b37-4d5f-8a21-3f7b5d9c1e60"),
        ("[ENTRA]", "login.microsoftonline.com"),
        ("[GUID]", "d3a9f0c2-71b4-4e8e-9c5d-0a6b2e4f8173"),
        ("[TENANT]", "8e8f4af7-fdeb-4813-8222-282fa59f57a0"),
        ("[TIME]", "2026-11-27 10:15:00Z"),
    ];
    let replace = |text: String, (name, value): &(&str, &str)| text.replace(name, value);
    values.iter().fold(format!("{log}\n"), replace)
}

#[test]
fn names_the_claim_that_did_not_match() {
    let cases: &[Case] = &[
        (
            |world| {
                world
                    .entra()
                    .federate(MY_CONNECTION, |issuer, _, _| issuer.push('x'))
            },
            expect![[r#"
                ##[error]Microsoft Entra refused the service connection (AADSTS700211) because no federated credential has the issuer of its ID token.
                  it said: No matching federated identity record found for presented assertion issuer 'https://vstoken.dev.azure.com/[GUID]'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
                  [FACTS]
                What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
                More: adieu explain aadsts700211"#]],
        ),
        (
            |world| {
                world
                    .entra()
                    .federate(MY_CONNECTION, |_, _, audience| audience.push('x'))
            },
            expect![[r#"
                ##[error]Microsoft Entra refused the service connection (AADSTS700212) because no federated credential has the audience of its ID token.
                  it said: No matching federated identity record found for presented assertion audience 'api://AzureADTokenExchange'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
                  [FACTS]
                What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
                More: adieu explain aadsts700212"#]],
        ),
        (
            |world| {
                world.entra().federate(MY_CONNECTION, |_, subject, _| {
                    *subject = subject.to_uppercase()
                })
            },
            expect![[r#"
                ##[error]Microsoft Entra refused the service connection (AADSTS7002138) because no federated credential has the subject of its ID token in the same letter case.
                  it said: No matching federated identity record found for presented assertion subject 'sc://contoso/fabrikam/my-connection'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
                  [FACTS]
                What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
                More: adieu explain aadsts7002138"#]],
        ),
        (
            |world| world.entra().unfederate(MY_CONNECTION),
            expect![[r###"
                ##[error]Microsoft Entra refused the service connection (AADSTS70025) because the application has no federated credential.
                  it said: The client has no configured federated identity credentials.
                  [FACTS]
                What to do: Open the app registration → Certificates & secrets → Federated credentials → Add credential, scenario "Other issuer", and enter the issuer, subject identifier and audience above.
                More: adieu explain aadsts70025"###]],
        ),
    ];
    for (change, log) in cases {
        let world = World::start();
        change(&world);
        log.assert_eq(&without_facts(&refused(&world, MY_CONNECTION)));
    }
}

#[test]
fn reads_both_forms_of_entras_errors_alike() {
    let log = |two_lines: bool| {
        let world = World::start();
        if two_lines {
            world.entra().two_line_errors();
        }
        world.entra().refuse_with(53_003, None);
        refused(&world, MY_CONNECTION)
    };
    assert_eq!(log(true), log(false));
}

#[test]
fn has_a_reason_and_a_remedy_for_every_number() {
    let mut text = String::new();
    for code in NUMBERS {
        let world = World::start();
        world.entra().refuse_with(*code, None);
        let log = refused(&world, MY_CONNECTION);
        let lines: Vec<&str> = log.lines().collect();
        let opening = "##[error]Microsoft Entra refused the service connection ";
        let reason = lines[0].strip_prefix(opening).expect("a refusal");
        let [.., remedy, more] = lines.as_slice() else {
            panic!("{log}");
        };
        assert_eq!(*more, format!("More: adieu explain aadsts{code}"));
        text.push_str(&format!("{reason}\n{remedy}\n"));
    }
    expect![[r#"
        (AADSTS50020) because its account is not in this tenant.
        What to do: Set the task's input tenantId, or the connection's tenant, to the tenant that the identity belongs to.
        (AADSTS50027) because it cannot read the ID token.
        What to do: Run the job again. If it repeats, save the service connection again, so that it gets a new ID token.
        (AADSTS50034) because the account does not exist in this directory.
        What to do: Compare the client ID and the tenant with the overview page of the app registration.
        (AADSTS50076) because the resource requires multi-factor authentication, which a workload identity cannot provide.
        What to do: Have the tenant's administrator exclude this workload identity from that Conditional Access policy.
        (AADSTS50105) because the identity is not assigned to the application that the token is for.
        What to do: In the enterprise application of the resource, add this identity under Users and groups, or switch off "Assignment required".
        (AADSTS53003) because a Conditional Access policy blocks it.
        What to do: Have the tenant's administrator allow the agent's address (those of hosted agents change) or exclude this workload identity; the sign-in log under the correlation ID names the policy.
        (AADSTS65001) because there is no consent for the permission.
        What to do: Have the tenant's administrator grant consent on the app registration → API permissions.
        (AADSTS70011) because the scope is not valid.
        What to do: Write the resource in tokens as an application ID, an application ID URI or a scope that ends in /.default.
        (AADSTS70021) because no federated credential matches its ID token.
        What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
        (AADSTS70023) because it does not accept the lifetime of the ID token.
        What to do: Save the service connection again. If it repeats, the issuer is not Azure DevOps.
        (AADSTS70025) because the application has no federated credential.
        What to do: Open the app registration → Certificates & secrets → Federated credentials → Add credential, scenario "Other issuer", and enter the issuer, subject identifier and audience above.
        (AADSTS70052) because the identity must be a managed identity or a single-tenant application.
        What to do: Change the app registration → Authentication → supported account types to this organization only, or use a managed identity; several tenants need an application and a connection each.
        (AADSTS90002) because the tenant does not exist in this cloud.
        What to do: Check the tenant (the connection's, or the input tenantId), and that the connection is for the tenant's cloud.
        (AADSTS90072) because the account is not in this tenant.
        What to do: Set the task's input tenantId, or the connection's tenant, to the tenant that the identity belongs to.
        (AADSTS500011) because the tenant does not have the resource that the token is for.
        What to do: Check the resource in tokens; for Azure DevOps, use the tenant that the organization is connected to (Organization settings → Microsoft Entra).
        (AADSTS530003) because a Conditional Access policy requires a managed device.
        What to do: Have the tenant's administrator exclude this workload identity from that Conditional Access policy.
        (AADSTS700016) because the application is not in this tenant.
        What to do: Compare the connection's client ID and tenant with the overview page of the app registration; with the input tenantId, the application must be known in that tenant, too.
        (AADSTS700027) because its assertion was not signed with a certificate of the application.
        What to do: Upload the connection's certificate to the app registration → Certificates & secrets → Certificates, or put the current one into the connection.
        (AADSTS700211) because no federated credential has the issuer of its ID token.
        What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
        (AADSTS700212) because no federated credential has the audience of its ID token.
        What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
        (AADSTS700213) because no federated credential has the subject of its ID token.
        What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
        (AADSTS700223) because the tenant does not allow workload identity federation.
        What to do: Have the tenant's administrator allow the issuer above (workload identity federation policy).
        (AADSTS700229) because the presented token is not an app-only token.
        What to do: Save the service connection again; the job's ID token is of another kind.
        (AADSTS700238) because a tenant policy does not allow this issuer.
        What to do: Have the tenant's administrator allow the issuer above (workload identity federation policy).
        (AADSTS900023) because the tenant is neither a domain name nor a GUID.
        What to do: Correct the tenant: the connection's, or the input tenantId.
        (AADSTS900382) because the connection's cloud is not the cloud of the tenant.
        What to do: Create the service connection in the tenant's cloud.
        (AADSTS7000112) because the application is disabled.
        What to do: Have the tenant's administrator enable the enterprise application (Properties → Enabled for users to sign-in).
        (AADSTS7000215) because its secret is wrong.
        What to do: Put the secret's value, not its ID, into the connection, or, better, convert the connection to workload identity federation, which has no secret.
        (AADSTS7000222) because its secret has expired.
        What to do: Convert the connection to workload identity federation (the button on its page), which has no secret; or put a new secret into it.
        (AADSTS7002137) because no federated credential of this managed identity has the subject of its ID token.
        What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
        (AADSTS7002138) because no federated credential has the subject of its ID token in the same letter case.
        What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, run the job again.
        (AADSTS500341) because the account was deleted.
        What to do: Save the service connection with an identity that exists.
        (AADSTS700003) because the device was deleted.
        What to do: Have the tenant's administrator exclude this workload identity from device policies.
    "#]].assert_eq(&text);
}

/// Codes that users of service connections get and that a retry does not resolve.
const NUMBERS: &[u32] = &[
    50_020, 50_027, 50_034, 50_076, 50_105, 53_003, 65_001, 70_011, 70_021, 70_023, 70_025, 70_052,
    90_002, 90_072, 500_011, 530_003, 700_016, 700_027, 700_211, 700_212, 700_213, 700_223,
    700_229, 700_238, 900_023, 900_382, 7_000_112, 7_000_215, 7_000_222, 7_002_137, 7_002_138,
    500_341, 700_003,
];

#[test]
fn reports_an_unknown_code() {
    let world = World::start();
    world.entra().refuse_with(4_711_815, None);
    expect![[r#"
        ##[error]Microsoft Entra refused the service connection (AADSTS4711815, HTTP 400).
          it said: The request was refused.
          [FACTS]
        What to do: Look the code up at https://login.microsoftonline.com/error.
        More: adieu explain aadsts"#]]
    .assert_eq(&without_facts(&refused(&world, MY_CONNECTION)));
}

#[test]
fn distinguishes_a_wrong_tenant_from_a_wrong_application() {
    let other = "0000dead-0000-4000-8000-00000000beef";
    let cases: &[(Connection, Expect)] = &[
        (
            Connection::workload_identity("wrong").parameter("tenantid", other),
            expect![[r#"
                ##[error]Microsoft Entra refused the service connection (AADSTS90002) because the tenant does not exist in this cloud.
                  it said: Tenant '[GUID]' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.
                  authority: [ENTRA]
                  tenant: [GUID]
                  client id: ***
                  scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
                  correlation id: [GUID]
                  trace id: [GUID]
                  timestamp: [TIME]
                  tokens: AZURE_DEVOPS_TOKEN
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Check the tenant (the connection's, or the input tenantId), and that the connection is for the tenant's cloud.
                More: adieu explain aadsts90002"#]],
        ),
        (
            Connection::workload_identity("wrong").parameter("serviceprincipalid", other),
            expect![[r#"
                ##[error]Microsoft Entra refused the service connection (AADSTS700016) because the application is not in this tenant.
                  it said: Application with identifier '***' was not found in the directory '[TENANT]'.
                  authority: [ENTRA]
                  tenant: [TENANT]
                  client id: ***
                  scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
                  correlation id: [GUID]
                  trace id: [GUID]
                  timestamp: [TIME]
                  tokens: AZURE_DEVOPS_TOKEN
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Compare the connection's client ID and tenant with the overview page of the app registration; with the input tenantId, the application must be known in that tenant, too.
                More: adieu explain aadsts700016"#]],
        ),
        (
            Connection::workload_identity("wrong").parameter("tenantid", "contoso"),
            expect![[r#"
                ##[error]Microsoft Entra refused the service connection (AADSTS900023) because the tenant is neither a domain name nor a GUID.
                  it said: Specified tenant identifier 'contoso' is neither a valid DNS name, nor a valid external domain.
                  authority: [ENTRA]
                  tenant: contoso
                  client id: ***
                  scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
                  correlation id: [GUID]
                  trace id: [GUID]
                  timestamp: [TIME]
                  tokens: AZURE_DEVOPS_TOKEN
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Correct the tenant: the connection's, or the input tenantId.
                More: adieu explain aadsts900023"#]],
        ),
        (
            Connection::client_secret("wrong").parameter("servicePrincipalKey", "another secret"),
            expect![[r#"
                ##[error]Microsoft Entra refused the service connection (AADSTS7000215) because its secret is wrong.
                  it said: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.
                  authority: [ENTRA]
                  tenant: [TENANT]
                  client id: ***
                  scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
                  correlation id: [GUID]
                  trace id: [GUID]
                  timestamp: [TIME]
                  tokens: AZURE_DEVOPS_TOKEN
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Put the secret's value, not its ID, into the connection, or, better, convert the connection to workload identity federation, which has no secret.
                More: adieu explain aadsts7000215"#]],
        ),
    ];
    for (connection, log) in cases {
        let world = World::start();
        world.add_connection(connection.clone());
        log.assert_eq(&refused(&world, "wrong"));
    }
}

#[test]
fn blames_the_agents_clock_for_a_rejected_assertion() {
    let world = World::start();
    world.add_connection(Connection::certificate("certificate"));
    world.clock().advance(Duration::from_secs(60 * 60));
    expect![[r#"
        ##[error]Microsoft Entra refused the assertion that the connection's certificate signed (AADSTS700024) because it is not valid at this time.
          it said: Client assertion is not within its valid time range. Current time: [TIME], assertion valid from [TIME], expiry time of assertion [TIME]. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .
          agent's clock: [TIME]
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Set the agent's clock (NTP).
        More: adieu explain clock"#]].assert_eq(&refused(&world, "certificate"));
}

#[test]
fn names_the_resource_that_a_tenant_does_not_have() {
    let world = World::start();
    let mut job = world.job();
    let outcome = run(
        &mut job,
        &[
            ("azureSubscription", MY_CONNECTION),
            (
                "tokens",
                "A=api://unknown-1\nB=graph\nC=api://unknown-1/.default",
            ),
        ],
    );
    expect![[r#"
        ##[error]Microsoft Entra refused the service connection (AADSTS500011) because the tenant does not have the resource that the token is for.
          it said: The resource principal named api://unknown-1 was not found in the tenant named [TENANT].
          authority: [ENTRA]
          tenant: [TENANT]
          client id: ***
          scope: api://unknown-1/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          tokens: A, C
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Check the resource in tokens; for Azure DevOps, use the tenant that the organization is connected to (Organization settings → Microsoft Entra).
        More: adieu explain aadsts500011"#]].assert_eq(&stable(&world, &outcome.log));
    assert!(
        job.get("B").is_none(),
        "half of the variables are worse than none"
    );
}

#[test]
fn explains_each_fault_of_a_certificate() {
    let world = World::start();
    world.add_connection(Connection::certificate("mine"));
    world.add_connection(Connection::certificate("other"));
    let (mine, other) = (
        world.entra().certificate_parts("mine"),
        world.entra().certificate_parts("other"),
    );
    let (_, elliptic) = world.client_certificate();
    let elliptic = std::fs::read_to_string(elliptic).expect("a key");
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted_before = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB\n-----END RSA PRIVATE KEY-----\n";
    let mut text = String::new();
    for pem in [
        mine.certificate.clone(),
        mine.key.clone(),
        format!("{}{encrypted}", mine.certificate),
        format!("{}{encrypted_before}", mine.certificate),
        format!("{}{}{}", mine.certificate, mine.intermediate, other.key),
        format!("{}{elliptic}", mine.certificate),
        format!("{}{}", mine.certificate.replace("MII", "M*I"), mine.key),
        "not PEM".to_owned(),
    ] {
        world
            .azure_devops()
            .set_parameter("mine", "servicePrincipalCertificate", &pem);
        text.push_str(&refused(&world, "mine"));
        text.push_str("\n\n");
    }
    assert!(world.entra().requests().is_empty());
    expect![[r#"
        ##[error]The service connection's certificate cannot be used: it has no private key in PEM form.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Also put the private key into the connection: certificate and key, both in PEM form.
        More: adieu explain connection-certificate

        ##[error]The service connection's certificate cannot be used: it has no certificate in PEM form.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Put the certificate and its RSA private key, both in PEM form and without a password, into the connection; or convert it to workload identity federation.
        More: adieu explain connection-certificate

        ##[error]The service connection's certificate cannot be used: its private key is encrypted.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Remove the password (openssl pkey -in key.pem -out plain.pem) and save the connection with that key.
        More: adieu explain connection-certificate

        ##[error]The service connection's certificate cannot be used: its private key is encrypted.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Remove the password (openssl pkey -in key.pem -out plain.pem) and save the connection with that key.
        More: adieu explain connection-certificate

        ##[error]The service connection's certificate cannot be used: its private key belongs to none of its certificates (2 found).
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Put a certificate and its own key into the connection.
        More: adieu explain connection-certificate

        ##[error]The service connection's certificate cannot be used: its private key is not an RSA key.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Create a certificate with an RSA key of 2048 bits or more, which Microsoft Entra requires.
        More: adieu explain connection-certificate

        ##[error]The service connection's certificate cannot be used: a block of its PEM is damaged.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Put the certificate and its RSA private key, both in PEM form and without a password, into the connection; or convert it to workload identity federation.
        More: adieu explain connection-certificate

        ##[error]The service connection's certificate cannot be used: it is not in PEM form.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Put the certificate and its RSA private key, both in PEM form and without a password, into the connection; or convert it to workload identity federation.
        More: adieu explain connection-certificate

    "#]].assert_eq(&text);
}

#[test]
fn names_the_remedy_for_an_application_of_another_tenant() {
    let mut text = String::new();
    for code in [70_052, 7_000_229] {
        let world = World::start();
        world.entra().refuse_with(code, None);
        text.push_str(&without_facts(&refused(&world, MY_CONNECTION)));
        text.push_str("\n\n");
    }
    expect![[r#"
        ##[error]Microsoft Entra refused the service connection (AADSTS70052) because the identity must be a managed identity or a single-tenant application.
          it said: The identity must be a managed identity, a single tenant app, or a service account.
          authority: [ENTRA]
          tenant: [TENANT]
          client id: ***
          scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Change the app registration → Authentication → supported account types to this organization only, or use a managed identity; several tenants need an application and a connection each.
        More: adieu explain aadsts70052

        ##[error]Microsoft Entra refused the service connection (AADSTS7000229) because the application has no enterprise application (service principal) in this tenant.
          it said: The request was refused.
          authority: [ENTRA]
          tenant: [TENANT]
          client id: ***
          scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Have the tenant's administrator create it (az ad sp create --id, with the client ID above); or correct the connection's tenant.
        More: adieu explain aadsts7000229

    "#]].assert_eq(&text);
}
