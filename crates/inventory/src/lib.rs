//! What an administrator must know about an organization before personal access tokens stop: those of its users, and
//! the tokens in its connections, variables and definitions.
//!
//! It changes nothing, and does not depend on the agent, on flags or on message texts. It gets no token itself; its
//! [`Caller`](adieu_devops::Caller) does.

mod leaks;
mod pats;
mod progress;
mod resources;
mod users;

use adieu_devops::{Error, Reason};

pub use leaks::{Leak, LeaksProblem, read_leaks};
pub use pats::{AuditLog, Inventory, NotRead, OwnedPat, State, day};
pub use progress::{Progress, ProgressError, ProgressProblem};
pub use resources::{Resources, UnreadList, kind};
pub use users::{PatsError, read_pats};

/// Azure DevOps throttles clients with more concurrent requests.
const AT_ONCE: usize = 4;

/// Why a list was not read.
#[derive(Debug)]
pub enum ReadError<E> {
    /// The caller could not sign in.
    SignIn(E),
    /// The service did not answer, or refused.
    Refused(Error),
    /// It was not requested, because the service had stopped answering.
    Stopped,
}

impl<E> ReadError<E> {
    /// Whether the caller lacks a permission. A list with its own permission is also refused with 401: the same token
    /// has just listed the users or projects.
    #[must_use]
    pub fn is_about_permission(&self) -> bool {
        let Self::Refused(error) = self else {
            return false;
        };
        let reasons = [
            Reason::NotPermitted,
            Reason::NotFound,
            Reason::ProjectNotShown,
            Reason::NoProject,
        ];
        let mut reasons = reasons.into_iter();
        matches!(error, Error::SignedOut { .. }) || reasons.any(|reason| error.is(reason))
    }

    /// Whether another run may read it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::SignIn(_) | Self::Stopped => true,
            Self::Refused(error) => error.is_transient() && !self.is_about_permission(),
        }
    }
}
