//! `cargo xtask bench feeds`: FeedAuthenticate@1 next to EntraToken@1 and the library of Microsoft's npm, pip and NuGet
//! tasks; a helper's answer next to artifacts-keyring's; and the reading of 20,000 files.
//!
//! The library signs in and writes nothing. artifacts-keyring gets its token from here, so it does not sign in; it
//! sends two requests to the feed.

use std::path::Path;

use adieu_emulator::{Job, MY_CONNECTION, Proxy, World};
use serde_json::json;

use super::commands::{Environment, command, lines, variables};
use super::measure::{Sample, Subject, succeeded};
use super::report::Report;
use crate::files;

const FEED: &str = "https://pkgs.dev.azure.com/contoso/_packaging/packages";

/// Files that declare the feed for five clients.
const DECLARATIONS: &str = include_str!("declarations.txt");

pub(super) fn run(report: &mut Report, _: Option<&str>) -> Result<(), String> {
    let folder = super::staged("feeds", &["token", "feeds"])?;
    let world = World::start();
    world.organizations().add_member("contoso", MY_CONNECTION);
    world.feeds().add("contoso", "packages");
    let proxy = world.network();
    steps(&world, &proxy, &folder, report)?;
    helpers(&world, &proxy, &folder, report)?;
    readings(&folder, report)
}

/// A job in the emulated network, with a checkout that declares the feed.
fn job<'w>(world: &'w World, proxy: &Proxy) -> Result<Job<'w>, String> {
    let mut job = world.job();
    job.variable("agent.proxyurl", &proxy.url());
    job.keeps_secrets_in("adieu-feeds-");
    declare(&job.work_folder().join("s"))?;
    Ok(job)
}

fn declare(folder: &Path) -> Result<(), String> {
    let mut files = DECLARATIONS
        .lines()
        .filter_map(|line| line.split_once(": "));
    files.try_for_each(|(name, text)| files::write(&folder.join(name), text.replace("FEED", FEED)))
}

/// The two steps and the library, each in its own job.
fn steps(world: &World, proxy: &Proxy, folder: &Path, report: &mut Report) -> Result<(), String> {
    let ports = json!({
        "pkgs.dev.azure.com": ["pkgs.dev.azure.com", world.marketplace().port()],
        "login.windows.net": ["login.microsoftonline.com", world.entra().port()],
    });
    let more = variables([
        ("CONNECTION", world.connection_id(MY_CONNECTION)),
        ("FEED", format!("{FEED}/npm/registry/")),
        ("NODE_EXTRA_CA_CERTS", world.ca_file().display().to_string()),
        ("PORTS", ports.to_string()),
    ]);
    let step = |task: &str, line: &str| -> Result<Sample, String> {
        let mut job = job(world, proxy)?;
        let task = folder.join(task);
        let step = job.step(&task).input("azureSubscription", MY_CONNECTION);
        let mut environment = step.environment();
        if line.contains("{ROOT}") {
            environment.extend(more.clone());
        }
        let sample = succeeded(&mut command(line, &task, &environment, 0)?);
        job.finish();
        sample
    };
    let subjects = lines("step").map(|(name, line)| {
        let task = if name == "FeedAuthenticate@1" {
            "feeds"
        } else {
            "token"
        };
        Subject::new(name, move |_| step(task, line))
    });
    report.subjects("step", subjects.collect())?;
    Ok(())
}

/// Answers of helpers after a step, and of artifacts-keyring.
fn helpers(world: &World, proxy: &Proxy, folder: &Path, report: &mut Report) -> Result<(), String> {
    let mut job = job(world, proxy)?;
    let task = folder.join("feeds");
    let step = job.step(&task).input("azureSubscription", MY_CONNECTION);
    super::succeeded(step.run())?;
    let private = files::find(&job.temp_folder(), "*/npmrc")?;
    let file = private
        .first()
        .ok_or("The step has not made a private folder.")?;
    let private = file.parent().unwrap_or(file);
    let npmrc = files::read_text(file)?;
    let token = npmrc.split("_authToken=").nth(1);
    let token = token.and_then(|rest| rest.lines().next());
    let package = format!("{FEED}/pypi/simple/hello-feed/");
    let endpoint = json!({ "endpointCredentials": [
        { "endpoint": package, "username": "user", "password": token },
    ] });
    let mut environment = job.environment_of_next_script();
    environment.extend(variables([
        ("INDEX", format!("{FEED}/nuget/v3/index.json")),
        ("PACKAGE", package),
        ("PROXY", proxy.url()),
        ("AUTHORITIES", world.ca_file().display().to_string()),
        ("ENDPOINTS", endpoint.to_string()),
        ("OUTER_PATH", std::env::var("PATH").unwrap_or_default()),
        ("WORK", job.work_folder().display().to_string()),
    ]));
    report.measure("helper's answer", private, &environment)?;
    super::succeeded(job.step(&task).section("postjobexecution").run())
}

/// `adieu feeds list` in a folder with 20,000 files and in one with five, and `find` in the first.
fn readings(folder: &Path, report: &mut Report) -> Result<(), String> {
    for number in 0..20_000 {
        let name = format!("large/src/{}/{number}.rs", number / 20);
        files::write(&folder.join(name), "pub const VALUE: u32 = 1;\n")?;
    }
    declare(&folder.join("large"))?;
    declare(&folder.join("small"))?;
    report.measure("reading", folder, &Environment::new())?;
    Ok(())
}
