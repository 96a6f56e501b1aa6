//! Places where people keep tokens: every file and format in which one must be found, with its line and column.
//!
//! A mark such as `«NEW»` is replaced with a token, which must be found at the mark's position.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use expect_test::expect;

use super::{new_token, old_application_token, old_token, scan, scan_with_input, tree};

const PLACEMENTS: &[(&str, &str)] = &[
    ("raw", "«NEW»"),
    ("raw-old", "«OLD»"),
    ("raw-application", "«APP»"),
    ("raw-upper", "x: «UPPER»\n"),
    ("no-line-end.env", "A=1\nMY_PAT=«NEW»"),
    ("quoted.env", "MY_PAT=\"«NEW»\"\r\nB='«OLD»'\r\n"),
    ("export.sh", "#!/bin/sh\nexport AZURE_TOKEN=«NEW»; true\n"),
    ("curl.sh", "curl -u :«NEW» https://dev.azure.com/contoso\n"),
    (
        "user.sh",
        "curl --user me:«OLD» https://dev.azure.com/contoso\n",
    ),
    ("script.ps1", "$pat = '«NEW»'\r\n$env:X = \"«OLD»\"\r\n"),
    ("script.cmd", "@set PAT=«NEW»\r\n"),
    ("url.txt", "https://«NEW»@dev.azure.com/contoso/_git/x\n"),
    ("url-user.txt", "https://me:«NEW»@dev.azure.com/contoso\n"),
    (
        "url-encoded.txt",
        "https://me%3A«NEW»@dev.azure.com/contoso\n",
    ),
    (
        "url-twice.txt",
        "q=https%253A%252F%252Fme%253A«OLD»%2540dev\n",
    ),
    ("query.txt", "https://host.example/?token=«NEW»&x=1\n"),
    (".git-credentials", "https://a:«OLD»@dev.azure.com\n"),
    (".netrc", "machine dev.azure.com login a password «NEW»\n"),
    (
        ".npmrc",
        "//pkgs.dev.azure.com/c/_packaging/f/npm/registry/:_password=«P»\n",
    ),
    (
        "old.npmrc",
        "//pkgs.dev.azure.com/c/_packaging/f/npm/registry/:_password=\"«PO»\"\n",
    ),
    ("auth.npmrc", "//pkgs.dev.azure.com/c/:_authToken=«NEW»\n"),
    (
        ".yarnrc.yml",
        "npmRegistries:\n  x:\n    npmAuthIdent: «B1»\n",
    ),
    (
        "nuget.config",
        "<add key=\"ClearTextPassword\" value=\"«OLD»\" />\n",
    ),
    (
        "pip.conf",
        "[global]\nindex-url = https://x:«NEW»@pkgs.dev.azure.com/c/\n",
    ),
    (".pypirc", "[feed]\nusername = x\npassword = «NEW»\n"),
    (
        "settings.xml",
        "<server>\n\t<password>«NEW»</password>\n</server>\n",
    ),
    ("entity.xml", "<a b=\"x&#58;«OLD»&quot;\"/>\n"),
    ("gradle.properties", "azureToken=«NEW»\n"),
    (
        "credentials.toml",
        "[registries.feed]\ntoken = \"Basic «B0»\"\n",
    ),
    ("config.toml", "token = \"Bearer «NEW»\"\n"),
    ("Dockerfile", "FROM scratch\nARG PAT=«NEW»\nENV T=«OLD»\n"),
    ("docker.json", "{\"auths\":{\"x\":{\"auth\":\"«B2»\"}}}\n"),
    ("flow.yml", "env: { A: «NEW», B: «OLD» }\n"),
    (
        "block.yml",
        "steps:\n- script: |\n    echo «NEW»\n  env:\n    P: «OLD»\n",
    ),
    ("folded.yml", "a: >-\n  «NEW»\nb: 1\n"),
    ("anchor.yml", "a: &pat «NEW»\nb: *pat\n"),
    ("a.json", "{\"a\":[\"«NEW»\",{\"b\":\"«OLD»\"}]}\n"),
    ("escaped.json", "{\"a\":\"x\\n«NEW»\\n\"}\n"),
    ("escaped-old.json", "{\"a\":\"x\\t«OLD»\\r\\n\"}\n"),
    ("unicode.json", "{\"a\":\"x\\u003a«OLD»\\u0022\"}\n"),
    ("unicode-new.json", "{\"a\":\"\\u003A«NEW»\"}\n"),
    ("hex.js", "const a = 'x\\x3a«NEW»';\n"),
    ("template.js", "const a = `Basic ${btoa(':«NEW»')}`;\n"),
    ("notebook.ipynb", "{\"source\": [\"pat = '«NEW»'\\n\"]}\n"),
    (
        "requests.http",
        "GET https://x\nAuthorization: Basic «B0»\n",
    ),
    ("basic-1.http", "Authorization: basic «B1»\n"),
    ("basic-2.http", "Authorization: Basic «B2»\r\n"),
    ("basic-old.http", "Authorization: Basic «BO»\n"),
    ("basic-old-2.http", "Authorization: Basic «BO2»\n"),
    (
        "extraheader",
        "[http]\n\textraheader = AUTHORIZATION: basic «B0»\n",
    ),
    ("secret.yaml", "kind: Secret\ndata:\n  pat: «K»\n"),
    ("npmrc-secret.yaml", "kind: Secret\ndata:\n  .npmrc: «N»\n"),
    ("x.tfvars", "personal_access_token = \"«NEW»\"\n"),
    ("x.tfstate", "{\"value\": \"«OLD»\"}\n"),
    ("x.cs", "var t = \"«NEW»\"; // ä\n"),
    ("columns.txt", "äöü 😀 «NEW»\n\n ü\t«OLD»\n"),
    ("two.txt", "«NEW» «OLD» «APP»\n"),
    ("adjacent.txt", "«NEW»,«OLD»;«NEW»\n"),
    (
        "log.txt",
        "2026-11-01T00:00:00Z \u{1b}[32m«NEW»\u{1b}[0m done\n",
    ),
    ("log-old.txt", "token \u{1b}[1;33m«OLD»\u{1b}[0m\n"),
    ("long-form.txt", "«NEW»ab==\n"),
    ("boundary.txt", "A«OLD»_\n-«NEW»_/«APP»\n"),
    ("job.txt", "##vso[task.setvariable variable=x]«NEW»\n"),
    ("jwt.txt", "Authorization: Bearer «JWT»\n"),
    ("job-token.txt", "SYSTEM_ACCESSTOKEN=«JOB»\n"),
    ("README.md", "Run `adieu «NEW»`.\n"),
    (
        "page.html",
        "<a href='https://x:«NEW»@dev.azure.com'>x</a>\n",
    ),
    ("x.sql", "INSERT INTO t VALUES ('«NEW»');\n"),
    ("cr.txt", "a\rb\n\r\n«NEW»\r\n"),
    ("bom.txt", "\u{feff}«NEW»\n"),
];

fn jwt(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let header = part("{\"typ\":\"JWT\",\"alg\":\"RS256\"}");
    format!("{header}.{}.{}", part(claims), part(&"s".repeat(256)))
}

/// The token of each mark, and the rule that finds it.
fn marks() -> Vec<(&'static str, String, &'static str)> {
    const NEW: &str = "azure-devops-pat";
    const OLD: &str = "azure-devops-pat-legacy";
    let basic = |text: String| STANDARD.encode(text);
    let (new, old) = (new_token(), old_token());
    let npmrc = format!("registry=x\n//x/:_password=\"{}\"\n", basic(new.clone()));
    vec![
        ("«NEW»", new.clone(), NEW),
        ("«OLD»", old.clone(), OLD),
        ("«APP»", old_application_token(), OLD),
        ("«UPPER»", old.to_uppercase(), OLD),
        ("«P»", basic(new.clone()), NEW),
        ("«PO»", basic(old.clone()), OLD),
        ("«B0»", basic(format!(":{new}")), NEW),
        ("«B1»", basic(format!("u:{new}")), NEW),
        ("«B2»", basic(format!("us:{new}")), NEW),
        ("«BO»", basic(format!(":{old}")), OLD),
        ("«BO2»", basic(format!("me:{old}")), OLD),
        ("«K»", basic(format!("{new}\n")), NEW),
        ("«N»", basic(npmrc), NEW),
        (
            "«JWT»",
            jwt("{\"aud\":\"499b84ac-1321-427f-aa17-267ca6975798\",\"exp\":4000000000}"),
            "azure-devops-access-token",
        ),
        (
            "«JOB»",
            jwt("{\"iss\":\"app.vstoken.visualstudio.com\",\"exp\":4000000000,\"x\":\"yyyyyy\"}"),
            "azure-devops-session-token",
        ),
    ]
}

/// The text with its tokens, and their positions.
fn filled(path: &str, template: &str) -> (String, Vec<String>) {
    let mut text = template.to_owned();
    let mut places = Vec::new();
    while let Some(at) = text.find('«') {
        let marks = marks();
        let mark = marks
            .iter()
            .find(|(mark, _, _)| text[at..].starts_with(mark));
        let (mark, token, rule) = mark.unwrap_or_else(|| panic!("{path} has an unknown mark"));
        let before = text[..at].trim_start_matches('\u{feff}');
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        places.push(format!("{path}:{line}:{column} {rule} certain"));
        text.replace_range(at..at + mark.len(), token);
    }
    (text, places)
}

#[test]
fn finds_a_token_in_every_place_with_its_line_and_column() {
    let mut files = Vec::new();
    let mut expected = Vec::new();
    for (path, template) in PLACEMENTS {
        let (text, places) = filled(path, template);
        let utf16 = text.trim_start_matches('\u{feff}').encode_utf16();
        let little: Vec<u8> = utf16.clone().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = utf16.flat_map(u16::to_be_bytes).collect();
        for (folder, content) in [
            ("utf-8", text.clone().into_bytes()),
            ("utf-16-le", [&b"\xff\xfe"[..], &little].concat()),
            ("utf-16-be", [&b"\xfe\xff"[..], &big].concat()),
            (
                "crlf",
                text.replace("\r\n", "\n")
                    .replace('\n', "\r\n")
                    .into_bytes(),
            ),
        ] {
            files.push((format!("{folder}/{path}"), content));
            expected.extend(places.iter().map(|place| format!("{folder}/{place}")));
        }
    }
    assert!(PLACEMENTS.len() >= 60);
    let borrowed: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, content)| (path.as_str(), content.as_slice()))
        .collect();
    let folder = tree(&borrowed);
    let scanned = scan(folder.path(), &["--output", "json", "--habits", "no"]);
    expected.sort();
    let mut found = scanned.places();
    found.retain(|place| place.ends_with(" certain"));
    found.sort();
    assert_eq!(found.join("\n"), expected.join("\n"));
    assert_eq!(scanned.status, 1);
}

#[test]
fn finds_tokens_across_the_borders_of_what_is_read_at_once() {
    const BORDER: usize = 1 << 20;
    for before in [
        BORDER - 16_500,
        BORDER - 84,
        BORDER - 40,
        BORDER,
        3 * BORDER - 50,
    ] {
        let mut text = "y".repeat(before);
        text.replace_range(before - 1.., "=");
        text.push_str(&new_token());
        text.push_str(&format!(
            "\nBasic {}\n",
            STANDARD.encode(format!(":{}", old_token()))
        ));
        let folder = tree(&[("long.txt", text.as_bytes())]);
        let scanned = scan(folder.path(), &["--output", "json", "--min", "certain"]);
        let expected = [
            format!("long.txt:1:{} azure-devops-pat certain", before + 1),
            "long.txt:2:7 azure-devops-pat-legacy certain".to_owned(),
        ];
        assert_eq!(scanned.places(), expected);
    }
}

#[test]
fn finds_base64_that_a_program_broke_into_lines() {
    for (width, line_break) in [(76, "\n"), (64, "\r\n"), (76, "\n    ")] {
        let encoded = STANDARD.encode(format!("user:{}", new_token()));
        let (one, other) = encoded.split_at(width);
        let text = format!("pat: |\n    {one}{line_break}{other}\n");
        let folder = tree(&[("a.yml", text.as_bytes())]);
        let scanned = scan(folder.path(), &["--output", "json"]);
        assert_eq!(scanned.places(), ["a.yml:2:5 azure-devops-pat certain"]);
    }
}

#[test]
fn text_names_place_rule_facts_and_page() {
    let content = format!("x={}\ny={}\n", new_token(), old_token());
    let folder = tree(&[("a.env", content.as_bytes())]);
    let scanned = scan(folder.path(), &[]);
    expect![[r#"
        a.env:1:3  azure-devops-pat  certain  Azure DevOps personal access token, created 2026-11, fingerprint HuS9xjXqY9HOx/7ZozZv
          Revoke it, remove it from the history, and sign in with a service connection instead. → docs/migrate.md
        a.env:2:3  azure-devops-pat-legacy  certain  Azure DevOps personal access token in the format used before July 2024, fingerprint 0EBfiidXq+o5i17oSNrw
          Revoke it, remove it from the history, and sign in with a service connection instead. → docs/migrate.md
    "#]]
    .assert_eq(&scanned.stdout);
    assert_eq!(scanned.stderr, "2 tokens in 1 file.\n");
    assert_eq!(scanned.status, 1);
}

#[test]
fn reads_standard_input() {
    let text = format!("line\n  {}\n", new_token());
    let folder = tree(&[]);
    let scanned = scan_with_input(folder.path(), &["--stdin", "-o", "json"], text.as_bytes());
    assert_eq!(
        scanned.places(),
        ["(standard input):2:3 azure-devops-pat certain"]
    );
    let scanned = scan_with_input(folder.path(), &["--stdin"], b"nothing\n");
    assert_eq!((scanned.status, scanned.stdout.as_str()), (0, ""));
    assert_eq!(scanned.stderr, "No findings in 1 file.\n");
}
