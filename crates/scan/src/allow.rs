//! `adieu:allow <rule> <reason>` on a line, or on the line above it, allows a finding.

use memchr::{memchr, memmem, memrchr};

use crate::matcher;

const MARK: &[u8] = b"adieu:allow";
/// Most bytes of a line that are read on each side of a finding.
const FARTHEST: usize = 4096;

/// The reason that allows a finding of this rule at this byte.
pub(crate) fn reason(bytes: &[u8], at: usize, rule: &str) -> Option<String> {
    let start = at.saturating_sub(2 * FARTHEST);
    let before = &bytes[start..at];
    let line_start = memrchr(b'\n', before).map_or(0, |end| end + 1);
    let above_end = line_start.saturating_sub(1);
    let above_start = memrchr(b'\n', &before[..above_end]).map_or(0, |end| end + 1);
    let rest = &bytes[at..bytes.len().min(at + FARTHEST)];
    let line_end = start.max(at) + memchr(b'\n', rest).unwrap_or(rest.len());
    let line = &bytes[start + line_start..line_end];
    let above = &before[above_start..above_end];
    [line, above]
        .into_iter()
        .find_map(|line| reason_in(line, rule))
}

/// A reason ends with its comment. One that contains a token does not count, because reports show it.
fn reason_in(line: &[u8], rule: &str) -> Option<String> {
    memmem::find_iter(line, MARK).find_map(|at| {
        let text = String::from_utf8_lossy(&line[at + MARK.len()..]);
        let (named, reason) = text.trim_start().split_once(char::is_whitespace)?;
        let reason = ["-->", "*/", "#}", "}}"]
            .iter()
            .fold(reason, |reason, end| {
                reason.split_once(end).map_or(reason, |(reason, _)| reason)
            })
            .trim();
        let is_about_it = text.starts_with(char::is_whitespace) && named == rule;
        let is_reason = !reason.is_empty() && matcher::tokens(reason.as_bytes(), 0).is_empty();
        (is_about_it && is_reason).then(|| reason.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_the_rule_and_a_reason_near_the_finding() {
        for (text, expected) in [
            ("X # adieu:allow r a test's own", Some("a test's own")),
            ("# adieu:allow r why\nX", Some("why")),
            ("<!-- adieu:allow r why -->\nX", Some("why")),
            ("# adieu:allow r why\n\nX", None),
            ("X # adieu:allow r", None),
            ("X # adieu:allow r -->", None),
            ("X # adieu:allow other why", None),
            ("X # adieu:allowr r why", None),
            ("X\n# adieu:allow r why", None),
            ("/* adieu:allow r why */ x = X", Some("why")),
            ("# adieu:allow r --> X", None),
        ] {
            let at = text.find('X').expect("the place");
            let found = reason(text.as_bytes(), at, "r");
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_token_is_not_a_reason() {
        let token = [
            "u8jzPde0IgxLd6GncfBAepfJBd0K",
            "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
            "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
        ]
        .concat();
        let line = format!("# adieu:allow r {token}");
        assert_eq!(reason(line.as_bytes(), line.len(), "r"), None);
    }
}
