//! `--credential azd` and `--credential az`: the answers and errors of each version of the tools.
//!
//! The tools are fakes (tests/fake_tools) that print what the real ones print.

use std::fs;

use adieu_emulator::World;
use expect_test::expect;

use super::{assert_messages, is_a_token};
use crate::shell::{Shell, signed_in_user};

#[test]
fn reads_what_each_version_of_azd_and_az_answers() {
    let (world, token) = signed_in_user();
    for (tool, answer) in [("azd", ""), ("azd", "notice"), ("az", ""), ("az", "old")] {
        let variable = format!("FAKE_{}", tool.to_uppercase());
        let shell = Shell::with(&world, &[tool])
            .signed_in(&token)
            .set(&variable, answer);
        is_a_token(&world, &shell.adieu(&["token", "--credential", tool]));
    }
}

/// `az` is a script on Windows, whose interpreter parses its arguments again.
#[test]
fn never_passes_ambiguous_arguments_to_a_tool() {
    let world = World::start();
    let shell = Shell::with(&world, &["azd", "az"]).signed_in("eyJ.eyJ.c2ln");
    let mut text = String::new();
    for (tool, resource) in [
        ("az", "api://hello&calc"),
        ("azd", "https://contoso.example/$(id)/.default"),
        ("az", "--debug/.default"),
        ("azd", "-C/.default"),
    ] {
        let resource = format!("--resource={resource}");
        let one = shell.adieu(&["token", "--credential", tool, &resource]);
        assert_eq!((one.status, one.stdout.as_str()), (1, ""));
        text.push_str(&one.stderr);
    }
    expect![[r#"
        error: 'api://hello&calc/.default' was not passed to az: it has characters that a tool could misread.
        More: adieu explain credential
        error: 'https://contoso.example/$(id)/.default' was not passed to azd: it has characters that a tool could misread.
        More: adieu explain credential
        error: '--debug/.default' was not passed to az: it has characters that a tool could misread.
        More: adieu explain credential
        error: '-C/.default' was not passed to azd: it has characters that a tool could misread.
        More: adieu explain credential
    "#]].assert_eq(&text);
}

#[test]
fn ignores_tools_in_the_working_directory() {
    let world = World::start();
    let shell = Shell::with(&world, &["az"]).signed_in("eyJ.eyJ.c2ln");
    let folder = shell.home().join("tools");
    fs::create_dir(&folder).expect("a folder");
    fs::rename(shell.bin().join("az"), folder.join("az")).expect("a file");
    let relative = shell.set("PATH", "tools:./tools:");
    let output = relative.adieu(&["token", "--credential", "az"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: az is not on the PATH.
            What to do: Install az (https://aka.ms/azure-cli), then: az login
            More: adieu explain credential
            exit 1
        "#]],
    );
    assert_eq!(output.stdout, "");
}

#[test]
fn shows_the_reason_of_azd_and_how_to_sign_in() {
    let world = World::start();
    let mut text = String::new();
    for answer in [
        "signed-out",
        "signed-out-1.23",
        "signed-out-old",
        "policy",
        "raw",
    ] {
        let shell = Shell::with(&world, &["azd"])
            .signed_in("eyJ.eyJ.c2ln")
            .set("FAKE_AZD", answer);
        let one = shell.adieu(&["token", "--credential", "azd"]);
        assert_eq!((one.status, one.stdout.as_str()), (1, ""));
        text.push_str(&format!("{answer}\n{}\n", one.stderr));
    }
    expect![[r#"
        signed-out
        error: azd failed: not logged in, run `azd auth login` to login.
        What to do: Sign in: azd auth login
        More: adieu explain credential

        signed-out-1.23
        error: azd failed: not logged in, run `azd auth login` to login.
        What to do: Sign in: azd auth login
        More: adieu explain credential

        signed-out-old
        error: azd failed: not logged in, run `azd auth login` to login.
        What to do: Sign in: azd auth login
        More: adieu explain credential

        policy
        error: azd failed: reauthentication required, run `azd auth login --scope x` to login.
        What to do: Sign in: azd auth login --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: adieu explain credential

        raw
        error: azd did not print a token that can be read.
        What to do: To see its whole output, run: azd auth token --output json --no-prompt --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: adieu explain credential

    "#]].assert_eq(&text);
}

#[test]
fn shows_the_reason_of_az_and_how_to_sign_in() {
    let world = World::start();
    let mut text = String::new();
    for answer in [
        "signed-out",
        "expired",
        "policy",
        "guest",
        "old-secret",
        "no-subscription",
        "broken",
        "silent",
        "nothing",
    ] {
        let shell = Shell::with(&world, &["az"])
            .set("FAKE_AZ", answer)
            .set("FAKE_TENANT", "contoso.onmicrosoft.com");
        let one = shell.adieu(&[
            "token",
            "--credential",
            "az",
            "--tenant",
            "contoso.onmicrosoft.com",
        ]);
        assert_eq!((one.status, one.stdout.as_str()), (1, ""));
        text.push_str(&format!("{answer}\n{}\n", one.stderr));
    }
    expect![[r#"
        signed-out
        error: az failed: Please run 'az login' to setup account.
        What to do: Sign in: az login --tenant contoso.onmicrosoft.com
        More: adieu explain credential

        expired
        error: az failed: AADSTS700082: The refresh token has expired due to inactivity.
        What to do: Sign in: az login --tenant contoso.onmicrosoft.com --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: adieu explain credential

        policy
        error: az failed: AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication.
        What to do: Sign in: az login --tenant contoso.onmicrosoft.com --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: adieu explain credential

        guest
        error: az failed: AADSTS50020: User account from identity provider does not exist in tenant.
        What to do: Use the resource's tenant: --organization <name> finds that of Azure DevOps, --tenant takes any.
        More: adieu explain credential

        old-secret
        error: az failed: AADSTS7000222: The provided client secret keys for app '1b7b2d3e-0000-4000-8000-000000000001' are expired.
        What to do: Convert the connection to workload identity federation (the button on its page), which has no secret; or put a new secret into it.
        More: adieu explain aadsts7000222

        no-subscription
        error: az failed: No subscription found. Run 'az account set' to select a subscription.
        What to do: Sign in: az login --tenant contoso.onmicrosoft.com --allow-no-subscriptions
        More: adieu explain credential

        broken
        error: az failed: The command failed with an unexpected error. Here is the traceback.
        What to do: To see its whole output, run: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default --tenant contoso.onmicrosoft.com
        More: adieu explain credential

        silent
        error: az failed without an error message (exit status: 3).
        What to do: To see its whole output, run: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default --tenant contoso.onmicrosoft.com
        More: adieu explain credential

        nothing
        error: az did not print a token that can be read.
        What to do: To see its whole output, run: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default --tenant contoso.onmicrosoft.com
        More: adieu explain credential

    "#]].assert_eq(&text);
}

#[test]
fn finds_the_token_and_the_reason_in_any_output_of_a_tool() {
    let (world, token) = signed_in_user();
    let answer = |name: &str| {
        format!(
            "{{\n  \"{name}\": \"{token}\",\n  \"expiresOn\": \"2030-01-02T03:04:05Z\", \"expires_on\": 1893553445\n}}"
        )
    };
    let utf_16 = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect()
    };
    for (tool, name) in [("azd", "token"), ("az", "accessToken")] {
        let answer = answer(name);
        for output in [
            format!("A new version is there.\n{answer}\nTo update, run: {{tool}} upgrade\n")
                .into_bytes(),
            format!("\u{feff}\u{1b}[33mnotice {{\"level\":1}}\u{1b}[0m\r\n{answer}").into_bytes(),
            utf_16(&format!("notice\r\n{answer}\r\n")),
        ] {
            let shell = Shell::with(&world, &[tool]).prints(tool, 0, &output);
            is_a_token(&world, &shell.adieu(&["token", "--credential", tool]));
        }
    }
    let mut shown = String::new();
    let traceback = "ERROR: The command failed with an unexpected error. Here is the traceback:\nTraceback (most recent call last):\n  File \"/opt/az/x.py\", line 1, in main\n    import y\nModuleNotFoundError: No module named 'azure.cli'\nTo check existing issues, please visit: https://github.com/Azure/azure-cli/issues\n";
    let response = "ERROR: fetching token: authentication failed\n-----\n{\n  \"error\": \"invalid_grant\",\n  \"error_description\": \"AADSTS700082: The refresh token has expired. Trace ID: x\"\n}\n";
    for (tool, output) in [("az", traceback), ("azd", response)] {
        let shell = Shell::with(&world, &[tool]).prints(tool, 1, output.as_bytes());
        let one = shell.adieu(&["token", "--credential", tool]);
        assert_eq!((one.status, one.stdout.as_str()), (1, ""));
        shown.push_str(&one.stderr);
    }
    expect![[r#"
        error: az failed: ModuleNotFoundError: No module named 'azure.cli'.
        What to do: To see its whole output, run: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: adieu explain credential
        error: azd failed: AADSTS700082: The refresh token has expired.
        What to do: Sign in: azd auth login --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: adieu explain credential
    "#]].assert_eq(&shown);
}

/// azd takes longer than half of the time for all credentials, and az is not signed in.
#[test]
fn waits_for_azd_while_az_is_tried() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["azd", "az"])
        .signed_in(&token)
        .set("FAKE_AZD", "slow")
        .set("FAKE_AZ", "signed-out");
    is_a_token(&world, &shell.adieu(&["token"]));
}
