//! MarketplaceExtension@1: turns a step's inputs into an operation, and its results into variables and a summary page.
//!
//! It implements no operation.

use std::path::{Path, PathBuf};
use std::time::Duration;

use adieu_agent::{
    Audience, Environment, Log, VariableName, deactivate_commands_json, undefined_variable,
};
use adieu_devops::Hosts;
use adieu_extension::{
    AddMember, Events, ExtensionReference, InOrganizations, Notice, Operation, Packing, Publish,
    QueryVersion,
};
use adieu_identity::Connection;
use adieu_vsix::{Changes, TaskUpdates};

use super::flags::{hosts, version_sources};
use super::perform::{any_organizations, organizations, perform};
use super::results::Results;
use super::{notices, timestamp};
use crate::failure::Failure;
use crate::inputs::extension::{Inputs, Operation as Choice};
use crate::lines::meaningful_lines;
use crate::session::{Session, Source};
use crate::{connection, network, page};

/// Runs the task.
pub(crate) async fn run(environment: &Environment, log: &Log) -> Result<(), Box<Failure>> {
    let mut inputs = Inputs::read(environment).map_err(Failure::Input)?;
    let hosts = hosts(inputs.service_url.as_deref())?;
    let mut operation = operation(&mut inputs, &hosts, environment)?;
    let session = if operation.needs_identity() {
        let id = connection::named(
            inputs.azure_dev_ops_service_connection,
            inputs.connected_service,
        )?;
        let connection = connection::read(environment, &id, None)?;
        in_own_organization(&mut operation, &hosts, &connection)?;
        let transport = network::transport(environment, log)?;
        let source = Source::Connection(Box::new(connection));
        Some(Session::new(transport, hosts, source))
    } else {
        None
    };
    let session = session.as_ref();
    let tell = |notice: &Notice<'_>| notices::say(notice, log);
    let outcome = perform(&operation, session, &tell).await?;
    let results = Results::of(outcome, session, log);
    if matches!(operation, Operation::QueryVersion(_)) && inputs.set_build_number {
        number_run(&results, environment, log);
    }
    publish(&results, environment, log)
}

/// It takes the texts out of `inputs`, so that the caller frees what is left, once.
fn operation(
    inputs: &mut Inputs,
    hosts: &Hosts,
    environment: &Environment,
) -> Result<Operation, Box<Failure>> {
    let folder = |name| {
        let folder = environment.platform_variable(name);
        let folder = folder.map_err(Failure::PlatformVariable)?;
        Ok::<_, Box<Failure>>(folder.map(PathBuf::from))
    };
    let working = folder("System.DefaultWorkingDirectory")?.unwrap_or_else(|| PathBuf::from("."));
    let temporary = folder("Agent.TempDirectory")?;
    let at = |path: Option<String>| path.map(|path| working.join(path));
    let output = at(inputs.output_path.take()).unwrap_or_else(|| match inputs.operation {
        // A package that is created only for the Marketplace does not belong in the checkout.
        Choice::Publish => temporary.unwrap_or_else(|| working.clone()),
        _ => working.clone(),
    });
    let list = |input: &'static str, text: Option<String>| {
        let text = text.unwrap_or_default();
        let lines: Vec<String> = meaningful_lines(&text).map(str::to_owned).collect();
        match lines.iter().find_map(|line| undefined_variable(line)) {
            Some(variable) => Err(Failure::Input(adieu_agent::InputError::UndefinedVariable {
                input,
                variable: variable.to_owned(),
            })),
            None => Ok(lines),
        }
    };
    let root = at(inputs.root_folder.take()).unwrap_or_else(|| working.clone());
    let mut extension =
        ExtensionReference::in_folder(root, list("manifests", inputs.manifests.take())?);
    extension.sources.overrides_file = at(inputs.overrides_file.take());
    extension.vsix = inputs
        .vsix
        .take()
        .map(|vsix| working.join(vsix).display().to_string());
    extension.changes = Changes {
        publisher: inputs.publisher_id.take(),
        extension_id: inputs.extension_id.take(),
        version: inputs.extension_version.take(),
        name: inputs.extension_name.take(),
        visibility: inputs.visibility.value(),
        pricing: inputs.pricing.value(),
        tasks: TaskUpdates {
            version: inputs.update_tasks_version.value(),
            ids: inputs.update_tasks_id,
        },
    };
    let mut packing = |mut extension: ExtensionReference| -> Result<Packing, Box<Failure>> {
        extension.sources.loc_root = at(inputs.localization_root.take());
        Ok(Packing {
            extension,
            bypass_validation: inputs.bypass_validation,
            output: Some(output.clone()),
            timestamp: timestamp()?,
        })
    };
    // Unused inputs are also checked: the next operation may use them.
    let names = list("organizations", inputs.organizations.take())?;
    let time_limit = time_limit(inputs.timeout_in_minutes.as_deref())?;
    let sources = list("versionSource", inputs.version_source.take())?;
    let some_organizations = |extension| {
        organizations(hosts, &names).map(|organizations| InOrganizations {
            extension,
            organizations,
        })
    };
    let or_own = |extension| {
        any_organizations(hosts, &names).map(|organizations| InOrganizations {
            extension,
            organizations,
        })
    };
    Ok(match inputs.operation {
        Choice::Package => Operation::Package(packing(extension)?),
        Choice::Publish => Operation::Publish(Publish {
            packing: packing(extension)?,
            share_with: any_organizations(hosts, &names)?,
            wait: (!inputs.no_wait_validation).then_some(time_limit),
        }),
        Choice::Share => Operation::Share(or_own(extension)?),
        Choice::Unshare => Operation::Unshare(some_organizations(extension)?),
        Choice::Install => Operation::Install(or_own(extension)?),
        Choice::Uninstall => Operation::Uninstall(some_organizations(extension)?),
        Choice::WaitForInstallation => {
            Operation::WaitForInstallation(or_own(extension)?, time_limit)
        }
        Choice::Unpublish => Operation::Unpublish(extension),
        Choice::Show => Operation::Show(extension),
        Choice::QueryVersion => Operation::QueryVersion(QueryVersion {
            sources: version_sources(&sources, &extension)?,
            extension,
            raise: inputs.version_action.value(),
        }),
        Choice::WaitForValidation => Operation::WaitForValidation(extension, time_limit),
        Choice::WhoAmI => Operation::WhoAmI(extension),
        Choice::AddMember => Operation::AddMember(AddMember {
            extension,
            member: inputs.member_id.take(),
            role: inputs.member_role.value(),
        }),
        Choice::Events => Operation::Events(Events {
            extension,
            after: inputs.after_date.take(),
            state: None,
            output: Some(output),
            line: deactivate_commands_json,
        }),
    })
}

/// Without organizations, an operation uses the service connection's own, but not with an Azure DevOps Server.
fn in_own_organization(
    operation: &mut Operation,
    hosts: &Hosts,
    connection: &Connection,
) -> Result<(), Box<Failure>> {
    let (Operation::Share(asked)
    | Operation::Install(asked)
    | Operation::WaitForInstallation(asked, _)) = operation
    else {
        return Ok(());
    };
    if asked.organizations.is_empty() {
        let own = connection.facts.organization.clone();
        let own = own.filter(|_| hosts.is_public());
        asked.organizations = organizations(hosts, own.as_slice())?;
    }
    Ok(())
}

/// Half an hour unless the step sets another limit; the job's own limit comes first anyway.
fn time_limit(text: Option<&str>) -> Result<Duration, Box<Failure>> {
    let text = text.unwrap_or("30");
    match text.parse::<u64>() {
        Ok(minutes) if (1..=24 * 60).contains(&minutes) => Ok(Duration::from_secs(minutes * 60)),
        _ => Err(Failure::NotMinutes(text.to_owned()).into()),
    }
}

/// A release has a name instead of a build's number.
fn number_run(results: &Results, environment: &Environment, log: &Log) {
    let number = results
        .variables
        .iter()
        .find(|(name, _)| *name == "proposedVersion");
    if let Some((_, number)) = number {
        let is_release = environment
            .platform_variable("System.HostType")
            .is_ok_and(|host| host.is_some_and(|host| host.eq_ignore_ascii_case("release")));
        log.number_run(number, is_release);
    }
}

/// Sets every variable under its own name for this job, and as the step's output for later ones.
fn publish(results: &Results, environment: &Environment, log: &Log) -> Result<(), Box<Failure>> {
    for (name, value) in &results.variables {
        let Ok(name) = VariableName::parse(name) else {
            continue;
        };
        log.set_variable(&name, value, Audience::Output)
            .map_err(Failure::TooLong)?;
    }
    let folder = environment.platform_variable("Agent.TempDirectory");
    if let (Some(page), Ok(Some(folder))) = (&results.page, folder) {
        let names = (1..=u32::MAX).map(|number| format!("Marketplace extension {number}.md"));
        match page::write_new(Path::new(folder), names, page) {
            Ok(file) => log.summary(&file),
            Err(error) => log.warn(&format!(
                "This step has no summary page: cannot write to {folder} ({error})."
            )),
        }
    }
    Ok(())
}
