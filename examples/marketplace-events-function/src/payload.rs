//! What the Functions host sends and takes: the blob as it was before, the blob as it is to be, and lines for
//! the log.
//!
//! It knows nothing of events.

use serde_json::{Value, json};

/// The blob as it was, in the input binding `before`: nothing where there is none yet. Nothing at all, where
/// the body is not a call.
///
/// The host writes what is not an object as JSON in a text, so that a blob's text comes as a text in a text, and
/// a missing blob as the text `null` (`ScriptInvocationContextExtensions.cs` of Azure/azure-functions-host).
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

/// The blob as it is to be, in the output binding `after`.
pub(crate) fn done(document: &Value, line: &str) -> String {
    json!({ "Outputs": { "after": document.to_string() }, "Logs": [line], "ReturnValue": null })
        .to_string()
}

/// No output: the blob stays as it is.
pub(crate) fn failed(reason: &str) -> String {
    json!({ "Outputs": {}, "Logs": [reason], "ReturnValue": null }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_blob_in_every_form_that_the_host_gives_it() {
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
