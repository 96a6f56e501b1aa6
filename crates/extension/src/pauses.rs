//! The pauses between requests about something that takes minutes.
//!
//! It sends none.

use std::time::Duration;

use adieu_transport::Deadline;

/// The first pause; each next one is half as long again.
const FIRST: Duration = Duration::from_secs(1);

/// No pause is longer: a minute more or less is nothing to the service, and much to the person who waits for it.
const LONGEST: Duration = Duration::from_secs(15);

/// Pauses that grow, until a deadline.
#[derive(Debug)]
pub(crate) struct Pauses {
    deadline: Deadline,
    next: Duration,
}

impl Pauses {
    pub(crate) fn until(deadline: Deadline) -> Self {
        Self {
            deadline,
            next: FIRST,
        }
    }

    /// Waits for the next question. Returns false, at once, where the deadline comes first.
    pub(crate) async fn wait(&mut self) -> bool {
        if self.deadline.left() <= self.next {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(LONGEST);
        true
    }
}
