//! Installing, uninstalling and waiting for an installation: the extension in organizations.
//!
//! It never publishes or shares.

use std::time::Duration;

use adieu_devops::{Caller, Client, Error, Installation, Organization};
use adieu_transport::{Deadline, at_once};

use crate::caller::client;
use crate::failure::{Action, OperationFailure, Problem};
use crate::notice::{InOrganization, Missing, Notice};
use crate::organizations::{self, InOrganizations};
use crate::outcome::Outcome;
use crate::pauses::Pauses;
use crate::target::{self, ExtensionTarget};

/// Installs an extension, or a version of it.
pub(crate) async fn install<C: Caller>(
    install: &InOrganizations,
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, OperationFailure<C::Error>> {
    let organizations = &install.organizations;
    let name = target::find(&install.extension)?.release.name;
    let version = install.extension.changes.version.clone();
    let client = client(caller).await?;
    let asked = organizations
        .iter()
        .map(|organization| client.install(&name, version.as_deref(), organization));
    let action = Action::Install(name.clone());
    organizations::each(organizations, asked, action, |name, outcome| {
        let tell = |outcome| tell(&Notice::InOrganization(name, outcome));
        match outcome {
            Installation::Installed(installed) => {
                tell(InOrganization::Installed(installed.version));
                for issue in installed.issues {
                    tell(InOrganization::Issue(issue));
                }
            }
            Installation::WasInstalled => tell(InOrganization::WasInstalled),
        }
    })
    .await?;
    Ok(Outcome::Installed(name, version, organizations.clone()))
}

/// Uninstalls it.
pub(crate) async fn uninstall<C: Caller>(
    install: &InOrganizations,
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, OperationFailure<C::Error>> {
    let organizations = &install.organizations;
    let name = target::find(&install.extension)?.release.name;
    let client = client(caller).await?;
    let asked = organizations
        .iter()
        .map(|organization| client.uninstall(&name, organization));
    let action = Action::Uninstall(name.clone());
    organizations::each(organizations, asked, action, |name, was_there| {
        let outcome = if was_there {
            InOrganization::Uninstalled
        } else {
            InOrganization::WasNotInstalled
        };
        tell(&Notice::InOrganization(name, outcome));
    })
    .await?;
    Ok(Outcome::Uninstalled(name, organizations.clone()))
}

/// Waits until organizations have a version and its tasks.
pub(crate) async fn wait<C: Caller>(
    install: &InOrganizations,
    limit: Duration,
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, OperationFailure<C::Error>> {
    let organizations = &install.organizations;
    let target = target::find(&install.extension)?;
    let release = &target.release;
    tell(&Notice::Installation {
        release,
        organizations,
        limit,
    });
    let deadline = Deadline::after(limit);
    let waiting = organizations
        .iter()
        .map(|organization| until_there(&target, organization, deadline, caller, tell));
    let mut missing = Vec::new();
    let mut failures = Vec::new();
    for (organization, result) in organizations.iter().zip(at_once(waiting).await) {
        match result.map_err(OperationFailure::SignIn)? {
            Ok(None) => {}
            Ok(Some(state)) => missing.push((organization.name.clone(), state)),
            Err(error) => failures.push((organization.name.clone(), error)),
        }
    }
    organizations::all(Action::FindInstalled(release.clone()), failures)?;
    if !missing.is_empty() {
        return Err(OperationFailure::Problem(Problem::NotInstalled {
            release: release.clone(),
            limit,
            missing,
        }));
    }
    let release = target.release;
    Ok(Outcome::Installed(
        release.name,
        release.version,
        organizations.clone(),
    ))
}

/// Waits for one organization. Returns what is still missing at the deadline.
async fn until_there<C: Caller>(
    target: &ExtensionTarget,
    organization: &Organization,
    deadline: Deadline,
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Result<Option<Missing>, Error>, C::Error> {
    let tell = |outcome| tell(&Notice::InOrganization(&organization.name, outcome));
    let mut pauses = Pauses::until(deadline);
    let mut shown = None;
    loop {
        let client = caller.client().await?;
        let state = match missing(&client, target, organization).await {
            Ok(None) => {
                tell(InOrganization::IsThere);
                return Ok(Ok(None));
            }
            Ok(Some(state)) => state,
            Err(error) => return Ok(Err(error)),
        };
        if shown.as_ref() != Some(&state) {
            tell(InOrganization::IsMissing(state.clone()));
            shown = Some(state.clone());
        }
        if !pauses.wait().await {
            return Ok(Ok(Some(state)));
        }
    }
}

/// What is still missing: the extension in its version, then each task in its version.
async fn missing(
    client: &Client<'_>,
    target: &ExtensionTarget,
    organization: &Organization,
) -> Result<Option<Missing>, Error> {
    let name = &target.release.name;
    let Some(installed) = client.installed(name, organization).await? else {
        return Ok(Some(Missing::Extension));
    };
    if let Some(version) = &target.release.version
        && &installed.version != version
    {
        return Ok(Some(Missing::Version(installed.version)));
    }
    for task in &target.tasks {
        let definitions = client.task_definitions(&task.id, organization).await?;
        // Another extension may have a task with that ID; a server that does not report contributions names none.
        let owner = format!("{name}.").to_lowercase();
        let is_there = definitions.iter().any(|definition| {
            let contribution = definition.contribution.to_lowercase();
            definition.version == task.version
                && (contribution.is_empty() || contribution.starts_with(&owner))
        });
        if !is_there {
            return Ok(Some(Missing::Task {
                name: task.name.clone(),
                version: task.version.clone(),
            }));
        }
    }
    Ok(None)
}
