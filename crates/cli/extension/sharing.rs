//! `share` and `unshare`: which organizations see a private extension.
//!
//! It never installs it there.

use adieu_devops::{ExtensionName, Organization, Sharing};
use serde_json::json;

use super::done::Done;
use super::operation::InOrganizations;
use super::{organizations, target};
use crate::session::Session;
use crate::situation::Situation;
use crate::voice::Voice;

/// Runs `share`.
pub(super) async fn run(
    share: &InOrganizations,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let organizations = organizations::or_own(session, &share.organizations)?;
    let name = target::find(&share.extension)?.name;
    with_all(&name, &organizations, session, voice).await?;
    Ok(done(&name, &organizations, "sharedWith"))
}

/// Runs `unshare`.
pub(super) async fn undo(
    share: &InOrganizations,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let organizations = organizations::required(session, &share.organizations)?;
    let name = target::find(&share.extension)?.name;
    let client = session.client().await?;
    let asked = organizations
        .iter()
        .map(|organization| client.unshare(&name, organization));
    let doing = format!("stop sharing {name}");
    organizations::each(&organizations, asked, &doing, session, |name, outcome| {
        voice.say(&match outcome {
            Sharing::Changed => format!("{name}: no longer shared."),
            Sharing::WasSo => format!("{name}: was not shared with it."),
        });
    })
    .await?;
    Ok(done(&name, &organizations, "unsharedFrom"))
}

/// Shares with all, and says of each how it went.
pub(super) async fn with_all(
    name: &ExtensionName,
    organizations: &[Organization],
    session: &Session,
    voice: &dyn Voice,
) -> Result<(), Situation> {
    let client = session.client().await?;
    // The gallery answers a second sharing like the first, so that what it knows is asked before.
    let shared_with = match client.show(name).await {
        Ok(Some(extension)) => extension.shared_with,
        Ok(None) => return Err(super::not_found(name)),
        Err(error) => {
            let doing = format!("share {name}");
            return Err(
                super::marketplace_refused(session, error, &doing, Some(&name.publisher)).await,
            );
        }
    };
    let is_shared = |organization: &Organization| {
        shared_with
            .iter()
            .any(|shared| shared.eq_ignore_ascii_case(&organization.name))
    };
    let asked = organizations.iter().map(|organization| async {
        if is_shared(organization) {
            return Ok(Sharing::WasSo);
        }
        client
            .share(name, organization)
            .await
            .map(|()| Sharing::Changed)
    });
    let doing = format!("share {name}");
    organizations::each(organizations, asked, &doing, session, |name, outcome| {
        voice.say(&match outcome {
            Sharing::Changed => format!("{name}: shared."),
            Sharing::WasSo => format!("{name}: was shared already."),
        });
    })
    .await
}

fn done(name: &ExtensionName, organizations: &[Organization], key: &str) -> Done {
    let names: Vec<String> = organizations.iter().map(|one| one.name.clone()).collect();
    Done {
        variables: vec![
            ("extensionId", name.extension.clone()),
            ("publisherId", name.publisher.clone()),
        ],
        json: json!({ "publisher": name.publisher, "extensionId": name.extension, key: names }),
        lines: names,
        ..Done::default()
    }
}
