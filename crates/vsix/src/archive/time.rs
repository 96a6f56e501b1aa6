//! The time that every entry of a package has.
//!
//! It never uses the clock: two builds from the same sources must be identical.

use time::OffsetDateTime;
use zip::DateTime;

/// Seconds since 1970, as in `SOURCE_DATE_EPOCH` (reproducible-builds.org), as UTC.
///
/// A ZIP header holds the years 1980 to 2107 in steps of two seconds; other times become the nearest one.
pub fn timestamp(seconds: u64) -> DateTime {
    const FIRST: u64 = 315_532_800;
    const LAST: u64 = 4_354_819_199;
    let seconds = i64::try_from(seconds.clamp(FIRST, LAST)).unwrap_or_default();
    // A step in the header is two seconds; only the value in memory could hold an odd one.
    let moment = OffsetDateTime::from_unix_timestamp(seconds - seconds % 2).ok();
    moment
        .and_then(|moment| {
            DateTime::from_date_and_time(
                u16::try_from(moment.year()).ok()?,
                moment.month().into(),
                moment.day(),
                moment.hour(),
                moment.minute(),
                moment.second(),
            )
            .ok()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn converts_an_epoch_to_date_and_time() {
        let shown = [0, 315_532_800, 951_825_599, 1_790_121_601, u64::MAX]
            .map(|seconds| timestamp(seconds).to_string());
        assert_eq!(
            shown,
            [
                "1980-01-01 00:00:00",
                "1980-01-01 00:00:00",
                "2000-02-29 11:59:58",
                "2026-09-23 00:00:00",
                "2107-12-31 23:59:58"
            ]
        );
    }
}
