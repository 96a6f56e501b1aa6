//! `waitForValidation`: patient, within a stated limit, and with the validator's own words at the end.
//!
//! It never publishes.

use std::time::Duration;

use adieu_devops::{ExtensionName, PublishedVersion, ValidationState};
use adieu_transport::Deadline;
use serde_json::json;

use super::done::{Done, in_minutes};
use super::target::{self, ExtensionReference};
use crate::session::Session;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;

/// First pause between two questions; each next one is half as long again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer: a minute more or less is nothing to a validation, and much to who waits for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Lines of the validator's log that are shown.
const LOG_LINES: usize = 40;

/// Runs the operation.
pub(super) async fn run(
    extension: &ExtensionReference,
    time_limit: Duration,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let target = target::find(extension)?;
    let version = wait(
        &target.name,
        target.version.as_deref(),
        time_limit,
        session,
        voice,
    )
    .await?;
    Ok(Done {
        variables: vec![
            ("extensionId", target.name.extension.clone()),
            ("publisherId", target.name.publisher.clone()),
            ("version", version.version.clone()),
        ],
        lines: vec![word(&version.state).to_owned()],
        json: json!({
            "publisher": target.name.publisher,
            "extensionId": target.name.extension,
            "version": version.version,
            "status": word(&version.state),
        }),
        ..Done::default()
    })
}

/// `pending`, `success` or `error`, as tfx says it.
pub(super) fn word(state: &ValidationState) -> &'static str {
    match state {
        ValidationState::Pending => "pending",
        ValidationState::Validated => "success",
        ValidationState::Failed(_) => "error",
    }
}

/// Waits until a version, or the latest, is validated.
pub(super) async fn wait(
    name: &ExtensionName,
    version: Option<&str>,
    limit: Duration,
    session: &Session,
    voice: &dyn Voice,
) -> Result<PublishedVersion, Situation> {
    let label = match version {
        Some(version) => format!("{name} {version}"),
        None => name.to_string(),
    };
    let deadline = Deadline::after(limit);
    let mut pause = FIRST_PAUSE;
    let mut said = "";
    loop {
        let client = session.client().await?;
        let found = match client.find(name, version).await {
            Ok(found) => found,
            Err(error) => {
                let doing = format!("look for the validation of {label}");
                return Err(super::marketplace_refused(
                    session,
                    error,
                    &doing,
                    Some(&name.publisher),
                )
                .await);
            }
        };
        let state = match found.as_ref().and_then(|found| found.version(version)) {
            Some(found) => match &found.state {
                ValidationState::Validated => {
                    voice.say(&format!("{name} {} is validated.", found.version));
                    return Ok(found.clone());
                }
                ValidationState::Failed(reasons) => {
                    // The log is more than the service owes; without it the reasons stand alone.
                    let log = client.verification_log(name, &found.version).await;
                    return Err(Situation::Extension(ExtensionProblem::Validation {
                        label: format!("{name} {}", found.version),
                        reasons: reasons.clone(),
                        log: log
                            .unwrap_or_default()
                            .lines()
                            .filter(|line| !line.trim().is_empty())
                            .take(LOG_LINES)
                            .map(str::to_owned)
                            .collect(),
                    }));
                }
                ValidationState::Pending => "validation is not done",
            },
            None => "the version is not in the Marketplace yet",
        };
        if state != said {
            voice.say(&format!(
                "{label}: {state}; waiting for at most {}.",
                in_minutes(limit)
            ));
            said = state;
        }
        if deadline.left() <= pause {
            return Err(Situation::Extension(ExtensionProblem::NotValidated {
                label,
                state: state.to_owned(),
                limit: in_minutes(limit),
            }));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}
