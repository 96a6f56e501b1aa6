//! `cargo xtask bench token [BINARY]`: EntraToken@1 next to the Azure SDKs for Node and Python at the same emulated
//! services, without a round trip's time and with one of 80 ms; and next to an earlier binary of Adieu, where one is named.

use std::path::Path;
use std::time::Duration;

use adieu_emulator::{MY_CONNECTION, World};

use super::commands::{Environment, variables};
use super::report::Report;

/// Round trip of the far network.
const FAR: Duration = Duration::from_millis(80);

pub(super) fn run(report: &mut Report, earlier: Option<&str>) -> Result<(), String> {
    let task = super::staged("token", &["token"])?.join("token");
    let world = World::start();
    let mut environment = environment(&world, &task);
    if let Some(earlier) = earlier {
        let path = super::absolute(earlier)?.display().to_string();
        environment.extend(variables([("EARLIER", path)]));
    }
    let near = report.measure("one token in a job", &task, &environment)?;
    for port in [world.azure_devops().port(), world.entra().port()] {
        let relayed = format!("https://localhost:{}/", world.relay(port, FAR));
        for value in environment.values_mut() {
            *value = value.replace(&format!("https://localhost:{port}/"), &relayed);
        }
    }
    let far = report.measure("one token in a job, 80 ms away", &task, &environment)?;
    let (node, binary, whole) = (&near[0], &near[1], &near[2]);
    let sum = node.median() + binary.median();
    report.at_most("task / (node -e 0 + binary)", whole.median() / sum, 1.15);
    let trips = (far[2].median() - whole.median()) / FAR.as_secs_f64() / 1000.0;
    report.at_most("round trips of the task", trips, 4.3);
    // No other program disturbed the fastest run.
    report.at_most("fastest run of the binary, ms", binary.fastest(), 15.0);
    report.at_most("memory of the binary, MB", binary.megabytes(), 12.0);
    if let Some(earlier) = near.get(5) {
        let ratio = binary.median() / earlier.median();
        report.at_most("binary / earlier binary", ratio, 1.1);
    }
    Ok(())
}

/// The variables of a step, and those that the SDKs need.
fn environment(world: &World, task: &Path) -> Environment {
    let mut job = world.job();
    let step = job.step(task).input("connectedService", MY_CONNECTION);
    let mut environment = step.environment();
    let authorities = world.ca_file().display().to_string();
    environment.extend(variables([
        ("TENANT", world.entra().tenant()),
        ("CLIENT", world.client_id(MY_CONNECTION)),
        ("CONNECTION", world.connection_id(MY_CONNECTION)),
        ("AUTHORITY", world.entra().url().to_owned()),
        ("NODE_EXTRA_CA_CERTS", authorities.clone()),
        ("REQUESTS_CA_BUNDLE", authorities),
        // The job's folder is deleted with the job; nothing here uses it.
        ("AGENT_TEMPDIRECTORY", task.display().to_string()),
    ]));
    environment
}
