//! Decides whether a line can be shown: it must contain no secret value.
//!
//! When in doubt, it cannot; the finding then has no diff.

use crate::matcher;

/// Longest run of letters and digits that counts as a name.
const LONGEST_NAME: usize = 20;

/// Whether a line contains only names and variables.
pub(super) fn is_harmless(line: &str) -> bool {
    matcher::tokens(line.as_bytes(), 0).is_empty()
        && !has_random_run(line)
        && !has_assigned_secret(line)
        && !has_secret_argument(line)
        && !has_password_in_address(line)
}

fn has_random_run(line: &str) -> bool {
    line.split(|letter: char| !(letter.is_ascii_alphanumeric() || "+_=".contains(letter)))
        .any(|run| {
            let digits = run.bytes().filter(u8::is_ascii_digit).count();
            run.len() >= LONGEST_NAME && digits >= 3
        })
}

/// `password = literal`, in the formats of configuration files.
fn has_assigned_secret(line: &str) -> bool {
    let is_xml_password = line.to_ascii_lowercase().contains("password");
    line.char_indices()
        .filter(|(_, letter)| matches!(letter, '=' | ':' | '>'))
        .any(|(at, _)| {
            let before = line[..at].trim_end_matches(['"', '\'', ' ']);
            let name = before
                .rsplit(|letter: char| !(letter.is_ascii_alphanumeric() || "_-.".contains(letter)))
                .next();
            let name = name.unwrap_or_default().to_ascii_lowercase();
            let is_secret = [
                "password", "passwd", "pwd", "secret", "token", "pat", "auth", "apikey",
            ]
            .iter()
            .any(|word| name.ends_with(word))
                || (is_xml_password && name == "value");
            is_secret && is_literal(&line[at + 1..])
        })
}

/// `--token literal`, `-u user:literal`.
fn has_secret_argument(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.windows(2).any(|pair| {
        let value = pair[1].trim_matches(['"', '\'']);
        match pair[0] {
            "--token" | "--password" | "--pat" | "-p" => is_literal(value),
            "-u" | "--user" => value
                .split_once(':')
                .is_some_and(|(_, password)| is_literal(password)),
            "-t" => line.contains("tfx") && is_literal(value),
            word => {
                let word = word.trim_start_matches(['"', '\'']).to_ascii_lowercase();
                matches!(word.as_str(), "basic" | "bearer") && value.len() >= 8 && is_literal(value)
            }
        }
    })
}

fn has_password_in_address(line: &str) -> bool {
    line.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', ' ', '"', '\'']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        let password = user.and_then(|user| user.split_once(':'));
        password.is_some_and(|(_, password)| is_literal(password))
    })
}

/// Whether a text starts with a value, not with a variable, a placeholder or a bracket.
fn is_literal(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches(['"', '\'']);
    let word = text
        .split([' ', '"', '\'', ',', ';', '<', ')', '}', ']'])
        .next()
        .unwrap_or_default();
    let is_word = [
        "true", "false", "null", "none", "token", "system", "manual", "pat", "az",
    ];
    let is_reference = [
        "var.",
        "local.",
        "data.",
        "env.",
        "process.env",
        "os.environ",
    ]
    .iter()
    .any(|start| word.starts_with(start));
    !word.is_empty()
        && !is_reference
        && !word.starts_with([
            '$', '%', '{', '<', '(', '`', '*', '&', '[', '|', '>', '@', '/', '=',
        ])
        && !is_word.contains(&word.to_ascii_lowercase().as_str())
}

#[test]
fn a_line_with_a_value_is_not_shown() {
    for line in [
        "password = hunter2",
        "  \"password\": \"hunter2\",",
        "_password=aHVudGVyMg==",
        "<password>hunter2</password>",
        "<add key=\"ClearTextPassword\" value=\"hunter2\" />",
        "curl -u me:hunter2 https://x",
        "tfx extension publish --token hunter2",
        "git clone https://me:hunter2@dev.azure.com/x",
        "Authorization: Basic aHVudGVyMg==",
        "x = abcdefghijklm1n2o3pqrstuv",
    ] {
        assert!(!is_harmless(line), "{line}");
    }
    for line in [
        "- task: PublishAzureDevOpsExtension@5",
        "    MY_PAT: $(MY_PAT)",
        "    schlü: wört",
        "curl -u \":$MY_PAT\" \"https://dev.azure.com/contoso/_apis/projects?api-version=7.1\"",
        "az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 -o tsv",
        "//pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/:_authToken=${MY_PAT}",
        "git clone https://:$(MY_PAT)@dev.azure.com/contoso/_git/x",
        "<password>${env.MY_PAT}</password>",
        "personal_access_token = var.pat",
    ] {
        assert!(is_harmless(line), "{line}");
    }
}
