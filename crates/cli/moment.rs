//! Formats a time for scripts.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// RFC 3339, in whole seconds.
pub(crate) fn rfc_3339(moment: OffsetDateTime) -> String {
    moment
        .replace_nanosecond(0)
        .unwrap_or(moment)
        .format(&Rfc3339)
        .unwrap_or_default()
}
