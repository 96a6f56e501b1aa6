//! `show` and `unpublish`: what the Marketplace has of an extension, and taking it away.
//!
//! It never changes a version.

use serde_json::{Value, json};

use super::done::Done;
use super::target::{self, ExtensionReference};
use crate::session::Session;
use crate::situation::Situation;
use crate::voice::Voice;

/// The longest value that a variable gets.
const LONGEST_VALUE: usize = 32_000;

/// Runs `show`.
pub(super) async fn run(
    extension: &ExtensionReference,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let name = target::find(extension)?.name;
    let client = session.client().await?;
    let extension = match client.show(&name).await {
        Ok(Some(extension)) => extension,
        Ok(None) => return Err(super::not_found(&name)),
        Err(error) => {
            let doing = format!("show {name}");
            return Err(
                super::marketplace_refused(session, error, &doing, Some(&name.publisher)).await,
            );
        }
    };
    let latest = extension
        .version(None)
        .map(|version| version.version.clone())
        .unwrap_or_default();
    voice.say(&format!(
        "{name} {latest}: {}; shared with {}.",
        if extension.flags.is_empty() {
            "no flags".to_owned()
        } else {
            extension.flags.join(", ")
        },
        if extension.shared_with.is_empty() {
            "no organization".to_owned()
        } else {
            extension.shared_with.join(", ")
        }
    ));
    let mut metadata = extension.whole.to_string();
    if metadata.len() > LONGEST_VALUE {
        let mut short = extension.whole.clone();
        if let Some(versions) = short.get_mut("versions").and_then(Value::as_array_mut) {
            versions.retain(|one| one.get("version").and_then(Value::as_str) == Some(&latest));
        }
        metadata = short.to_string();
        voice.warn(
            "The variable metadata has the latest version alone: all of them are longer \
         than a variable may be.",
        );
    }
    Ok(Done {
        variables: vec![
            ("extensionId", name.extension.clone()),
            ("publisherId", name.publisher.clone()),
            ("version", latest.clone()),
            ("metadata", metadata),
        ],
        lines: vec![format!("{name} {latest}")],
        json: extension.whole,
        ..Done::default()
    })
}

/// Runs `unpublish`.
pub(super) async fn unpublish(
    extension: &ExtensionReference,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let name = target::find(extension)?.name;
    // The version of a manifest that lies around is not an order to remove just that.
    let version = extension.changes.version.as_deref();
    let client = session.client().await?;
    let was_there = match client.unpublish(&name, version).await {
        Ok(was_there) => was_there,
        Err(error) => {
            let doing = format!("unpublish {name}");
            return Err(
                super::marketplace_refused(session, error, &doing, Some(&name.publisher)).await,
            );
        }
    };
    let label = match version {
        Some(version) => format!("{name} {version}"),
        None => name.to_string(),
    };
    voice.say(&if was_there {
        format!("{label} is no longer in the Marketplace.")
    } else {
        format!("{label} was not in the Marketplace.")
    });
    Ok(Done {
        variables: vec![
            ("extensionId", name.extension.clone()),
            ("publisherId", name.publisher.clone()),
        ],
        json: json!({
            "publisher": name.publisher, "extensionId": name.extension, "version": version, "wasThere": was_there,
        }),
        lines: vec![label],
        ..Done::default()
    })
}
