//! `cargo xtask bench serve [SECONDS]`: a job's broker, which gets a thousand requests per second for a cached token.
//!
//! vegeta does not wait for an answer before the next request: a broker that stalls is late for all requests in that
//! time.

use adieu_emulator::{MY_CONNECTION, World};
use serde_json::Value;

use super::commands::{command, lines, variables};
use super::measure::{memory_of, succeeded};
use super::report::Report;
use crate::command::Context as _;
use crate::files;

pub(super) fn run(report: &mut Report, seconds: Option<&str>) -> Result<(), String> {
    let seconds = seconds.unwrap_or("60");
    let staged = super::staged("serve", &["token"])?;
    let task = staged.join("token");
    let world = World::start();
    let mut job = world.job();
    let step = job.step(&task).input("azureSubscription", MY_CONNECTION);
    super::succeeded(step.input("configure", "identity").run())?;
    let broker = job.processes_left().first().copied();
    let broker = broker.ok_or("There is no broker.")?;
    let value = |name: &str| job.value(name).ok_or_else(|| format!("{name} is not set."));
    let (endpoint, key) = (value("IDENTITY_ENDPOINT")?, value("IDENTITY_HEADER")?);
    // The request of an Azure SDK to the endpoint of App Service.
    let query = "api-version=2019-08-01&resource=499b84ac-1321-427f-aa17-267ca6975798";
    let targets = format!("GET {endpoint}?{query}\nX-IDENTITY-HEADER: {key}\n");
    files::write(&staged.join("targets"), targets)?;
    let variables = variables([("SECONDS", seconds.to_owned())]);
    // The first token is requested before the measurement.
    for (_, line) in lines("requests to the broker") {
        succeeded(&mut command(line, &staged, &variables, 0)?)?;
    }
    let memory = memory_of(broker, "VmHWM:") as f64 / 1024.0;
    let exchanges = world.entra().requests().len();
    super::succeeded(job.step(&task).section("postjobexecution").run())?;
    let results = files::read_text(&staged.join("report.json"))?;
    let results: Value = serde_json::from_str(&results).context("vegeta's report")?;
    let milliseconds =
        |quantile: &str| results["latencies"][quantile].as_f64().unwrap_or(f64::NAN) / 1e6;
    let succeeded = results["success"].as_f64().unwrap_or_default() * 100.0;
    report.at_least("answers with a token, %", succeeded, 100.0);
    report.at_least(
        "requests per second",
        results["rate"].as_f64().unwrap_or_default(),
        990.0,
    );
    report.at_most("99 % of the answers, ms", milliseconds("99th"), 5.0);
    report.at_most("memory of the broker, MB", memory, 15.0);
    // One exchange is by the task, for its own variable, and one by the broker.
    report.at_most("exchanges at Entra", exchanges as f64, 2.0);
    Ok(())
}
