//! Translates command lines of `tfx extension …` to `adieu extension …`.
//!
//! It runs nothing. tfx also accepts flags in camelCase, lists with commas, and `true` after a switch
//! (`app/lib/tfcommand.ts`); pipelines contain such lines.

use std::ffi::OsString;

/// Switches without effect here.
const WITHOUT_EFFECT: [&str; 5] = [
    "--no-prompt",
    "--no-color",
    "--include-undocumented",
    "--bypass-scope-check",
    "--save",
];
/// Flags with a value that have no effect here.
const WITHOUT_EFFECT_WITH_VALUE: [&str; 2] = ["--trace-level", "--debug-log-stream"];
/// Switches that tfx accepts with `true` or `false`.
const SWITCHES: [&str; 5] = [
    "--json",
    "--json5",
    "--rev-version",
    "--bypass-validation",
    "--no-wait-validation",
];
const SIGN_IN: &str =
    "Leave it out: Adieu signs in with --credential (auto, azd, az, managed-identity, …)";
const PACKAGE_ONLY: &str =
    "Make the package with `adieu extension package`, then publish it with --vsix";
const NAMES: &str = "Name the organizations, as in --organizations contoso";
/// Flags that are not supported, and what to do instead.
const ANSWERS: [(&str, &str); 11] = [
    ("--token", SIGN_IN),
    ("-t", SIGN_IN),
    ("--auth-type", SIGN_IN),
    ("--username", SIGN_IN),
    ("--password", SIGN_IN),
    ("--proxy", "Leave it out, and set HTTPS_PROXY"),
    (
        "--fiddler",
        "Leave it out, and set HTTPS_PROXY=http://127.0.0.1:8888",
    ),
    (
        "--skip-cert-validation",
        "Leave it out, and add the certificate authority to the system's store: certificates are always verified",
    ),
    (
        "--metadata-only",
        "Package as usual and read extension.vsomanifest in the package",
    ),
    (
        "--env",
        "Run the JavaScript manifest with Node and pass its result with --manifests",
    ),
    ("--locale", "Leave it out: messages are in English"),
];

/// Translates the words of a tfx command line.
///
/// # Errors
/// A flag is not supported; the message names it and the remedy, and contains no value.
pub(crate) fn translate(words: Vec<OsString>) -> Result<Vec<OsString>, String> {
    if words.get(1).is_none_or(|verb| verb != "extension") {
        let mut words = words;
        if words.get(1).is_some_and(|verb| verb == "events") {
            for index in 3..words.len() {
                if words[index - 1] == "-o" && is_format(&words[index]) {
                    words[index - 1] = "--output".into();
                }
            }
        }
        return Ok(words);
    }
    let mut words = words.into_iter();
    let mut out: Vec<OsString> = words.by_ref().take(2).collect();
    let sub_verb = words
        .next()
        .map(|word| word.to_string_lossy().into_owned())
        .unwrap_or_default();
    let sub_verb = match sub_verb.as_str() {
        "create" => "package".to_owned(),
        "isvalid" => "wait-for-validation".to_owned(),
        word if word.starts_with('-') => word.to_owned(),
        word => kebab(word),
    };
    if !sub_verb.is_empty() {
        out.push(sub_verb.clone().into());
    }
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let Some(text) = word.to_str().filter(|text| text.starts_with('-')) else {
            out.push(word);
            continue;
        };
        if text == "--" {
            out.push(word);
            break;
        }
        let (flag, value) = match text.split_once('=') {
            Some((flag, value)) => (kebab(flag), Some(value.to_owned())),
            None => (kebab(text), None),
        };
        if let Some((_, answer)) = ANSWERS.iter().find(|(known, _)| *known == flag) {
            return Err(format!("{flag} is a flag of tfx. {answer}."));
        }
        let is_of_package = matches!(flag.as_str(), "--override" | "--json5" | "--rev-version");
        if is_of_package && sub_verb == "publish" {
            return Err(format!("{flag} is not a flag of publish. {PACKAGE_ONLY}."));
        }
        if flag == "--service-url" && matches!(&*sub_verb, "install" | "wait-for-installation") {
            return Err(format!("{flag} is not a flag of {sub_verb}. {NAMES}."));
        }
        let mut next_boolean = || {
            let next = words.peek()?.to_str()?.to_lowercase();
            let boolean = match next.as_str() {
                "true" | "1" | "yes" | "y" => true,
                "false" | "0" | "no" | "n" => false,
                _ => return None,
            };
            words.next();
            Some(boolean)
        };
        if WITHOUT_EFFECT.contains(&flag.as_str()) {
            if value.is_none() {
                next_boolean();
            }
        } else if WITHOUT_EFFECT_WITH_VALUE.contains(&flag.as_str()) {
            if value.is_none() {
                words.next();
            }
        } else if SWITCHES.contains(&flag.as_str()) {
            let is_on = match value.as_deref() {
                Some(value) => !matches!(value, "false" | "0" | "no" | "n"),
                None => next_boolean().unwrap_or(true),
            };
            if is_on {
                out.push(flag.into());
            }
        } else {
            let is_output = flag == "-o" && words.peek().is_some_and(is_format);
            let flag = match is_output {
                true => "--output".to_owned(),
                false => renamed(&sub_verb, flag),
            };
            out.push(match value {
                Some(value) => format!("{flag}={value}").into(),
                None => flag.into(),
            });
        }
    }
    out.extend(words);
    Ok(out)
}

/// Whether the value of `-o` is the output format, as in every other verb, and not a path, as in tfx: no package has
/// the name of a format.
fn is_format(value: &OsString) -> bool {
    value == "json" || value == "text"
}

/// The name of a tfx flag here.
fn renamed(sub_verb: &str, flag: String) -> String {
    match (sub_verb, flag.as_str()) {
        ("share", "--share-with") | ("unshare", "--unshare-with" | "--share-with") => {
            "--organizations".to_owned()
        }
        ("share" | "unshare" | "install", "--accounts") => "--organizations".to_owned(),
        // Without a path to write to, -o is the output format, as in every other verb.
        ("package" | "publish" | "edit" | "events", "-o") => flag,
        (_, "-o") => "--output".to_owned(),
        ("wait-for-validation", "--version") => "--extension-version".to_owned(),
        ("package", _) => flag,
        (_, "--manifest-globs") => "--manifests".to_owned(),
        _ => flag,
    }
}

/// Converts `--outputPath` to `--output-path`; words without uppercase letters stay.
fn kebab(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    for letter in word.chars() {
        if letter.is_ascii_uppercase() {
            if !out.is_empty() && !out.ends_with('-') {
                out.push('-');
            }
            out.push(letter.to_ascii_lowercase());
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::translate;

    fn translated(line: &str) -> String {
        let words = format!("adieu extension {line}");
        match translate(words.split(' ').map(Into::into).collect()) {
            Ok(words) => words
                .iter()
                .skip(2)
                .map(|word| word.to_string_lossy())
                .collect::<Vec<_>>()
                .join(" "),
            Err(answer) => answer,
        }
    }

    #[test]
    fn a_line_of_tfx_is_understood_or_answered() {
        for (line, expected) in [
            (
                "create --outputPath out --manifestGlobs a.json",
                "package --output-path out --manifest-globs a.json",
            ),
            (
                "create --no-prompt --no-color true --trace-level debug --root x",
                "package --root x",
            ),
            (
                "create --json5 true --rev-version --json false",
                "package --json5 --rev-version",
            ),
            (
                "publish --overridesFile=o.json --share-with a,b",
                "publish --overrides-file=o.json --share-with a,b",
            ),
            (
                "publish --manifest-globs *.json",
                "publish --manifests *.json",
            ),
            (
                "isvalid --version 1.0.0",
                "wait-for-validation --extension-version 1.0.0",
            ),
            ("show -o json", "show --output json"),
            ("publish -o out", "publish -o out"),
            ("unshare --unshareWith a", "unshare --organizations a"),
            ("waitForValidation --noPrompt", "wait-for-validation"),
            (
                "package --override {\"a\":\"--noColor\"}",
                "package --override {\"a\":\"--noColor\"}",
            ),
            (
                "publish --token secret",
                "--token is a flag of tfx. Leave it out: Adieu signs in with --credential (auto, azd, az, managed-identity, …).",
            ),
            (
                "install --serviceUrl https://dev.azure.com/contoso",
                "--service-url is not a flag of install. Name the organizations, as in --organizations contoso.",
            ),
            (
                "publish --token=secret",
                "--token is a flag of tfx. Leave it out: Adieu signs in with --credential (auto, azd, az, managed-identity, …).",
            ),
            (
                "publish --proxy http://p",
                "--proxy is a flag of tfx. Leave it out, and set HTTPS_PROXY.",
            ),
            (
                "publish --override {}",
                "--override is not a flag of publish. Make the package with `adieu extension package`, then publish it with --vsix.",
            ),
            ("--help", "--help"),
        ] {
            assert_eq!(translated(line), expected);
        }
        let other = ["adieu", "exec", "--", "tool", "--noPrompt"];
        let words: Vec<_> = other.iter().map(Into::into).collect();
        assert_eq!(translate(words.clone()), Ok(words));
    }
}
