//! The identity that an operation uses, as far as the operation needs it.
//!
//! It never signs in.

use adieu_devops::{Client, Error, Hosts, Reason};

use crate::failure::{Action, OperationFailure};

/// An identity that uses Azure DevOps for the duration of an operation.
pub trait Caller {
    /// Why it cannot sign in.
    type Error;

    /// The services to contact.
    fn hosts(&self) -> &Hosts;

    /// A client with a token that is valid for the next minutes.
    fn client(&self) -> impl Future<Output = Result<Client<'_>, Self::Error>>;
}

/// A signed-in client.
pub(crate) async fn client<C: Caller>(
    caller: &C,
) -> Result<Client<'_>, OperationFailure<C::Error>> {
    caller.client().await.map_err(OperationFailure::SignIn)
}

/// Adds the refused identity to a refusal: most refusals mean that it is not a member yet.
pub(crate) async fn refused<C: Caller>(
    caller: &C,
    error: Error,
    action: Action,
    publisher: &str,
) -> OperationFailure<C::Error> {
    let is_about_identity = [
        Reason::NotPermitted,
        Reason::UnknownIdentity,
        Reason::NotAdded,
    ]
    .into_iter()
    .any(|reason| error.is(reason));
    // If the identity cannot be found out, the refusal is reported without it.
    let identity = match caller.client().await {
        Ok(client) if is_about_identity => client.profile().await.ok(),
        _ => None,
    };
    OperationFailure::Refused {
        action,
        error,
        identity,
        page: Some(caller.hosts().publisher_page(publisher)),
    }
}
