//! Converts keys to the spelling that asset and property types have in the Marketplace.
//!
//! It converts words without knowing any key. The rules are lodash's `startCase`, `camelCase` and `capitalize`, which
//! tfx-cli's `vsix-manifest-builder.ts` applies to keys in manifests.

/// `large-icon` becomes `Large Icon`; letters and digits are separate words.
pub fn start_case(key: &str) -> String {
    let mut out = String::new();
    let mut previous = Kind::Other;
    for character in key
        .to_lowercase()
        .chars()
        .filter(|character| !matches!(character, '\'' | '\u{2019}'))
    {
        let kind = Kind::of(character);
        if kind != Kind::Other {
            if kind == previous {
                out.push(character);
            } else {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.extend(character.to_uppercase());
            }
        }
        previous = kind;
    }
    out
}

/// Whether a text is a number without sign, point and spaces.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A decimal number as CSS and JavaScript write it: `1.0`, `+1`, `.5`, `5.`. serde_json's parser is in the binary
/// anyway; `str::parse` would add 16 KB of tables and code.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let zero = |is: bool| if is { "0" } else { "" };
    let text = format!(
        "{}{text}{}",
        zero(text.starts_with('.')),
        zero(text.ends_with('.'))
    );
    serde_json::from_str::<serde_json::Value>(&text)
        .ok()?
        .as_f64()
}

/// `my-link_x` becomes `Mylinkx`.
pub fn joined(key: &str) -> String {
    let letters = key.chars().filter(|character| character.is_alphanumeric());
    upper_first(&letters.collect::<String>().to_lowercase())
}

/// `pricing` becomes `Pricing`; the other letters stay.
pub fn upper_first(key: &str) -> String {
    let mut characters = key.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Other,
}

impl Kind {
    fn of(character: char) -> Self {
        if character.is_numeric() {
            Self::Digit
        } else if character.is_alphabetic() {
            Self::Letter
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_keys_as_lodash_does() {
        let start_cases = [
            "default",
            "large-icon",
            "privacy-policy",
            "icon2",
            "Details",
            "a_b c",
        ]
        .map(start_case);
        assert_eq!(
            start_cases,
            [
                "Default",
                "Large Icon",
                "Privacy Policy",
                "Icon 2",
                "Details",
                "A B C"
            ]
        );
        assert_eq!(
            ["my-link_x", "getstarted", "getStarted"].map(joined),
            ["Mylinkx", "Getstarted", "Getstarted"]
        );
        assert_eq!(
            ["pricing", "Microsoft.X"].map(upper_first),
            ["Pricing", "Microsoft.X"]
        );
    }
}
