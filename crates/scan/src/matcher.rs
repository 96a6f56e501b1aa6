//! Finds tokens in a text: plain, after an escape, inside base64, inside a JWT.
//!
//! It does not depend on files. Results contain positions and fingerprints, never a character of a token.

use memchr::memmem;

use crate::base64_text::{self, IS_DIGIT};
use crate::finding::{Certainty, Finding, Form};
use crate::jwt;
use crate::rules::{self, Rule};
use crate::token::{self, NEW_LENGTH, NewShape, OLD_LENGTH, SIGNATURE, SIGNATURE_AT};

/// Bytes of context around an old token, on each side.
const CONTEXT: usize = 80;
/// Deepest nesting of base64: a Kubernetes secret that contains an `.npmrc` with `_password`.
const DEEPEST: usize = 2;
/// Fewest digits that can contain an old token.
const SHORTEST_BASE64: usize = 69;
/// A longer run is data: then only the part with the token is shown as its position.
const LONGEST_VALUE: usize = 600;

/// A token in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    /// Offset of the first byte.
    pub(crate) start: usize,
    /// Offset after the last byte.
    pub(crate) end: usize,
    pub(crate) rule: &'static Rule,
    pub(crate) certainty: Certainty,
    pub(crate) form: Form,
    /// The C3ID, only for tokens.
    pub(crate) fingerprint: String,
    /// Year and month of the token's creation.
    pub(crate) created: Option<String>,
    /// Expiry of a JWT, in seconds since 1970.
    pub(crate) expires: Option<u64>,
}

/// A finding without a position, which the caller adds.
impl From<Match> for Finding {
    fn from(token: Match) -> Self {
        Self {
            form: token.form,
            created: token.created,
            expires: token.expires,
            ..Self::new(token.rule, token.certainty, token.fingerprint)
        }
    }
}

/// All tokens in a text, by position. `now` decides which JWTs have expired.
pub(crate) fn tokens(bytes: &[u8], now: u64) -> Vec<Match> {
    let mut found = Vec::new();
    collect(bytes, now, 0, &mut found);
    adieu_order::sort_by(&mut found, |one, other| {
        (one.start, one.end).cmp(&(other.start, other.end))
    });
    found.dedup_by(|next, first| next.start < first.end && next.rule.id == first.rule.id);
    found
}

fn collect(bytes: &[u8], now: u64, depth: usize, found: &mut Vec<Match>) {
    // Base64 lines that were decoded together with the first one.
    let mut joined_until = 0;
    base64_text::runs(bytes, OLD_LENGTH, |start, end| {
        let before = found.len();
        new_tokens(bytes, start, end, found);
        old_tokens(bytes, start, end, found);
        json_web_token(bytes, start, end, now, found);
        let is_whole = found.len() > before && end - start < SHORTEST_BASE64 + NEW_LENGTH;
        if depth < DEEPEST && !is_whole && start >= joined_until {
            joined_until = encoded(bytes, start, end, now, depth, found);
        }
    });
}

/// Tokens in the format since July 2024.
fn new_tokens(bytes: &[u8], start: usize, end: usize, found: &mut Vec<Match>) {
    if end - start < NEW_LENGTH {
        return;
    }
    for at in memmem::find_iter(&bytes[start..end], SIGNATURE) {
        let Some(first) = (start + at).checked_sub(SIGNATURE_AT) else {
            continue;
        };
        let last = first + NEW_LENGTH;
        if first < start || last > end {
            continue;
        }
        let token = &bytes[first..last];
        let Some(shape) = token::new_shape(token) else {
            continue;
        };
        if !starts_here(bytes, first) || !ends_here(bytes, last) {
            continue;
        }
        let (rule, certainty, created) = match shape {
            NewShape::Pat { is_valid, created } => {
                let certainty = if is_valid {
                    Certainty::Certain
                } else {
                    Certainty::Probable
                };
                (&rules::PAT, certainty, Some(created))
            }
            NewShape::OtherAzureKey => (&rules::OTHER_AZURE_KEY, Certainty::Probable, None),
        };
        found.push(Match {
            start: first,
            end: last,
            rule,
            certainty,
            form: Form::Text,
            fingerprint: token::fingerprint(token),
            created,
            expires: None,
        });
    }
}

/// Tokens in the older format.
fn old_tokens(bytes: &[u8], start: usize, end: usize, found: &mut Vec<Match>) {
    for case in [b'a', b'A'] {
        let is_letter = |at: usize| {
            let byte = bytes[start + at];
            byte.wrapping_sub(case) < 26 || matches!(byte, b'2'..=b'7')
        };
        base64_text::runs_of(end - start, OLD_LENGTH, is_letter, |first, last| {
            let first_of_token = start + last - OLD_LENGTH;
            if first_of_token == start + first || is_after_escape(bytes, first_of_token) {
                found.extend(old_token(bytes, first_of_token));
            }
        });
    }
}

fn old_token(bytes: &[u8], first: usize) -> Option<Match> {
    let last = first + OLD_LENGTH;
    let text = &bytes[first..last];
    let token = text.to_ascii_lowercase();
    let certainty = if token::is_valid_old_shape(&token) {
        Certainty::Certain
    } else if text == token && starts_here(bytes, first) && ends_here(bytes, last) {
        (is_random(text) && is_about_a_token(bytes, first, last)).then_some(Certainty::Possible)?
    } else {
        return None;
    };
    Some(Match {
        start: first,
        end: last,
        rule: &rules::OLD_PAT,
        certainty,
        form: Form::Text,
        fingerprint: token::fingerprint(&token),
        created: None,
        expires: None,
    })
}

/// A JWT whose claims are in this run.
fn json_web_token(bytes: &[u8], start: usize, end: usize, now: u64, found: &mut Vec<Match>) {
    let is_digit = |byte: &&u8| IS_DIGIT[usize::from(**byte)];
    if !bytes[start..].starts_with(b"eyJ") || !bytes[..start].ends_with(b".") {
        return;
    }
    let header = &bytes[..start - 1];
    let length = header.iter().rev().take_while(is_digit).count();
    let first = header.len() - length;
    let signature = match bytes.get(end) {
        Some(b'.') => bytes[end + 1..].iter().take_while(is_digit).count(),
        _ => 0,
    };
    if !header[first..].starts_with(b"eyJ") || signature == 0 {
        return;
    }
    let mut claims = Vec::new();
    base64_text::decode(&bytes[start..end], &mut claims);
    let Some(claims) = jwt::claims_for_azure_devops(&claims) else {
        return;
    };
    let last = end + 1 + signature;
    let has_expired = claims.expires.is_some_and(|expires| expires <= now);
    found.push(Match {
        start: first,
        end: last,
        rule: claims.rule,
        certainty: if has_expired {
            Certainty::Possible
        } else {
            Certainty::Certain
        },
        form: Form::Text,
        fingerprint: token::fingerprint(&bytes[first..last]),
        created: None,
        expires: claims.expires,
    });
}

/// Tokens in decoded base64 digits. Returns the end of what was read.
fn encoded(
    bytes: &[u8],
    start: usize,
    end: usize,
    now: u64,
    depth: usize,
    found: &mut Vec<Match>,
) -> usize {
    let (digits, read_until) = joined(bytes, start, end);
    if digits.len() < SHORTEST_BASE64 {
        return end;
    }
    for skipped in 0..4 {
        if !base64_text::may_hold_a_token(&digits[skipped..]) {
            continue;
        }
        let mut decoded = Vec::new();
        base64_text::decode(&digits[skipped..], &mut decoded);
        let mut inside = Vec::new();
        collect(&decoded, now, depth + 1, &mut inside);
        if inside.is_empty() {
            continue;
        }
        for token in inside {
            let is_value = skipped == 0 && end - start <= LONGEST_VALUE;
            let place = if is_value || read_until > end {
                (start, end)
            } else {
                let first = start + skipped + token.start / 3 * 4 + token.start % 3;
                let last = start + skipped + (token.end * 4).div_ceil(3);
                (first, last.min(end))
            };
            found.push(Match {
                start: place.0,
                end: place.1,
                form: Form::Base64,
                ..token
            });
        }
        break;
    }
    read_until
}

/// A run, and the lines after it if a program has split base64 into lines of 64 or 76 digits.
fn joined(bytes: &[u8], start: usize, end: usize) -> (std::borrow::Cow<'_, [u8]>, usize) {
    let width = end - start;
    let next_line = |at: usize| -> Option<(usize, usize)> {
        let rest = &bytes[at..];
        let line_break = [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"];
        let line_break = line_break.iter().find(|mark| rest.starts_with(mark))?;
        let indent = rest[line_break.len()..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let first = at + line_break.len() + indent;
        let length = bytes[first..]
            .iter()
            .take_while(|byte| IS_DIGIT[usize::from(**byte)])
            .count();
        (length > 0 && length <= width).then_some((first, first + length))
    };
    if !matches!(width, 64 | 76) || next_line(end).is_none() {
        return (bytes[start..end].into(), end);
    }
    let mut digits = bytes[start..end].to_vec();
    let mut last = end;
    while let Some((first, until)) = next_line(last) {
        digits.extend_from_slice(&bytes[first..until]);
        last = until;
        if until - first < width {
            break;
        }
    }
    (digits.into(), last)
}

/// Whether a token can start at this byte: the one before it does not belong to it.
fn starts_here(bytes: &[u8], at: usize) -> bool {
    !bytes[..at].last().is_some_and(u8::is_ascii_alphanumeric) || is_after_escape(bytes, at)
}

/// Whether a token can end before this byte; the long form of the new format has two more characters and `==`.
fn ends_here(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at..];
    !rest.first().is_some_and(u8::is_ascii_alphanumeric)
        || (rest.get(2..4) == Some(b"==") && rest[1].is_ascii_alphanumeric())
}

/// Whether the letters and digits before this byte are the end of an escape: `\n`, `\x3a`, `\u003a`, `%3a`, `%253a`,
/// or a terminal's color.
fn is_after_escape(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[at.saturating_sub(16)..at];
    let is_hex = |count: usize| {
        before.len() > count
            && before[before.len() - count..]
                .iter()
                .all(u8::is_ascii_hexdigit)
    };
    let opens =
        |count: usize, mark: &[u8]| is_hex(count) && before[..before.len() - count].ends_with(mark);
    let is_letter = matches!(
        before,
        [
            ..,
            b'\\',
            b'n' | b'r' | b't' | b'f' | b'b' | b'v' | b'0' | b'a' | b'e'
        ]
    );
    let is_color = before.strip_suffix(b"m").is_some_and(|rest| {
        let digits = rest
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b';')
            .count();
        rest[..rest.len() - digits].ends_with(b"[")
    });
    is_letter
        || is_color
        || opens(2, b"%")
        || opens(2, b"%25")
        || opens(2, b"\\x")
        || opens(4, b"\\u")
}

/// Whether a text looks random: it contains a digit, and has four bits of entropy per character.
fn is_random(text: &[u8]) -> bool {
    let mut counts = [0_u32; 256];
    for byte in text {
        counts[usize::from(*byte)] += 1;
    }
    let length = text.len() as f64;
    let entropy: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum();
    entropy >= 4.0 && text.iter().any(u8::is_ascii_digit)
}

/// Whether words nearby refer to an Azure DevOps token.
fn is_about_a_token(bytes: &[u8], first: usize, last: usize) -> bool {
    const PARTS: [&[u8]; 10] = [
        b"dev.azure.com",
        b"visualstudio.com",
        b"azuredevops",
        b"azure devops",
        b"azure_devops",
        b"azure-devops",
        b"personal access",
        b"personal_access",
        b"personalaccess",
        b"azp_token",
    ];
    const WORDS: [&[u8]; 6] = [b"pat", b"vsts", b"tfs", b"ado", b"azdo", b"vsce"];
    let around = |range: std::ops::Range<usize>| bytes[range].to_ascii_lowercase();
    let before = around(first.saturating_sub(CONTEXT)..first);
    let after = around(last..bytes.len().min(last + CONTEXT));
    [before, after].iter().any(|text| {
        PARTS.iter().any(|part| memmem::find(text, part).is_some())
            || text
                .split(|byte| !byte.is_ascii_alphabetic())
                .any(|word| WORDS.contains(&word))
    })
}
