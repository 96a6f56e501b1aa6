//! The identity that an operation uses, as far as the operation needs it.
//!
//! It never signs in.

use adieu_devops::{Caller, Client, Error, Reason};

use crate::failure::{Action, OperationFailure};

/// A signed-in client.
pub(crate) async fn client<C: Caller>(
    caller: &C,
) -> Result<Client<'_>, OperationFailure<C::Error>> {
    caller.client().await.map_err(OperationFailure::SignIn)
}

/// Adds what helps against a refusal by a publisher: its page, and the refused identity, which usually is not a member
/// yet.
pub(crate) async fn refused<C: Caller>(
    caller: &C,
    action: Action,
    error: Error,
) -> OperationFailure<C::Error> {
    let page = action
        .publisher()
        .map(|publisher| caller.hosts().publisher_page(publisher));
    let about_identity = [
        Reason::NotPermitted,
        Reason::UnknownIdentity,
        Reason::NotAdded,
    ];
    let is_about_identity = about_identity.into_iter().any(|reason| error.is(reason));
    // If the identity cannot be found out, the refusal is reported without it.
    let identity = match caller.client().await {
        Ok(client) if is_about_identity && page.is_some() => client.profile().await.ok(),
        _ => None,
    };
    OperationFailure::Refused {
        action,
        error,
        identity,
        page,
    }
}
