//! FeedAuthenticate@1: one step, and real package clients that restore from feeds until the job ends.
//!
//! The feeds accept no requests for other hosts, and the blob storage fails the test if it receives a credential.

// Hosts that look like a feed's.
mod addresses;
// `adieu feeds check` and `adieu doctor --feed`, locally.
mod check;
// npm, pnpm, pip, uv, Cargo and Maven, concurrently and after hours.
mod clients;
// docker's helper for Azure container registries.
mod containers;
// Requests of clients to a helper, byte by byte.
mod helpers;
// None of them receives a credential.
mod hostile;
// A job with a checkout, and the clients that run in it.
pub(crate) mod job;
// What remains after a step, whatever happens to it.
mod leftovers;
// `adieu feeds list`, `adieu feeds login` and `adieu exec --feeds`, locally.
mod local;
// Files outside the private folder, for yarn and Gradle.
mod outside;
// Older credentials in the checkout's files.
mod project_files;
// twine, Maven's deploy and pnpm.
mod publishing;
// The log of a step without a credential.
mod refusals;
// Many tenants, and the arguments of processes.
mod tenants;
// yarn 1 and 4, and publishing by pnpm, for hours.
mod yarn;

use std::fs;
use std::path::Path;

use adieu_emulator::{MY_CONNECTION, TaskResult};
use expect_test::expect;

use crate::harness::stable;
use job::{Feeds, snapshot, world};

#[test]
fn one_step_serves_what_the_repository_declares() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file("nuget.config", "<configuration><packageSources>\n<add key=\"packages\" value=\"FEED/nuget/v3/index.json\"/>\n</packageSources></configuration>\n")
        .file("pyproject.toml", "[[tool.uv.index]]\nname = \"my-feed\"\nurl = \"FEED/pypi/simple/\"\n")
        .file("java/pom.xml", "<project><repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n")
        .file(".cargo/config.toml", "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n");
    feeds.job.variable("MAVEN_ARGS", "--batch-mode");
    let before = (snapshot(&feeds.sources()), snapshot(&feeds.home()));
    let log = feeds.succeed(&[]);
    expect![[r#"
        .cargo/config.toml:2: contoso/packages for cargo (credential provider).
        .npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        java/pom.xml:2: contoso/packages for maven (MAVEN_ARGS).
        nuget.config:2: contoso/packages for nuget (credential provider).
        pyproject.toml:3: contoso/packages for uv (keyring and netrc).
        Credentials are renewed until the job ends; the first one is valid until [TIME]."#]]
    .assert_eq(&log);
    assert_eq!(
        (snapshot(&feeds.sources()), snapshot(&feeds.home())),
        before
    );
    // One exchange for all clients.
    assert_eq!(world.entra().requests().len(), 1);
    let folder = feeds.folder().display().to_string();
    let seen: Vec<String> = feeds
        .job
        .environment_of_next_script()
        .into_iter()
        .map(|(name, value)| format!("{name}={}", value.replace(&folder, "[FOLDER]")))
        .collect();
    let seen = seen.join("\n");
    assert!(world.secrets_in(&seen).is_empty(), "{seen}");
    expect![[r#"
        ADIEU_MAVEN_SETTINGS=[FOLDER]/settings.xml
        CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS=cargo:token cargo-credential-adieu
        MAVEN_ARGS=--batch-mode --settings [FOLDER]/settings.xml
        NETRC=[FOLDER]/netrc
        NPM_CONFIG_USERCONFIG=[FOLDER]/npmrc
        NUGET_CREDENTIALPROVIDERS_PATH=[FOLDER]/bin
        UV_INDEX_MY_FEED_USERNAME=adieu
        UV_KEYRING_PROVIDER=subprocess"#]]
    .assert_eq(&seen);
    let mut names: Vec<String> = snapshot(&feeds.folder())
        .into_keys()
        .map(|path| {
            path.strip_prefix(&folder)
                .expect("below it")
                .display()
                .to_string()
        })
        .collect();
    names.sort();
    expect!["bin/CredentialProvider.Adieu.exe bin/cargo-credential-adieu bin/keyring bin/nuget-plugin-adieu broker.json netrc npmrc plan.json settings.xml"].assert_eq(&names.join(" "));
    expect!["The credentials for feeds are removed."].assert_eq(&feeds.end());
    assert_eq!(
        (snapshot(&feeds.sources()), snapshot(&feeds.home())),
        before
    );
    assert_eq!(feeds.job.value("MAVEN_ARGS"), Some("--batch-mode"));
    assert_eq!(feeds.job.value("NPM_CONFIG_USERCONFIG"), Some(""));
    assert!(!Path::new(&folder).exists());
}

#[test]
fn shows_each_feed_on_the_runs_page() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file(
            "web/.yarnrc.yml",
            "npmRegistryServer: FEED@Local/npm/registry/\n",
        );
    feeds.succeed(&[]);
    let page = fs::read_to_string(feeds.job.temp_folder().join("Feeds 1.md"));
    expect![[r#"
        ### Azure Artifacts feeds

        | feed | client | declared in | credential by |
        |---|---|---|---|
        | `contoso/packages` | npm | `.npmrc:1` | NPM_CONFIG_USERCONFIG |
        | `contoso/packages@Local` | yarn | `web/.yarnrc.yml:1` | a file above the checkout |
    "#]]
    .assert_eq(&page.expect("a page"));
    feeds.end();
}

/// Two organizations in two tenants, each with a feed of the same name, and a third organization in the first tenant.
#[test]
fn each_tenant_has_its_own_token() {
    let world = world();
    let tenant = world.entra().add_tenant(MY_CONNECTION);
    world.organizations().connect("northwind", &tenant);
    for organization in ["northwind", "fabrikam"] {
        world
            .organizations()
            .add_member(organization, MY_CONNECTION);
        world.feeds().add(organization, "packages");
    }
    let mut feeds = Feeds::of(&world).file(
        ".npmrc",
        "@contoso:registry=FEED/npm/registry/\n@northwind:registry=https://pkgs.dev.azure.com/northwind/_packaging/packages/npm/registry/\n@fabrikam:registry=https://pkgs.dev.azure.com/fabrikam/_packaging/packages/npm/registry/\n",
    )
    .file("requirements.txt", "--index-url FEED/pypi/simple/\n")
    .file("lib/pyproject.toml", "[[tool.poetry.source]]\nurl = \"https://pkgs.dev.azure.com/northwind/_packaging/packages/pypi/simple/\"\n");
    let log = feeds.succeed(&[]);
    expect![[r#"
        .npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        .npmrc:2: northwind/packages for npm (NPM_CONFIG_USERCONFIG).
        .npmrc:3: fabrikam/packages for npm (NPM_CONFIG_USERCONFIG).
        lib/pyproject.toml:2: northwind/packages for poetry (Python's keyring).
        requirements.txt:1: contoso/packages for pip (keyring).
        ##[warning]The feeds belong to several tenants, and netrc has one credential for all of pkgs.dev.azure.com. pip before 26.3 gets one only where an address has a user, such as https://adieu@pkgs.dev.azure.com/…
        Credentials are renewed until the job ends; the first one is valid until [TIME]."#]].assert_eq(&log);
    assert_eq!(
        world.entra().requests().len(),
        2,
        "an exchange for each tenant"
    );
    for organization in ["contoso", "northwind", "fabrikam"] {
        let registry =
            format!("https://pkgs.dev.azure.com/{organization}/_packaging/packages/npm/registry/");
        feeds.restores(
            "npm",
            &["view", "--registry", &registry, "hello-feed", "version"],
        );
    }
    assert_eq!(feeds.job.value("NETRC"), None);
    feeds.end();
}

#[test]
fn without_a_connection_the_jobs_own_token_serves_its_organization() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file(
            "web/.npmrc",
            "registry=https://pkgs.dev.azure.com/fabrikam/_packaging/packages/npm/registry/\n",
        );
    feeds.job.collection("https://dev.azure.com/contoso/");
    let outcome = feeds.run_with(&[]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    expect![[r#"
        ##[warning]fabrikam/packages (web/.npmrc:1) is not in the organization contoso and gets no credential. Set azureDevOpsServiceConnection or azureSubscription.
        .npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        Credentials are the job's own token, valid until the job ends."#]].assert_eq(&stable(&world, &outcome.log));
    assert!(world.entra().requests().is_empty());
    let version = feeds.restores("npm", &["view", "hello-feed", "version"]);
    assert_eq!(version.trim(), "1.0.0");
    feeds.end();
}
