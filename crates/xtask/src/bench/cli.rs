//! `cargo xtask bench cli [AZ]`: `adieu token` by a managed identity, next to the Azure SDKs for Node and Python and
//! `az account get-access-token` at the same endpoint.
//!
//! It does not install az, which is 700 MB: one on the PATH is measured, or the one whose path is given.

use adieu_emulator::Playground;
use serde_json::json;

use super::peers::{NODE, PYTHON, RESOURCE, Setting, modules, variables};
use super::report::Report;
use crate::command::output;
use crate::files;

const COMMANDS: &str = "\
adieu token: adieu token
adieu exec -- node --version: adieu exec -- node --version
@azure/identity for Node: node -e NODE
azure-identity for Python: @python/bin/python -c PYTHON";

const AZ: &str = "az account get-access-token: AZ account get-access-token --resource RESOURCE";

pub(super) fn run(runs: usize, az: Option<&str>) -> Result<(), String> {
    let folder = super::folder("home");
    let playground = Playground::start();
    // az is signed in with the managed identity, with the files that `az login --identity` writes.
    let tenant = playground.world.entra().tenant();
    let signed_in = json!({ "installationId": "0", "subscriptions": [{
        "id": "00000000-0000-4000-8000-000000000001", "name": "subscription", "state": "Enabled",
        "user": { "name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI" },
        "isDefault": true, "tenantId": tenant, "homeTenantId": tenant,
        "environmentName": "AzureCloud", "managedByTenants": [],
    }] });
    files::write(
        &folder.join(".azure/azureProfile.json"),
        signed_in.to_string(),
    )?;
    // The best case for az: telemetry takes 300 ms more.
    let az_at_its_best = ("AZURE_CORE_COLLECT_TELEMETRY", "false".to_owned());
    let mut all = playground.variables;
    all.extend([modules("node")?, az_at_its_best]);
    let setting = Setting {
        folder: &folder,
        environment: variables(all).collect(),
        words: &[
            (
                "NODE",
                &NODE.replace("CREDENTIAL", "new identity.ManagedIdentityCredential()"),
            ),
            (
                "PYTHON",
                &PYTHON.replace("CREDENTIAL", "identity.ManagedIdentityCredential()"),
            ),
            ("AZ", az.unwrap_or("az")),
            ("RESOURCE", RESOURCE),
        ],
    };
    let mut subjects = setting.subjects(COMMANDS)?;
    if output(&mut setting.command("AZ version")?).is_some() {
        subjects.extend(setting.subjects(AZ)?);
    }
    let mut report = Report::new("cli", runs);
    report.measure("one token by a managed identity", &mut subjects)?;
    // No other program disturbed the fastest run.
    report.at_most(
        "fastest run of adieu token, ms",
        subjects[0].fastest(),
        15.0,
    );
    report.at_most("memory of adieu token, MB", subjects[0].megabytes(), 12.0);
    report.end()
}
