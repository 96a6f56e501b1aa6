//! The forms in which tools print a secret: raw, line by line, and inside base64.
//!
//! It never registers a mask; the `agent` crate does.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use zeroize::Zeroizing;

/// Shorter forms are not masked, because they would hide unrelated words of the log.
const SHORTEST_MASK: usize = 8;

/// The value, its lines, and its base64 digits at each of the three offsets.
///
/// Basic authentication encodes `user:token`, and the length of `user:` alone decides how the token's bits are
/// aligned to base64 digits. Digits that depend only on the token are the same for all user names whose lengths are
/// equal modulo three, so three masks cover `:token`, `OAuth:token`, `x-token:token`, … The agent adds none of them:
/// it masks base64 only for secrets that came with the job, at one offset (`Worker.cs` of
/// microsoft/azure-pipelines-agent).
pub(crate) fn to_mask(value: &str) -> Vec<Zeroizing<String>> {
    let mut forms = Vec::new();
    if value.is_empty() {
        return forms;
    }
    let lines: Vec<&str> = value.lines().map(str::trim).collect();
    if lines.len() > 1 {
        // The masker looks at one line at a time, and a mask of several lines is refused.
        for line in lines {
            push(&mut forms, line.to_owned());
        }
    } else {
        forms.push(Zeroizing::new(value.to_owned()));
    }
    push_base64(&mut forms, value);
    forms
}

/// The value and its base64 digits at each of the three offsets: what a text can contain.
pub(crate) fn in_texts(value: &str) -> Vec<Zeroizing<String>> {
    let mut forms = vec![Zeroizing::new(value.to_owned())];
    if value.contains(' ') {
        // Form encoding writes a space this way.
        forms.push(Zeroizing::new(value.replace(' ', "+")));
    }
    push_base64(&mut forms, value);
    forms
}

fn push_base64(forms: &mut Vec<Zeroizing<String>>, value: &str) {
    for offset in 0..3 {
        for digits in inside_base64(value.as_bytes(), offset) {
            push(forms, digits);
        }
    }
}

fn push(forms: &mut Vec<Zeroizing<String>>, form: String) {
    let form = Zeroizing::new(form);
    if form.len() >= SHORTEST_MASK && !forms.contains(&form) {
        forms.push(form);
    }
}

/// The base64 digits of `value` after `offset` other bytes, without the digits at either end that also depend on its
/// neighbors. Both alphabets, if they differ.
fn inside_base64(value: &[u8], offset: usize) -> Vec<String> {
    let mut bytes = Zeroizing::new(vec![0; offset]);
    bytes.extend_from_slice(value);
    // Digit d holds bits 6d..6d+6; the token's own bits are 8*offset..8*length.
    let first = (8 * offset).div_ceil(6);
    let last = 8 * bytes.len() / 6;
    let mut digits = Vec::new();
    for alphabet in [&STANDARD, &URL_SAFE] {
        let whole = Zeroizing::new(alphabet.encode(bytes.as_slice()));
        if let Some(inside) = whole.get(first..last)
            && !digits.iter().any(|known| known == inside)
        {
            digits.push(inside.to_owned());
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_base64_after_every_user_name() {
        let token = "eyJhbGciOi.eyJhdWQiOi.c2lnbmF0dXJl?>~";
        let forms = to_mask(token);
        for user in ["", "a", "ab", "OAuth", "VssSessionToken", "x-access-token"] {
            for alphabet in [&STANDARD, &URL_SAFE] {
                let basic = alphabet.encode(format!("{user}:{token}"));
                let mask = forms.iter().find(|form| basic.contains(form.as_str()));
                let hidden = mask.map(|mask| mask.len()).unwrap_or_default();
                assert!(hidden * 6 / 8 >= token.len() - 2, "{user}: {basic}");
            }
        }
    }

    #[test]
    fn masks_each_line_of_a_certificate() {
        let forms = to_mask(
            "-----BEGIN KEY-----\r\nMIIEvQIBADANBg\r\nkqhkiG9w0BAQEF\r\n-----END KEY-----\r\n",
        );
        let raw: Vec<&str> = forms.iter().take(4).map(|form| form.as_str()).collect();
        assert_eq!(
            raw,
            [
                "-----BEGIN KEY-----",
                "MIIEvQIBADANBg",
                "kqhkiG9w0BAQEF",
                "-----END KEY-----"
            ]
        );
    }

    #[test]
    fn has_nothing_to_mask_in_an_empty_value() {
        assert!(to_mask("").is_empty());
    }
}
