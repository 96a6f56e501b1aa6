//! The ledger of every secret that the emulator created or was configured with.
//!
//! It never forgets one, so that a leak is found whichever test causes it, in any form: the whole or a half, as
//! base64 or hexadecimal digits, encoded for an address, escaped for JSON or XML, or broken into lines.

mod readings;

use std::collections::{BTreeSet, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use self::readings::readings;

/// A shorter value would be found accidentally.
const SHORTEST: usize = 8;

/// A longer value is recognized by either half: a line that ends early contains the first one.
const LONG: usize = 32;

/// Secrets with their kinds.
#[derive(Debug)]
pub(crate) struct Ledger {
    values: HashSet<String>,
    /// Every form of every secret, by its first bytes.
    forms: HashMap<[u8; SHORTEST], Vec<(Vec<u8>, &'static str)>>,
    /// Whether a form starts with these two bytes, which is rare in a text.
    beginnings: Vec<bool>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            values: HashSet::new(),
            forms: HashMap::new(),
            beginnings: vec![false; 1 << 16],
        }
    }
}

impl Ledger {
    /// Records a secret.
    pub(crate) fn record(&mut self, kind: &'static str, value: &str) {
        for line in value
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST)
        {
            if !self.values.insert(line.to_owned()) {
                continue;
            }
            for form in forms(line) {
                let bytes = form.into_bytes();
                let Some(beginning) = bytes.first_chunk() else {
                    continue;
                };
                self.beginnings[two(beginning)] = true;
                self.forms
                    .entry(*beginning)
                    .or_default()
                    .push((bytes, kind));
            }
        }
    }

    /// The kinds of secrets in a text, in any form.
    #[must_use]
    pub(crate) fn found_in(&self, text: &[u8]) -> BTreeSet<&'static str> {
        let mut found = BTreeSet::new();
        for reading in readings(text) {
            for (position, beginning) in reading.windows(SHORTEST).enumerate() {
                if !self.beginnings[two(beginning)] {
                    continue;
                }
                let forms = self.forms.get(beginning).into_iter().flatten();
                let there = forms.filter(|(form, _)| reading[position..].starts_with(form));
                found.extend(there.map(|(_, kind)| *kind));
            }
        }
        found
    }
}

/// The first two bytes as one number.
fn two(beginning: &[u8]) -> usize {
    usize::from(beginning[0]) << 8 | usize::from(beginning[1])
}

/// The value itself, its halves, its hexadecimal digits, and the middle of its base64 digits at each offset.
fn forms(value: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([value.to_owned()]);
    // A JSON Web Token whose first part was cut off still is one: its signature is unique.
    let signature = value
        .rsplit_once('.')
        .filter(|(rest, signature)| rest.contains('.') && signature.len() > LONG)
        .map(|(_, signature)| signature);
    let own = signature.unwrap_or(value);
    forms.insert(own.to_owned());
    if own.len() >= LONG && own.is_ascii() {
        let (first, second) = own.split_at(own.len() / 2);
        forms.extend([first.to_owned(), second.to_owned()]);
    }
    // As in a form's body; only percent signs are decoded when a text is read.
    forms.insert(form_urlencoded::byte_serialize(value.as_bytes()).collect());
    let digits = value.bytes().map(|byte| format!("{byte:02x}"));
    let digits: String = digits.collect();
    forms.extend([digits.to_uppercase(), digits]);
    let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [value.as_bytes(), &wide] {
        for offset in 0..3 {
            let bytes = [&vec![0; offset], bytes].concat();
            for engine in [&STANDARD, &URL_SAFE] {
                let digits = engine.encode(&bytes);
                // The first and the last digits also depend on what surrounds the value.
                let middle = digits.get(4..digits.len().saturating_sub(4));
                forms.extend(
                    middle
                        .filter(|middle| middle.len() >= 12)
                        .map(str::to_owned),
                );
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(value: &str) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.record("secret", value);
        ledger
    }

    #[test]
    fn finds_a_secret_in_every_form() {
        let ledger = ledger("correct \"horse\"/<battery>");
        let wide: Vec<u8> = "correct \"horse\"/<battery>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for text in [
            "x correct \"horse\"/<battery> y",
            "correct+%22horse%22%2F%3Cbattery%3E",
            "correct%20%22horse%22%2f%3cbattery%3e",
            r#""correct \"horse\"\/\u003cbattery\u003e""#,
            "correct &quot;horse&#34;/&lt;battery&#x3E;",
            &STANDARD.encode(":correct \"horse\"/<battery>"),
            &STANDARD.encode("ab:correct \"horse\"/<battery>"),
            &STANDARD.encode("abc:correct \"horse\"/<battery>"),
            &STANDARD.encode(&wide),
            "636f72726563742022686f727365222f3c626174746572793e",
            "636F72726563742022686F727365222F3C626174746572793E",
        ] {
            assert!(!ledger.found_in(text.as_bytes()).is_empty(), "{text}");
        }
        assert!(!ledger.found_in(&wide).is_empty());
        assert!(ledger.found_in(b"correct \"horse").is_empty());
    }

    #[test]
    fn finds_a_secret_in_pieces() {
        let secret = "0123456789abcdefghijklmnopqrstuvwxyz";
        let ledger = ledger(secret);
        for text in [
            &secret[..30],
            &secret[4..],
            "01234567\n  89abcdef\r\n  ghijklmn\n  opqrstuvwxyz",
            // Base64 with the line breaks of MIME.
            "AAAAMDEyMzQ1Njc4OWFiY2RlZ\r\nmdoaWprbG1ub3BxcnN0dXZ3eHl6",
        ] {
            assert!(!ledger.found_in(text.as_bytes()).is_empty(), "{text}");
        }
        assert!(ledger.found_in(&secret.as_bytes()[..16]).is_empty());
    }

    #[test]
    fn knows_a_token_by_its_signature() {
        let signature = "0123456789abcdef".repeat(4);
        let ledger = ledger(&format!("header.payload.{signature}"));
        assert!(
            !ledger
                .found_in(format!("...{signature}").as_bytes())
                .is_empty()
        );
        assert!(ledger.found_in(b"header.payload.").is_empty());
    }
}
