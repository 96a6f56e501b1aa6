//! The operations on an extension, by the words that the task's input has.
//!
//! It does none of them; each has a file.

use super::settings::{Done, Settings};
use super::{events, installation, members, publish, sharing, show, subject, validation, version};
use crate::inputs::extension::Operation;
use crate::session::Session;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;

/// Whether an operation asks a service: then it needs an identity.
pub(crate) fn needs_identity(operation: Operation, settings: &Settings) -> bool {
    match operation {
        Operation::Package => false,
        Operation::QueryVersion => {
            settings.version_sources.is_empty()
                || settings
                    .version_sources
                    .iter()
                    .any(|source| source.eq_ignore_ascii_case("marketplace"))
        }
        _ => true,
    }
}

/// Runs an operation. Without an identity, those that need none.
pub(crate) async fn run(
    operation: Operation,
    settings: &Settings,
    session: Option<&Session>,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    match operation {
        Operation::Package => return package(settings, voice),
        Operation::QueryVersion => return version::run(settings, session, voice).await,
        _ => {}
    }
    let Some(session) = session else {
        return Err(Situation::Extension(ExtensionProblem::Missing {
            input: "azureSubscription",
            example: "my-connection",
        }));
    };
    match operation {
        Operation::Package | Operation::QueryVersion | Operation::Publish => {
            publish::run(settings, session, voice).await
        }
        Operation::Share => sharing::run(settings, session, voice).await,
        Operation::Unshare => sharing::undo(settings, session, voice).await,
        Operation::Install => installation::run(settings, session, voice).await,
        Operation::Uninstall => installation::undo(settings, session, voice).await,
        Operation::WaitForInstallation => installation::wait(settings, session, voice).await,
        Operation::Unpublish => show::unpublish(settings, session, voice).await,
        Operation::Show => show::run(settings, session, voice).await,
        Operation::WaitForValidation => validation::run(settings, session, voice).await,
        Operation::WhoAmI => members::who_am_i(settings, session, voice).await,
        Operation::AddMember => members::add(settings, session, voice).await,
        Operation::Events => events::run(settings, session, voice).await,
    }
}

fn package(settings: &Settings, voice: &dyn Voice) -> Result<Done, Situation> {
    let package = subject::make(settings, voice)?;
    let path = package.path.display().to_string();
    Ok(Done {
        variables: vec![
            ("vsixFile", path.clone()),
            ("extensionId", package.name.extension),
            ("publisherId", package.name.publisher),
            ("version", package.version),
        ],
        lines: vec![path],
        ..Done::default()
    })
}
