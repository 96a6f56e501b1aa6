//! The emulator's own clock: starts at the real time and moves forward on request.
//!
//! It never goes back.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// A clock that can be advanced.
#[derive(Debug, Default)]
pub struct Clock {
    ahead: AtomicU64,
}

impl Clock {
    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        self.ahead.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    /// The time in HTTP's format.
    pub(crate) fn date(&self) -> String {
        let now = OffsetDateTime::from_unix_timestamp(self.now()).expect("a moment of this age");
        let date = now.format(&Rfc2822).expect("a date of this age");
        date.replace("+0000", "GMT")
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        let real = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        i64::try_from(real + self.ahead.load(Ordering::SeqCst)).unwrap_or(i64::MAX)
    }
}
