//! The grammar of `visibleRule`: terms such as `action = publish`, with `&&` or with `||` between them.
//!
//! It evaluates nothing. The server refuses anything that does not have the form `A <valid condition> B`, as well as
//! parentheses and a mix of the two signs (microsoft/azure-pipelines-task-lib issues 871 and 1023,
//! azure-pipelines-tasks issue 12649).

/// Operators; a longer one is before its prefix.
const SIGNS: [&str; 7] = ["==", "!=", "<=", ">=", "=", "<", ">"];
/// Operators that are words, in any letter case.
const WORDS: [&str; 8] = [
    "in",
    "notIn",
    "contains",
    "notContains",
    "startsWith",
    "notStartsWith",
    "endsWith",
    "notEndsWith",
];

/// One comparison.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Term<'r> {
    /// The input whose value is compared.
    pub(super) input: &'r str,
    /// The value that it is compared with.
    value: &'r str,
}

impl Term<'_> {
    /// Whether Azure DevOps Server 2020 and older can read the term: letters, digits and spaces, or an empty text in
    /// quotes.
    pub(super) fn is_plain(&self) -> bool {
        let is_plain = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b' ')
        };
        is_plain(self.input) && (is_plain(self.value) || self.value == "\"\"")
    }
}

/// Parses a rule into terms, or returns what is wrong with it.
pub(super) fn parse(rule: &str) -> Result<Vec<Term<'_>>, String> {
    if rule.contains("&&") && rule.contains("||") {
        return Err("a rule cannot have both && and ||".to_owned());
    }
    let terms: Vec<&str> = rule
        .split("&&")
        .flat_map(|terms| terms.split("||"))
        .collect();
    if terms.iter().any(|term| term.trim_start().starts_with('(')) {
        return Err("a rule cannot have parentheses".to_owned());
    }
    terms.into_iter().map(term).collect()
}

fn term(text: &str) -> Result<Term<'_>, String> {
    let text = text.trim();
    let malformed = || format!("`{text}` is not of the form \"input = value\"");
    let end = text
        .find(|sign: char| sign.is_whitespace() || "=!<>".contains(sign))
        .filter(|end| *end > 0)
        .ok_or_else(malformed)?;
    let (input, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let value = SIGNS
        .iter()
        .find_map(|sign| rest.strip_prefix(sign))
        .or_else(|| {
            let (word, value) = rest.split_once(char::is_whitespace)?;
            WORDS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(word))
                .then_some(value)
        })
        .map(str::trim)
        .filter(|value| !value.is_empty() && !value.starts_with(['=', '!', '<', '>']))
        .filter(|value| !value.contains(" = ") && !value.contains("==") && !value.contains("!="))
        .ok_or_else(malformed)?;
    Ok(Term { input, value })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn parses_terms_joined_by_one_operator() {
        let good = [
            "a = b",
            "a=b",
            "a == some words",
            "a != \"\" && b = c && d = e",
            "package NotEndsWith .war || a in x,y",
            "a >= 1",
            "a = it (old)",
        ];
        for rule in good {
            assert!(parse(rule).is_ok(), "{rule}: {:?}", parse(rule));
        }
        let bad = [
            (
                "a = b && c = d || e = f",
                "a rule cannot have both && and ||",
            ),
            ("(a = b)", "a rule cannot have parentheses"),
            ("a = b || (c = d)", "a rule cannot have parentheses"),
            ("a", "`a` is not of the form \"input = value\""),
            ("a =", "`a =` is not of the form \"input = value\""),
            ("= b", "`= b` is not of the form \"input = value\""),
            ("a is b", "`a is b` is not of the form \"input = value\""),
            ("a = b &&", "`` is not of the form \"input = value\""),
            ("a === b", "`a === b` is not of the form \"input = value\""),
            (
                "a = b c = d",
                "`a = b c = d` is not of the form \"input = value\"",
            ),
            (
                "eq(a, 'b')",
                "`eq(a, 'b')` is not of the form \"input = value\"",
            ),
        ];
        for (rule, fault) in bad {
            assert_eq!(parse(rule).as_ref().err().map(String::as_str), Some(fault));
        }
    }
}
