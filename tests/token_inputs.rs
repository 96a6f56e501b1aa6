//! EntraToken@1: every invalid input, and its message.
//!
//! None of these sends a request.

use std::process::Command;

use adieu_emulator::{Connection, MY_CONNECTION, TaskResult, World};
use expect_test::{Expect, expect};

use crate::harness::{TaskFolder, run, stable};

/// Runs with the connection and these inputs. Returns the log, and asserts that no request was sent.
fn refused(inputs: &[(&str, &str)]) -> String {
    let world = World::start();
    world.add_connection(Connection::client_secret("with-secret"));
    let mut job = world.job();
    let mut all = vec![("azureSubscription", MY_CONNECTION)];
    all.extend(inputs);
    let outcome = run(&mut job, &all);
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    assert!(world.azure_devops().requests().is_empty());
    assert!(world.entra().requests().is_empty());
    stable(&world, &outcome.log)
}

#[test]
fn quotes_the_line_that_is_wrong() {
    let cases: &[(&str, Expect)] = &[
        (
            "AZURE_DEVOPS_TOKEN",
            expect![[r#"
            ##[error]The line 'AZURE_DEVOPS_TOKEN' of tokens has no '='.
            What to do: Write VARIABLE=resource, as in AZURE_DEVOPS_TOKEN=azureDevOps.
            More: adieu explain token"#]],
        ),
        (
            "AZURE_DEVOPS_TOKEN=",
            expect![[r#"
            ##[error]The line 'AZURE_DEVOPS_TOKEN=' of tokens names no resource after its '='.
            What to do: Use azureDevOps, arm, graph, keyVault, storage, sql, an application ID or URI, or a scope that ends in /.default.
            More: adieu explain token"#]],
        ),
        (
            "MY-TOKEN=azureDevOps",
            expect![[r#"
                ##[error]The line 'MY-TOKEN=azureDevOps' of tokens: 'MY-TOKEN' is not a valid variable name: it may have letters, digits, '.' and '_' only, and starts with a letter or '_'.
                What to do: Use letters, digits and underscores.
                More: adieu explain token"#]],
        ),
        (
            "=azureDevOps",
            expect![[r#"
                ##[error]The line '=azureDevOps' of tokens has no name before its '='.
                What to do: Write VARIABLE=resource, as in AZURE_DEVOPS_TOKEN=azureDevOps.
                More: adieu explain token"#]],
        ),
        (
            "SECRET_TOKEN=azureDevOps",
            expect![[r#"
                ##[error]The line 'SECRET_TOKEN=azureDevOps' of tokens: 'SECRET_TOKEN' is a name that no pipeline variable can have: Azure Pipelines reserves names that start with 'secret'.
                What to do: Choose another name; under env:, a script can give the variable any name.
                More: adieu explain token"#]],
        ),
        (
            "A=azureDevOps\na=arm",
            expect![[r#"
                ##[error]The line 'a=arm' of tokens sets 'a' a second time.
                What to do: Give each token its own name; NAME_EXPIRES_ON belongs to NAME.
                More: adieu explain token"#]],
        ),
        (
            "A=azureDevOps\nA_EXPIRES_ON=arm",
            expect![[r#"
                ##[error]The line 'A_EXPIRES_ON=arm' of tokens sets 'A_EXPIRES_ON' a second time.
                What to do: Give each token its own name; NAME_EXPIRES_ON belongs to NAME.
                More: adieu explain token"#]],
        ),
        (
            "A=azureDevops1",
            expect![[r#"
            ##[error]The line 'A=azureDevops1' of tokens names 'azureDevops1', which is not a resource.
            What to do: Write azureDevOps.
            More: adieu explain token"#]],
        ),
        (
            "A=arm graph",
            expect![[r#"
                ##[error]The line 'A=arm graph' of tokens has a space in its resource.
                What to do: Write one resource on each line.
                More: adieu explain token"#]],
        ),
        (
            "A=$(resource)",
            expect![[r#"
                ##[error]The line 'A=$(resource)' of tokens contains $(resource), but the pipeline has no variable resource.
                What to do: Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.
                More: adieu explain undefined-variable"#]],
        ),
        (
            "A=##vso[task.complete result=Succeeded]",
            expect![[r#"
                ##[error]The line 'A=**vso[task.complete result=Succeeded]' of tokens has a space in its resource.
                What to do: Write one resource on each line.
                More: adieu explain token"#]],
        ),
        (
            "A=azure\nB\nC=graph",
            expect![[r#"
            ##[error]The line 'A=azure' of tokens names 'azure', which is not a resource.
            What to do: Use azureDevOps, arm, graph, keyVault, storage, sql, an application ID or URI, or a scope that ends in /.default.
            More: adieu explain token
            The line 'B' of tokens has no '='.
            What to do: Write VARIABLE=resource, as in AZURE_DEVOPS_TOKEN=azureDevOps.
            More: adieu explain token"#]],
        ),
    ];
    for (tokens, log) in cases {
        log.assert_eq(&refused(&[("tokens", tokens)]));
    }
}

#[test]
fn reports_every_other_invalid_input() {
    let with_secret = ("azureSubscription", "with-secret");
    let cases: &[(&[(&str, &str)], Expect)] = &[
        (
            &[("azureSubscription", "")],
            expect![[r#"
                ##[error]The step names no service connection: azureDevOpsServiceConnection and azureSubscription are both empty.
                What to do: Set azureDevOpsServiceConnection (a connection of the type Azure DevOps, without a subscription) or azureSubscription (Azure Resource Manager).
                More: adieu explain inputs"#]],
        ),
        (
            &[("azureSubscription", "no-such-connection")],
            expect![[r#"
                ##[error]The agent did not give this step the service connection 'no-such-connection'.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=no-such-connection
                What to do: Write the connection's name, not a variable, into azureDevOpsServiceConnection or azureSubscription, and permit the pipeline (the connection's page → Security).
                More: adieu explain connection"#]],
        ),
        (
            &[("azureSubscription", "$(connection)")],
            expect![[r#"
                ##[error]The input azureSubscription contains $(connection), but the pipeline has no variable connection.
                What to do: Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.
                More: adieu explain undefined-variable"#]],
        ),
        (
            &[("tokens", "# nothing")],
            expect![[r#"
                ##[error]The step names no token and configures nothing.
                What to do: Add a line such as AZURE_DEVOPS_TOKEN=azureDevOps to tokens.
                More: adieu explain token"#]],
        ),
        (
            &[("idToken", "my-token")],
            expect![[r#"
                ##[error]The input idToken is 'my-token', which is not a valid variable name: it may have letters, digits, '.' and '_' only, and starts with a letter or '_'.
                What to do: Use letters, digits and underscores.
                More: adieu explain token"#]],
        ),
        (
            &[("idToken", "AZURE_DEVOPS_TOKEN")],
            expect![[r#"
                ##[error]The line 'AZURE_DEVOPS_TOKEN=azureDevOps' of tokens sets 'AZURE_DEVOPS_TOKEN' a second time.
                What to do: Give each token its own name; NAME_EXPIRES_ON belongs to NAME.
                More: adieu explain token"#]],
        ),
        (
            &[with_secret, ("idToken", "ID_TOKEN")],
            expect![[r#"
            ##[error]idToken is set, but a connection with the scheme ServicePrincipal has no ID token.
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[GUID]
            What to do: Convert the connection to workload identity federation, or leave idToken empty.
            More: adieu explain connection"#]],
        ),
        (
            &[with_secret, ("configure", "terraform")],
            expect![[r#"
            ##[error]terraform needs a service connection with workload identity federation, but this one signs in another way.
            What to do: Convert the connection (its page → Convert), or use `identity`, which works with every connection.
            More: adieu explain configure"#]],
        ),
        (
            &[("isOutput", "yes")],
            expect![[r#"
                ##[error]The input isOutput is 'yes'; valid values are true, false.
                More: adieu explain inputs"#]],
        ),
        (
            &[("exposeToScripts", "$(expose)")],
            expect![[r#"
                ##[error]The input exposeToScripts contains $(expose), but the pipeline has no variable expose.
                What to do: Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.
                More: adieu explain undefined-variable"#]],
        ),
        (
            &[("tenantId", "$(tenant)")],
            expect![[r#"
                ##[error]The input tenantId contains $(tenant), but the pipeline has no variable tenant.
                What to do: Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.
                More: adieu explain undefined-variable"#]],
        ),
    ];
    for (inputs, log) in cases {
        log.assert_eq(&refused(inputs));
    }
}

#[test]
fn names_what_the_connection_lacks() {
    let federated = || Connection::workload_identity("broken");
    let cases: &[(Connection, Expect)] = &[
        (
            Connection::new("broken", "PublishProfile"),
            expect![[r#"
                ##[error]The service connection's scheme, PublishProfile, has no Microsoft Entra identity.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
                What to do: Use a connection of the type Azure DevOps, or Azure Resource Manager with workload identity federation.
                More: adieu explain connection"#]],
        ),
        (
            federated().parameter("tenantid", ""),
            expect![[r#"
            ##[error]The service connection has no tenant.
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
            What to do: Edit and save the connection on its page.
            More: adieu explain connection"#]],
        ),
        (
            federated().parameter("serviceprincipalid", ""),
            expect![[r#"
            ##[error]The service connection has no service principal (client) id.
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
            What to do: Edit and save the connection on its page.
            More: adieu explain connection"#]],
        ),
        (
            Connection::client_secret("broken").parameter("servicePrincipalKey", ""),
            expect![[r#"
                ##[error]The service connection has no service principal key.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
                What to do: Edit and save the connection on its page.
                More: adieu explain connection"#]],
        ),
        (
            Connection::certificate("broken").parameter("servicePrincipalCertificate", ""),
            expect![[r#"
                ##[error]The service connection has no certificate.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
                What to do: Edit and save the connection on its page.
                More: adieu explain connection"#]],
        ),
        (
            Connection::certificate("broken")
                .parameter("servicePrincipalCertificate", "a password, or whatever"),
            expect![[r#"
                ##[error]The service connection's certificate cannot be used: it is not in PEM form.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
                What to do: Put the certificate and its RSA private key, both in PEM form and without a password, into the connection; or convert it to workload identity federation.
                More: adieu explain connection-certificate"#]],
        ),
        (
            federated().authority("http://login.example/"),
            expect![[r#"
            ##[error]The service connection's authority, 'http://login.example/', is not HTTPS.
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
            What to do: Correct the connection's environment, or use one that signs in with Microsoft Entra.
            More: adieu explain connection"#]],
        ),
        (
            federated().authority("login.example"),
            expect![[r#"
            ##[error]The service connection's authority, 'login.example', is not an address.
              connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
            What to do: Correct the connection's environment, or use one that signs in with Microsoft Entra.
            More: adieu explain connection"#]],
        ),
        (
            federated().authority("https://adfs.example/adfs"),
            expect![[r#"
                ##[error]The service connection's authority, 'https://adfs.example/adfs', is an AD FS, which has no federated credentials.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
                What to do: Correct the connection's environment, or use one that signs in with Microsoft Entra.
                More: adieu explain connection"#]],
        ),
        (
            federated().authority("").data("environment", "AzureMoon"),
            expect![[r#"
                ##[error]The service connection's cloud, 'AzureMoon', has no known authority, and its data names none.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
                What to do: Edit and save the connection, so that Azure DevOps fills in its addresses.
                More: adieu explain connection"#]],
        ),
    ];
    for (connection, log) in cases {
        let world = World::start();
        let id = world.add_connection(connection.clone());
        let mut job = world.job();
        let outcome = run(&mut job, &[("azureSubscription", "broken")]);
        assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
        log.assert_eq(&stable(&world, &outcome.log.replace(&id, "[BROKEN]")));
        assert!(world.azure_devops().requests().is_empty());
        assert!(world.entra().requests().is_empty());
    }
}

#[test]
fn keeps_the_job_token_at_the_collections_host() {
    let world = World::start();
    let mut job = world.job();
    job.variable(
        "system.oidcrequesturi",
        "https://collector.example/oidctoken",
    );
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    expect![[r#"
        ##[error]The job token was not sent: System.OidcRequestUri points outside the collection (collector.example is not the collection's host, [AZURE DEVOPS]).
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Remove the variable System.OidcRequestUri from the pipeline; Azure DevOps sets it.
        More: adieu explain job-token"#]].assert_eq(&stable(&world, &outcome.log));
}

#[test]
fn reports_an_unusable_connection_certificate() {
    let elsewhere = World::start();
    let (certificate, key) = elsewhere.client_certificate();
    let text = |path| std::fs::read_to_string(path).expect("a file");
    let (certificate, key) = (text(certificate), text(key));
    let mut shown = String::new();
    for pem in [&key, &certificate, &format!("{certificate}{key}")] {
        let world = World::start();
        let connection = Connection::certificate("broken");
        let id = world.add_connection(connection.parameter("servicePrincipalCertificate", pem));
        let outcome = run(&mut world.job(), &[("azureSubscription", "broken")]);
        let log = stable(&world, &outcome.log.replace(&id, "[BROKEN]"));
        shown.push_str(&format!("{log}\n\n"));
        assert!(world.entra().requests().is_empty());
    }
    expect![[r#"
        ##[error]The service connection's certificate cannot be used: its private key is not an RSA key.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
        What to do: Create a certificate with an RSA key of 2048 bits or more, which Microsoft Entra requires.
        More: adieu explain connection-certificate

        ##[error]The service connection's certificate cannot be used: it has no private key in PEM form.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
        What to do: Also put the private key into the connection: certificate and key, both in PEM form.
        More: adieu explain connection-certificate

        ##[error]The service connection's certificate cannot be used: its private key is not an RSA key.
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[BROKEN]
        What to do: Create a certificate with an RSA key of 2048 bits or more, which Microsoft Entra requires.
        More: adieu explain connection-certificate

    "#]].assert_eq(&shown);
}

#[test]
fn names_a_resource_that_the_cloud_does_not_have() {
    let world = World::start();
    let authority = world.entra().url().to_owned();
    let connection = Connection::workload_identity("stack")
        .authority("")
        .data("environment", "AzureStack")
        .data("environmentAuthorityUrl", &authority);
    world.add_connection(connection);
    let mut text = String::new();
    for asked in [
        ("tokens", "A=sql"),
        ("configure", "identity\nresources = sql"),
    ] {
        let inputs = [("azureSubscription", "stack"), asked];
        let outcome = run(&mut world.job(), &inputs);
        assert_eq!(outcome.result, TaskResult::Failed);
        text.push_str(&format!("{}\n\n", outcome.log));
    }
    expect![[r#"
        ##[error]The line 'A=sql' of tokens names a resource that has no known address in the connection's cloud.
        What to do: Write the resource as the URI that it has in this cloud.
        More: adieu explain token

        ##[error]The line 'resources = sql' of configure: 'sql' has no known address in this cloud.
        What to do: Use the resource's URI in this cloud.
        More: adieu explain configure

    "#]].assert_eq(&text);
}

/// A wrapper that starts the task may not pass on the agent's variables.
#[test]
fn names_missing_agent_variables() {
    let world = World::start();
    let mut job = world.job();
    let folder = TaskFolder::unpacked("token");
    let step = job.step(folder.path());
    let environment = step.input("azureSubscription", MY_CONNECTION).environment();
    let mut text = String::new();
    for missing in [
        "SYSTEM_PLANID",
        "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
    ] {
        let mut environment = environment.clone();
        environment.remove(missing).expect("a variable");
        let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
            .args(["task", "EntraToken", "execution"])
            .env_clear()
            .envs(environment)
            .output()
            .expect("adieu starts");
        text.push_str(&String::from_utf8_lossy(&output.stdout));
    }
    expect![[r#"
        ##vso[task.issue type=error]The variable System.PlanId is not set, so this is not a pipeline job.%0AWhat to do: Run the task in Azure Pipelines; `cargo xtask demo` shows it without one.%0AMore: adieu explain agent
        ##vso[task.complete result=Failed]The variable System.PlanId is not set, so this is not a pipeline job.
        ##vso[task.issue type=error]The job token is not in this step's environment.%0A  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]%0AWhat to do: Let the agent run the task; a wrapper must pass on the ENDPOINT_AUTH_* variables.%0AMore: adieu explain job-token
        ##vso[task.complete result=Failed]The job token is not in this step's environment.
    "#]].assert_eq(&stable(&world, &text));
}
