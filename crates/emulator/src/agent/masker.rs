//! The agent's masker: which texts it hides, and how (`HostContext.cs`, `Worker.cs`).
//!
//! Like the real one, it derives base64 only for secrets that came with the job.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Texts that the log must not show.
#[derive(Debug, Default)]
pub(crate) struct Masker {
    values: Vec<String>,
}

impl Masker {
    /// Adds a value that came from a task or a connection.
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

    /// Adds a secret variable of the job: as it is, escaped for a command, as base64, and each of them without quotes
    /// and surrounding whitespace.
    pub(crate) fn add_of_job(&mut self, value: &str) {
        if value.trim().is_empty() {
            return;
        }
        let without_breaks = |text: &str| text.replace('\r', "%0D").replace('\n', "%0A");
        let forms = [
            value.to_owned(),
            without_breaks(&value.replace('%', "%AZP25")),
            without_breaks(value),
            STANDARD.encode(value),
        ];
        for form in forms {
            for quote in ['\'', '"', '`'] {
                if form.starts_with(quote) && form.ends_with(quote) {
                    self.add(form.trim_matches(quote));
                }
            }
            self.add(form.trim_matches(['\r', '\n', ' ']));
            self.add(&form);
        }
    }

    /// Replaces secrets with stars. Overlapping or adjacent matches become one.
    pub(crate) fn mask(&self, line: &str) -> String {
        let mut covered = passwords_in_urls(line);
        for value in &self.values {
            let mut from = 0;
            while let Some(position) = line[from..].find(value.as_str()) {
                let start = from + position;
                covered.push((start, start + value.len()));
                // The next match may overlap this one.
                from = start + line[start..].chars().next().map_or(1, char::len_utf8);
            }
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

/// Newtonsoft's `JsonConvert.ToString`, without its quotes.
fn json(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\u{8}' => escaped.push_str("\\b"),
            '\u{c}' => escaped.push_str("\\f"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            _ => escaped.push(letter),
        }
    }
    escaped
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

/// `ValueEncoders.BackslashEscape`, which unescapes despite its name.
fn backslash(value: &str) -> String {
    value
        .replace("\\\\", "\\")
        .replace("\\'", "'")
        .replace("\\\"", "\"")
        .replace("\\t", "\t")
}

/// Finds passwords in URLs, like the agent's AdditionalMaskingRegexes.cs:
/// `(?<=//[^:/?#\n]+:)([\w.~-]|(%|%AZP25)[0-9a-fA-F]{2}|[!$&'()*+,;=]|:)+(?=@)`.
fn passwords_in_urls(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(slashes) = text[from..].find("//").map(|position| from + position) {
        from = slashes + 2;
        let user = &text[from..];
        let Some(colon) = user
            .find([':', '/', '?', '#', '\n'])
            .filter(|at| user[*at..].starts_with(':') && *at > 0)
        else {
            continue;
        };
        let start = from + colon + 1;
        let length = longest_password(&text[start..]);
        // The agent's pattern cannot match an '@', so the first one after the password ends it.
        if length > 0 && text[start + length..].starts_with('@') {
            ranges.push((start, start + length));
            from = start + length;
        }
    }
    ranges
}

fn longest_password(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_hex_pair = |at: usize| {
        bytes
            .get(at..at + 2)
            .is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit))
    };
    let mut length = 0;
    while let Some(letter) = text[length..].chars().next() {
        let step = match letter {
            '%' if text[length..].starts_with("%AZP25") && is_hex_pair(length + 6) => 8,
            '%' if is_hex_pair(length + 1) => 3,
            '.' | '~' | '-' | '_' | ':' | '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ','
            | ';' | '=' => 1,
            letter if letter.is_alphanumeric() => letter.len_utf8(),
            _ => break,
        };
        length += step;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_all_forms_and_merges_adjacent_matches() {
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

    /// From the agent's SecretMaskerL0.cs.
    #[test]
    fn masks_encoded_forms() {
        for (value, text) in [
            ("a\r_\n_\t_\\_\"", "a\\r_\\n_\\t_\\\\_\\\""),
            ("hello world", "hello%20world"),
            ("abc\\\\def\\'\\\"ghi\\t", "abc\\def'\"ghi\t"),
        ] {
            let mut masker = Masker::default();
            masker.add(value);
            assert_eq!(masker.mask(value), "***");
            assert_eq!(masker.mask(text), "***");
        }
    }

    #[test]
    fn masks_matches_that_overlap_as_one() {
        let mut masker = Masker::default();
        masker.add("aa");
        assert_eq!(masker.mask("aaa b aa"), "*** b ***");
    }

    /// From the agent's SecretMaskerL0.cs, and values that its pattern does not match.
    #[test]
    fn masks_passwords_in_urls() {
        for (text, masked) in [
            (
                "https://simpledomain@example.com",
                "https://simpledomain@example.com",
            ),
            (
                "https://url.com:443/~user/foo=bar+42-18?what=this.is.an.example....~~many@&param=value",
                "https://url.com:443/~user/foo=bar+42-18?what=this.is.an.example....~~many@&param=value",
            ),
            (
                "https://user:pass@example.com",
                "https://user:***@example.com",
            ),
            (
                "https://user:pass4';.!&*()=,$-+~@example.com",
                "https://user:***@example.com",
            ),
            (
                "https://u%AZP2510:password@example.com",
                "https://u%AZP2510:***@example.com",
            ),
            ("https://:token@example.com", "https://:token@example.com"),
            (
                "https://user:pa/ss@example.com",
                "https://user:pa/ss@example.com",
            ),
        ] {
            assert_eq!(Masker::default().mask(text), masked);
        }
    }
}
