//! `install`, `uninstall` and `waitForInstallation`: the extension in organizations.
//!
//! It never publishes or shares.

use std::time::Duration;

use adieu_devops::{Client, Error, ExtensionName, Installation, Organization};
use adieu_transport::Deadline;
use futures_util::future::join_all;
use serde_json::json;

use super::done::{Done, in_minutes};
use super::operation::InOrganizations;
use super::organizations;
use super::target::{self, ExtensionTarget};
use crate::session::Session;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;

/// First pause between two questions; each next one is half as long again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Runs `install`.
pub(super) async fn run(
    install: &InOrganizations,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let organizations = organizations::or_own(session, &install.organizations)?;
    let name = target::find(&install.extension)?.name;
    let version = install.extension.changes.version.as_deref();
    let client = session.client().await?;
    let asked = organizations
        .iter()
        .map(|organization| client.install(&name, version, organization));
    let doing = format!("install {name}");
    organizations::each(
        &organizations,
        asked,
        &doing,
        session,
        |name, outcome| match outcome {
            Installation::Installed(installed) => {
                voice.say(&format!("{name}: installed {}.", installed.version));
                for issue in installed.issues {
                    voice.warn(&format!("{name}: {issue}"));
                }
            }
            Installation::WasInstalled => voice.say(&format!("{name}: was already installed.")),
        },
    )
    .await?;
    Ok(done(&name, version, &organizations, "installedIn"))
}

/// Runs `uninstall`.
pub(super) async fn undo(
    install: &InOrganizations,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let organizations = organizations::required(session, &install.organizations)?;
    let name = target::find(&install.extension)?.name;
    let client = session.client().await?;
    let asked = organizations
        .iter()
        .map(|organization| client.uninstall(&name, organization));
    let doing = format!("uninstall {name}");
    organizations::each(&organizations, asked, &doing, session, |name, was_there| {
        let outcome = if was_there {
            "uninstalled"
        } else {
            "was not installed"
        };
        voice.say(&format!("{name}: {outcome}."));
    })
    .await?;
    Ok(done(&name, None, &organizations, "uninstalledFrom"))
}

/// Runs `waitForInstallation`.
pub(super) async fn wait(
    install: &InOrganizations,
    time_limit: Duration,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let organizations = organizations::or_own(session, &install.organizations)?;
    let target = target::find(&install.extension)?;
    voice.say(&format!(
        "Waiting until {} is installed in {}, for at most {}.",
        label(&target),
        names(&organizations),
        in_minutes(time_limit)
    ));
    let deadline = Deadline::after(time_limit);
    let waiting = organizations
        .iter()
        .map(|organization| until_there(&target, organization, deadline, session, voice));
    let mut missing = Vec::new();
    let mut failures = Vec::new();
    for (organization, result) in organizations.iter().zip(join_all(waiting).await) {
        match result {
            Ok(None) => {}
            Ok(Some(state)) => missing.push((organization.name.clone(), state)),
            Err(Waiting::Refused(error)) => failures.push((organization.name.clone(), error)),
            Err(Waiting::Situation(situation)) => return Err(situation),
        }
    }
    organizations::all(&format!("look for {}", label(&target)), failures, session)?;
    if !missing.is_empty() {
        return Err(Situation::Extension(ExtensionProblem::NotInstalled {
            label: label(&target),
            limit: in_minutes(time_limit),
            missing,
        }));
    }
    Ok(done(
        &target.name,
        target.version.as_deref(),
        &organizations,
        "installedIn",
    ))
}

enum Waiting {
    Refused(Error),
    Situation(Situation),
}

/// Waits for one organization. Returns what is still missing when the time is over.
async fn until_there(
    target: &ExtensionTarget,
    organization: &Organization,
    deadline: Deadline,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Option<String>, Waiting> {
    let mut pause = FIRST_PAUSE;
    let mut last = String::new();
    loop {
        let client = session.client().await.map_err(Waiting::Situation)?;
        let state = match missing(&client, target, organization).await {
            Ok(None) => {
                voice.say(&format!("{}: there.", organization.name));
                return Ok(None);
            }
            Ok(Some(state)) => state,
            Err(error) => return Err(Waiting::Refused(error)),
        };
        if state != last {
            voice.say(&format!("{}: {state}.", organization.name));
            last.clone_from(&state);
        }
        if deadline.left() <= pause {
            return Ok(Some(state));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// What is not there yet: the extension in its version, then each task in its own.
async fn missing(
    client: &Client<'_>,
    target: &ExtensionTarget,
    organization: &Organization,
) -> Result<Option<String>, Error> {
    let Some(installed) = client.installed(&target.name, organization).await? else {
        return Ok(Some("not installed".to_owned()));
    };
    if let Some(version) = &target.version
        && &installed.version != version
    {
        return Ok(Some(format!("version {} is installed", installed.version)));
    }
    for task in &target.tasks {
        let definitions = client.task_definitions(&task.id, organization).await?;
        // Another extension may have brought a task of that id; a server without contributions says none.
        let owner = format!("{}.", target.name).to_lowercase();
        let is_there = definitions.iter().any(|definition| {
            let contribution = definition.contribution.to_lowercase();
            definition.version == task.version
                && (contribution.is_empty() || contribution.starts_with(&owner))
        });
        if !is_there {
            return Ok(Some(format!(
                "the task {} {} is not offered to pipelines",
                task.name, task.version
            )));
        }
    }
    Ok(None)
}

fn names(organizations: &[Organization]) -> String {
    let names = organizations.iter().map(|one| one.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

fn label(target: &ExtensionTarget) -> String {
    match &target.version {
        Some(version) => format!("{} {version}", target.name),
        None => target.name.to_string(),
    }
}

fn done(
    name: &ExtensionName,
    version: Option<&str>,
    organizations: &[Organization],
    key: &str,
) -> Done {
    let names = organizations.iter().map(|one| one.name.clone());
    let names: Vec<String> = names.collect();
    let mut variables = vec![
        ("extensionId", name.extension.clone()),
        ("publisherId", name.publisher.clone()),
    ];
    variables.extend(version.map(|version| ("version", version.to_owned())));
    Done {
        variables,
        json: json!({
            "publisher": name.publisher, "extensionId": name.extension, "version": version, key: names,
        }),
        lines: names,
        ..Done::default()
    }
}
