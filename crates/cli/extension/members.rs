//! `whoAmI` and `addMember`: the id that a publisher's page asks for, and putting it there.
//!
//! It never makes an identity a member of an organization.

use adieu_devops::Role;
use serde_json::json;

use super::settings::{Done, Settings};
use super::subject;
use crate::session::Session;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;
use crate::whoami;

/// Runs `whoAmI`.
pub(super) async fn who_am_i(
    settings: &Settings,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let profile = whoami::profile(session).await?;
    let claims = session.claims();
    let facts = whoami::facts(&profile, &claims);
    for (name, value) in &facts {
        voice.say(&format!("{name}: {value}"));
    }
    let publisher = match &settings.publisher {
        Some(publisher) => publisher.clone(),
        None => subject::read(settings).unwrap_or_default().publisher,
    };
    let next = next_click(session, &publisher, &profile.id);
    voice.say(&next);
    let rows: Vec<String> = facts
        .iter()
        .map(|(name, value)| format!("| {name} | `{}` |", cell(value)))
        .collect();
    Ok(Done {
        variables: vec![("identityId", profile.id.clone())],
        lines: vec![profile.id.clone()],
        json: whoami::json(&profile, &claims),
        page: Some(format!(
            "### Who this connection is to Azure DevOps\n\n| | |\n|---|---|\n{}\n\n{next}\n",
            rows.join("\n")
        )),
    })
}

/// Runs `addMember`.
pub(super) async fn add(
    settings: &Settings,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let publisher = match &settings.publisher {
        Some(publisher) => publisher.clone(),
        None => subject::read(settings)?.publisher,
    };
    if publisher.is_empty() {
        return Err(Situation::Extension(ExtensionProblem::NoName {
            publisher: true,
        }));
    }
    let id = match &settings.member {
        Some(id) => id.clone(),
        None => whoami::profile(session).await?.id,
    };
    let role = settings.role.unwrap_or(Role::Contributor);
    let doing = format!("make {id} a member of {publisher}");
    let client = session.client().await?;
    let members = match client.members(&publisher).await {
        Ok(members) => members,
        Err(error) => {
            return Err(super::marketplace_refused(session, error, &doing, Some(&publisher)).await);
        }
    };
    let has_role = members
        .iter()
        .any(|member| member.id.eq_ignore_ascii_case(&id) && member.role == role.name());
    if has_role {
        voice.say(&format!(
            "{id} was a member of {publisher} already, as {}.",
            role.name()
        ));
    } else {
        if let Err(error) = client.add_member(&publisher, &id, role).await {
            return Err(super::marketplace_refused(session, error, &doing, Some(&publisher)).await);
        }
        voice.say(&format!(
            "{id} is a member of {publisher} now, as {}.",
            role.name()
        ));
    }
    Ok(Done {
        variables: vec![
            ("publisherId", publisher.clone()),
            ("identityId", id.clone()),
        ],
        json: json!({ "publisher": publisher, "id": id, "role": role.name(), "wasMember": has_role }),
        lines: vec![id],
        page: None,
    })
}

fn next_click(session: &Session, publisher: &str, id: &str) -> String {
    if publisher.is_empty() {
        return format!(
            "Next: open the publisher's page on the Marketplace → Members → Add, and paste {id} with the role Contributor."
        );
    }
    format!(
        "Next: open {} → Members → Add, and paste {id} with the role Contributor.",
        session.hosts().publisher_page(publisher)
    )
}

/// A value in a table of Markdown, where a bar or a backtick would end its cell.
fn cell(value: &str) -> String {
    value.replace(['|', '`', '\n', '\r'], " ")
}
