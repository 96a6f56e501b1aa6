//! What answers with a token have in common: the token's text, and the moment when it ends.
//!
//! It never looks into a token.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// The last second of the year 9999, since 1970: no date that people write comes after it.
const LAST: i64 = 253_402_300_799;

/// A text that is not empty, taken out of its document, so that no copy of a secret stays there unwiped.
pub(crate) fn take_text(json: &mut Value, field: &str) -> Option<String> {
    match json.get_mut(field)?.take() {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// A number, which some services write as text.
pub(crate) fn number(json: &Value, field: &str) -> Option<i64> {
    let value = json.get(field)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A moment in seconds since 1970, as far away as a date can be.
pub(crate) fn moment(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.clamp(0, LAST).unsigned_abs())
}

/// This machine's clock, in seconds since 1970.
pub(crate) fn seconds_now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
        .unwrap_or_default()
}
