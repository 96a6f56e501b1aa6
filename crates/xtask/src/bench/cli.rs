//! `cargo xtask bench cli`: one token by a managed identity, on the command line: `adieu token` beside the
//! Azure SDKs for Node and Python and `az account get-access-token`, at the same endpoint in the same run.
//!
//! It installs no az, which is 700 MB: one on the PATH is measured, or the one whose path is given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use adieu_emulator::World;
use serde_json::json;

use super::measure::{Subject, in_turns, milliseconds};
use crate::command::print_line;
use crate::{clients, files, package, target};

/// Runs of each command, after one that does not count.
const RUNS: usize = 15;

/// What `adieu token` may take.
const LONGEST: Duration = Duration::from_millis(15);
const MOST_MEMORY: u64 = 12 * 1024;

const NODE_CLIENT: &str = r"
const { ManagedIdentityCredential } = require('@azure/identity');
new ManagedIdentityCredential().getToken('499b84ac-1321-427f-aa17-267ca6975798/.default')
  .then(() => {}, (error) => { console.error(error.message); process.exit(1); });
";

const PYTHON_CLIENT: &str = "
from azure.identity import ManagedIdentityCredential
ManagedIdentityCredential().get_token('499b84ac-1321-427f-aa17-267ca6975798/.default')
";

/// Measures and prints. An error where `adieu token` takes longer or more than it may.
pub(crate) fn run(az: Option<&Path>) -> Result<(), String> {
    let adieu = package::release_binary()?;
    let node = clients::node()?;
    let python = clients::python_program(&clients::python()?, "python");
    let world = World::start();
    let environment = environment(&world, &node)?;
    let named = ["--credential", "managed-identity"];
    let with = |first: &'static str| [&[first][..], &named].concat();
    let ours = [
        ("adieu token", adieu.clone(), with("token")),
        (
            "adieu exec -- adieu --version",
            adieu,
            [&with("exec")[..], &["--", "adieu", "--version"]].concat(),
        ),
        (
            "@azure/identity for Node",
            "node".into(),
            vec!["-e", NODE_CLIENT],
        ),
        (
            "azure-identity for Python",
            python,
            vec!["-c", PYTHON_CLIENT],
        ),
    ];
    let theirs = az.map(Path::to_path_buf).or_else(az_on_path).map(|az| {
        let resource = "499b84ac-1321-427f-aa17-267ca6975798";
        let arguments = vec!["account", "get-access-token", "--resource", resource];
        ("az account get-access-token", az, arguments)
    });
    let mut subjects: Vec<Subject> = ours
        .into_iter()
        .chain(theirs)
        .map(|(name, program, arguments)| {
            let mut command = Command::new(program);
            command.args(arguments).env_clear().envs(&environment);
            Subject::new(name, command)
        })
        .collect();
    in_turns(&mut subjects, RUNS)?;
    report(&mut subjects)
}

/// What every program gets; az has a profile that is signed in by the managed identity, as
/// `az login --identity` writes it.
fn environment(world: &World, node: &Path) -> Result<BTreeMap<String, String>, String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let profile = target().join("bench").join("cli");
    let binaries = target().join("release");
    let path = std::env::var("PATH").unwrap_or_default();
    let tenant = world.entra().tenant();
    let subscription = json!({
        "id": "00000000-0000-4000-8000-000000000001", "name": "subscription", "state": "Enabled",
        "user": {
            "name": "systemAssignedIdentity", "type": "servicePrincipal",
            "assignedIdentityInfo": "MSI",
        },
        "isDefault": true, "tenantId": tenant, "homeTenantId": tenant,
        "environmentName": "AzureCloud", "managedByTenants": [],
    });
    let signed_in = json!({ "installationId": "0", "subscriptions": [subscription] });
    files::write(&profile.join("azureProfile.json"), signed_in.to_string())?;
    let all = [
        (
            "IDENTITY_ENDPOINT",
            world.managed_identity().url().to_owned(),
        ),
        ("IDENTITY_HEADER", world.managed_identity().secret()),
        ("NODE_PATH", text(&node.join("node_modules"))),
        ("AZURE_CONFIG_DIR", text(&profile)),
        // At its best: telemetry takes 300 ms more.
        ("AZURE_CORE_COLLECT_TELEMETRY", "false".to_owned()),
        ("HOME", text(&profile)),
        ("PATH", format!("{}:{path}", binaries.display())),
    ];
    Ok(all
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

fn az_on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(if cfg!(windows) { "az.cmd" } else { "az" }))
        .find(|az| az.is_file())
}

fn report(subjects: &mut [Subject]) -> Result<(), String> {
    print_line(&format!(
        "\nMedians of {RUNS} runs.\n\n| one token by a managed identity | time | fastest | \
         memory | times adieu token |"
    ));
    print_line("|---|---:|---:|---:|---:|");
    let mut rows = Vec::new();
    let mut first = None;
    for subject in subjects {
        let time = subject.median();
        let fastest = subject.times.first().copied().unwrap_or_default();
        let (own, memory, _) = *first.get_or_insert((time, subject.memory, fastest));
        let ratio = time.as_secs_f64() / own.as_secs_f64();
        print_line(&format!(
            "| {} | {:.1} ms | {:.1} ms | {:.1} MB | {ratio:.1} |",
            subject.name,
            milliseconds(time),
            milliseconds(fastest),
            subject.memory as f64 / 1024.0,
        ));
        rows.push(json!({
            "command": subject.name, "ms": milliseconds(time), "fastest_ms": milliseconds(fastest), "memory_kib": subject.memory, "ratio": ratio,
            "memory_ratio": subject.memory as f64 / memory.max(1) as f64,
        }));
    }
    print_line(&format!("\n{}", json!({ "runs": RUNS, "rows": rows })));
    match first {
        // The fastest run is the one that no other program disturbed.
        Some((_, memory, fastest)) if fastest <= LONGEST && memory <= MOST_MEMORY => Ok(()),
        _ => Err(format!(
            "adieu token takes more than {} ms or {} MB.",
            LONGEST.as_millis(),
            MOST_MEMORY / 1024
        )),
    }
}
