//! Reads the personal access tokens of an organization's users, and when they were used.
//!
//! It revokes nothing, and no answer that it reads contains a token.

use std::cell::Cell;
use std::pin::pin;

use adieu_devops::{
    Caller, Client, Error, Organization, PersonalAccessToken, Reason, User, revocation_request,
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::pats::{AuditLog, Inventory, NotRead, OwnedPat};
use crate::progress::Progress;
use crate::{AT_ONCE, ReadError};

/// Retention of the audit log (learn.microsoft.com, "Access, export, and filter audit logs").
const AUDITED: Duration = Duration::days(90);

/// Why there is no inventory.
#[derive(Debug)]
pub enum PatsError<E> {
    /// The caller could not sign in.
    SignIn(E),
    /// The users cannot be listed.
    Users(Error),
    /// The caller may not list the tokens of other users.
    NotAdministrator(Error),
}

/// Reads the tokens of all users.
///
/// # Errors
/// The users cannot be listed, or the caller does not administer the organization. Other failures are in the
/// inventory.
pub async fn read_pats<C: Caller>(
    caller: &C,
    organization: &Organization,
    now: OffsetDateTime,
    progress: &Progress,
) -> Result<Inventory<C::Error>, PatsError<C::Error>> {
    let client = caller.client().await.map_err(PatsError::SignIn)?;
    let users = client.users(organization).await.map_err(PatsError::Users)?;
    let mut inventory = Inventory {
        organization: organization.name.clone(),
        taken: now,
        users: users.len(),
        pats: Vec::new(),
        left_out: 0,
        audit: AuditLog::NotAsked,
        not_read: Vec::new(),
        is_interrupted: false,
        leaks_without_owner: Vec::new(),
        revocation: revocation_request(organization, &["<authorization id>"]),
    };
    let is_stopped = Cell::new(false);
    let answers = stream::iter(users).map(|user| {
        let asking = pats_of(user, caller, organization, progress, &is_stopped);
        asking.boxed_local()
    });
    let mut answers = pin!(answers.buffer_unordered(AT_ONCE));
    while let Some((user, answered)) = answers.next().await {
        match answered {
            Ok(pats) => {
                let pats = pats.into_iter();
                let owned = pats.map(|pat| OwnedPat::new(user.clone(), pat, now));
                inventory.pats.extend(owned);
            }
            // The reference documents 401 for callers who may not administer tokens; the same token has just listed
            // the users. The others would be refused in the same way.
            Err(ReadError::Refused(error))
                if error.is(Reason::NotPermitted) || matches!(error, Error::SignedOut { .. }) =>
            {
                return Err(PatsError::NotAdministrator(error));
            }
            Err(error) => inventory.not_read.push(NotRead { user, error }),
        }
    }
    inventory.is_interrupted = is_stopped.get();
    if !inventory.is_interrupted {
        progress.finish();
    }
    if !inventory.pats.is_empty() {
        inventory.audit = match caller.client().await {
            Ok(client) => audit(&client, organization, &mut inventory.pats, now).await,
            Err(error) => AuditLog::Unread(ReadError::SignIn(error)),
        };
    }
    inventory.sort();
    Ok(inventory)
}

/// The tokens of a user. Once the service has stopped answering, it gets no more requests.
async fn pats_of<C: Caller>(
    user: User,
    caller: &C,
    organization: &Organization,
    progress: &Progress,
    is_stopped: &Cell<bool>,
) -> (User, Result<Vec<PersonalAccessToken>, ReadError<C::Error>>) {
    if let Some(known) = progress.of(&user.descriptor).and_then(Value::as_array) {
        let known = known.iter().map(PersonalAccessToken::from_json).collect();
        return (user, Ok(known));
    }
    if is_stopped.get() {
        return (user, Err(ReadError::Stopped));
    }
    let client = match caller.client().await {
        Ok(client) => client,
        Err(error) => return (user, Err(ReadError::SignIn(error))),
    };
    let asked = client.personal_access_tokens(organization, &user.descriptor);
    let answered = asked.await;
    match &answered {
        Ok(pats) => {
            let pats = pats.iter().map(PersonalAccessToken::to_json).collect();
            progress.keep(&user.descriptor, &Value::Array(pats));
        }
        Err(error) if error.is_transient() => is_stopped.set(true),
        Err(_) => {}
    }
    (user, answered.map_err(ReadError::Refused))
}

/// Adds the last uses from the audit log.
async fn audit<E>(
    client: &Client<'_>,
    organization: &Organization,
    pats: &mut [OwnedPat],
    now: OffsetDateTime,
) -> AuditLog<E> {
    let since = now - AUDITED;
    let ids: Vec<&str> = pats
        .iter()
        .map(|pat| pat.pat.authorization_id.as_str())
        .collect();
    match client.pat_uses(organization, (since, now), &ids).await {
        Ok(uses) => {
            for pat in pats.iter_mut() {
                pat.last_use = uses.last(&pat.pat.authorization_id);
            }
            AuditLog::Read {
                since: uses.read_back_to.unwrap_or(since),
                is_cut: uses.read_back_to.is_some(),
                is_empty: uses.entries == 0,
            }
        }
        Err(error) if error.is(Reason::NotPermitted) => AuditLog::NotPermitted,
        Err(error) => AuditLog::Unread(ReadError::Refused(error)),
    }
}
