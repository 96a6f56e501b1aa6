//! Inputs and flags that `configure: proxy` refuses, with the messages that their author reads.

use adieu_emulator::World;
use expect_test::{Expect, expect};

use super::{token_step, world};
use crate::harness::stable;
use crate::shell::{Shell, assert_messages};

fn refuses(world: &World, inputs: &[(&str, &str)], expected: &Expect) {
    let outcome = token_step(world, inputs);
    expected.assert_eq(&stable(world, &outcome.log));
    assert!(
        world.entra().requests().is_empty(),
        "it signed in before it checked the inputs"
    );
}

#[test]
fn refuses_inputs_that_would_give_scripts_a_token() {
    let world = world();
    let proxy = "proxy\norganizations = contoso";
    for (inputs, expected) in [
        (
            &[("configure", "proxy\nidentity\nresources = arm")][..],
            expect![[r#"
                ##[error]configure: proxy keeps tokens from scripts, but 'identity' would give them one.
                What to do: Remove one of the two, or use two steps.
                More: adieu explain stand-in
                configure: proxy keeps tokens from scripts, but 'resources' would give them one.
                What to do: Remove one of the two, or use two steps.
                More: adieu explain stand-in"#]],
        ),
        (
            &[("configure", proxy), ("tokens", "A=azureDevOps\nB = arm")],
            expect![[r#"
                ##[error]configure: proxy keeps tokens from scripts, but 'B=arm' would give them one.
                What to do: Remove one of the two, or use two steps.
                More: adieu explain stand-in"#]],
        ),
        (
            &[("configure", proxy), ("idToken", "ID")],
            expect![[r#"
            ##[error]configure: proxy keeps tokens from scripts, but 'idToken' would give them one.
            What to do: Remove one of the two, or use two steps.
            More: adieu explain stand-in"#]],
        ),
        (
            &[("configure", proxy), ("tokens", " ")],
            expect![[r#"
            ##[error]configure: proxy has no variable for a stand-in.
            What to do: Add a line such as AZURE_DEVOPS_TOKEN=azureDevOps to tokens.
            More: adieu explain stand-in"#]],
        ),
        (
            &[("configure", "organizations = contoso")],
            expect![[r#"
            ##[error]configure: organizations and publishers are for `proxy`, which is not configured.
            What to do: Add the line proxy, or remove the line.
            More: adieu explain stand-in"#]],
        ),
        (
            &[("configure", "proxy\norganizations = con toso")],
            expect![[r#"
                ##[error]The line 'organizations = con toso' of configure: 'con toso' is not an organization name.
                What to do: Write organizations = contoso, fabrikam.
                More: adieu explain stand-in"#]],
        ),
        (
            &[("configure", "proxy")],
            expect![[r#"
            ##[error]configure: proxy needs an organization of Azure DevOps Services, and none is named.
            What to do: Add a line such as organizations = contoso to configure, or use --organization.
            More: adieu explain stand-in"#]],
        ),
    ] {
        refuses(&world, inputs, &expected);
    }
}

#[test]
fn a_command_line_names_its_organization() {
    let world = world();
    let shell = Shell::machine(&world);
    let output = shell.adieu(&["exec", "--stand-in", "--", "/bin/true"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        error: configure: proxy needs an organization of Azure DevOps Services, and none is named.
        What to do: Add a line such as organizations = contoso to configure, or use --organization.
        More: adieu explain stand-in
        exit 2
    "#]],
    );
    let output = shell.adieu(&["exec", "--stand-in", "--feeds", "--", "/bin/true"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        error: the argument '--stand-in' cannot be used with '--feeds'

        Usage: adieu exec [OPTIONS] -- <COMMAND>...

        For more information, try '--help'.
        exit 2
    "#]],
    );
}
