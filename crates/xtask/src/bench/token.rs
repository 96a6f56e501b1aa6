//! `cargo xtask bench token [BINARY]`: EntraToken@1 beside the Azure SDKs for Node and Python, doing the same on the
//! same server in the same run; and an earlier binary of Adieu's, where one is named.
//!
//! It judges nothing; the numbers to compare are below the table.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use adieu_emulator::{MY_CONNECTION, World};
use serde_json::json;

use super::measure::{Subject, in_turns, milliseconds};
use crate::command::print_line;
use crate::{clients, package, platforms, target};

/// Runs of each command, after one that does not count.
const RUNS: usize = 21;

/// Round trip of the far network.
const FAR: Duration = Duration::from_millis(80);

const NODE_CLIENT: &str = r"
const { AzurePipelinesCredential } = require('@azure/identity');
const { TENANT, CLIENT, CONNECTION, JOB_TOKEN, AUTHORITY } = process.env;
new AzurePipelinesCredential(TENANT, CLIENT, CONNECTION, JOB_TOKEN,
  { authorityHost: AUTHORITY, disableInstanceDiscovery: true })
  .getToken('499b84ac-1321-427f-aa17-267ca6975798/.default')
  .then(() => {}, (error) => { console.error(error.message); process.exit(1); });
";

const PYTHON_CLIENT: &str = "
import os
from azure.identity import AzurePipelinesCredential
e = os.environ
AzurePipelinesCredential(tenant_id=e['TENANT'], client_id=e['CLIENT'], service_connection_id=e['CONNECTION'],
    system_access_token=e['JOB_TOKEN'], authority=e['AUTHORITY'], disable_instance_discovery=True
  ).get_token('499b84ac-1321-427f-aa17-267ca6975798/.default')
";

/// Medians of one subject.
struct Row {
    name: &'static str,
    near: Duration,
    far: Option<Duration>,
    memory: u64,
}

/// The name of the binary that was built before.
const EARLIER: &str = "the earlier binary alone";

/// Measures and prints; `earlier` is a binary of an earlier commit.
pub(crate) fn run(earlier: Option<&Path>) -> Result<(), String> {
    let vsix = package::run()?;
    let task = target().join("bench").join("token");
    let _ = fs::remove_dir_all(&task);
    package::unpack(&vsix, "token/", &task)?;
    let world = World::start();
    let mut subjects = subjects(&task, earlier, &environment(&world, &task, None))?;
    let near = subjects.len();
    let far = self::subjects(&task, earlier, &environment(&world, &task, Some(FAR)))?;
    // The first one asks nothing.
    subjects.extend(far.into_iter().skip(1));
    in_turns(&mut subjects, RUNS)?;
    let (near, far) = subjects.split_at_mut(near);
    let far = far.iter_mut().map(|subject| Some(subject.median()));
    let rows: Vec<Row> = near
        .iter_mut()
        .zip([None].into_iter().chain(far))
        .map(|(near, far)| Row {
            name: near.name,
            near: near.median(),
            far,
            memory: near.memory,
        })
        .collect();
    report(&rows);
    Ok(())
}

/// The commands, of which the first one asks no service.
fn subjects(
    task: &Path,
    earlier: Option<&Path>,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<Subject>, String> {
    let (platform, row) = platforms::host()?;
    let binary = target().join("release").join(row.binary);
    let (node, python) = (clients::node()?, clients::python()?);
    if !task.join("bin").join(platform).is_dir() {
        return Err("The package has no binary for this machine.".to_owned());
    }
    let subject = |name, program: &Path, arguments: &[&str], folder: &Path| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder);
        command.env_clear().envs(environment);
        Subject::new(name, command)
    };
    let phase = ["task", "EntraToken", "execution"];
    let in_node = Path::new("node");
    let in_python = clients::python_program(&python, "python");
    let mut subjects = vec![
        subject("node -e 0", in_node, &["-e", "0"], task),
        subject("adieu, the binary alone", &binary, &phase, task),
        subject(
            "EntraToken@1, launcher and binary",
            in_node,
            &["launch.js"],
            task,
        ),
        subject(
            "@azure/identity for Node",
            in_node,
            &["-e", NODE_CLIENT],
            &node,
        ),
        subject(
            "azure-identity for Python",
            &in_python,
            &["-c", PYTHON_CLIENT],
            &python,
        ),
    ];
    if let Some(earlier) = earlier {
        let earlier =
            fs::canonicalize(earlier).map_err(|error| format!("{}: {error}", earlier.display()))?;
        subjects.push(subject(EARLIER, &earlier, &phase, task));
    }
    Ok(subjects)
}

/// What every subject gets; the services are behind relays where the network is far.
fn environment(
    world: &World,
    task: &Path,
    round_trip: Option<Duration>,
) -> BTreeMap<String, String> {
    let mut job = world.job();
    let mut environment = job
        .step(task)
        .input("connectedService", MY_CONNECTION)
        .environment();
    let authority = world.entra().url().to_owned();
    let authorities = world.ca_file().to_string_lossy().into_owned();
    for (name, value) in [
        ("TENANT", world.entra().tenant()),
        ("CLIENT", world.client_id(MY_CONNECTION)),
        ("CONNECTION", world.connection_id(MY_CONNECTION)),
        ("AUTHORITY", authority),
        ("NODE_EXTRA_CA_CERTS", authorities.clone()),
        ("REQUESTS_CA_BUNDLE", authorities),
        (
            "JOB_TOKEN",
            environment["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"].clone(),
        ),
    ] {
        environment.insert(name.to_owned(), value);
    }
    if let Some(round_trip) = round_trip {
        for port in [world.azure_devops().port(), world.entra().port()] {
            let relayed = world.relay(port, round_trip);
            for value in environment.values_mut() {
                *value = value.replace(
                    &format!("https://localhost:{port}/"),
                    &format!("https://localhost:{relayed}/"),
                );
            }
        }
    }
    // The job's folders go with the job; nothing here uses them.
    environment.insert(
        "AGENT_TEMPDIRECTORY".to_owned(),
        std::env::temp_dir().to_string_lossy().into_owned(),
    );
    environment
}

fn report(rows: &[Row]) {
    print_line(&format!(
        "\nMedians of {RUNS} runs.\n\n| command | 0 ms round trip | {} ms round trip | memory |",
        FAR.as_millis()
    ));
    print_line("|---|---:|---:|---:|");
    for row in rows {
        let far = row.far.map_or_else(
            || "-".to_owned(),
            |far| format!("{:.1} ms", milliseconds(far)),
        );
        print_line(&format!(
            "| {} | {:.1} ms | {far} | {:.1} MB |",
            row.name,
            milliseconds(row.near),
            row.memory as f64 / 1024.0
        ));
    }
    let [node, binary, task, ..] = rows else {
        return;
    };
    let sum = milliseconds(node.near) + milliseconds(binary.near);
    let trips = |row: &Row| {
        (milliseconds(row.far.unwrap_or_default()) - milliseconds(row.near)) / milliseconds(FAR)
    };
    print_line(&format!(
        "\nwhole task / (node -e 0 + binary): {:.2}",
        milliseconds(task.near) / sum
    ));
    print_line(&format!(
        "round trips of the whole task: {:.2}",
        trips(task)
    ));
    if let Some(earlier) = rows.iter().find(|row| row.name == EARLIER) {
        print_line(&format!(
            "binary / earlier binary: {:.2}",
            milliseconds(binary.near) / milliseconds(earlier.near)
        ));
    }
    for row in &rows[1..] {
        print_line(&format!("round trips of {}: {:.2}", row.name, trips(row)));
    }
    let json: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "command": row.name,
                "near_ms": milliseconds(row.near),
                "far_ms": row.far.map(milliseconds),
                "memory_kib": row.memory,
            })
        })
        .collect();
    print_line(&format!(
        "\n{}",
        json!({ "runs": RUNS, "round_trip_ms": FAR.as_millis(), "rows": json })
    ));
}
