//! `cargo xtask bench cli [AZ]`: `adieu token` by a managed identity, next to the Azure SDKs for Node and Python and
//! `az account get-access-token` at the same endpoint.
//!
//! It does not install az, which is 700 MB: one on the PATH is measured, or the one whose path is given.

use adieu_emulator::Playground;

use super::commands::variables;
use super::report::Report;
use crate::command::version;
use crate::files;

pub(super) fn run(report: &mut Report, az: Option<&str>) -> Result<(), String> {
    let folder = super::folder("home");
    let playground = Playground::start();
    // az is signed in with the managed identity, with the file that `az login --identity` writes.
    let tenant = playground.world.entra().tenant();
    let signed_in = include_str!("azureProfile.json").replace("TENANT", &tenant);
    files::write(&folder.join(".azure/azureProfile.json"), signed_in)?;
    let mut all = playground.variables;
    let az = az.unwrap_or("az");
    all.extend(version(az).map(|_| ("AZ", az.to_owned())));
    let title = "one token by a managed identity";
    let subjects = report.measure(title, &folder, &variables(all))?;
    // No other program disturbed the fastest run.
    let fastest = subjects[0].fastest();
    report.at_most("fastest run of adieu token, ms", fastest, 15.0);
    report.at_most("memory of adieu token, MB", subjects[0].megabytes(), 12.0);
    Ok(())
}
