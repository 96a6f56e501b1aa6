//! `cargo xtask bench feeds`: the time that FeedAuthenticate@1 takes beside EntraToken@1 and the library of Microsoft's
//! npm, pip and NuGet tasks; a helper's answer beside artifacts-keyring's; and how long 20,000 files take to read.
//!
//! It judges nothing. Peers do the same at the same emulated services, or less: the sentences below the tables say what.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use adieu_emulator::{Job, MY_CONNECTION, Proxy, TaskResult, World};
use serde_json::{Value, json};

use super::measure::{Subject, in_turns, median, milliseconds};
use crate::command::print_line;
use crate::{clients, files, package, target};

/// Runs of each command, after one that does not count.
const RUNS: usize = 21;

const FEED: &str = "https://pkgs.dev.azure.com/contoso/_packaging/packages";

/// Files in folders of twenty.
const FILES: usize = 20_000;
const IN_A_FOLDER: usize = 20;

/// What `NpmAuthenticate@0`, `PipAuthenticate@1` and `NuGetAuthenticate@1` do for a service connection, without task-lib's
/// part of it: the feed's tenant, the ID token, its exchange. The library knows no proxy and has one authority, so that
/// both names lead to the emulated services here.
const LIBRARY: &str = r"
const https = require('https');
const { createRequire } = require('module');
const { request } = https;
const ports = JSON.parse(process.env.PORTS);
https.request = (options, ...rest) => {
  const found = ports[options.hostname];
  if (!found) return request(options, ...rest);
  const [name, port] = found;
  const headers = { ...options.headers, Host: name };
  return request({ ...options, host: '127.0.0.1', hostname: '127.0.0.1', port, servername: name, headers }, ...rest);
};
const library = createRequire(process.env.CLIENTS + '/');
const { getFeedTenantId, getFederatedWorkloadIdentityCredentials } =
  library('azure-pipelines-tasks-artifacts-common/EntraWifUserServiceConnectionUtils');
(async () => {
  const tenant = await getFeedTenantId(process.env.FEED);
  const token = await getFederatedWorkloadIdentityCredentials(process.env.CONNECTION, tenant);
  if (!tenant || !token) throw new Error('no token');
})().catch((error) => { console.error(error.message); process.exit(1); });
";

/// A row of a table.
struct Row {
    name: &'static str,
    times: Vec<Duration>,
    memory: u64,
}

/// Measures and prints.
pub(crate) fn run() -> Result<(), String> {
    let vsix = package::run()?;
    let folder = target().join("bench").join("feeds");
    let _ = fs::remove_dir_all(&folder);
    for task in ["token", "feeds"] {
        package::unpack(&vsix, &format!("{task}/"), &folder.join(task))?;
    }
    let world = World::start();
    world.organizations().add_member("contoso", MY_CONNECTION);
    world.feeds().add("contoso", "packages");
    let proxy = world.network();
    let steps = steps(&world, &proxy, &folder)?;
    let helpers = helpers(&world, &proxy, &folder)?;
    let readings = readings(&folder)?;
    report(&[
        ("steps", "step", &steps),
        ("helpers", "answer", &helpers),
        ("readings", "20,000 files", &readings),
    ]);
    print_line(
        "\nartifacts-keyring was given its token, so that it signs in nowhere; it asks the feed twice itself. The library \
         of Microsoft's tasks signs in and writes nothing.",
    );
    Ok(())
}

/// A job in the emulated network, with a checkout that declares the feed for five clients.
fn job<'w>(world: &'w World, proxy: &Proxy) -> Result<Job<'w>, String> {
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    job.keeps_secrets_in("adieu-feeds-");
    declare(&job.work_folder().join("s"))?;
    Ok(job)
}

fn declare(folder: &Path) -> Result<(), String> {
    for (name, text) in [
        (".npmrc", "registry=FEED/npm/registry/\n"),
        (
            "nuget.config",
            "<configuration><packageSources>\n<add key=\"packages\" value=\"FEED/nuget/v3/index.json\"/>\n</packageSources></configuration>\n",
        ),
        ("requirements.txt", "--index-url FEED/pypi/simple/\n"),
        (
            "pom.xml",
            "<project><repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n",
        ),
        (
            ".cargo/config.toml",
            "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n",
        ),
    ] {
        files::write(&folder.join(name), text.replace("FEED", FEED))?;
    }
    Ok(())
}

/// The two steps and the library, each in another job, in turns.
fn steps(world: &World, proxy: &Proxy, folder: &Path) -> Result<Vec<Row>, String> {
    let library = clients::tasks()?.join("node_modules");
    let port = world.marketplace().port();
    let ports = json!({
        "pkgs.dev.azure.com": ["pkgs.dev.azure.com", port],
        "login.windows.net": ["login.microsoftonline.com", world.entra().port()],
    });
    let names = [
        "EntraToken@1",
        "FeedAuthenticate@1",
        "azure-pipelines-tasks-artifacts-common",
    ];
    let mut rows = names.map(|name| Row {
        name,
        times: Vec::new(),
        memory: 0,
    });
    for round in 0..=RUNS {
        for row in &mut rows {
            let mut job = job(world, proxy)?;
            let task = folder.join(match row.name {
                "FeedAuthenticate@1" => "feeds",
                _ => "token",
            });
            let step = job.step(&task).input("azureSubscription", MY_CONNECTION);
            let mut environment = step.environment();
            let mut command = Command::new("node");
            if row.name == names[2] {
                let certificates = world.ca_file().display().to_string();
                for (name, value) in [
                    ("NODE_EXTRA_CA_CERTS", certificates),
                    ("CLIENTS", library.display().to_string()),
                    ("PORTS", ports.to_string()),
                    ("FEED", format!("{FEED}/npm/registry/")),
                    ("CONNECTION", world.connection_id(MY_CONNECTION)),
                ] {
                    environment.insert(name.to_owned(), value);
                }
                command.args(["-e", LIBRARY]);
            } else {
                command.arg("launch.js");
            }
            command.current_dir(&task).env_clear().envs(&environment);
            let mut subject = Subject::new(row.name, command);
            subject.run()?;
            if round > 0 {
                row.times.append(&mut subject.times);
                row.memory = row.memory.max(subject.memory);
            }
            job.finish();
        }
    }
    Ok(rows.into())
}

/// Answers of helpers after a step, and of artifacts-keyring, in turns.
fn helpers(world: &World, proxy: &Proxy, folder: &Path) -> Result<Vec<Row>, String> {
    let keyring = clients::artifacts_keyring()?;
    let mut job = job(world, proxy)?;
    let task = folder.join("feeds");
    let outcome = job
        .step(&task)
        .input("azureSubscription", MY_CONNECTION)
        .run();
    if outcome.result != TaskResult::Succeeded {
        return Err(outcome.log);
    }
    let private = private_folder(&job)?;
    let environment = job.environment_of_next_script();
    let package = format!("{FEED}/pypi/simple/hello-feed/");
    let helper = |name, file: &str, arguments: &[&str]| {
        let mut command = Command::new(private.join("bin").join(file));
        command.args(arguments).env_clear().envs(&environment);
        Subject::new(name, command)
    };
    let python = clients::python_program(&keyring, "python");
    let token = token_in(&private.join("npmrc"))?;
    let endpoint = json!({ "endpointCredentials": [
        { "endpoint": package, "username": "adieu", "password": token },
    ] });
    let mut artifacts_keyring = Command::new(python);
    artifacts_keyring
        .args(["-m", "keyring", "get", &package, "adieu"])
        .env_clear()
        .envs(&environment)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", job.work_folder())
        .env("HTTPS_PROXY", proxy.url())
        .env("REQUESTS_CA_BUNDLE", world.ca_file())
        // With it, requests signs in automatically, and the feed counts as public.
        .env_remove("NETRC")
        .env("ARTIFACTS_KEYRING_NONINTERACTIVE_MODE", "true")
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .env("VSS_NUGET_EXTERNAL_FEED_ENDPOINTS", endpoint.to_string());
    let mut subjects = [
        helper("keyring", "keyring", &["get", &package, "adieu"]),
        helper(
            "NuGet's credential provider",
            "CredentialProvider.Adieu.exe",
            &["-uri", &format!("{FEED}/nuget/v3/index.json")],
        ),
        Subject::new("artifacts-keyring 1.0.0", artifacts_keyring),
    ];
    in_turns(&mut subjects, RUNS)?;
    let last = job.step(&task).section("postjobexecution").run();
    if last.result != TaskResult::Succeeded {
        return Err(last.log);
    }
    Ok(subjects.into_iter().map(Row::of).collect())
}

fn private_folder(job: &Job<'_>) -> Result<PathBuf, String> {
    let mut entries = fs::read_dir(job.temp_folder())
        .into_iter()
        .flatten()
        .flatten();
    entries
        .find_map(|entry| {
            let path = entry.path();
            path.join("npmrc").is_file().then_some(path)
        })
        .ok_or_else(|| "The step has made no private folder.".to_owned())
}

fn token_in(npmrc: &Path) -> Result<String, String> {
    let text = files::read_text(npmrc)?;
    let token = text.split("_authToken=").nth(1);
    let token = token.and_then(|rest| rest.lines().next());
    token
        .map(str::to_owned)
        .ok_or_else(|| "npm's file has no token.".to_owned())
}

/// `adieu feeds list` in a folder of so many files, in one of five, and what `find` takes for the first.
fn readings(folder: &Path) -> Result<Vec<Row>, String> {
    let binary = package::release_binary()?;
    let (large, small) = (folder.join("large"), folder.join("small"));
    for number in 0..FILES / IN_A_FOLDER {
        let parent = large.join(format!("src/{:02}/{number:04}", number % 40));
        for file in 0..IN_A_FOLDER {
            files::write(
                &parent.join(format!("file{file:02}.rs")),
                "pub const VALUE: u32 = 1;\n",
            )?;
        }
    }
    declare(&large)?;
    declare(&small)?;
    let environment: BTreeMap<&str, &Path> = BTreeMap::from([("HOME", folder)]);
    let list = |name, of: &Path| {
        let mut command = Command::new(&binary);
        command
            .args(["feeds", "list"])
            .arg(of)
            .env_clear()
            .envs(&environment);
        Subject::new(name, command)
    };
    let mut find = Command::new("find");
    find.arg(&large).args(["-name", ".npmrc"]);
    let mut subjects = [
        list("adieu feeds list, 20,005 files", &large),
        list("adieu feeds list, 5 files", &small),
        Subject::new("find -name .npmrc, 20,005 files", find),
    ];
    in_turns(&mut subjects, RUNS)?;
    Ok(subjects.into_iter().map(Row::of).collect())
}

impl Row {
    fn of(subject: Subject) -> Self {
        Self {
            name: subject.name,
            times: subject.times,
            memory: subject.memory,
        }
    }

    fn median(&self) -> Duration {
        median(&mut self.times.clone())
    }

    fn longest(&self) -> Duration {
        self.times.iter().copied().max().unwrap_or_default()
    }
}

fn report(tables: &[(&str, &str, &Vec<Row>)]) {
    let mut all = serde_json::Map::new();
    all.insert("runs".to_owned(), Value::from(RUNS));
    for (key, what, rows) in tables {
        print_line(&format!(
            "\nMedians of {RUNS} runs.\n\n| {what} | median | longest | memory |\n|---|---:|---:|---:|"
        ));
        for row in *rows {
            print_line(&format!(
                "| {} | {:.1} ms | {:.1} ms | {:.1} MB |",
                row.name,
                milliseconds(row.median()),
                milliseconds(row.longest()),
                row.memory as f64 / 1024.0
            ));
        }
        if let ("steps", [token, feeds, ..]) = (*key, rows.as_slice()) {
            let over = milliseconds(feeds.median()) - milliseconds(token.median());
            print_line(&format!(
                "\nFeedAuthenticate@1 over EntraToken@1: {over:.1} ms"
            ));
        }
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({
                    "name": row.name,
                    "median_ms": milliseconds(row.median()),
                    "longest_ms": milliseconds(row.longest()),
                    "memory_kib": row.memory,
                })
            })
            .collect();
        all.insert((*key).to_owned(), Value::from(rows));
    }
    print_line(&format!("\n{}", Value::from(all)));
}
