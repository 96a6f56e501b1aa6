//! Publishing: package, upload, validation, sharing.
//!
//! It never uploads a version twice; the gallery is asked first, and asked again when in doubt.

use adieu_devops::{
    Client, ExtensionName, Organization, Outcome, Package, Progress, Published, ValidationState,
};
use serde_json::json;

use super::comparison::{self, Comparison};
use super::done::Done;
use super::operation::Publish;
use super::{organizations, sharing, target, validation};
use crate::page;
use crate::session::Session;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;

/// Runs the operation.
pub(super) async fn run(
    publish: &Publish,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    // Everything that can be wrong here is found before anything is sent.
    let organizations = organizations::read(session.hosts(), &publish.share_with)?;
    let package = target::make(&publish.packing, voice)?;
    let label = format!("{} {}", package.name, package.version);
    let client = session.client().await?;
    let tell = |progress: Progress| match progress {
        Progress::Uploading { is_new } => voice.say(&format!(
            "Uploading {label}, {} bytes; the extension {}.",
            package.size,
            if is_new { "is new" } else { "already exists" }
        )),
        Progress::Sent(percent) => {
            voice.progress(percent, "uploaded");
            voice.say(&format!("{percent} % sent."));
        }
        Progress::InDoubt => {
            voice.say("The answer to the upload was lost; asking the Marketplace what it has.");
        }
        Progress::Again => voice.say("Uploading again."),
    };
    let published = match client.publish(&package, &tell).await {
        Ok(published) => published,
        Err(error) => {
            let doing = format!("publish {label}");
            return Err(super::marketplace_refused(
                session,
                error,
                &doing,
                Some(&package.name.publisher),
            )
            .await);
        }
    };
    report(&package, &published, &label, &client, voice).await?;
    let mut state = published.version.state.clone();
    if let Some(limit) = publish.wait {
        let (name, version) = (&package.name, Some(package.version.as_str()));
        state = validation::wait(name, version, limit, session, voice)
            .await?
            .state;
    } else {
        voice.say("Not waiting for validation; the version cannot be installed before it is done.");
    }
    if !organizations.is_empty() {
        sharing::with_all(&package.name, &organizations, session, voice).await?;
    }
    let path = package.path.display().to_string();
    Ok(Done {
        variables: vec![
            ("vsixFile", path.clone()),
            ("extensionId", package.name.extension.clone()),
            ("publisherId", package.name.publisher.clone()),
            ("version", package.version.clone()),
        ],
        lines: vec![label.clone()],
        json: json!({
            "publisher": package.name.publisher,
            "extensionId": package.name.extension,
            "version": package.version,
            "vsixFile": path,
            "isNew": published.outcome == Outcome::Created,
            "wasThere": published.outcome == Outcome::AlreadyThere,
            "validation": validation::word(&state),
            "sharedWith": organizations.iter().map(|one| one.name.clone()).collect::<Vec<_>>(),
        }),
        state: None,
        page: Some(published_page(
            &package.name,
            &package.version,
            &state,
            &organizations,
            session,
        )),
    })
}

/// Says how it went. A version that was there before counts where it is this package: nothing else may pass for it.
async fn report(
    package: &Package,
    published: &Published,
    label: &str,
    client: &Client<'_>,
    voice: &dyn Voice,
) -> Result<(), Situation> {
    let since = &published.version.last_updated;
    match published.outcome {
        Outcome::Created | Outcome::Updated => voice.say(&format!("Uploaded {label}.")),
        Outcome::FoundAfterDoubt => {
            voice.say("The Marketplace has it: the upload was complete.");
        }
        Outcome::AlreadyThere => match comparison::with_published(package, client).await {
            Comparison::Same => voice.say(&format!(
                "{label} is already in the Marketplace (since {since}), and it is this \
                 package; nothing was uploaded."
            )),
            Comparison::Unknown(reason) => voice.warn(&format!(
                "{label} is already in the Marketplace (since {since}), so nothing was \
                 uploaded. Whether it is this package is not known: {reason}. If it is not, \
                 raise the version."
            )),
            Comparison::Other(differing) => {
                return Err(Situation::Extension(ExtensionProblem::AnotherPackage {
                    label: label.to_owned(),
                    since: since.clone(),
                    differing,
                }));
            }
        },
    }
    Ok(())
}

fn published_page(
    name: &ExtensionName,
    version: &str,
    state: &ValidationState,
    organizations: &[Organization],
    session: &Session,
) -> String {
    let state = match state {
        ValidationState::Pending => "not done yet; it can be installed afterwards",
        ValidationState::Validated => "done: it can be installed",
        ValidationState::Failed(_) => "refused",
    };
    let mut facts = vec![
        ("extension", page::code(&name.to_string())),
        ("version", page::code(version)),
        ("validation", state.to_owned()),
    ];
    if !organizations.is_empty() {
        let names: Vec<String> = organizations
            .iter()
            .map(|one| page::code(&one.name))
            .collect();
        facts.push(("shared with", names.join(", ")));
    }
    format!(
        "### Published to the Marketplace\n\n{}\n{}\n",
        page::table(&facts),
        page::link(
            "The publisher's page",
            &session.hosts().publisher_page(&name.publisher)
        )
    )
}
