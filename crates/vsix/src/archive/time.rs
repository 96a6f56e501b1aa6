//! The one time that every entry of a package carries.
//!
//! It never asks the clock: two builds of one tree must be the same bytes.

/// A moment in the form of ZIP headers: local time without a zone, two-second steps, from 1980 to 2107.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp {
    pub(super) date: u16,
    pub(super) time: u16,
}

impl Default for Timestamp {
    /// The first moment that a ZIP header can say: 1980-01-01 00:00.
    fn default() -> Self {
        Self {
            date: (1 << 5) | 1,
            time: 0,
        }
    }
}

impl Timestamp {
    /// A moment in seconds since 1970, as `SOURCE_DATE_EPOCH` says it (reproducible-builds.org), taken as UTC.
    /// Outside the years that a header can say, the nearest one.
    #[must_use]
    pub fn from_epoch(seconds: u64) -> Self {
        let (mut days, in_day) = (seconds / 86_400, seconds % 86_400);
        let mut year = 1970;
        loop {
            let length = if is_leap(year) { 366 } else { 365 };
            if days < length {
                break;
            }
            days -= length;
            year += 1;
            if year > 2107 {
                return Self {
                    date: (127 << 9) | (12 << 5) | 31,
                    time: (23 << 11) | (59 << 5) | 29,
                };
            }
        }
        if year < 1980 {
            return Self::default();
        }
        let mut month = 1;
        for length in [
            31,
            if is_leap(year) { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ] {
            if days < length {
                break;
            }
            days -= length;
            month += 1;
        }
        let pack = |value: u64| u16::try_from(value).unwrap_or_default();
        Self {
            date: pack(((year - 1980) << 9) | (month << 5) | (days + 1)),
            time: pack(((in_day / 3600) << 11) | (((in_day / 60) % 60) << 5) | ((in_day % 60) / 2)),
        }
    }
}

fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn an_epoch_becomes_date_and_time() {
        let shown = [0, 315_532_800, 951_825_599, 1_790_121_601, u64::MAX].map(|seconds| {
            let Timestamp { date, time } = Timestamp::from_epoch(seconds);
            let (year, month, day) = ((date >> 9) + 1980, (date >> 5) & 15, date & 31);
            format!(
                "{year}-{month}-{day} {}:{}:{}",
                time >> 11,
                (time >> 5) & 63,
                (time & 31) * 2
            )
        });
        assert_eq!(
            shown,
            [
                "1980-1-1 0:0:0",
                "1980-1-1 0:0:0",
                "2000-2-29 11:59:58",
                "2026-9-23 0:0:0",
                "2107-12-31 23:59:58"
            ]
        );
    }
}
