//! Variables in the syntax of pipelines, shells and configuration files, and which names refer to a token.

/// A variable on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable<'a> {
    pub(super) name: &'a str,
    /// First byte of the whole expression, and the byte after it.
    pub(super) start: usize,
    pub(super) end: usize,
    /// `$(NAME)`: Azure Pipelines inserts the value before anything runs.
    pub(super) is_macro: bool,
}

/// Opening and closing marks; a longer one is before its prefix.
const FORMS: [(&str, &str); 7] = [
    ("${{ variables.", " }}"),
    ("${{variables.", "}}"),
    ("$(", ")"),
    ("${env.", "}"),
    ("${env:", "}"),
    ("${", "}"),
    ("$env:", ""),
];

/// All variables on a line.
pub(super) fn all(line: &str) -> Vec<Variable<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = line[at..].find(['$', '%']) {
        let start = at + next;
        match at_start(line, start) {
            Some(variable) => {
                at = variable.end;
                found.push(variable);
            }
            None => at = start + 1,
        }
    }
    found
}

fn at_start(line: &str, start: usize) -> Option<Variable<'_>> {
    let rest = &line[start..];
    let name_of = |text: &str| {
        text.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_.-".contains(letter)))
            .unwrap_or(text.len())
    };
    let plain = |skipped: usize, length: usize, closing: usize, is_macro: bool| {
        let name = &rest[skipped..skipped + length];
        (!name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit())).then_some(
            Variable {
                name,
                start,
                end: start + skipped + length + closing,
                is_macro,
            },
        )
    };
    if let Some(inside) = rest.strip_prefix('%') {
        let length = name_of(inside);
        return inside[length..]
            .starts_with('%')
            .then(|| plain(1, length, 1, false))
            .flatten();
    }
    for (opening, closing) in FORMS {
        if let Some(inside) = rest.strip_prefix(opening) {
            let length = name_of(inside);
            if inside[length..].starts_with(closing) {
                return plain(opening.len(), length, closing.len(), opening == "$(");
            }
        }
    }
    let inside = rest.strip_prefix('$')?;
    let length = inside
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .unwrap_or(inside.len());
    plain(1, length, 0, false)
}

/// Whether a name means the job token, which is not a personal access token.
pub(super) fn is_job_token(name: &str) -> bool {
    name.replace(['.', '_'], "")
        .eq_ignore_ascii_case("systemaccesstoken")
}

/// Whether a name contains the word `pat`, in any style: `MY_PAT`, `adoPat`, `pat-feed`.
pub(crate) fn is_pat(name: &str) -> bool {
    words(name).iter().any(|word| word == "pat")
}

/// Whether a name contains the word `pat` or `token`.
pub(super) fn is_token(name: &str) -> bool {
    let is_one = |word: &String| matches!(word.as_str(), "pat" | "token" | "accesstoken");
    !is_job_token(name) && words(name).iter().any(is_one)
}

/// Whether a name shows that the value is base64: `NPM_PAT_BASE64`, `patB64`.
pub(super) fn is_base64(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("base64") || name.contains("b64")
}

fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() || (was_lower && letter.is_ascii_uppercase()) {
            words.push(String::new());
        }
        was_lower = letter.is_ascii_lowercase();
        if letter.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_way_to_write_a_variable() {
        let names = |line| -> Vec<&str> { all(line).iter().map(|found| found.name).collect() };
        assert_eq!(
            names("a $(MY_PAT) b ${X} $Y $env:Z"),
            ["MY_PAT", "X", "Y", "Z"]
        );
        assert_eq!(names("${{ variables.a.b }} ${env.C}"), ["a.b", "C"]);
        assert_eq!(names("%PAT% 100% $5 $( date ) $(adieu token)"), ["PAT"]);
        assert_eq!(names("$(System.AccessToken)"), ["System.AccessToken"]);
    }

    #[test]
    fn knows_names_about_tokens() {
        for name in ["PAT", "MY_PAT", "adoPat", "pat-feed", "a.pat"] {
            assert!(is_pat(name), "{name}");
        }
        for name in ["PATH", "compat", "patch", "MY_TOKEN"] {
            assert!(!is_pat(name), "{name}");
        }
        assert!(is_token("MY_TOKEN") && !is_token("System.AccessToken"));
    }
}
