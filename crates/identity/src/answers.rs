//! What all token responses have in common: the token's text, its expiry, and the form in which azure_identity reads
//! both.
//!
//! It never decodes a token.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::Error;

/// The last second of the year 9999, in seconds since 1970.
pub(crate) const LAST_MOMENT: i64 = 253_402_300_799;

/// Takes a text that is not empty out of a document, so that no copy of a secret stays there.
pub(crate) fn take_text(json: &mut Value, field: &str) -> Option<String> {
    match json.get_mut(field)?.take() {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// A whole number, which some services write as text or with a fraction.
pub(crate) fn number(json: &Value, field: &str) -> Option<i64> {
    whole(json.get(field)?)
}

fn whole(value: &Value) -> Option<i64> {
    let text = match value {
        Value::String(text) => text.trim(),
        Value::Number(number) => {
            return number
                .as_i64()
                .or_else(|| before_point(&number.to_string()));
        }
        _ => return None,
    };
    text.parse().ok().or_else(|| before_point(text))
}

/// The whole part of `3599.0`, as services written in Python format a number of seconds.
fn before_point(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.')?;
    let is_fraction = fraction.bytes().all(|byte| byte.is_ascii_digit());
    is_fraction.then(|| whole.parse().ok())?
}

/// A time in seconds since 1970, in each form that managed-identity endpoints are known to use: a number, a number as
/// text, ISO 8601, and the American date of App Service's API of 2017-09-01.
pub(crate) fn seconds(json: &Value, field: &str) -> Option<i64> {
    let value = json.get(field)?;
    whole(value).or_else(|| date(value.as_str()?.trim()))
}

fn date(text: &str) -> Option<i64> {
    let iso = iso_of_american(text).unwrap_or_else(|| text.replacen(' ', "T", 1));
    let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    // A time without a zone is UTC.
    read(&iso)
        .or_else(|| read(&format!("{iso}Z")))
        .map(OffsetDateTime::unix_timestamp)
}

/// Converts `11/26/2026 9:00:00 AM +00:00`, with or without zone and AM or PM, to ISO 8601.
///
/// A format description of `time` reads it as well, but its parser adds 13 KB to the binary.
fn iso_of_american(text: &str) -> Option<String> {
    let mut words = text.split(' ').peekable();
    let mut date = words.next()?.split('/');
    let [month, day, year] = [date.next()?, date.next()?, date.next()?];
    let (hour, rest) = words.next()?.split_once(':')?;
    let mut hour: u8 = hour.parse().ok()?;
    if let Some(half) = words.next_if(|word| !word.starts_with(['+', '-'])) {
        hour = match half.to_ascii_lowercase().as_str() {
            "am" => hour % 12,
            "pm" => hour % 12 + 12,
            _ => return None,
        };
    }
    let zone = words.next().unwrap_or("Z");
    Some(format!(
        "{year}-{month:0>2}-{day:0>2}T{hour:02}:{rest}{zone}"
    ))
}

/// The current time by this machine's clock, in seconds since 1970.
pub(crate) fn seconds_now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
        .unwrap_or_default()
}

/// The body that azure_identity reads instead of the service's own.
pub(crate) fn canonical(body: &impl Serialize) -> Result<Bytes, Error> {
    let json = serde_json::to_vec(body).map_err(|error| Error::Credential(error.to_string()))?;
    Ok(Bytes::from(json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_each_form_of_a_time() {
        let nine = Some(1_795_683_600);
        for value in [
            json!(1_795_683_600),
            json!("1795683600"),
            json!(" 1795683600 "),
            json!("1795683600.0"),
            json!(1_795_683_600.0),
            json!("2026-11-26T09:00:00Z"),
            json!("2026-11-26T09:00:00.0000000+00:00"),
            json!("2026-11-26T10:00:00+01:00"),
            json!("2026-11-26T09:00:00"),
            json!("2026-11-26 09:00:00Z"),
            json!("2026-11-26 09:00:00.123456"),
            json!("11/26/2026 9:00:00 AM +00:00"),
            json!("11/26/2026 09:00:00 AM +00:00"),
            json!("11/26/2026 9:00:00 am"),
            json!("11/26/2026 09:00:00 +00:00"),
            json!("11/26/2026 9:00:00"),
            json!("11/26/2026 9:00:00 PM +12:00"),
            json!("11/26/2026 09:00:00.0 +00:00"),
        ] {
            assert_eq!(
                seconds(&json!({ "expires_on": value }), "expires_on"),
                nine,
                "{value}"
            );
        }
        for value in [
            json!(null),
            json!(""),
            json!("soon"),
            json!([1]),
            json!("13/45/2026 9:00:00 AM"),
            json!("11/26/2026 9:00:00 XM"),
            json!("11/26/2026 9:00:00 AM 00"),
            json!("11/26/2026 9"),
        ] {
            assert_eq!(
                seconds(&json!({ "expires_on": value }), "expires_on"),
                None,
                "{value}"
            );
        }
    }

    #[test]
    fn reads_numbers_as_text_and_with_a_fraction() {
        for (value, expected) in [
            (json!(3599), Some(3599)),
            (json!("3599"), Some(3599)),
            (json!(3599.0), Some(3599)),
            (json!("3599.5"), Some(3599)),
            (json!("3599.x"), None),
            (json!(true), None),
        ] {
            assert_eq!(
                number(&json!({ "expires_in": value }), "expires_in"),
                expected,
                "{value}"
            );
        }
    }
}
