//! The pauses between requests about something that takes minutes.
//!
//! It sends no requests.

use std::time::Duration;

use adieu_transport::Deadline;

/// The first pause; each one is half as long again as the one before.
const FIRST: Duration = Duration::from_secs(1);

/// The longest pause: the service can take more requests, but a person waits for the answer.
const LONGEST: Duration = Duration::from_secs(15);

/// Growing pauses until a deadline.
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

    /// Waits until the next request is due. Returns `false` immediately if the deadline comes first.
    pub(crate) async fn wait(&mut self) -> bool {
        if self.deadline.left() <= self.next {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(LONGEST);
        true
    }
}
