//! The Azure CLI, signed in through a job's broker instead of with a secret or an ID token that expires.
//!
//! It only requests the subscriptions from Azure, of which there are none.

// The library of its extension.
mod devops;

use std::collections::BTreeMap;
use std::process::Command;

use adieu_emulator::{MY_CONNECTION, TaskResult, World};
use expect_test::expect;

use crate::harness::{TaskFolder, client, stable};

const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

fn az(environment: &BTreeMap<String, String>, arguments: &[&str]) -> (String, String) {
    let binary = if cfg!(windows) {
        "Scripts/az.bat"
    } else {
        "bin/az"
    };
    let output = Command::new(client("az").join(binary))
        .args(arguments)
        .env_clear()
        .envs(environment)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "az {arguments:?}: {errors}");
    (String::from_utf8_lossy(&output.stdout).into_owned(), errors)
}

#[test]
fn az_signs_in_through_the_broker_and_requests_each_token() {
    let world = World::start();
    // It reads the claims of the token for Azure Resource Manager, which everyone can decode.
    world.entra().readable_tokens();
    world.entra().access_token_lifetime(5 * 60 + 2);
    let mut job = world.job();
    let task = TaskFolder::unpacked("token");
    let outcome = job
        .step(task.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "identity")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let mut environment = job.environment_of_next_script();
    let proxy = world.network();
    let settings = job.work_folder().join("az").display().to_string();
    for (name, value) in [
        ("PATH", std::env::var("PATH").unwrap()),
        ("AZURE_CONFIG_DIR", settings.clone()),
        ("AZURE_CORE_COLLECT_TELEMETRY", "false".to_owned()),
        ("HTTPS_PROXY", proxy.url()),
        // Without NO_PROXY, which the task sets, az would send the broker's key to this proxy.
        ("HTTP_PROXY", proxy.url()),
        ("REQUESTS_CA_BUNDLE", world.ca_file().display().to_string()),
    ] {
        environment.insert(name.to_owned(), value);
    }
    let sign_in = [
        "login",
        "--identity",
        "--allow-no-subscriptions",
        "--output",
        "json",
    ];
    let (account, _) = az(&environment, &sign_in);
    expect![[r#"
        [
          {
            "environmentName": "AzureCloud",
            "id": "[TENANT]",
            "isDefault": true,
            "name": "N/A(tenant level account)",
            "state": "Enabled",
            "tenantId": "[TENANT]",
            "user": {
              "assignedIdentityInfo": "MSI",
              "name": "systemAssignedIdentity",
              "type": "servicePrincipal"
            }
          }
        ]
    "#]]
    .assert_eq(&stable(&world, &account));
    let token = [
        "account",
        "get-access-token",
        "--resource",
        AZURE_DEVOPS,
        "--query",
        "accessToken",
        "--output",
        "tsv",
    ];
    let get = || {
        let (printed, errors) = az(&environment, &token);
        let kinds = world.secrets_in(printed.trim());
        assert_eq!(kinds, ["access token"], "{errors}");
        printed
    };
    // A token is returned as long as it has five minutes left, so this one is valid for seconds.
    let first = get();
    let second = (0..100).map(|_| get()).find(|token| *token != first);
    assert!(second.is_some(), "the broker handed out an old token");
    // The same sign-in as a credential of the command line.
    let mut path = client("az").join("bin").into_os_string();
    path.push(":");
    path.push(&environment["PATH"]);
    let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["token", "--credential", "az"])
        .env_clear()
        .envs(&environment)
        .env("PATH", path)
        .env("ADIEU_TOOL_TIMEOUT", "600")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(world.secrets_in(&printed), ["access token"], "{errors}");
    assert!(world.secrets_in(&errors).is_empty(), "{errors}");
    // az keeps no token and no key of the broker in its folder.
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(settings).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        kept.extend(world.secrets_in(&String::from_utf8_lossy(&bytes)));
    }
    assert_eq!(kept, Vec::<&str>::new());
    // It used the proxy for Azure, but not for the broker.
    let asked = proxy.contacted_hosts();
    assert!(asked.contains(&"management.azure.com:443".to_owned()));
    assert!(!asked.iter().any(|host| host.contains("127.0.0.1")));
    let outcome = job.step(task.path()).section("postjobexecution").run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
}
