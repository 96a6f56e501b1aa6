//! Baseline, JSON by its schema, SARIF, HTML and Markdown.

use std::fs;

use tempfile::TempDir;

use crate::harness::schema::Schema;

use super::{new_token, old_token, scan, tree};

fn sample() -> TempDir {
    let yaml = "steps:\n- script: x\n  env:\n    A: $(MY_PAT)\n";
    let env = format!(
        "A={}\nB={}\n# adieu:allow azure-devops-pat-legacy a fixture\n{}\n",
        new_token(),
        old_token(),
        old_token()
    );
    tree(&[
        ("a.yml", yaml.as_bytes()),
        ("x/.env", env.as_bytes()),
        ("##vso[x] <b>|`.txt", new_token().as_bytes()),
        (
            "big.lfs",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n",
        ),
    ])
}

#[test]
fn a_baseline_hides_known_findings_and_lists_fixed_ones() {
    let folder = sample();
    let path = folder.path();
    let written = scan(path, &["--write-baseline", "baseline.json"]);
    assert_eq!((written.status, written.stdout.as_str()), (0, ""));
    expect_test::expect![[r###"
        {
          "schema": "adieu.scan-baseline/1",
          "findings": [
            {"fingerprint":"HuS9xjXqY9HOx/7ZozZv","path":"##vso[x] <b>|`.txt","rule":"azure-devops-pat"},
            {"fingerprint":"HuS9xjXqY9HOx/7ZozZv","path":"x/.env","rule":"azure-devops-pat"},
            {"fingerprint":"0EBfiidXq+o5i17oSNrw","path":"x/.env","rule":"azure-devops-pat-legacy"},
            {"fingerprint":"czpK6ujB6OQC0a9MxkpA","path":"a.yml","rule":"pat-variable"}
          ]
        }
    "###]]
    .assert_eq(&fs::read_to_string(path.join("baseline.json")).expect("a file"));
    let same = scan(path, &["--baseline", "baseline.json"]);
    assert_eq!((same.status, same.stdout.as_str()), (0, ""));
    // Other lines above do not matter; another token does.
    let env = format!("\n\n# new\nA={}\n", new_token());
    fs::write(path.join("x/.env"), env).expect("a file");
    fs::write(path.join("new.txt"), old_token()).expect("a file");
    let changed = scan(path, &["--baseline", "baseline.json"]);
    assert_eq!(changed.status, 1);
    assert!(
        changed.stdout.starts_with("new.txt:1:1 "),
        "{}",
        changed.stdout
    );
    assert_eq!(changed.stdout.lines().count(), 2, "{}", changed.stdout);
    let stale = "warning: The baseline has 1 entry of azure-devops-pat-legacy in x/.env that was not found; remove it.\n";
    assert!(changed.stderr.contains(stale), "{}", changed.stderr);
}

#[test]
fn a_file_that_is_not_a_baseline_is_a_usage_error() {
    let folder = tree(&[("a.json", b"{}"), ("b.json", b"nonsense")]);
    for name in ["a.json", "b.json", "missing.json"] {
        let scanned = scan(folder.path(), &["--baseline", name]);
        assert_eq!(scanned.status, 2);
        let start = format!("error: '{name}' is not a baseline: ");
        assert!(scanned.stderr.starts_with(&start), "{}", scanned.stderr);
    }
}

#[test]
fn json_has_the_form_of_its_schema() {
    let schema = Schema::read("docs/scan.schema.json");
    let folder = sample();
    super::git(folder.path(), &["init", "--quiet"]);
    super::git(folder.path(), &["add", "--all"]);
    super::git(folder.path(), &["commit", "--quiet", "--message", "x"]);
    for arguments in [
        &["--output", "json"][..],
        &["--output", "json", "--history"],
    ] {
        let json = scan(folder.path(), arguments).json();
        assert!(json["findings"].as_array().expect("findings").len() >= 4);
        assert_eq!(schema.violations(&json), [""; 0]);
    }
    // The check detects an invalid document.
    let mut wrong = scan(folder.path(), &["--output", "json"]).json();
    wrong["findings"][0]["line"] = 0.into();
    wrong["findings"][0]["more"] = true.into();
    wrong["files"] = "many".into();
    assert_eq!(schema.violations(&wrong).len(), 3);
}

#[test]
fn sarif_has_places_fingerprints_fixes_and_suppressions() {
    let folder = sample();
    let scanned = scan(folder.path(), &["--output", "sarif"]);
    let sarif = scanned.json();
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let shown: Vec<String> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            format!(
                "{} {} {}:{} fixes={} suppressed={}",
                result["level"].as_str().expect("a level"),
                result["ruleId"].as_str().expect("a rule"),
                place["artifactLocation"]["uri"].as_str().expect("a URI"),
                place["region"]["startLine"],
                result["fixes"].as_array().map_or(0, Vec::len),
                result["suppressions"].as_array().map_or(0, Vec::len),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "error azure-devops-pat %23%23vso%5Bx%5D%20%3Cb%3E%7C%60.txt:1 fixes=0 suppressed=0",
            "note pat-variable a.yml:4 fixes=1 suppressed=0",
            "error azure-devops-pat x/.env:1 fixes=0 suppressed=0",
            "error azure-devops-pat-legacy x/.env:2 fixes=0 suppressed=0",
            "error azure-devops-pat-legacy x/.env:4 fixes=0 suppressed=1",
        ]
    );
    for result in results {
        let rule = &sarif["runs"][0]["tool"]["driver"]["rules"]
            [result["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
    }
}

#[test]
fn a_folder_gets_every_form_and_no_name_becomes_markup() {
    let folder = sample();
    let path = folder.path();
    let written = scan(path, &["--output-path", "report"]);
    assert_eq!(written.status, 1);
    let read = |name: &str| fs::read_to_string(path.join("report").join(name)).expect("a file");
    for name in ["scan.json", "scan.sarif", "scan.html", "scan.md"] {
        super::shows_no_token(&read(name));
    }
    let html = read("scan.html");
    assert!(html.contains("##vso[x] &lt;b&gt;|`.txt"), "{html}");
    assert!(!html.contains("<b>") && !html.contains("://"), "{html}");
    expect_test::expect![[r#"
        ### Personal access tokens

        3 tokens and 1 habit in 4 files, 1 allowed.

        | | finding | place | what replaces it |
        |---|---|---|---|
        | **secret** | Azure DevOps personal access token, created 2026-11, fingerprint HuS9xjXqY9HOx/7ZozZv | `**vso[x] <b>''.txt:1` | `docs/migrate.md` |
        | **secret** | Azure DevOps personal access token, created 2026-11, fingerprint HuS9xjXqY9HOx/7ZozZv | `x/.env:1` | `docs/migrate.md` |
        | **secret** | Azure DevOps personal access token in the format used before July 2024, fingerprint 0EBfiidXq+o5i17oSNrw | `x/.env:2` | `docs/migrate.md` |
        | habit | Pipeline variable with a personal access token | `a.yml:4` | `docs/migrate/scripts.md#a-pat-in-a-variable` |

        - `big.lfs was not scanned: Git LFS keeps its content elsewhere.`
    "#]]
    .assert_eq(&read("scan.md"));
    for form in ["html", "markdown"] {
        let printed = scan(path, &["--output", form]);
        assert!(!printed.stdout.contains("##vso["), "{}", printed.stdout);
    }
}
