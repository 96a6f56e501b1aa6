//! Retries: only of transient failures, within one limit, with jitter so that callers that were refused together do
//! not come back together.
//!
//! It never reads a body; the caller's parser decides whether a failure is transient.

use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::time::Instant;

use crate::answer::Answer;
use crate::failure::ServiceFailure;

/// Time limit for all attempts of one task together.
const BOUND: Duration = Duration::from_secs(30);

/// Callers that were throttled together are spread over this time when they come back. With this length, 500 tasks
/// succeed with a service that accepts 50 per second, most of them at the second attempt.
const JITTER_WHEN_THROTTLED: Duration = Duration::from_secs(9);

/// First pause after any other failure; each one is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(400);

/// No clock can count to the end of the longest [`Duration`].
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Minimum time for the last attempt.
pub(crate) const LAST_ATTEMPT: Duration = Duration::from_secs(2);

/// The result of an unsuccessful attempt.
#[derive(Debug)]
pub enum Attempt<E> {
    /// A retry can help. The error is reported if it does not.
    Transient {
        /// The error to report if retries do not help.
        error: E,
        /// Seconds until the service wants another request.
        retry_after: Option<u64>,
        /// Whether the service throttles requests (429).
        throttled: bool,
    },
    /// A retry would give the same answer.
    Permanent(E),
}

impl<E> Attempt<E> {
    /// An attempt that a service rejected for the moment.
    pub fn turned_away(answer: &Answer, error: E) -> Self {
        Self::Transient {
            error,
            retry_after: answer.retry_after(),
            throttled: answer.status == 429,
        }
    }
}

impl<E: From<ServiceFailure>> From<ServiceFailure> for Attempt<E> {
    fn from(failure: ServiceFailure) -> Self {
        if failure.is_transient() {
            Self::Transient {
                retry_after: failure.retry_after(),
                throttled: failure.is_throttled(),
                error: failure.into(),
            }
        } else {
            Self::Permanent(failure.into())
        }
    }
}

/// The end of the time that all attempts share.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// Half a minute from now.
    pub fn start() -> Self {
        Self::after(BOUND)
    }

    /// `time` from now, but at most a century, which makes no difference to a program.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time.min(CENTURY))
    }

    /// The remaining time.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Repeats `attempt` (which gets its number, starting at 1) until it succeeds, fails permanently, or the required
/// pause would exceed the deadline. Attempts share no state: that the future of an [`AsyncFnMut`] can be sent to another
/// thread, as traits of the Azure SDK require, cannot be proved.
///
/// # Errors
/// The result of the last attempt.
pub async fn retry_until<T, E, F: Future<Output = Result<T, Attempt<E>>>>(
    deadline: Deadline,
    mut attempt: impl FnMut(u32) -> F,
) -> Result<T, E> {
    let mut number = 1;
    loop {
        match attempt(number).await {
            Ok(value) => return Ok(value),
            Err(failed) => wait(failed, number, deadline).await?,
        }
        number += 1;
    }
}

/// Waits until a failed attempt may be repeated, or returns its error.
async fn wait<E>(failed: Attempt<E>, number: u32, deadline: Deadline) -> Result<(), E> {
    match failed {
        Attempt::Permanent(error) => Err(error),
        Attempt::Transient {
            error,
            retry_after,
            throttled,
        } => {
            let left = deadline.left();
            if left <= LAST_ATTEMPT || asked(retry_after) >= left - LAST_ATTEMPT {
                return Err(error);
            }
            // An error may not be `Send`.
            drop(error);
            // The jitter may be shortened, but not the pause that the service asked for.
            let pause = pause(number, retry_after, throttled, random());
            tokio::time::sleep(pause.min(left - LAST_ATTEMPT)).await;
            Ok(())
        }
    }
}

/// The pause before the next attempt. `random` is between 0 and 1.
///
/// `Retry-After` is a lower bound. Beyond it, throttled callers are spread evenly over some seconds, and others over
/// the exponential step ("full jitter", the best method in the measurements of AWS's architecture blog).
fn pause(attempt: u32, retry_after: Option<u64>, throttled: bool, random: f64) -> Duration {
    let spread = if throttled {
        JITTER_WHEN_THROTTLED
    } else {
        FIRST_PAUSE * 2_u32.saturating_pow(attempt.min(10) - 1)
    };
    asked(retry_after).saturating_add(spread.mul_f64(random))
}

fn asked(retry_after: Option<u64>) -> Duration {
    Duration::from_secs(retry_after.unwrap_or_default())
}

/// A number from 0 to 1; without randomness from the system it is 1, the longest pause.
fn random() -> f64 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_a_deadline_in_the_far_future() {
        let century = Deadline::after(Duration::MAX).left();
        assert!(century > CENTURY - Duration::from_secs(60));
        assert_eq!(Deadline::after(Duration::ZERO).left(), Duration::ZERO);
    }

    #[test]
    fn pauses_grow_and_honor_the_service() {
        let milliseconds = |attempt, retry_after, throttled, random| {
            pause(attempt, retry_after, throttled, random).as_millis()
        };
        assert_eq!(milliseconds(1, None, false, 1.0), 400);
        assert_eq!(milliseconds(2, None, false, 1.0), 800);
        assert_eq!(milliseconds(4, None, false, 0.5), 1600);
        assert_eq!(milliseconds(1, Some(7), false, 0.0), 7000);
        assert_eq!(milliseconds(1, Some(1), true, 0.0), 1000);
        assert_eq!(milliseconds(1, Some(1), true, 1.0), 10_000);
        assert_eq!(pause(1, Some(u64::MAX), true, 1.0), Duration::MAX);
    }

    #[test]
    fn throttled_callers_come_back_spread_out() {
        let seconds = (0..500).map(|_| pause(1, Some(1), true, random()).as_secs());
        let seconds: std::collections::BTreeSet<u64> = seconds.collect();
        assert_eq!(seconds, (1..10).collect());
    }
}
