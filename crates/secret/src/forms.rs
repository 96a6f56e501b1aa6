//! The forms of a secret that tools print: raw, line by line, and inside base64.
//!
//! It never decides where a mask is registered; that is the agent's side.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use zeroize::Zeroizing;

/// Shorter pieces are not masked: they would star out unrelated words of the log.
const SHORTEST_MASK: usize = 8;

/// The value, its single lines, and its base64 at each of the three places where it can start.
///
/// Basic authentication encodes `user:token`, and the length of `user:` alone decides how the token's
/// bits fall into base64 digits. The digits that depend on the token only are the same for every user
/// name of that length modulo three, so three masks cover `:token`, `OAuth:token`, `x-token:token`, …
/// The agent adds none of them: it knows base64 of secrets that came with the job, in one place only
/// (`Worker.cs` of microsoft/azure-pipelines-agent).
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
    for offset in 0..3 {
        for digits in inside_base64(value.as_bytes(), offset) {
            push(&mut forms, digits);
        }
    }
    forms
}

/// The value, and its base64 at each of the three places where it can start: what a text can show of it.
pub(crate) fn in_texts(value: &str) -> Vec<Zeroizing<String>> {
    let mut forms = vec![Zeroizing::new(value.to_owned())];
    if value.contains(' ') {
        // A form of HTML has no other sign for it.
        forms.push(Zeroizing::new(value.replace(' ', "+")));
    }
    for offset in 0..3 {
        for digits in inside_base64(value.as_bytes(), offset) {
            push(&mut forms, digits);
        }
    }
    forms
}

fn push(forms: &mut Vec<Zeroizing<String>>, form: String) {
    let form = Zeroizing::new(form);
    if form.len() >= SHORTEST_MASK && !forms.contains(&form) {
        forms.push(form);
    }
}

/// The base64 digits of `value` when `offset` other bytes stand before it, without the digits at
/// either end that also depend on its neighbours. Both alphabets, where they differ.
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
    fn masks_base64_behind_every_user_name() {
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
