//! The agent's masker: which texts it stars out, and how (`HostContext.cs`, `Worker.cs`).
//!
//! It knows no base64 of anything but secrets that came with the job, as the real one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::command::escape;

/// Texts that the log must not show.
#[derive(Debug, Default)]
pub(crate) struct Masker {
    values: Vec<String>,
}

impl Masker {
    /// A value that a task or an endpoint brought.
    pub(crate) fn add(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        for form in [
            value.to_owned(),
            json(value),
            uri_data(value),
            backslash(value),
        ] {
            if !form.is_empty() && !self.values.contains(&form) {
                self.values.push(form);
            }
        }
    }

    /// A secret variable of the job's message, which gets more.
    pub(crate) fn add_of_job(&mut self, value: &str) {
        self.add(value);
        self.add(value.trim());
        self.add(&escape(value));
        self.add(&STANDARD.encode(value));
    }

    /// The line with stars. Matches that touch become one.
    pub(crate) fn mask(&self, line: &str) -> String {
        let mut covered: Vec<(usize, usize)> = Vec::new();
        for value in &self.values {
            covered.extend(
                line.match_indices(value.as_str())
                    .map(|(start, found)| (start, start + found.len())),
            );
        }
        covered.sort_unstable();
        let mut masked = String::new();
        let mut position = 0;
        let mut index = 0;
        while index < covered.len() {
            let (start, mut end) = covered[index];
            while index + 1 < covered.len() && covered[index + 1].0 <= end {
                index += 1;
                end = end.max(covered[index].1);
            }
            masked.push_str(&line[position..start]);
            masked.push_str("***");
            position = end;
            index += 1;
        }
        masked.push_str(&line[position..]);
        masked
    }
}

fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.trim_matches('"').to_owned()
}

/// `Uri.EscapeDataString`.
fn uri_data(value: &str) -> String {
    let mut escaped = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

fn backslash(value: &str) -> String {
    value
        .replace("\\\\", "\\")
        .replace("\\'", "'")
        .replace("\\\"", "\"")
        .replace("\\t", "\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_forms_and_merges_what_touches() {
        let mut masker = Masker::default();
        masker.add("s3cr3t/x");
        masker.add("x and");
        assert_eq!(masker.mask("a s3cr3t/x b s3cr3t%2Fx c"), "a *** b *** c");
        assert_eq!(masker.mask("s3cr3t/x and more"), "*** more");
        let basic = STANDARD.encode("s3cr3t/x");
        assert_eq!(masker.mask(&basic), basic);
        masker.add_of_job("s3cr3t/x");
        assert_eq!(masker.mask(&basic), "***");
    }
}
