//! Fields of the documents that services send.

use reqwest::Url;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A text; empty if it is missing.
pub(crate) fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// The items of a list; none if it is missing.
pub(crate) fn items<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

/// Flags, which are words with commas between them. In lowercase, because the services' spelling varies.
pub(crate) fn flags(words: &str) -> Vec<String> {
    let words = words
        .split(',')
        .map(|word| word.trim().to_ascii_lowercase());
    words
        .filter(|word| !word.is_empty() && word != "none")
        .collect()
}

/// A time (RFC 3339).
pub(crate) fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// A request that is only shown: method, address and body.
pub(crate) fn request(
    method: &str,
    url: Option<Url>,
    api_version: &str,
    body: Option<Value>,
) -> Value {
    let url = url.map(|mut url| {
        url.query_pairs_mut()
            .append_pair("api-version", api_version);
        url.to_string()
    });
    let mut request = json!({ "method": method, "url": url });
    if let Some(body) = body {
        request["body"] = body;
    }
    request
}
