//! Habits whose usual replacement does not work: in GitHub workflows, for variables in base64, and on lines with a
//! value.

use std::fs;

use super::habits::findings;
use super::{new_token, scan, tree};

#[test]
fn a_workflow_gets_links_to_its_own_pages() {
    let folder = tree(&[(
        ".github/workflows/publish.yml",
        b"jobs:\n  a:\n    steps:\n    - run: npx vsce publish\n      env:\n        VSCE_PAT: ${{ secrets.VSCE_PAT }}\n    - run: tfx extension publish --token $MARKET_PAT\n",
    )]);
    expect_test::expect![[r#"
        .github/workflows/publish.yml:6:9  publish-vsce  certain  vsce with a personal access token
          Let VSCE_PAT be a Microsoft Entra token. → docs/migrate/vscode.md
        .github/workflows/publish.yml:7:12  publish-tool  certain  tfx with a personal access token
          Let the workflow sign in to Microsoft Entra without a secret. → docs/github-actions.md
    "#]]
    .assert_eq(&scan(folder.path(), &[]).stdout);
}

/// npm decodes `_password`, and the header of Basic authentication is base64.
#[test]
fn a_variable_in_base64_gets_no_token() {
    for pipeline in [
        "steps:\n- script: npm ci\n  env:\n    NPM_PAT_BASE64: $(NPM_PAT_BASE64)\n",
        "steps:\n- script: npm ci\n  env:\n    PAT_B64: $(feed-pat)\n",
        "steps:\n- script: npm ci\n  env:\n    NPM_PAT: $(feed-pat)\n",
        "steps:\n- script: |\n    npm set //pkgs.dev.azure.com/c/:_password=\"$(MY_PAT)\"\n    npm ci\n",
        "steps:\n- script: |\n    curl -H \"Authorization: Basic $(MY_PAT)\" https://dev.azure.com/c/_apis/projects\n",
        "steps:\n- script: |\n    curl -H \"Authorization: Basic $X\" https://dev.azure.com/c/_apis/projects\n  env:\n    X: $(MY_PAT)\n",
    ] {
        let folder = tree(&[
            ("a.yml", pipeline.as_bytes()),
            (
                "web/.npmrc",
                b"//pkgs.dev.azure.com/c/_packaging/f/npm/registry/:_password=${NPM_PAT}\n",
            ),
        ]);
        let fixed = scan(
            folder.path(),
            &["--fix", "--connection", "arm", "--output", "json"],
        );
        let json = fixed.json();
        let found = json["findings"].as_array().expect("findings");
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].get("fix"), None, "{found:?}");
        assert_eq!(found[1]["fix"]["new"], serde_json::json!([]), "{found:?}");
        let left = fs::read_to_string(folder.path().join("a.yml")).expect("the pipeline");
        assert_eq!(left, pipeline);
    }
}

#[test]
fn a_line_with_a_value_has_no_diff() {
    let text = "//pkgs.dev.azure.com/c/_packaging/f/npm/registry/:_password=aHVudGVyMmh1bnRlcjI=\n";
    let found = findings(".npmrc", text);
    assert_eq!(found[0]["rule"], "feed-npmrc");
    assert_eq!(found[0].get("fix"), None);
    let text = format!(
        "steps:\n- script: |\n    export X={}\n    git clone https://:$(MY_PAT)@dev.azure.com/c/_git/x\n",
        new_token()
    );
    let found = findings("a.yml", &text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|finding| finding.get("fix").is_none()));
}
