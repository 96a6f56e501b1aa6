//! What documents, templates and examples teach: no credential as an argument or in an address, images by digest,
//! tools by version.
//!
//! Lines that show the old way are listed with their reason, and each of them must exist.

use std::fs;

use regex_lite::Regex;

use crate::harness::root;
use crate::pipelines::documents::files;

/// Texts that a reader would copy, and why they should not.
const HABITS: [(&str, &str); 5] = [
    (
        "a credential as an argument is visible to every process of the machine",
        r#"(?i)(^|\s)(-H|--header|-u|--user|-t|--token|-p|--password|--auth)[ =]["']?[^|"' ]*[^|"']*(\$[({]?[a-z_.]*(pat|token|key|secret|password|_header)|\$\(adieu )"#,
    ),
    (
        "a credential inside an address ends up in logs, in .git/config and in error messages",
        r"(?i)://[^/\s]*(\$[({][^@/\s]*|[^/\s:]*:\$[a-z_]+)@",
    ),
    (
        "an image without a digest is another image tomorrow",
        r"(?i)(docker (run|build|pull)[^|]*\s|^\s*FROM\s+)(\w[\w./-]*):[\w.-]+(\s|$)",
    ),
    (
        "`npx --yes` without a version runs whatever was published last",
        r"npx (--yes|-y) (@[\w./-]+|[\w.-]+)(\s|`|$)",
    ),
    (
        "an installation without a version installs whatever was published last",
        r"(npm (install|i) (-g |--global |--save-dev )?(@[\w-]+/)?[a-z][\w.-]*|pip install (--\w+ )*[a-z][\w.-]*)(\s|`|$)",
    ),
];

/// Lines that are allowed: (file, text, reason).
const ALLOWED: [(&str, &str, &str); 5] = [
    (
        "docs/cli.md",
        "such as `tfx extension publish --token \"$(adieu token)\"`",
        "warns of it",
    ),
    (
        "docs/git.md",
        "| `git clone https://x:$(MY_PAT)@dev.azure.com",
        "before",
    ),
    ("docs/migrate/git.md", "Before: a URL with a PAT", "before"),
    (
        "docs/migrate/scripts.md",
        "curl --fail -sS -u \":$MY_PAT\"",
        "before",
    ),
    (
        "docs/migrate/scripts.md",
        "curl --fail -sS -H \"Authorization: Bearer $token\"",
        "before",
    ),
];

#[test]
fn examples_have_no_bad_habits() {
    let habits = HABITS.map(|(why, pattern)| (why, Regex::new(pattern).expect("a pattern")));
    let mut found = String::new();
    for (path, number, line) in lines() {
        let allowed = |(file, part, _): &(&str, &str, &str)| path == *file && line.contains(part);
        if ALLOWED.iter().any(allowed) {
            continue;
        }
        for (why, _) in habits.iter().filter(|(_, habit)| habit.is_match(&line)) {
            found += &format!("{path}:{number}: {why}\n  {}\n", line.trim());
        }
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn recognizes_each_habit() {
    let bad = [
        r#"curl -H "Authorization: Bearer $TOKEN" https://dev.azure.com"#,
        r#"curl -sS --header "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT""#,
        r#"curl -u ":$(MY_PAT)" https://dev.azure.com"#,
        "tfx extension publish --token $(adieu token)",
        "vsce publish -p $VSCE_PAT",
        "git clone https://x:$(MY_PAT)@dev.azure.com/contoso/web/_git/web",
        "PIP_INDEX_URL: https://adieu:$TOKEN@pkgs.dev.azure.com/contoso",
        "  docker run --rm rust:1-bookworm cargo test",
        "FROM debian:bookworm-slim",
        "npx --yes renovate web/site",
        "npx -y @vscode/vsce publish",
        "npm install @azure/identity",
        "pip install azure-identity",
    ];
    let good = [
        r#"printf 'Authorization: Bearer %s' "$TOKEN" | curl -H @- https://dev.azure.com"#,
        "adieu exec --token ARM_TOKEN=arm -- ./deploy.sh",
        "git clone https://contoso@dev.azure.com/contoso/web/_git/web",
        "docker run --rm rust:1.88-bookworm@sha256:af306cfa71d9 cargo test",
        "npx --yes renovate@43 web/site",
        "npx jest",
        "npm install @azure/identity@4",
        "npm ci",
        "pip install azure-identity==1.25.0",
    ];
    let habits = HABITS.map(|(_, pattern)| Regex::new(pattern).expect("a pattern"));
    let is_bad = |line: &&str| habits.iter().any(|habit| habit.is_match(line));
    assert_eq!(
        bad.iter()
            .copied()
            .filter(|line| !is_bad(line))
            .collect::<Vec<_>>(),
        [""; 0]
    );
    assert_eq!(
        good.iter().copied().filter(is_bad).collect::<Vec<_>>(),
        [""; 0]
    );
}

#[test]
fn each_exception_is_still_needed() {
    let lines: Vec<_> = lines().collect();
    for (file, part, _) in ALLOWED {
        assert!(
            lines
                .iter()
                .any(|(path, _, line)| path == file && line.contains(part)),
            "{file} no longer has {part:?}"
        );
    }
}

/// (file, line number, line) of everything that users read or copy.
fn lines() -> impl Iterator<Item = (String, usize, String)> {
    let is_read = |path: &String| {
        let folder = path.split('/').next().unwrap_or_default();
        let is_text = [".md", ".yml", ".yaml", ".json", ".js", ".sh", "Dockerfile"]
            .iter()
            .any(|end| path.ends_with(end));
        let is_ours =
            matches!(folder, "docs" | "pipelines" | "examples" | "task") || !path.contains('/');
        is_text && is_ours && !path.ends_with("package-lock.json")
    };
    files().into_iter().filter(is_read).flat_map(|path| {
        let text = fs::read_to_string(root().join(&path)).expect("a text file");
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines
            .into_iter()
            .enumerate()
            .map(move |(number, line)| (path.clone(), number + 1, line))
    })
}
