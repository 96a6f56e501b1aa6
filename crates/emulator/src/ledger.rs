//! The ledger of every secret that the emulator minted or was configured with.
//!
//! It never forgets one, so that a leak is found whichever test causes it.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// A shorter value would be found by chance.
const SHORTEST: usize = 8;

/// Secrets, each with what it is.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    kinds: HashMap<String, &'static str>,
}

#[derive(Debug)]
struct Entry {
    kind: &'static str,
    forms: Vec<String>,
}

impl Ledger {
    /// Takes a secret down.
    pub(crate) fn record(&mut self, kind: &'static str, value: &str) {
        for line in value
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST)
        {
            if !self.kinds.contains_key(line) {
                self.kinds.insert(line.to_owned(), kind);
                self.entries.push(Entry {
                    kind,
                    forms: forms(line),
                });
            }
        }
    }

    /// What kind of secret a value is, if it is one.
    pub(crate) fn kind_of(&self, value: &str) -> Option<&'static str> {
        self.kinds.get(value).copied()
    }

    /// What kinds of secrets stand in a text, in any form.
    #[must_use]
    pub(crate) fn found_in(&self, text: &str) -> Vec<&'static str> {
        self.entries
            .iter()
            .filter(|entry| entry.forms.iter().any(|form| text.contains(form.as_str())))
            .map(|entry| entry.kind)
            .collect()
    }
}

/// The value itself, percent-encoded, and the middle of its base64 wherever it may start.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    // A JSON web token whose first part was cut off is one still: its signature is its own.
    if let Some((_, signature)) = value
        .rsplit_once('.')
        .filter(|(rest, signature)| rest.contains('.') && signature.len() > 40)
    {
        forms.push(signature.to_owned());
    }
    let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    if encoded != value {
        forms.push(encoded);
    }
    for offset in 0..3 {
        let mut bytes = vec![0; offset];
        bytes.extend_from_slice(value.as_bytes());
        for engine in [&STANDARD, &URL_SAFE] {
            let digits = engine.encode(&bytes);
            // The first and the last digits also depend on what stands around the value.
            let middle = digits
                .get(4..digits.len().saturating_sub(4))
                .unwrap_or_default();
            if middle.len() >= 12 && !forms.iter().any(|form| form == middle) {
                forms.push(middle.to_owned());
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_secret_in_every_form() {
        let mut ledger = Ledger::default();
        ledger.record("password", "correct horse/battery");
        for text in [
            "x correct horse/battery y".to_owned(),
            "correct+horse%2Fbattery".to_owned(),
            STANDARD.encode(":correct horse/battery"),
            STANDARD.encode("ab:correct horse/battery"),
            STANDARD.encode("abc:correct horse/battery"),
        ] {
            assert_eq!(ledger.found_in(&text), ["password"], "{text}");
        }
        assert!(ledger.found_in("correct horse").is_empty());
        let signature = "s".repeat(64);
        ledger.record("token", &format!("header.payload.{signature}"));
        assert_eq!(ledger.found_in(&format!("...{signature}")), ["token"]);
    }
}
