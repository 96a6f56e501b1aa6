//! `cargo xtask bench token [BINARY]`: EntraToken@1 next to the Azure SDKs for Node and Python at the same emulated
//! services, without a round trip's time and with one of 80 ms; and next to an earlier binary of Adieu, where one is named.

use std::path::Path;
use std::time::Duration;

use adieu_emulator::{MY_CONNECTION, World};

use super::measure::{Environment, Subject, in_turns};
use super::peers::{NODE, PYTHON, Setting, modules, variables};
use super::report::Report;

/// Round trip of the far network.
const FAR: Duration = Duration::from_millis(80);

const COMMANDS: &str = "\
node -e 0: node -e 0
adieu, the binary alone: adieu task EntraToken execution
EntraToken@1, launcher and binary: node launch.js
@azure/identity for Node: node -e NODE
azure-identity for Python: @python/bin/python -c PYTHON";

const EARLIER: &str = "the earlier binary alone: EARLIER task EntraToken execution";

const OF_NODE: &str =
    "new identity.AzurePipelinesCredential(e.TENANT, e.CLIENT, e.CONNECTION, e.JOB_TOKEN,
  { authorityHost: e.AUTHORITY, disableInstanceDiscovery: true })";
const OF_PYTHON: &str = "identity.AzurePipelinesCredential(tenant_id=e['TENANT'], client_id=e['CLIENT'],
  service_connection_id=e['CONNECTION'], system_access_token=e['JOB_TOKEN'], authority=e['AUTHORITY'],
  disable_instance_discovery=True)";

pub(super) fn run(runs: usize, earlier: Option<&str>) -> Result<(), String> {
    let task = super::staged("token", &["token"])?.join("token");
    let world = World::start();
    let mut subjects = subjects(&task, earlier, environment(&world, &task, None)?)?;
    let number = subjects.len();
    let far = environment(&world, &task, Some(FAR))?;
    subjects.extend(self::subjects(&task, earlier, far)?);
    in_turns(&mut subjects, runs)?;
    let far = subjects.split_off(number);
    for (near, far) in subjects.iter_mut().zip(far) {
        let trips = (far.median() - near.median()) / FAR.as_secs_f64() / 1000.0;
        near.facts = vec![("80_ms_away_ms", far.median()), ("round_trips", trips)];
    }
    let mut report = Report::new("token", runs);
    report.table("one token in a job", &subjects);
    let (node, binary, whole) = (&subjects[0], &subjects[1], &subjects[2]);
    let sum = node.median() + binary.median();
    report.at_most("task / (node -e 0 + binary)", whole.median() / sum, 1.15);
    report.at_most("round trips of the task", whole.facts[1].1, 4.3);
    // No other program disturbed the fastest run.
    report.at_most("fastest run of the binary, ms", binary.fastest(), 15.0);
    report.at_most("memory of the binary, MB", binary.megabytes(), 12.0);
    if let Some(earlier) = subjects.get(5) {
        let ratio = binary.median() / earlier.median();
        report.at_most("binary / earlier binary", ratio, 1.1);
    }
    report.end()
}

fn subjects(
    task: &Path,
    earlier: Option<&str>,
    environment: Environment,
) -> Result<Vec<Subject<'static>>, String> {
    let path = earlier
        .map(super::absolute)
        .transpose()?
        .unwrap_or_default();
    let words = [
        ("NODE", &*NODE.replace("CREDENTIAL", OF_NODE)),
        ("PYTHON", &*PYTHON.replace("CREDENTIAL", OF_PYTHON)),
        ("EARLIER", &*path.to_string_lossy()),
    ];
    let setting = Setting {
        folder: task,
        environment,
        words: &words,
    };
    let mut subjects = setting.subjects(COMMANDS)?;
    subjects.extend(setting.subjects(earlier.map_or("", |_| EARLIER))?);
    Ok(subjects)
}

/// What every subject gets; the services are behind relays where the network is far.
fn environment(
    world: &World,
    task: &Path,
    round_trip: Option<Duration>,
) -> Result<Environment, String> {
    let mut job = world.job();
    let step = job.step(task).input("connectedService", MY_CONNECTION);
    let mut environment = step.environment();
    let authorities = world.ca_file().display().to_string();
    let job_token = environment["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"].clone();
    environment.extend(variables([
        ("TENANT", world.entra().tenant()),
        ("CLIENT", world.client_id(MY_CONNECTION)),
        ("CONNECTION", world.connection_id(MY_CONNECTION)),
        ("AUTHORITY", world.entra().url().to_owned()),
        ("NODE_EXTRA_CA_CERTS", authorities.clone()),
        ("REQUESTS_CA_BUNDLE", authorities),
        ("JOB_TOKEN", job_token),
        modules("node")?,
        // The job's folder is deleted with the job; nothing here uses it.
        ("AGENT_TEMPDIRECTORY", task.display().to_string()),
    ]));
    if let Some(round_trip) = round_trip {
        for port in [world.azure_devops().port(), world.entra().port()] {
            let relayed = format!("https://localhost:{}/", world.relay(port, round_trip));
            for value in environment.values_mut() {
                *value = value.replace(&format!("https://localhost:{port}/"), &relayed);
            }
        }
    }
    Ok(environment)
}
