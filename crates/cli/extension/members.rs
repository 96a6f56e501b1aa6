//! `whoAmI` and `addMember`: the id that a publisher's page asks for, and putting it there.
//!
//! It never makes an identity a member of an organization.

use adieu_devops::Role;
use serde_json::json;

use super::done::Done;
use super::operation::AddMember;
use super::target::{self, ExtensionReference};
use crate::page;
use crate::session::Session;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;
use crate::whoami;

/// Runs `whoAmI`.
pub(super) async fn who_am_i(
    extension: &ExtensionReference,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let profile = whoami::profile(session).await?;
    let ids = session.ids();
    let facts = whoami::facts(&profile, &ids);
    for (name, value) in &facts {
        voice.say(&format!("{name}: {value}"));
    }
    let publisher = match &extension.changes.publisher {
        Some(publisher) => publisher.clone(),
        None => target::read(extension).unwrap_or_default().publisher,
    };
    let (place, link) = if publisher.is_empty() {
        let place = "the publisher's page on the Marketplace".to_owned();
        (place.clone(), place)
    } else {
        let address = session.hosts().publisher_page(&publisher);
        let link = page::link("the publisher's page", &address);
        (address, link)
    };
    voice.say(&next_click(&place, &profile.id));
    Ok(Done {
        variables: vec![("identityId", profile.id.clone())],
        lines: vec![profile.id.clone()],
        json: whoami::json(&profile, &ids),
        page: Some(format!(
            "### Who this connection is to Azure DevOps\n\n{}\n{}\n",
            page::table(&facts.map(|(name, value)| (name, page::code(&value)))),
            next_click(&link, &page::code(&profile.id))
        )),
        state: None,
    })
}

/// Runs `addMember`.
pub(super) async fn add(
    add: &AddMember,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let publisher = match &add.extension.changes.publisher {
        Some(publisher) => publisher.clone(),
        None => target::read(&add.extension)?.publisher,
    };
    if publisher.is_empty() {
        return Err(Situation::Extension(ExtensionProblem::NoName {
            publisher: true,
        }));
    }
    let id = match &add.member {
        Some(id) => id.clone(),
        None => whoami::profile(session).await?.id,
    };
    let role = add.role.unwrap_or(Role::Contributor);
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
            "{id} was already a member of {publisher}, as {}.",
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
        ..Done::default()
    })
}

fn next_click(place: &str, id: &str) -> String {
    format!(
        "Next: open {place} → Members → Add, and paste {id} with the role Contributor (Creator \
         for a new extension)."
    )
}
