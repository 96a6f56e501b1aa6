//! The members of a publisher: shows the caller, and adds an identity.
//!
//! It never makes an identity a member of an organization.

use adieu_devops::{Caller, Profile, Role};

use crate::caller::client;
use crate::failure::{Action, OperationFailure, Problem};
use crate::outcome::Outcome;
use crate::target::{self, ExtensionReference};

/// Adds a member to the extension's publisher.
#[derive(Debug, Clone)]
pub struct AddMember {
    /// The extension, whose publisher is used.
    pub extension: ExtensionReference,
    /// Azure DevOps ID; `None` means the caller.
    pub member: Option<String>,
    /// The member's role.
    pub role: Role,
}

/// Finds out the caller and the publisher.
pub(crate) async fn who_am_i<C: Caller>(
    extension: &ExtensionReference,
    caller: &C,
) -> Result<Outcome, OperationFailure<C::Error>> {
    let profile = profile(caller).await?;
    let publisher = match &extension.changes.publisher {
        Some(publisher) => publisher.clone(),
        None => target::read(extension).unwrap_or_default().publisher,
    };
    Ok(Outcome::Identity {
        profile,
        publisher: Some(publisher).filter(|publisher| !publisher.is_empty()),
    })
}

/// Adds a member.
pub(crate) async fn add<C: Caller>(
    add: &AddMember,
    caller: &C,
) -> Result<Outcome, OperationFailure<C::Error>> {
    let publisher = match &add.extension.changes.publisher {
        Some(publisher) => publisher.clone(),
        None => target::read(&add.extension)?.publisher,
    };
    if publisher.is_empty() {
        return Err(Problem::NoName { publisher: true }.into());
    }
    let id = match &add.member {
        Some(id) => id.clone(),
        None => profile(caller).await?.id,
    };
    let client = client(caller).await?;
    let work = async {
        let members = client.members(&publisher).await?;
        let was_member = members
            .iter()
            .any(|member| member.id.eq_ignore_ascii_case(&id) && member.role == add.role.name());
        if !was_member {
            client.add_member(&publisher, &id, add.role).await?;
        }
        Ok(was_member)
    };
    let was_member = work.await.map_err(|error| {
        let (id, publisher) = (id.clone(), publisher.clone());
        Action::AddMember { id, publisher }.refused(error)
    })?;
    Ok(Outcome::Member {
        publisher,
        id,
        role: add.role,
        was_member,
    })
}

async fn profile<C: Caller>(caller: &C) -> Result<Profile, OperationFailure<C::Error>> {
    let profile = client(caller).await?.profile().await;
    profile.map_err(|error| Action::ReadProfile.refused(error))
}
