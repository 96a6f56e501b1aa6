//! `adieu scan --organization`: what an organization has outside its repositories, and lists that cannot be read.

mod sample;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use adieu_emulator::{Connection, Fault, Resource, World};
use serde_json::{Value, json};

use self::sample::one_of_everything;
use super::shows_no_token;
use crate::harness::schema::Schema;
use crate::shell::{CommandOutput, Shell, answers_before_throttling};

/// A world in which `app` is a member of contoso.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add_member("contoso", "app");
    world
}

fn scan(world: &World, arguments: &[&str]) -> CommandOutput {
    let all = [&["scan", "--organization", "contoso"], arguments].concat();
    let result = Shell::machine(world).adieu(&all);
    for output in [&result.stdout, &result.stderr] {
        shows_no_token(output);
        let leaked = world.secrets_in(output);
        assert!(leaked.is_empty(), "{leaked:?} in {output}");
    }
    result
}

fn json_of(output: &CommandOutput) -> Value {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.stderr))
}

#[test]
fn names_each_place_with_its_page_and_what_is_elsewhere() {
    let world = world();
    let project = one_of_everything(&world);
    let output = scan(&world, &[]);
    let text = format!("{}{}exit {}\n", output.stdout, output.stderr, output.status);
    let guid = regex_lite::Regex::new("(resourceId=|_taskgroup/)[0-9a-f-]{36}").expect("a pattern");
    let text = guid.replace_all(&text, "$1[ID]").replace(&project, "[WEB]");
    expect_test::expect![[r#"
        contoso/Web/build definition/ops/CI#/process/phases/0/steps/0/task/id  publish  certain  Marketplace task that signs in with a personal access token
          https://dev.azure.com/contoso/Web/_build?definitionId=1
          Use MarketplaceExtension@1. → docs/migrate/publishing.md#task-by-task
        contoso/Web/build definition/ops/CI#/process/phases/0/steps/1/environment/AZURE_DEVOPS_EXT_PAT  ext-pat  certain  Azure DevOps CLI with a personal access token
          https://dev.azure.com/contoso/Web/_build?definitionId=1
          Set the variable to a service connection's token. → docs/migrate/scripts.md#a-pat-in-a-variable
        contoso/Web/build definition/ops/CI#/process/phases/0/steps/1/inputs/script  url-userinfo  certain  Token in the URL of a repository or a service
          https://dev.azure.com/contoso/Web/_build?definitionId=1
          Let git ask for a token. → docs/migrate/git.md
        contoso/Web/build definition/ops/CI#/variables/MY_PAT  pat-variable  probable  Pipeline variable with a personal access token
          https://dev.azure.com/contoso/Web/_build?definitionId=1
          Let a step set the variable to a service connection's token. → docs/migrate/scripts.md#a-pat-in-a-variable
        contoso/Web/release definition/CD#/environments/0/deployPhases/0/workflowTasks/0/inputs/customEndpoint  feed-connection  certain  Feed task with a service connection that holds a token
          https://dev.azure.com/contoso/Web/_release?definitionId=1
          Use FeedAuthenticate@1. → docs/migrate/feeds.md
        contoso/Web/release definition/CD#/environments/0/variables/RELEASE_PAT  pat-variable  probable  Pipeline variable with a personal access token
          https://dev.azure.com/contoso/Web/_release?definitionId=1
          Let a step set the variable to a service connection's token. → docs/migrate/scripts.md#a-pat-in-a-variable
        contoso/Web/release definition/CD#/variables/TOKEN/value  azure-devops-pat-legacy  certain  Azure DevOps personal access token in the format used before July 2024, fingerprint 0EBfiidXq+o5i17oSNrw
          https://dev.azure.com/contoso/Web/_release?definitionId=1
          Revoke it, remove it from the history, and sign in with a service connection instead. → docs/migrate.md
        contoso/Web/service connection/feed#/authorization  pat-connection  certain  Service connection with a personal access token, last used on 2026-11-20 by CI
          https://dev.azure.com/contoso/Web/_settings/adminservices?resourceId=[ID]
          Let its pipelines use a connection with workload identity federation, then delete it. → docs/scan.md#service-connections
        contoso/Web/service connection/marketplace#/authorization  pat-connection  certain  Service connection with a personal access token, no use in its history
          https://dev.azure.com/contoso/Web/_settings/adminservices?resourceId=[ID]
          Let its pipelines use a connection with workload identity federation, then delete it. → docs/scan.md#service-connections
        contoso/Web/task group/deploy#/tasks/0/inputs/inlineScript  az-token  certain  Azure CLI used to get an Azure DevOps token
          https://dev.azure.com/contoso/Web/_taskgroup/[ID]
          Use EntraToken@1 or RunWithToken@1, which mask the token and need no az. → docs/migrate/scripts.md#azurecli2-with-az-account-get-access-token
        contoso/Web/variable group/secrets#/variables/FEED_PAT  pat-variable  probable  Pipeline variable with a personal access token
          https://dev.azure.com/contoso/Web/_library?itemType=VariableGroups&view=VariableGroupView&variableGroupId=1
          Let a step set the variable to a service connection's token. → docs/migrate/scripts.md#a-pat-in-a-variable
        contoso/Web/variable group/secrets#/variables/plain/value  azure-devops-pat  certain  Azure DevOps personal access token, created 2026-11, fingerprint HuS9xjXqY9HOx/7ZozZv
          https://dev.azure.com/contoso/Web/_library?itemType=VariableGroups&view=VariableGroupView&variableGroupId=1
          Revoke it, remove it from the history, and sign in with a service connection instead. → docs/migrate.md
        contoso/agent/own/vm-1#/systemCapabilities/AZP_TOKEN  agent-capability  probable  Environment variable of an agent whose name suggests a token, shown as a capability of the agent
          https://dev.azure.com/contoso/_settings/agentpools?poolId=2&view=agents
          Remove it from the agent's environment, or name it in VSO_AGENT_IGNORE; then revoke the token. → docs/scan.md#agents
        contoso/agent/own/vm-1#/systemCapabilities/AZP_TOKEN  azure-devops-pat  certain  Azure DevOps personal access token, created 2026-11, fingerprint HuS9xjXqY9HOx/7ZozZv
          https://dev.azure.com/contoso/_settings/agentpools?poolId=2&view=agents
          Revoke it, remove it from the history, and sign in with a service connection instead. → docs/migrate.md
        contoso/service hook/6f0f6b5e-0000-4000-8000-000000000001#/consumerInputs/basicAuthPassword  service-hook  certain  Service hook with a password
          https://dev.azure.com/contoso/[WEB]/_settings/serviceHooks
          If it calls Azure DevOps, let a pipeline or a function with an identity receive the event. → docs/scan.md#organizations
        warning: contoso/Web: the steps of 2 build definitions are in the repository web (azure-pipelines.yml, ci/more.yml); scan a clone of it.
        3 tokens and 12 habits in 11 resources.
        exit 1
    "#]].assert_eq(&text);
}

#[test]
fn json_and_sarif_name_values_by_pointers() {
    let world = world();
    one_of_everything(&world);
    let document = json_of(&scan(&world, &["--output", "json"]));
    assert_eq!(
        Schema::read("docs/scan.schema.json").violations(&document),
        [""; 0]
    );
    let findings = document["findings"].as_array().expect("findings");
    let shown: Vec<String> = findings
        .iter()
        .map(|finding| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{} {} {} {}:{}",
                text(&finding["resource"]["kind"]),
                text(&finding["rule"]),
                text(&finding["pointer"]),
                finding["line"],
                finding["column"],
            )
        })
        .collect();
    expect_test::expect![[r#"
        build definition publish /process/phases/0/steps/0/task/id 1:1
        build definition ext-pat /process/phases/0/steps/1/environment/AZURE_DEVOPS_EXT_PAT 1:1
        build definition url-userinfo /process/phases/0/steps/1/inputs/script 2:19
        build definition pat-variable /variables/MY_PAT 1:1
        release definition feed-connection /environments/0/deployPhases/0/workflowTasks/0/inputs/customEndpoint 1:1
        release definition pat-variable /environments/0/variables/RELEASE_PAT 1:1
        release definition azure-devops-pat-legacy /variables/TOKEN/value 1:1
        service connection pat-connection /authorization 1:1
        service connection pat-connection /authorization 1:1
        task group az-token /tasks/0/inputs/inlineScript 1:16
        variable group pat-variable /variables/FEED_PAT 1:1
        variable group azure-devops-pat /variables/plain/value 1:1
        agent agent-capability /systemCapabilities/AZP_TOKEN 1:1
        agent azure-devops-pat /systemCapabilities/AZP_TOKEN 1:1
        service hook service-hook /consumerInputs/basicAuthPassword 1:1"#]].assert_eq(&shown.join("\n"));
    let sarif = json_of(&scan(&world, &["--output", "sarif"]));
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), findings.len());
    for result in results {
        let location = &result["locations"][0];
        assert!(location["physicalLocation"].is_null(), "{location}");
        let name = location["logicalLocations"][0]["fullyQualifiedName"].as_str();
        assert!(
            name.is_some_and(|name| name.starts_with("contoso/")),
            "{location}"
        );
    }
}

#[test]
fn filters_and_baselines_work_as_for_files() {
    let world = world();
    one_of_everything(&world);
    let folder = tempfile::tempdir().expect("a folder");
    let baseline = folder.path().join("baseline.json");
    let baseline = baseline.to_str().expect("a path");
    let secrets = json_of(&scan(&world, &["--habits", "no", "--output", "json"]));
    let findings = secrets["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["kind"] == "secret"));
    assert_eq!(findings.len(), 3);
    let reports = folder.path().join("report");
    let reports = reports.to_str().expect("a path");
    let written = scan(
        &world,
        &["--write-baseline", baseline, "--output-path", reports],
    );
    assert_eq!(written.status, 0, "{}", written.stderr);
    for name in ["scan.json", "scan.sarif", "scan.html", "scan.md"] {
        let text = fs::read_to_string(folder.path().join("report").join(name));
        shows_no_token(&text.expect("a report"));
    }
    let same = scan(&world, &["--baseline", baseline]);
    assert_eq!((same.status, same.stdout.as_str()), (0, ""));
}

/// 100 projects, 1,000 definitions, 200 users; small pages, and a service that throttles.
#[test]
fn reads_a_large_organization_to_its_end() {
    let world = world();
    let organizations = world.organizations();
    organizations.page_of_resources(3);
    for user in 0..200 {
        organizations.add_user("contoso", &format!("user-{user}@contoso.example"), "A User");
    }
    for number in 0..100 {
        let project = organizations.add_project("contoso", &format!("Project {number}"));
        for definition in 0..5 {
            for resource in [Resource::BuildDefinition, Resource::ReleaseDefinition] {
                organizations.add_resource(
                    "contoso",
                    Some(&project),
                    resource,
                    json!({
                        "name": format!("Definition {definition}"), "path": "\\",
                        "process": { "type": 1, "phases": [] },
                        "variables": { "A_PAT": { "isSecret": true } },
                    }),
                );
            }
        }
    }
    for _ in 0..60 {
        world.marketplace().fault(Fault::Delay(Duration::ZERO));
    }
    for _ in 0..2 {
        world.marketplace().fault(Fault::too_many_requests(1));
    }
    let output = scan(&world, &["--output", "json"]);
    let document = json_of(&output);
    assert_eq!(output.status, 1, "{}", output.stderr);
    assert_eq!(document["notRead"], json!([]));
    assert_eq!(document["files"], 1000);
    let findings = document["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1000);
    let mut by_kind: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let kind = finding["resource"]["kind"].as_str().expect("a kind");
        *by_kind.entry(kind).or_default() += 1;
    }
    let expected = BTreeMap::from([("build definition", 500), ("release definition", 500)]);
    assert_eq!(by_kind, expected);
}

/// All requests in an interval are answered at its end, so no more can arrive than are sent concurrently.
#[test]
fn sends_at_most_four_requests_at_once() {
    const BEAT: Duration = Duration::from_millis(200);
    let world = world();
    for number in 0..4 {
        world
            .organizations()
            .add_project("contoso", &format!("Project {number}"));
    }
    world.marketplace().always(Fault::OnTheBeat(BEAT));
    assert_eq!(scan(&world, &[]).status, 0);
    let mut beats: BTreeMap<u128, usize> = BTreeMap::new();
    for arrival in world.marketplace().arrivals() {
        *beats
            .entry(arrival.at.as_millis() / BEAT.as_millis())
            .or_default() += 1;
    }
    assert_eq!(beats.values().max().copied(), Some(4), "{beats:?}");
}

#[test]
fn names_lists_that_cannot_be_read_with_the_missing_permission() {
    let world = world();
    let project = one_of_everything(&world);
    let organizations = world.organizations();
    for resource in [
        Resource::ServiceConnection,
        Resource::VariableGroup,
        Resource::BuildDefinition,
        Resource::ReleaseDefinition,
        Resource::TaskGroup,
    ] {
        organizations.close_resources(Some(&project), resource);
    }
    organizations.close_resources(None, Resource::ServiceHook);
    organizations.close_resources(None, Resource::AgentPool);
    let output = scan(&world, &[]);
    assert_eq!((output.status, output.stdout.as_str()), (2, ""));
    expect_test::expect![[r#"
        warning: contoso/Web/build definitions were not scanned: this identity needs View build pipeline (Pipelines → ⋮ → Manage security).
        warning: contoso/Web/release definitions were not scanned: this identity needs View release pipeline (Releases → All pipelines → ⋮ → Security).
        warning: contoso/Web/service connections were not scanned: this identity needs the role Reader on the service connections (Project settings → Service connections → ⋮ → Security).
        warning: contoso/Web/task groups were not scanned: this identity needs access to the project (Project settings → Permissions → Readers).
        warning: contoso/Web/variable groups were not scanned: this identity needs the role Reader on the library (Pipelines → Library → Security).
        warning: contoso/agents were not scanned: this identity needs the role Reader on the agent pools (Organization settings → Agent pools → Security).
        warning: contoso/service hooks were not scanned: this identity needs View subscriptions of service hooks, which Project Collection Administrators have.
        No findings in 0 resources.
    "#]].assert_eq(&output.stderr);
    let allowed = scan(&world, &["--allow-unreadable"]);
    assert_eq!(allowed.status, 0);
    // The file would contain nothing useful for another run.
    let document = json_of(&scan(&world, &["--output", "json"]));
    assert_eq!(
        Schema::read("docs/scan.schema.json").violations(&document),
        [""; 0]
    );
}

#[test]
fn a_later_run_continues_after_throttling() {
    let world = world();
    one_of_everything(&world);
    let whole = scan(&world, &["--output", "json"]);
    let requests_of_a_whole_scan = world.marketplace().requests().len();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("progress");
    let arguments = [
        "--output",
        "json",
        "--resume",
        file.to_str().expect("a path"),
    ];
    // The tenant, the projects, and six of the lists with their details; then it is throttled.
    answers_before_throttling(&world, 8);
    let first = scan(&world, &arguments);
    assert_eq!(first.status, 1, "{}", first.stderr);
    let missed = json_of(&first)["notRead"].as_array().map_or(0, Vec::len);
    assert!(missed > 1, "{}", first.stdout);
    assert!(first.stderr.contains("--resume"), "{}", first.stderr);
    let kept = fs::read_to_string(&file).expect("the file");
    shows_no_token(&kept);
    assert!(world.secrets_in(&kept).is_empty());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&file).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // A killed run leaves half a line.
    let half = kept.len() - kept.lines().last().map_or(0, str::len) / 2;
    fs::write(&file, &kept[..half]).expect("the file");
    world.marketplace().recover();
    let before = world.marketplace().requests().len();
    let second = scan(&world, &arguments);
    assert_eq!(second.stdout, whole.stdout);
    assert!(!file.exists());
    let asked = world.marketplace().requests().len() - before;
    assert!(asked < requests_of_a_whole_scan, "{asked} requests");
}

#[test]
fn shared_connections_and_groups_are_named_once() {
    let world = world();
    let organizations = world.organizations();
    let projects = ["One", "Two"].map(|name| organizations.add_project("contoso", name));
    let references: Vec<Value> = projects
        .iter()
        .map(|id| json!({ "projectReference": { "id": id }, "name": "feed" }))
        .collect();
    for project in &projects {
        organizations.add_resource(
            "contoso",
            Some(project),
            Resource::ServiceConnection,
            json!({
                "id": "0f0f6b5e-0000-4000-8000-000000000001", "name": "feed", "type": "externaltfs",
                "url": "https://dev.azure.com/contoso", "isShared": true,
                "authorization": { "scheme": "Token", "parameters": {} },
                "serviceEndpointProjectReferences": references,
            }),
        );
    }
    let paths = |arguments: &[&str]| -> Vec<String> {
        let document = json_of(&scan(&world, &[&["--output", "json"], arguments].concat()));
        let findings = document["findings"].as_array().expect("findings").clone();
        let path = |finding: &Value| finding["path"].as_str().map(str::to_owned);
        findings.iter().filter_map(path).collect()
    };
    assert_eq!(paths(&[]), ["contoso/One/service connection/feed"]);
    let second = ["contoso/Two/service connection/feed"];
    assert_eq!(paths(&["--project", "two"]), second);
}

#[test]
fn finds_usage_errors_before_requesting_lists() {
    let world = world();
    world.organizations().add_project("contoso", "Web");
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("other.json");
    fs::write(&other, "{}").expect("a file");
    let another = folder.path().join("another");
    let head = r#"{"schema":"adieu.progress/1","of":"scan fabrikam"}"#;
    fs::write(&another, head).expect("a file");
    let (other, another) = (
        other.to_str().expect("a path"),
        another.to_str().expect("a path"),
    );
    for (arguments, expected) in [
        (
            &["scan", "--organization", "contoso", "--project", "Nowhere"][..],
            "'Nowhere' is not a project of contoso that this identity may see.",
        ),
        (
            &["scan", "--organization", "contoso", "--resume", other],
            "it was not written by adieu --resume.",
        ),
        (
            &["scan", "--organization", "contoso", "--resume", another],
            "it is for 'scan fabrikam', not 'scan contoso'.",
        ),
        (&["scan", "--resume", "x"], "--organization"),
        (&["scan", "--project", "x"], "--organization"),
        (
            &["scan", "--organization", "contoso", "--history"],
            "cannot be used with",
        ),
        (
            &["scan", "--organization", "contoso", "folder"],
            "cannot be used with",
        ),
        (
            &["scan", "--organization", "contoso", "--fix"],
            "cannot be used with",
        ),
    ] {
        let output = Shell::machine(&world).adieu(arguments);
        assert_eq!(output.status, 2, "{}", output.stderr);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
    }
    let lists = world.marketplace().requests();
    assert!(
        lists.iter().all(|request| matches!(
            &request[..],
            "HEAD /contoso" | "GET /contoso/_apis/projects"
        )),
        "{lists:?}"
    );
}

/// No name becomes a command or markup.
#[test]
fn hostile_names_stay_names() {
    let world = world();
    let organizations = world.organizations();
    let project = organizations.add_project("contoso", "##vso[task.complete]<b>");
    let name = "##vso[task.complete]\n##vso[x]<script>alert(1)</script>\u{1b}[2J";
    let document = json!({
        "name": name, "path": "\\..\\##vso[y]", "process": { "type": 1, "phases": [] },
        "variables": {
            "##vso[z]<i>_PAT": { "isSecret": true }, "a/~PAT": { "isSecret": true },
        },
    });
    for resource in [Resource::VariableGroup, Resource::BuildDefinition] {
        let (project, document) = (Some(&project[..]), document.clone());
        organizations.add_resource("contoso", project, resource, document);
    }
    for form in ["text", "json", "sarif", "html", "markdown"] {
        let result = scan(&world, &["--output", form]);
        assert_eq!(result.status, 1, "{}", result.stderr);
        for output in [&result.stdout, &result.stderr] {
            assert!(!output.contains("##vso["), "{form}: {output}");
            assert!(!output.contains('\u{1b}'), "{form}: {output}");
        }
        if form == "html" {
            assert!(!result.stdout.contains("<script>alert") && !result.stdout.contains("<i>"));
        }
    }
}

#[test]
fn without_an_organization_nothing_is_sent() {
    let world = world();
    one_of_everything(&world);
    let token = super::new_token();
    let folder = super::tree(&[("a.env", token.as_bytes())]);
    super::git(folder.path(), &["init", "--quiet"]);
    super::git(folder.path(), &["add", "--all"]);
    let path = folder.path().to_str().expect("a path");
    let reports = folder.path().join("report");
    let reports = reports.to_str().expect("a path");
    // Every request would go through this proxy.
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    proxy.set_nonblocking(true).expect("a socket");
    let address = format!("http://{}", proxy.local_addr().expect("an address"));
    for (arguments, status) in [
        (&["scan", path][..], 1),
        (&["scan", "--history", path], 1),
        (&["scan", "--staged", path], 1),
        (&["scan", "--fix", path], 1),
        (&["scan", "--output-path", reports, path], 1),
        (&["scan", "--machine"], 0),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adieu"));
        command
            .args(arguments)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs([("HTTPS_PROXY", &address), ("ALL_PROXY", &address)])
            .env("ADIEU_ORGANIZATION", "contoso")
            .env("HOME", folder.path().join("home"));
        let scanned = super::run(command, b"");
        assert_eq!(scanned.status, status, "{arguments:?}: {}", scanned.stderr);
    }
    let asked = proxy.accept().map_err(|error| error.kind());
    assert_eq!(asked.map(|_| ()), Err(ErrorKind::WouldBlock));
    let shell = Shell::machine(&world).set("ADIEU_ORGANIZATION", "contoso");
    let output = shell.adieu(&["scan"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(world.marketplace().requests().is_empty());
    assert!(world.managed_identity().requests().is_empty());
}
