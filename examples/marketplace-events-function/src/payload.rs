//! The payloads of the Functions host: a call with the previous blob, and an answer with the new blob and a line for
//! the log.
//!
//! It does not interpret events.

use serde_json::{Value, json};

/// The previous blob, from the input binding `before`: `Some(None)` if there is none yet, and `None` if the body is not
/// a call.
///
/// The host encodes every value that is not an object as JSON in a string: the blob's text is a string within a string,
/// and a missing blob is the string `null` (`ScriptInvocationContextExtensions.cs` of Azure/azure-functions-host).
pub(crate) fn read(body: &[u8]) -> Option<Option<String>> {
    let call: Value = serde_json::from_slice(body).ok()?;
    let before = call.get("Data")?.get("before");
    Some(
        match before {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(Value::Null) => None,
                Ok(Value::String(inner)) => Some(inner),
                _ => Some(text.clone()),
            },
            Some(other) => Some(other.to_string()),
        }
        .filter(|text| !text.trim().is_empty()),
    )
}

/// The answer with the new blob, in the output binding `after`.
pub(crate) fn done(document: &Value, line: &str) -> String {
    json!({ "Outputs": { "after": document.to_string() }, "Logs": [line], "ReturnValue": null })
        .to_string()
}

/// The answer without an output: the blob does not change.
pub(crate) fn failed(reason: &str) -> String {
    json!({ "Outputs": {}, "Logs": [reason], "ReturnValue": null }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_blob_in_every_form_that_the_host_sends() {
        for (before, expected) in [
            (json!(null), None),
            (json!("null"), None),
            (json!("\"\""), None),
            (json!("\"{\\\"a\\\":1}\""), Some("{\"a\":1}")),
            (json!("{\"a\":1}"), Some("{\"a\":1}")),
            (json!({ "a": 1 }), Some("{\"a\":1}")),
        ] {
            let call = json!({ "Data": { "timer": {}, "before": before }, "Metadata": {} });
            let read = read(call.to_string().as_bytes()).expect("a call");
            assert_eq!(read.as_deref(), expected, "{before}");
        }
        assert_eq!(read(b"{}"), None);
        assert_eq!(read(b"no JSON"), None);
    }
}
