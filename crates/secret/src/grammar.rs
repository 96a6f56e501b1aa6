//! The grammars of RFC 6750 and RFC 7515, which a text must follow to be accepted as a token.
//!
//! It never decodes a token: its contents are not documented.

/// A text that does not have the form of the expected kind of token.
///
/// It holds no part of the text, which may still be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAToken;

impl std::fmt::Display for NotAToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the value does not have the form of a token")
    }
}

impl std::error::Error for NotAToken {}

/// The form of a kind's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text: passwords and keys have no grammar.
    Any,
    /// `b64token` (RFC 6750, section 2.1): what a header can carry after `Bearer`.
    Bearer,
    /// A signed JWT in its compact form (RFC 7519, section 3; RFC 7515, section 7.1).
    CompactJwt,
}

impl Form {
    /// Whether a text has this form.
    pub(crate) fn admits(self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Bearer => is_bearer(text),
            Self::CompactJwt => is_compact_jwt(text),
        }
    }
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_bearer(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !digits.is_empty() && digits.bytes().all(is_digit)
}

/// Three parts of base64url without padding. None is empty: an ID token is always signed.
fn is_compact_jwt(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_digit);
    text.split('.').count() == 3 && text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_the_rfcs_allow() {
        for (text, bearer, jwt) in [
            ("eyJ.eyJ.c2ln", true, true),
            ("eyJ-_.eyJ.c2ln", true, true),
            ("opaque", true, false),
            ("a.b", true, false),
            ("a.b.c.d.e", true, false),
            ("a..c", true, false),
            ("a.b.", true, false),
            ("a.b.c=", true, false),
            ("-._~+/==", true, false),
            ("", false, false),
            ("=", false, false),
            ("a=b", false, false),
            (" a.b.c", false, false),
            ("a.b.c\n", false, false),
            ("a.b.c\r\nX: y", false, false),
            ("a.b.c\0", false, false),
            ("##vso[task.complete result=Failed]x", false, false),
            ("a.b.\u{200b}c", false, false),
            ("é.b.c", false, false),
            ("\u{feff}a.b.c", false, false),
            ("a.b.c\u{ff1d}", false, false),
            ("Bearer a.b.c", false, false),
            ("\"a.b.c\"", false, false),
            ("a,b;c", false, false),
        ] {
            assert_eq!(Form::Bearer.admits(text), bearer, "{text:?}");
            assert_eq!(Form::CompactJwt.admits(text), jwt, "{text:?}");
            assert!(Form::Any.admits(text));
        }
    }
}
