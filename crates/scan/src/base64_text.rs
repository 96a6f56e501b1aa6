//! Base64 in files: finds runs of its digits, and decodes them.
//!
//! The crate `base64` decodes complete texts with one alphabet. Files mix both, omit the padding, and may start with
//! digits that belong to something else.

/// Digits of both alphabets, without the padding.
pub(crate) const IS_DIGIT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] =
            (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'+' | b'/' | b'-' | b'_');
        byte += 1;
    }
    table
};

const VALUES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            letter @ b'A'..=b'Z' => letter - b'A',
            letter @ b'a'..=b'z' => letter - b'a' + 26,
            digit @ b'0'..=b'9' => digit - b'0' + 52,
            b'/' | b'_' => 63,
            _ => 62,
        };
        byte += 1;
    }
    table
};

/// Appends the bytes of a run of digits; bits of an incomplete byte at the end are dropped.
pub(crate) fn decode(digits: &[u8], bytes: &mut Vec<u8>) {
    let value = |digit: &u8| u32::from(VALUES[usize::from(*digit)]);
    bytes.reserve(digits.len() / 4 * 3 + 2);
    let groups = digits.chunks_exact(4);
    let rest = groups.remainder();
    for group in groups {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | value(digit));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    if rest.len() > 1 {
        let bits = rest.iter().fold(0, |bits, digit| bits << 6 | value(digit));
        let bits = bits << (6 * (4 - rest.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..rest.len()]);
    }
}

/// Calls `found` with the start and the end of each run of at least `shortest` digits.
pub(crate) fn runs(bytes: &[u8], shortest: usize, found: impl FnMut(usize, usize)) {
    let is_digit = |at: usize| IS_DIGIT[usize::from(bytes[at])];
    runs_of(bytes.len(), shortest, is_digit, found);
}

/// The same for any property of a given number of positions.
///
/// It checks every `shortest`th position and goes back from there, so most are never read.
pub(crate) fn runs_of(
    length: usize,
    shortest: usize,
    is_one: impl Fn(usize) -> bool,
    mut found: impl FnMut(usize, usize),
) {
    let mut start = 0;
    while start + shortest <= length {
        let mut at = start + shortest;
        while at > start && is_one(at - 1) {
            at -= 1;
        }
        if at > start {
            start = at;
            continue;
        }
        let mut end = start + shortest;
        while end < length && is_one(end) {
            end += 1;
        }
        found(start, end);
        start = end;
    }
}

/// Whether the decoded digits contain a run of digits that is long enough for a token. Most base64 is other data, and
/// is not decoded for this: if one of 16 consecutive groups is something else, there is no such run.
pub(crate) fn may_hold_a_token(digits: &[u8]) -> bool {
    /// Groups of three bytes within any 52 bytes.
    const GROUPS: usize = 16;
    let mut is_found = false;
    let is_text = |group: usize| {
        let value = |at: usize| u32::from(VALUES[usize::from(digits[4 * group + at])]);
        let bits = value(0) << 18 | value(1) << 12 | value(2) << 6 | value(3);
        let bytes = &bits.to_be_bytes()[1..];
        bytes.iter().all(|byte| IS_DIGIT[usize::from(*byte)])
    };
    runs_of(digits.len() / 4, GROUPS, is_text, |_, _| is_found = true);
    is_found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_both_alphabets_and_loose_ends() {
        for (digits, text) in [
            ("", ""),
            ("Y", ""),
            ("YQ", "a"),
            ("YWI", "ab"),
            ("YWJj", "abc"),
            ("YWJjZA", "abcd"),
            ("Pz8-", "??>"),
            ("Pz8+", "??>"),
            ("Pz8_", "???"),
        ] {
            let mut bytes = Vec::new();
            decode(digits.as_bytes(), &mut bytes);
            assert_eq!(bytes, text.as_bytes(), "{digits}");
        }
    }

    #[test]
    fn finds_every_run_that_is_long_enough() {
        for (text, expected) in [
            ("", vec![]),
            ("abc", vec![]),
            ("abcd", vec![(0, 4)]),
            ("ab.abcd", vec![(3, 7)]),
            (".abc.abcde..abcdefghi=", vec![(5, 10), (12, 21)]),
            ("abcd abc abcd", vec![(0, 4), (9, 13)]),
        ] {
            let mut found = Vec::new();
            runs(text.as_bytes(), 4, |start, end| found.push((start, end)));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn decodes_only_what_may_hold_a_token() {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let encoded = |text: &str| STANDARD.encode(text);
        for before in ["", ":", "a:", "us:", "user:"] {
            let run = encoded(&format!("{before}{}", "a".repeat(52)));
            assert!(
                may_hold_a_token(run.trim_end_matches('=').as_bytes()),
                "{before}"
            );
            // A byte in the middle is not a digit, so no run is as long as a token.
            let text = format!("{before}{}.{}", "a".repeat(40), "b".repeat(40));
            assert!(!may_hold_a_token(encoded(&text).as_bytes()), "{before}");
        }
        assert!(!may_hold_a_token(b""));
    }
}
