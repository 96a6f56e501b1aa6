//! Waits for Marketplace validation, within a limit, and reports the validator's own messages.
//!
//! It never publishes.

use std::time::Duration;

use adieu_devops::{Caller, PublishedVersion, ValidationState};
use adieu_transport::Deadline;

use crate::caller::client;
use crate::failure::{Action, OperationFailure, Problem};
use crate::notice::{Notice, Validation};
use crate::outcome::Outcome;
use crate::pauses::Pauses;
use crate::release::Release;
use crate::target::{self, ExtensionReference};

/// Lines of the validator's log that are shown.
const LOG_LINES: usize = 40;

/// Runs the operation.
pub(crate) async fn run<C: Caller>(
    extension: &ExtensionReference,
    limit: Duration,
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, OperationFailure<C::Error>> {
    let release = target::find(extension)?.release;
    let version = wait(&release, limit, caller, tell).await?;
    Ok(Outcome::Validated(release.name, version))
}

/// Waits until a version, or the latest, is validated.
pub(crate) async fn wait<C: Caller>(
    release: &Release,
    limit: Duration,
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<PublishedVersion, OperationFailure<C::Error>> {
    let Release {
        name,
        version,
        platform,
    } = release;
    let version = version.as_deref();
    let mut pauses = Pauses::until(Deadline::after(limit));
    let mut shown = None;
    loop {
        let client = client(caller).await?;
        let found = client.find(name, version).await;
        let found =
            found.map_err(|error| Action::FindValidation(release.clone()).refused(error))?;
        // Each platform of VS Code has its own package, which is validated separately.
        let found = found.as_ref().and_then(|found| match (version, platform) {
            (Some(version), Some(platform)) => found.version_for(version, Some(platform)),
            _ => found.version(version),
        });
        let of = |found: &PublishedVersion| Release {
            name: name.clone(),
            version: Some(found.version.clone()),
            platform: platform.clone(),
        };
        let state = match found.map(|found| (found, &found.state)) {
            Some((found, ValidationState::Validated)) => {
                tell(&Notice::Validated(&of(found)));
                return Ok(found.clone());
            }
            Some((found, ValidationState::Failed(reasons))) => {
                // The service does not always have a log; without it the reasons are enough.
                let log = client.verification_log(name, &found.version).await;
                let log = log.unwrap_or_default();
                let lines = log.lines().filter(|line| !line.trim().is_empty());
                return Err(OperationFailure::Problem(Problem::Refused {
                    release: of(found),
                    reasons: reasons.clone(),
                    log: lines.take(LOG_LINES).map(str::to_owned).collect(),
                }));
            }
            Some((_, ValidationState::Pending)) => Validation::NotDone,
            None => Validation::NotThere,
        };
        if shown != Some(state) {
            tell(&Notice::Validation {
                release,
                state,
                limit,
            });
            shown = Some(state);
        }
        if !pauses.wait().await {
            return Err(OperationFailure::Problem(Problem::NotValidated {
                release: release.clone(),
                state,
                limit,
            }));
        }
    }
}
