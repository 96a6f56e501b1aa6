//! Each habit with the exact lines that replace it: the result is valid for Azure Pipelines and has no habit.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::{scan, tree};
use crate::pipelines::documents::Document;
use crate::pipelines::schema;

/// A rule, a file, its text, and the text with the replacement; `None` if there is only a page.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

const ENTRA: &str =
    "- task: EntraToken@1\n  inputs:\n    azureDevOpsServiceConnection: my-connection\n";

const CASES: &[Case] = &[
    (
        "url-userinfo",
        "a.yml",
        "steps:\n- checkout: none\n- bash: |\n    set -e\n    git clone https://:$(MY_PAT)@dev.azure.com/contoso/web/_git/site\n",
        Some(
            "steps:\n- checkout: none\nENTRA    configure: git\n- bash: |\n    set -e\n    git clone https://dev.azure.com/contoso/web/_git/site\n",
        ),
    ),
    (
        "url-userinfo",
        "clone.sh",
        "git clone \"https://x:${MY_PAT}@contoso.visualstudio.com/web/_git/site\"\n",
        Some("git clone \"https://contoso.visualstudio.com/web/_git/site\"\n"),
    ),
    (
        "feed-userinfo",
        "a.yml",
        "steps:\n- script: pip install -r requirements.txt\n  env:\n    PIP_INDEX_URL: https://x:$(FEED_PAT)@pkgs.dev.azure.com/contoso/_packaging/feed/pypi/simple/\n",
        Some(
            "steps:\nENTRA    tokens: FEED_PAT = azureDevOps\n- script: pip install -r requirements.txt\n  env:\n    PIP_INDEX_URL: https://x:$(FEED_PAT)@pkgs.dev.azure.com/contoso/_packaging/feed/pypi/simple/\n",
        ),
    ),
    (
        "basic-header",
        "a.yml",
        "steps:\n  - bash: curl -sS -u \":$MY_PAT\" \"https://dev.azure.com/contoso/_apis/projects\"\n    env:\n      MY_PAT: $(SECRET_PAT)\n",
        Some(
            "steps:\n  - task: EntraToken@1\n    inputs:\n      azureDevOpsServiceConnection: my-connection\n      tokens: SECRET_PAT = azureDevOps\n  - bash: curl -sS -u \":$MY_PAT\" \"https://dev.azure.com/contoso/_apis/projects\"\n    env:\n      MY_PAT: $(SECRET_PAT)\n",
        ),
    ),
    (
        "basic-header",
        "call.sh",
        "  curl -sS -u \":$MY_PAT\" \"https://dev.azure.com/contoso/_apis/projects\"\n",
        Some(
            "  adieu token --output header | curl -H @- -sS \"https://dev.azure.com/contoso/_apis/projects\"\n",
        ),
    ),
    (
        "ext-pat",
        "a.yml",
        "steps:\n- script: az pipelines run --name x\n  env:\n    AZURE_DEVOPS_EXT_PAT: $(MY_PAT)\n",
        Some(
            "steps:\nENTRA    tokens: MY_PAT = azureDevOps\n- script: az pipelines run --name x\n  env:\n    AZURE_DEVOPS_EXT_PAT: $(MY_PAT)\n",
        ),
    ),
    (
        "ext-pat",
        "login.sh",
        "echo \"$MY_PAT\" | az devops login\n",
        Some("export AZURE_DEVOPS_EXT_PAT=\"$(adieu token)\"\n"),
    ),
    (
        "extraheader",
        "a.yml",
        "steps:\n- script: git -c http.extraheader=\"Authorization: Basic $(B64_PAT)\" push\n",
        Some("steps:\nENTRA    configure: git\n- script: git push\n"),
    ),
    (
        "persist-credentials",
        "a.yml",
        "steps:\n- checkout: self\n  persistCredentials: true\n- script: git push\n",
        Some("steps:\n- checkout: self\nENTRA    configure: git\n- script: git push\n"),
    ),
    (
        "az-token",
        "a.yml",
        "steps:\n- task: AzureCLI@2\n  displayName: Get a token\n  inputs:\n    azureSubscription: arm connection\n    scriptType: bash\n    scriptLocation: inlineScript\n    inlineScript: |\n      token=$(az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken -o tsv)\n      echo \"##vso[task.setvariable variable=ADO_TOKEN;issecret=true]$token\"\n- script: ./release.sh\n",
        Some(
            "steps:\n- task: EntraToken@1\n  displayName: Get a token\n  inputs:\n    azureSubscription: arm connection\n    tokens: ADO_TOKEN = azureDevOps\n- script: ./release.sh\n",
        ),
    ),
    (
        "az-token",
        "b.yml",
        "steps:\n- task: AzureCLI@2\n  inputs:\n    azureSubscription: arm\n    scriptType: pscore\n    scriptLocation: inlineScript\n    inlineScript: |\n      $token = az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken -o tsv\n      Invoke-RestMethod https://dev.azure.com/contoso/_apis/projects -Headers @{ Authorization = \"Bearer $token\" }\n    workingDirectory: src\n  condition: always()\n",
        Some(
            "steps:\n- task: RunWithToken@1\n  inputs:\n    azureSubscription: arm\n    shell: pwsh\n    workingDirectory: src\n    script: |\n      $token = $env:AZURE_DEVOPS_TOKEN\n      Invoke-RestMethod https://dev.azure.com/contoso/_apis/projects -Headers @{ Authorization = \"Bearer $token\" }\n  condition: always()\n",
        ),
    ),
    (
        "az-token",
        "token.sh",
        "TOKEN=$(az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken --output tsv)\n",
        Some("TOKEN=$(adieu token)\n"),
    ),
    (
        "publish",
        "a.yml",
        "steps:\n- task: PublishAzureDevOpsExtension@5\n  displayName: Publish\n  inputs:\n    connectTo: VsTeam\n    connectedServiceName: marketplace\n    rootFolder: ext\n    extensionVersion: 1.0.$(Build.BuildId)\n    shareWith: contoso,fabrikam\n",
        Some(
            "steps:\n- task: MarketplaceExtension@1\n  displayName: Publish\n  inputs:\n    operation: publish\n    azureDevOpsServiceConnection: my-connection\n    rootFolder: ext\n    extensionVersion: 1.0.$(Build.BuildId)\n    organizations: |\n      contoso\n      fabrikam\n",
        ),
    ),
    (
        "publish-tool",
        "a.yml",
        "steps:\n- script: npx tfx-cli extension publish --token $(MARKET_PAT)\n",
        Some(
            "steps:\nENTRA    tokens: MARKET_PAT = azureDevOps\n- script: npx tfx-cli extension publish --token $(MARKET_PAT)\n",
        ),
    ),
    (
        "publish-tool",
        "publish.sh",
        "npx tfx-cli extension publish --root ext --token $MARKET_PAT\n",
        Some("adieu extension publish --root ext\n"),
    ),
    (
        "publish-vsce",
        "publish.sh",
        "npx vsce publish -p $MARKET_PAT\n",
        Some("VSCE_PAT=\"$(adieu token)\" npx vsce publish\n"),
    ),
    (
        "feed-npmrc",
        ".npmrc",
        "registry=https://pkgs.dev.azure.com/c/_packaging/f/npm/registry/\n//pkgs.dev.azure.com/c/_packaging/f/npm/registry/:_password=${B64_PAT}\n",
        Some("registry=https://pkgs.dev.azure.com/c/_packaging/f/npm/registry/\n"),
    ),
    (
        "feed-password",
        "nuget.config",
        "<add key=\"ClearTextPassword\" value=\"%FEED_PAT%\" />\n",
        Some("<add key=\"ClearTextPassword\" value=\"%AZURE_DEVOPS_TOKEN%\" />\n"),
    ),
    (
        "feed-password",
        "settings.xml",
        "<server><id>feed</id><password>${env.FEED_PAT}</password></server>\n",
        Some("<server><id>feed</id><password>${env.AZURE_DEVOPS_TOKEN}</password></server>\n"),
    ),
    (
        "feed-variable",
        "a.yml",
        "steps:\n- script: twine upload dist/*\n  env:\n    TWINE_USERNAME: token\n    TWINE_PASSWORD: $(FEED_PAT)\n",
        Some(
            "steps:\nENTRA    tokens: FEED_PAT = azureDevOps\n- script: twine upload dist/*\n  env:\n    TWINE_USERNAME: token\n    TWINE_PASSWORD: $(FEED_PAT)\n",
        ),
    ),
    (
        "feed-connection",
        "a.yml",
        "steps:\n- task: npmAuthenticate@0\n  inputs:\n    workingFile: .npmrc\n    customEndpoint: other-organization\n",
        Some(
            "steps:\n- task: FeedAuthenticate@1\n  inputs:\n    azureDevOpsServiceConnection: my-connection\n",
        ),
    ),
    (
        "feed-connection",
        "a.yml",
        "steps:\n- task: NuGetAuthenticate@1\n  displayName: Feeds\n  inputs:\n    nuGetServiceConnections: |\n      a\n      b\n  condition: succeeded()\n",
        Some(
            "steps:\n- task: FeedAuthenticate@1\n  displayName: Feeds\n  inputs:\n    azureDevOpsServiceConnection: my-connection\n  condition: succeeded()\n",
        ),
    ),
    (
        "feed-connection",
        "a.yml",
        "steps:\n- task: TwineAuthenticate@1\n  inputs:\n    pythonUploadServiceConnection: other\n",
        None,
    ),
    (
        "renovate",
        "a.yml",
        "steps:\n- script: npx renovate\n  env:\n    RENOVATE_TOKEN: $(RENOVATE_PAT)\n",
        Some(
            "steps:\nENTRA    tokens: RENOVATE_PAT = azureDevOps\n- script: npx renovate\n  env:\n    RENOVATE_TOKEN: $(RENOVATE_PAT)\n",
        ),
    ),
    (
        "terraform",
        "main.tf",
        "provider \"azuredevops\" {\n  org_service_url = var.url\n  personal_access_token = var.pat\n}\n",
        Some("provider \"azuredevops\" {\n  org_service_url = var.url\n}\n"),
    ),
    (
        "terraform",
        "a.yml",
        "steps:\n- script: terraform apply\n  env:\n    AZDO_PERSONAL_ACCESS_TOKEN: $(MY_PAT)\n",
        Some(
            "steps:\n- task: EntraToken@1\n  inputs:\n    azureSubscription: my-connection\n    configure: terraform\n- script: terraform apply\n",
        ),
    ),
    (
        "agent",
        "register.sh",
        "./config.sh --unattended --url \"$URL\" --auth pat --token $AGENT_PAT --pool default\n",
        Some(
            "VSTS_AGENT_INPUT_TOKEN=\"$(adieu token)\" ./config.sh --unattended --url \"$URL\" --auth pat --pool default\n",
        ),
    ),
    (
        "docker-argument",
        "Dockerfile",
        "FROM node:22\nARG FEED_PAT\nCOPY . .\nRUN npm config set x \"$FEED_PAT\" && npm ci\n",
        Some(
            "FROM node:22\nCOPY . .\nRUN --mount=type=secret,id=FEED_PAT,env=FEED_PAT npm config set x \"$FEED_PAT\" && npm ci\n",
        ),
    ),
    (
        "docker-argument",
        "a.yml",
        "steps:\n- script: docker build --build-arg FEED_PAT=$(FEED_PAT) .\n",
        Some(
            "steps:\nENTRA    tokens: FEED_PAT = azureDevOps\n- script: docker build --build-arg FEED_PAT=$(FEED_PAT) .\n",
        ),
    ),
    (
        "events",
        "a.yml",
        "steps:\n- pwsh: |\n    $b = \"Basic \" + (New-Header $(MARKET_PAT))\n    irm https://marketplace.visualstudio.com/_apis/gallery/publishers/p/extensions/e/events?x=$(MARKET_PAT)\n",
        Some(
            "steps:\nENTRA    tokens: MARKET_PAT = azureDevOps\n- pwsh: |\n    $b = \"Basic \" + (New-Header $(MARKET_PAT))\n    irm https://marketplace.visualstudio.com/_apis/gallery/publishers/p/extensions/e/events?x=$(MARKET_PAT)\n",
        ),
    ),
    (
        "pat-variable",
        "a.yml",
        "steps:\n- script: ./call.sh\n  env:\n    TOKEN: $(MY_PAT)\n",
        Some(
            "steps:\nENTRA    tokens: MY_PAT = azureDevOps\n- script: ./call.sh\n  env:\n    TOKEN: $(MY_PAT)\n",
        ),
    ),
    (
        "pat-group",
        "a.yml",
        "variables:\n- group: my-pat\nsteps:\n- script: x\n",
        None,
    ),
];

/// Applies a replacement to the text, using only the line numbers and lines in the JSON document.
fn replaced(text: &str, fix: &Value) -> String {
    let lines = |name: &str| -> Vec<String> {
        let lines = fix[name].as_array().expect("lines");
        let line = |line: &Value| line.as_str().expect("a line").to_owned();
        lines.iter().map(line).collect()
    };
    let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
    let first = fix["line"].as_u64().expect("a line") as usize - 1;
    let (old, new) = (lines("old"), lines("new"));
    assert_eq!(all[first..first + old.len()], old);
    all.splice(first..first + old.len(), new);
    all.iter().map(|line| format!("{line}\n")).collect()
}

pub(super) fn findings(path: &str, text: &str) -> Vec<Value> {
    let folder = tree(&[(path, text.as_bytes())]);
    let scanned = scan(folder.path(), &["--output", "json"]);
    let mut json = scanned.json();
    serde_json::from_value(json["findings"].take()).expect("findings")
}

#[test]
fn each_habit_has_the_lines_that_replace_it() {
    let mut pipelines = Vec::new();
    for (rule, path, before, after) in CASES {
        let found = findings(path, before);
        let found = found.iter().find(|finding| finding["rule"] == *rule);
        let found = found.unwrap_or_else(|| panic!("{rule} is not found in {before}"));
        let Some(after) = after else {
            assert_eq!(found.get("fix"), None, "{before}");
            continue;
        };
        let after = after.replace("ENTRA", ENTRA);
        assert!(found.get("fix").is_some(), "{rule} {path}: {found}");
        assert_eq!(replaced(before, &found["fix"]), after, "{rule} {path}");
        let left = findings(path, &after);
        let left: Vec<&Value> = left
            .iter()
            .filter(|finding| finding["rule"] == *rule)
            .collect();
        assert!(left.is_empty(), "{rule} {path}: {left:?}");
        if path.ends_with(".yml") {
            pipelines.push(Document {
                path: (*rule).to_owned(),
                offset: 0,
                text: after,
            });
        }
    }
    assert!(pipelines.len() >= 15);
    assert_eq!(schema::problems(&pipelines), "");
}

#[test]
fn each_rule_has_a_case_and_a_page() {
    let known = scan(tree(&[]).path(), &["--rule", "x"]);
    let rules = known
        .stderr
        .split("the rules are ")
        .nth(1)
        .expect("the rules");
    let rules = rules.lines().next().expect("a line");
    let cases: BTreeSet<&str> = CASES.iter().map(|(rule, ..)| *rule).collect();
    for rule in rules.trim_end_matches(['\'', '.']).split(", ") {
        let is_token = rule.starts_with("azure-");
        // `organization.rs` has those that are not in files.
        let is_of_resources =
            matches!(rule, "pat-connection" | "service-hook" | "agent-capability");
        let has_case = is_token || is_of_resources || cases.contains(rule);
        assert!(has_case, "{rule} has no case");
    }
    for (rule, path, before, _) in CASES {
        for finding in findings(path, before) {
            let page = finding["page"].as_str().expect("a page");
            let (file, anchor) = page.split_once('#').unwrap_or((page, ""));
            let text = fs::read_to_string(crate::harness::root().join(file));
            let text = text.unwrap_or_else(|error| panic!("{rule}: {file}: {error}"));
            let has_heading = text.lines().any(|line| {
                let slug: String = line
                    .trim_start_matches(['#', ' '])
                    .chars()
                    .filter(|letter| letter.is_alphanumeric() || " -".contains(*letter))
                    .map(|letter| {
                        if letter == ' ' {
                            '-'
                        } else {
                            letter.to_ascii_lowercase()
                        }
                    })
                    .collect();
                line.starts_with('#') && slug == anchor
            });
            assert!(anchor.is_empty() || has_heading, "{page}");
        }
    }
}

#[test]
fn correct_code_is_not_a_habit() {
    for (path, text) in [
        (
            "clone.yml",
            "steps:\n- script: git clone https://contoso@dev.azure.com/contoso/web/_git/site\n",
        ),
        (
            "job.yml",
            "steps:\n- script: az pipelines list\n  env:\n    AZURE_DEVOPS_EXT_PAT: $(System.AccessToken)\n",
        ),
        (
            "job-basic.yml",
            "steps:\n- bash: curl -u \":$SYSTEM_ACCESSTOKEN\" https://dev.azure.com/c/_apis/x\n  env:\n    SYSTEM_ACCESSTOKEN: $(System.AccessToken)\n",
        ),
        (
            "other.yml",
            "steps:\n- script: curl -u \":$API_PAT\" https://api.example.com/x\n  env:\n    API_PAT: value\n",
        ),
        (
            "graph.sh",
            "T=$(az account get-access-token --resource https://graph.microsoft.com --query accessToken -o tsv)\n",
        ),
        (
            "path.yml",
            "steps:\n- script: echo $(PATH) $(Build.SourcesDirectory)/compat\n",
        ),
        (
            "comment.yml",
            "steps:\n# AZURE_DEVOPS_EXT_PAT: $(MY_PAT)\n- script: x\n",
        ),
        ("README.md", "AZURE_DEVOPS_EXT_PAT: $(MY_PAT)\n"),
        (".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"),
        (
            "adieu/.npmrc",
            "//pkgs.dev.azure.com/c/_packaging/f/npm/registry/:_authToken=${AZURE_DEVOPS_TOKEN}\n",
        ),
        ("Dockerfile", "FROM x\nARG PATH_TO_X\nENV PATCH=1\n"),
        (
            "checkout.yml",
            "steps:\n- checkout: self\n  persistCredentials: false\n",
        ),
    ] {
        let found = findings(path, text);
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}

#[test]
fn fix_writes_safe_changes_and_with_a_connection_the_rest() {
    let publish = "steps:\r\n- task: PublishAzureDevOpsExtension@5\r\n  inputs:\r\n    connectTo: AzureRM\r\n    connectedServiceNameAzureRM: arm\r\n    rootFolder: ext\r\n";
    let script =
        "steps:\n- script: a\n  env:\n    A: $(ONE_PAT)\n- script: b\n  env:\n    B: $(TWO_PAT)\n";
    let folder = tree(&[
        ("publish.yml", publish.as_bytes()),
        ("script.yml", script.as_bytes()),
    ]);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
    let fixed = scan(folder.path(), &["--fix"]);
    assert_eq!(fixed.status, 1);
    assert!(
        fixed.stderr.starts_with("Fixed publish.yml:2:9  publish\n"),
        "{}",
        fixed.stderr
    );
    assert_eq!(
        read("publish.yml"),
        "steps:\r\n- task: MarketplaceExtension@1\r\n  inputs:\r\n    operation: publish\r\n    azureSubscription: arm\r\n    rootFolder: ext\r\n"
    );
    assert_eq!(read("script.yml"), script);
    let fixed = scan(folder.path(), &["--fix", "--connection", "team arm"]);
    assert_eq!(
        (fixed.status, fixed.stdout.as_str()),
        (0, ""),
        "{}",
        fixed.stderr
    );
    let step = |variable: &str| {
        format!(
            "- task: EntraToken@1\n  inputs:\n    azureDevOpsServiceConnection: team arm\n    tokens: {variable} = azureDevOps\n"
        )
    };
    let expected = format!(
        "steps:\n{}- script: a\n  env:\n    A: $(ONE_PAT)\n{}- script: b\n  env:\n    B: $(TWO_PAT)\n",
        step("ONE_PAT"),
        step("TWO_PAT")
    );
    assert_eq!(read("script.yml"), expected);
    assert_eq!(
        scan(folder.path(), &["--fix"]).stderr,
        "No findings in 2 files.\n"
    );
}

#[test]
fn text_shows_the_diff() {
    let text = "steps:\n- script: ./call.sh\n  env:\n    TOKEN: $(MY_PAT)\n";
    let folder = tree(&[("a.yml", text.as_bytes())]);
    let scanned = scan(folder.path(), &[]);
    expect_test::expect![[r#"
        a.yml:4:12  pat-variable  certain  Pipeline variable with a personal access token
          Let a step set the variable to a service connection's token. → docs/migrate/scripts.md#a-pat-in-a-variable
            @@ -1,0 +2,4 @@
            +- task: EntraToken@1
            +  inputs:
            +    azureDevOpsServiceConnection: my-connection
            +    tokens: MY_PAT = azureDevOps
    "#]]
    .assert_eq(&scanned.stdout);
    let none = scan(folder.path(), &["--habits", "no"]);
    assert_eq!((none.status, none.stdout.as_str()), (0, ""));
}

#[test]
fn hostile_files_do_not_slow_the_scan() {
    let keys = "x: $(MY_PAT)\n".repeat(20_000);
    let step = format!(
        "steps:\n- script: |\n{}",
        "    git clone https://:$(A_PAT)@dev.azure.com/c\n".repeat(10_000)
    );
    let line = "Buffer.from(`:${pat}`) basic $pat dev.azure.com ".repeat(20_000);
    let lines = "Buffer.from(x) base dev.azure.com\n".repeat(5_000);
    let folder = tree(&[
        ("keys.yml", keys.as_bytes()),
        ("step.yml", step.as_bytes()),
        ("line.js", line.as_bytes()),
        ("lines.js", lines.as_bytes()),
    ]);
    let start = std::time::Instant::now();
    let scanned = scan(
        folder.path(),
        &["--output", "json", "--rule", "pat-variable"],
    );
    assert_eq!(scanned.status, 0, "{}", scanned.stderr);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
