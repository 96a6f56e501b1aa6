//! Names of tokens are text of their owners: they never become commands, markup or formulas, in any output format.

use adieu_emulator::Pat;
use expect_test::expect;

use super::{pats, world};

#[test]
fn hostile_names_stay_names() {
    let world = world();
    let organizations = world.organizations();
    for (number, name) in [
        "##vso[task.complete result=Failed]",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "=HYPERLINK(\"https://x.example\",\"y\")",
        "@SUM(1)\r\n##vso[task.setvariable variable=a]b",
        "a\",\"b' -->\u{202e}\u{1b}[2J",
        "+1,-1",
    ]
    .iter()
    .enumerate()
    {
        let account = format!("user-{number}@contoso.example");
        organizations.add_user("contoso", &account, name);
        let pat = Pat {
            name,
            scope: name,
            fingerprint: name,
            ..Pat::default()
        };
        organizations.add_pat("contoso", &account, &pat);
    }
    for form in ["text", "json", "csv", "html"] {
        let output = pats(&world, &["--output", form]);
        assert_eq!(output.status, 0, "{}", output.stderr);
        assert!(
            !output.stdout.contains("##vso["),
            "{form}: {}",
            output.stdout
        );
        assert!(
            !output.stdout.contains('\u{1b}'),
            "{form}: {}",
            output.stdout
        );
    }
    let csv = pats(&world, &["--output", "csv"]).stdout;
    let records: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(records.len(), 7, "{csv}");
    assert!(!csv.replace("\r\n", "").contains(['\r', '\n']), "{csv}");
    let names: Vec<String> = records
        .iter()
        .map(|record| cells(record)[9].clone())
        .collect();
    expect![[r#"
        name
        **vso[task.complete result=Failed]
        <script>alert(1)</script><img src=x onerror=alert(1)>
        '=HYPERLINK("https://x.example","y")
        '@SUM(1) **vso[task.setvariable variable=a]b
        a","b' --> [2J
        '+1,-1"#]]
    .assert_eq(&names.join("\n"));
    assert!(records.iter().all(|record| cells(record).len() == 14));
    let html = pats(&world, &["--output", "html"]).stdout;
    assert!(html.contains("default-src 'none'"), "{html}");
    assert!(
        !html.contains("<script") && !html.contains("<img"),
        "{html}"
    );
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{html}"
    );
}

/// The cells of a record (RFC 4180), all of which are in quotes.
fn cells(record: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = record;
    while let Some(cell) = rest.strip_prefix('"') {
        let mut text = String::new();
        let mut letters = cell.char_indices().peekable();
        let mut end = cell.len();
        while let Some((at, letter)) = letters.next() {
            let is_quote = letter == '"';
            if is_quote && letters.next_if(|(_, next)| *next == '"').is_none() {
                end = at + 1;
                break;
            }
            text.push(letter);
        }
        cells.push(text);
        rest = cell[end..].strip_prefix(',').unwrap_or(&cell[end..]);
    }
    assert_eq!(rest, "", "{record}");
    cells
}
