//! Flags with a required form: an invalid value is a usage error before any request, in plain words.
//!
//! The effects of valid ones are tested with each verb.

use adieu_emulator::{Connection, World};
use expect_test::expect;

use crate::harness::stable;
use crate::shell::Shell;

/// Runs each line, which must exit with 2 before any request. Returns the first lines of the output.
fn refused(lines: &[&[&str]]) -> String {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    let shell = Shell::machine(&world);
    let (mut all, mut wrong) = (String::new(), Vec::new());
    for line in lines {
        let output = shell.adieu(line);
        let first = output.stderr.lines().next().unwrap_or_default();
        all.push_str(&format!("{}\n  {first}\n", line.join(" ")));
        if output.status != 2 || !output.stdout.is_empty() {
            wrong.push(format!(
                "{line:?}: exit {}: {}",
                output.status, output.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (service, requests) in [
        ("Azure DevOps", world.marketplace().requests()),
        ("Microsoft Entra", world.entra().requests()),
        ("managed identity", world.managed_identity().requests()),
    ] {
        assert_eq!(requests, Vec::<String>::new(), "{service}");
    }
    stable(&world, &all)
}

#[test]
fn checks_identities_and_organizations_before_any_request() {
    let id = "00000000-0000-4000-8000-000000000001";
    expect![[r#"
        doctor --organization contoso --publisher 
          error: a value is required for '--publisher <PUBLISHER>' but none was supplied
        doctor --organization 
          error: a value is required for '--organization <ORGANIZATION>' but none was supplied
        doctor --organization my organization
          error: 'my organization' is not an organization name.
        doctor --organization contoso --repository site
          error: invalid value 'site' for '--repository <REPOSITORY>': write PROJECT/REPOSITORY, such as web/site
        whoami --publisher 
          error: a value is required for '--publisher <PUBLISHER>' but none was supplied
        whoami --organization https://example.com/contoso
          error: 'https://example.com/contoso' is not an Azure DevOps address, so no token is sent there.
        whoami --tenant not a tenant
          error: 'not a tenant' is not a tenant.
        onboard --identity x --organization contoso
          error: 'x' is not the ID of an application.
        onboard --identity [GUID] --organization 
          error: '' is not an organization name.
        onboard --identity [GUID] --publisher pub --member-id x
          error: invalid value 'x' for '--member-id <ID>': an ID is a GUID, as `adieu whoami` prints it
        onboard --identity [GUID] --publisher pub
          error: --publisher needs the identity's Azure DevOps ID.
        onboard --identity [GUID] --organization contoso --project web=owner
          error: invalid value 'web=owner' for '--project <NAME[=GROUP]>': write NAME, or NAME= and reader, contributor or administrator
        onboard --identity [GUID] --organization contoso --wait soon
          error: invalid value 'soon' for '--wait <SECONDS>': a whole number is expected, such as 30
        token --resource no resource
          error: 'no resource' contains a space.
        token --tenant 
          error: '' is not a tenant.
        token --organization 
          error: '' is not an organization name.
        token --identity not an id
          error: invalid value 'not an id' for '--identity <ID>': 'not an id' is not a client id, object-id:GUID or an Azure resource id
        exec --token NO_RESOURCE -- true
          error: --env 'NO_RESOURCE' has no '='.
        exec --token 1NAME=azureDevOps -- true
          error: --env '1NAME=azureDevOps': '1NAME' is not a valid variable name: it may have letters, digits, '.' and '_' only, and starts with a letter or '_'.
        exec --configure terraform -- true
          error: terraform needs a service connection, so it works in the tasks only.
        exec --tenant a b -- true
          error: 'a b' is not a tenant.
        serve --idle soon
          error: invalid value 'soon' for '--idle <MINUTES>': a whole number is expected, such as 30
    "#]]
    .assert_eq(&refused(&[
        &["doctor", "--organization", "contoso", "--publisher", ""],
        &["doctor", "--organization", ""],
        &["doctor", "--organization", "my organization"],
        &[
            "doctor",
            "--organization",
            "contoso",
            "--repository",
            "site",
        ],
        &["whoami", "--publisher", ""],
        &["whoami", "--organization", "https://example.com/contoso"],
        &["whoami", "--tenant", "not a tenant"],
        &["onboard", "--identity", "x", "--organization", "contoso"],
        &["onboard", "--identity", id, "--organization", ""],
        &[
            "onboard",
            "--identity",
            id,
            "--publisher",
            "pub",
            "--member-id",
            "x",
        ],
        &["onboard", "--identity", id, "--publisher", "pub"],
        &[
            "onboard",
            "--identity",
            id,
            "--organization",
            "contoso",
            "--project",
            "web=owner",
        ],
        &[
            "onboard",
            "--identity",
            id,
            "--organization",
            "contoso",
            "--wait",
            "soon",
        ],
        &["token", "--resource", "no resource"],
        &["token", "--tenant", ""],
        &["token", "--organization", ""],
        &["token", "--identity", "not an id"],
        &["exec", "--token", "NO_RESOURCE", "--", "true"],
        &["exec", "--token", "1NAME=azureDevOps", "--", "true"],
        &["exec", "--configure", "terraform", "--", "true"],
        &["exec", "--tenant", "a b", "--", "true"],
        &["serve", "--idle", "soon"],
    ]));
}

#[test]
fn checks_extensions_before_any_request() {
    const NAMED: [&str; 4] = ["--publisher", "pub", "--extension-id", "hello"];
    let lines: &[&[&str]] = &[
        &["unpublish"],
        &[
            "unpublish",
            "--extension-version",
            "1.0.0",
            "--all-versions",
        ],
        &["unpublish", "--extension-version", "latest"],
        &[
            "install",
            "--organizations",
            "contoso",
            "--extension-version",
            "latest",
        ],
        &["install", "--organizations", "my organization"],
        &["install"],
        &["share", "--organizations", ""],
        &["unshare", "--organizations", "contoso,my organization"],
        &[
            "uninstall",
            "--organizations",
            "https://example.com/contoso",
        ],
        &["show", "--service-url", "somewhere"],
        &["show", "--service-url", "http://tfs.contoso.com/"],
        &["query-version", "--version-source", "nowhere"],
        &["query-version", "--version-source", "1.2.x"],
        &["wait-for-validation", "--extension-version", "1.2.3.4.5"],
        &["wait-for-validation", "--timeout", "soon"],
        &["wait-for-validation", "--timeout", "-1"],
        &[
            "wait-for-installation",
            "--organizations",
            "contoso",
            "--extension-version",
            "x",
        ],
        &["events", "--since", "yesterday"],
        &["publish", "--share-with", "my organization"],
        &["publish", "--timeout", "1.5"],
    ];
    let lines: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| {
            let named: &[&str] = match line[0] {
                "publish" => &[],
                _ => &NAMED,
            };
            [&["extension"], *line, named].concat()
        })
        .collect();
    let others: &[&[&str]] = &[
        &[
            "extension",
            "show",
            "--publisher",
            "",
            "--extension-id",
            "hello",
        ],
        &[
            "extension",
            "show",
            "--publisher",
            "pub",
            "--extension-id",
            "",
        ],
        &[
            "extension",
            "show",
            "--publisher",
            "pub",
            "--extension-id",
            "a b",
        ],
        &[
            "extension",
            "add-member",
            "--publisher",
            "pub",
            "--member-id",
            "x",
        ],
    ];
    let all: Vec<&[&str]> = lines
        .iter()
        .map(Vec::as_slice)
        .chain(others.iter().copied())
        .collect();
    expect![[r#"
        extension unpublish --publisher pub --extension-id hello
          error: the following required arguments were not provided:
        extension unpublish --extension-version 1.0.0 --all-versions --publisher pub --extension-id hello
          error: the argument '--extension-version <VERSION>' cannot be used with '--all-versions'
        extension unpublish --extension-version latest --publisher pub --extension-id hello
          error: invalid value 'latest' for '--extension-version <VERSION>': a version has up to four numbers, such as 1.4.0
        extension install --organizations contoso --extension-version latest --publisher pub --extension-id hello
          error: invalid value 'latest' for '--extension-version <VERSION>': a version has up to four numbers, such as 1.4.0
        extension install --organizations my organization --publisher pub --extension-id hello
          error: 'my organization' is not an organization name.
        extension install --publisher pub --extension-id hello
          error: the following required arguments were not provided:
        extension share --organizations  --publisher pub --extension-id hello
          error: '' is not an organization name.
        extension unshare --organizations contoso,my organization --publisher pub --extension-id hello
          error: 'my organization' is not an organization name.
        extension uninstall --organizations https://example.com/contoso --publisher pub --extension-id hello
          error: 'https://example.com/contoso' is not an Azure DevOps address, so no token is sent there.
        extension show --service-url somewhere --publisher pub --extension-id hello
          error: The --service-url 'somewhere' is not a URL.
        extension show --service-url http://tfs.contoso.com/ --publisher pub --extension-id hello
          error: The --service-url 'http://tfs.contoso.com/' is not HTTPS, so the token would be sent unencrypted.
        extension query-version --version-source nowhere --publisher pub --extension-id hello
          error: The source nowhere has 'nowhere', which is not a version.
        extension query-version --version-source 1.2.x --publisher pub --extension-id hello
          error: The source 1.2.x has '1.2.x', which is not a version.
        extension wait-for-validation --extension-version 1.2.3.4.5 --publisher pub --extension-id hello
          error: invalid value '1.2.3.4.5' for '--extension-version <VERSION>': a version has up to four numbers, such as 1.4.0
        extension wait-for-validation --timeout soon --publisher pub --extension-id hello
          error: invalid value 'soon' for '--timeout <MINUTES>': a whole number is expected, such as 30
        extension wait-for-validation --timeout -1 --publisher pub --extension-id hello
          error: unexpected argument '-1' found
        extension wait-for-installation --organizations contoso --extension-version x --publisher pub --extension-id hello
          error: invalid value 'x' for '--extension-version <VERSION>': a version has up to four numbers, such as 1.4.0
        extension events --since yesterday --publisher pub --extension-id hello
          error: --since is 'yesterday', which is not a date.
        extension publish --share-with my organization
          error: 'my organization' is not an organization name.
        extension publish --timeout 1.5
          error: invalid value '1.5' for '--timeout <MINUTES>': a whole number is expected, such as 30
        extension show --publisher  --extension-id hello
          error: a value is required for '--publisher <PUBLISHER>' but none was supplied
        extension show --publisher pub --extension-id 
          error: invalid value '' for '--extension-id <ID>': an ID may contain only letters, digits, dashes and underscores
        extension show --publisher pub --extension-id a b
          error: invalid value 'a b' for '--extension-id <ID>': an ID may contain only letters, digits, dashes and underscores
        extension add-member --publisher pub --member-id x
          error: invalid value 'x' for '--member-id <ID>': an ID is a GUID, as `adieu whoami` prints it
    "#]]
    .assert_eq(&refused(&all));
}

/// Removing every version requires an explicit flag.
#[test]
fn all_versions_are_unpublished_only_when_a_flag_names_them() {
    let world = World::start();
    let named = ["--publisher", "pub", "--extension-id", "hello"];
    let output = Shell::machine(&world).adieu(&[&["extension", "unpublish"], &named[..]].concat());
    expect![[r#"
        error: the following required arguments were not provided:
          <--extension-version <VERSION>|--all-versions>

        Usage: adieu extension unpublish [OPTIONS]
               <--extension-version <VERSION>|--all-versions>

        For more information, try '--help'.
    "#]]
    .assert_eq(&output.stderr);
    assert_eq!(output.status, 2);
    assert_eq!(world.marketplace().requests(), Vec::<String>::new());
    assert_eq!(world.managed_identity().requests(), Vec::<String>::new());
}

/// The question names what would be removed; only a yes removes it.
#[test]
fn unpublish_asks_before_it_removes() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add_member("contoso", "app");
    world.marketplace().set_role("pub", "app", Some("Creator"));
    world.marketplace().add_extension("pub.hello");
    let shell = Shell::machine(&world).set("ADIEU_CREDENTIAL", "managed-identity");
    let named = "extension unpublish --publisher pub --extension-id hello";
    let run = |more: &str| shell.adieu(&format!("{named} {more}").split(' ').collect::<Vec<_>>());
    let output = run("--all-versions");
    expect![[r#"
        error: Nothing was removed: there is no terminal to ask on.
        What to do: Add --yes to remove without asking.
        More: adieu explain extension
    "#]]
    .assert_eq(&output.stderr);
    assert_eq!(output.status, 2);
    let declined = shell.on_a_terminal(&format!("{named} --extension-version 1.0.0"), "n\n");
    let question = "Remove version 1.0.0 of pub.hello from the Marketplace? [y/N] ";
    assert!(declined.contains(question), "{declined}");
    assert!(declined.ends_with("Nothing was removed.\n"), "{declined}");
    assert_eq!(world.managed_identity().requests(), Vec::<String>::new());
    let confirmed = shell.on_a_terminal(&format!("{named} --all-versions"), "y\n");
    let question = "Remove pub.hello with all its versions from the Marketplace? [y/N] ";
    assert!(confirmed.contains(question), "{confirmed}");
    let removed = "pub.hello is no longer in the Marketplace.";
    assert!(confirmed.contains(removed), "{confirmed}");
    let again = run("--all-versions --yes");
    assert_eq!(again.status, 0, "{}", again.stderr);
}
