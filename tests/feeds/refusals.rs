//! The log if feeds get no credential.

use adieu_emulator::{MY_CONNECTION, TaskResult, World};
use expect_test::expect;

use super::job::{Feeds, snapshot, world};
use crate::harness::{TaskFolder, stable};
use crate::launcher::folders::{mounted, prepare_machine};

/// The log of a step that must fail.
fn failed(world: &World, feeds: &mut Feeds<'_>, inputs: &[(&str, &str)]) -> String {
    let outcome = feeds.run_with(inputs);
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    let folder = feeds.job.work_folder().display().to_string();
    let log = outcome.log.replace(&folder, "[WORK]");
    // The name of a folder is random.
    let log = match log.split_once("adieu-feeds-") {
        Some((start, end)) => format!("{start}adieu-feeds-[NAME]{}", &end[6..]),
        None => log,
    };
    stable(world, &log)
}

const CONNECTION: (&str, &str) = ("azureSubscription", MY_CONNECTION);

#[test]
fn reports_a_repository_without_feeds() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(".npmrc", "registry=https://registry.npmjs.org/\n");
    expect![[r#"
        ##[error]No Azure Artifacts feed was found.
          folder: [WORK]/s
        What to do: List the feeds in the input feeds, one address per line, or set workingDirectory to the folder that has .npmrc, nuget.config, pyproject.toml, pom.xml or .cargo/config.toml. Run the step after checkout.
        More: adieu explain feeds"#]].assert_eq(&failed(&world, &mut feeds, &[CONNECTION]));
}

#[test]
fn reports_invalid_inputs() {
    let world = world();
    let mut feeds = Feeds::of(&world);
    let lines = "https://pkgs.dev.azure.com.evil.example/contoso/_packaging/packages\nhttps://user:x@pkgs.dev.azure.com/contoso/_packaging/packages\npackages\ncontoso/packages = sbt\n$(feed)";
    expect![[r#"
        ##[error]The line 'https://pkgs.dev.azure.com.evil.example/contoso/_packaging/packages' of feeds is not a feed: its host is neither pkgs.dev.azure.com nor <organization>.pkgs.visualstudio.com.
        What to do: Write https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/, or contoso/packages, or contoso/project/packages.
        More: adieu explain feeds
        The line 'https://user:***@pkgs.dev.azure.com/contoso/_packaging/packages' of feeds is not a feed: it contains a user name or password.
        What to do: Write https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/, or contoso/packages, or contoso/project/packages.
        More: adieu explain feeds
        The line 'packages' of feeds is not a feed: its path is not <organization>[/<project>]/_packaging/<feed>.
        What to do: Write https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/, or contoso/packages, or contoso/project/packages.
        More: adieu explain feeds
        The line 'contoso/packages = sbt' of feeds: 'sbt' is not a supported client.
        What to do: Use npm, yarn, nuget, pip, uv, poetry, pdm, maven, gradle, cargo, twine.
        More: adieu explain feeds
        The line '$(feed)' of feeds contains $(feed), but the pipeline has no variable feed.
        What to do: Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.
        More: adieu explain undefined-variable"#]].assert_eq(&failed(&world, &mut feeds, &[CONNECTION, ("feeds", lines)]));
    expect![[r#"
        ##[error]tools: 'sbt' is not a supported client.
        What to do: Use npm, yarn, nuget, pip, uv, poetry, pdm, maven, gradle, cargo, twine.
        More: adieu explain feeds"#]]
    .assert_eq(&failed(
        &world,
        &mut feeds,
        &[CONNECTION, ("tools", "npm sbt")],
    ));
    expect![[r#"
        ##[error]The folder [WORK]/s/nowhere (workingDirectory) does not exist.
        More: adieu explain feeds"#]]
    .assert_eq(&failed(
        &world,
        &mut feeds,
        &[CONNECTION, ("workingDirectory", "nowhere")],
    ));
}

#[test]
fn reports_other_organizations_without_a_connection() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(
        ".npmrc",
        "registry=https://pkgs.dev.azure.com/fabrikam/_packaging/packages/npm/registry/\n",
    );
    feeds.job.collection("https://dev.azure.com/contoso/");
    expect![[r#"
        ##[error]These feeds belong to other organizations than contoso, and the job's own token is valid for contoso only.
          feed: fabrikam/packages (.npmrc:1)
        What to do: Set azureDevOpsServiceConnection or azureSubscription to a service connection whose identity can read the feeds.
        More: adieu explain feeds"#]].assert_eq(&failed(&world, &mut feeds, &[]));
}

#[test]
fn reports_an_azure_devops_server_without_a_connection() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(".npmrc", "registry=FEED/npm/registry/\n");
    expect![[r#"
        ##[error]'[COLLECTION]/' is not an organization of Azure DevOps Services.
        What to do: Set azureDevOpsServiceConnection or azureSubscription to a service connection whose identity can read the feeds.
        More: adieu explain feeds"#]]
    .assert_eq(&failed(&world, &mut feeds, &[]));
}

#[test]
fn reports_that_feeds_need_a_microsoft_entra_tenant() {
    let world = world();
    let no_tenant = "00000000-0000-0000-0000-000000000000";
    world.organizations().connect("contoso", no_tenant);
    let mut feeds = Feeds::of(&world).file(".npmrc", "registry=FEED/npm/registry/\n");
    expect![[r#"
        ##[error]contoso is not connected to a Microsoft Entra tenant, so its feeds do not accept Microsoft Entra tokens.
        What to do: Connect the organization to a tenant (Organization settings → Microsoft Entra), or exclude its feeds with a line that starts with - in the input feeds.
        More: adieu explain feeds"#]].assert_eq(&failed(&world, &mut feeds, &[CONNECTION]));
}

/// Another tenant, which does not have the connection's application.
#[test]
fn reports_a_tenant_without_the_application() {
    let world = world();
    let foreign = world.entra().add_foreign_tenant();
    world.organizations().connect("contoso", &foreign);
    let mut feeds = Feeds::of(&world).file(".npmrc", "registry=FEED/npm/registry/\n");
    let log = failed(&world, &mut feeds, &[CONNECTION]);
    expect![[r#"
        ##[error]Microsoft Entra refused the service connection (AADSTS700016) because the application is not in this tenant.
          it said: Application with identifier '***' was not found in the directory '[GUID]'.
          authority: [ENTRA]
          tenant: [GUID]
          client id: ***
          scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Compare the connection's client ID and tenant with the overview page of the app registration; with the input tenantId, the application must be known in that tenant, too.
        More: adieu explain aadsts700016"#]].assert_eq(&log.replace(&foreign, "[FOREIGN]"));
}

#[test]
fn reports_a_credential_in_the_repository() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file(".npmrc", "registry=FEED/npm/registry/\n//pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/:_authToken=old\n");
    expect![[r#"
        ##[warning].npmrc:2 has a credential for a feed, which npm uses instead of a fresh one. Remove it.
        .npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        Credentials are renewed until the job ends; the first one is valid until [TIME]."#]].assert_eq(&feeds.succeed(&[]));
    feeds.end();
}

#[test]
fn reports_a_job_without_a_job_token() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(".npmrc", "registry=FEED/npm/registry/\n");
    feeds.job.collection("https://dev.azure.com/contoso/");
    let task = TaskFolder::unpacked("feeds");
    let mut environment = feeds.job.step(task.path()).environment();
    let token = "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN";
    environment.remove(token).expect("a token");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["task", "FeedAuthenticate", "execution"])
        .env_clear()
        .envs(environment)
        .output()
        .expect("adieu starts");
    expect![[r#"
        ##vso[task.issue type=error]The job has no job token (System.AccessToken).%0AWhat to do: Set azureDevOpsServiceConnection or azureSubscription. Builds of forks get a job token only where the pipeline's settings allow it.%0AMore: adieu explain feeds
        ##vso[task.complete result=Failed]The job has no job token (System.AccessToken).
    "#]].assert_eq(&String::from_utf8_lossy(&output.stdout));
}

#[test]
fn reports_a_temporary_folder_that_cannot_be_written() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(".npmrc", "registry=FEED/npm/registry/\n");
    let temporary = feeds.job.temp_folder();
    let _machine = prepare_machine(&mut feeds.job, &mounted(&temporary, "ro"));
    expect![[r###"
        ##[error]The credential files cannot be written: Read-only file system at path "[WORK]/_temp/adieu-feeds-[NAME]".
        More: adieu explain feeds"###]].assert_eq(&failed(&world, &mut feeds, &[CONNECTION]));
}

/// npm and Maven need no program.
#[test]
fn reports_a_temporary_folder_in_which_no_program_can_run() {
    let world = world();
    let mut feeds = Feeds::of(&world).file(
        ".cargo/config.toml",
        "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n",
    );
    let temporary = feeds.job.temp_folder();
    let _machine = prepare_machine(&mut feeds.job, &mounted(&temporary, "noexec"));
    expect![[r#"
        ##[error]No program can run in the folder [WORK]/_temp (noexec), and NuGet, Cargo, Gradle and pip ask programs in it for credentials.
        What to do: Mount the file system of the agent's work folder without noexec, or use only npm and Maven: tools: npm, maven.
        More: adieu explain feeds"#]].assert_eq(&failed(&world, &mut feeds, &[CONNECTION]));
    assert_eq!(snapshot(&temporary), std::collections::BTreeMap::new());
}
