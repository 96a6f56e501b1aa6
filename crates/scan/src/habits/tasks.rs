//! Tasks that use a personal access token, or az to get a token, and the tasks that replace them.
//!
//! A step with an unknown input has no replacement: nothing is dropped silently.

use super::document::Document;
use super::replace;
use super::steps::{Entry, Step};
use crate::finding::{CONNECTION, Fix, Safety};

/// Inputs of `azure-devops-extension-tasks`, and those of MarketplaceExtension@1 (docs/migrate/publishing.md); `None`
/// if an input is not needed.
const MARKETPLACE_INPUTS: [(&str, Option<&str>); 25] = [
    ("connectTo", None),
    ("connectedServiceName", None),
    ("connectedServiceNameAzureRM", Some("azureSubscription")),
    ("fileType", None),
    ("method", None),
    ("rootFolder", Some("rootFolder")),
    ("patternManifest", Some("manifests")),
    ("vsixFile", Some("vsix")),
    ("localizationRoot", Some("localizationRoot")),
    ("publisherId", Some("publisherId")),
    ("extensionId", Some("extensionId")),
    ("extensionName", Some("extensionName")),
    ("extensionVersion", Some("extensionVersion")),
    ("extensionPricing", Some("pricing")),
    ("updateTasksVersion", Some("updateTasksVersion")),
    ("updateTasksId", Some("updateTasksId")),
    ("bypassLocalValidation", Some("bypassValidation")),
    ("noWaitValidation", Some("noWaitValidation")),
    ("outputPath", Some("outputPath")),
    ("versionAction", Some("versionAction")),
    ("setBuildNumber", Some("setBuildNumber")),
    ("shareWith", Some("organizations")),
    ("accounts", Some("organizations")),
    ("maxRetries", None),
    ("minTimeout", None),
];

/// Inputs of AzureCLI@2 that its replacements have as well, or do not need.
const CLI_INPUTS: [&str; 8] = [
    "azureSubscription",
    "connectedServiceNameARM",
    "scriptType",
    "scriptLocation",
    "inlineScript",
    "workingDirectory",
    "cwd",
    "failOnStandardError",
];

/// Tasks of `azure-devops-extension-tasks` that sign in, and the operation that replaces each.
const OPERATIONS: [(&str, &str); 6] = [
    ("PublishAzureDevOpsExtension", "publish"),
    ("ShareAzureDevOpsExtension", "share"),
    ("InstallAzureDevOpsExtension", "install"),
    ("UnpublishAzureDevOpsExtension", "unpublish"),
    ("QueryAzureDevOpsExtensionVersion", "queryVersion"),
    ("IsAzureDevOpsExtensionValid", "waitForValidation"),
];

/// The operation of MarketplaceExtension@1 that replaces a task.
pub(super) fn operation(task: &str) -> Option<&'static str> {
    let name = task.split('@').next().unwrap_or_default();
    let known = |(known, _): &&(&str, &str)| known.eq_ignore_ascii_case(name);
    OPERATIONS
        .iter()
        .find(known)
        .map(|(_, operation)| *operation)
}

/// Replaces a task for the Marketplace with MarketplaceExtension@1.
pub(super) fn marketplace(
    document: &Document<'_>,
    step: &Step<'_>,
    operation: &str,
) -> Option<Fix> {
    let mut connection = None;
    let mut inputs = Vec::new();
    for entry in step.below("inputs") {
        let known = |(known, _): &&(&str, Option<&str>)| known.eq_ignore_ascii_case(entry.name);
        match MARKETPLACE_INPUTS.iter().find(known)?.1 {
            None => {}
            Some("azureSubscription") => connection = Some(entry.value.clone()),
            Some("organizations") if entry.value.contains(',') => {
                let lines = entry.value.split(',').map(str::trim);
                inputs.push(block("organizations", lines));
            }
            Some(name) if entry.is_block => inputs.push(block(name, entry.value.lines())),
            Some(name) => inputs.push(vec![format!("{name}: {}", raw(document, &entry))]),
        }
    }
    let (input, connection, safety) = match connection {
        Some(connection) => ("azureSubscription", connection, Safety::Safe),
        None => {
            let placeholder = CONNECTION.to_owned();
            (
                "azureDevOpsServiceConnection",
                placeholder,
                Safety::WithConnection,
            )
        }
    };
    let mut new = vec![
        format!("operation: {operation}"),
        format!("{input}: {connection}"),
    ];
    new.extend(inputs.into_iter().flatten());
    rewritten(document, step, "MarketplaceExtension@1", new, safety)
}

/// Replaces a task that gives one package client a feed's token with FeedAuthenticate@1. A file does not show whether
/// the connection is for Azure Artifacts.
pub(super) fn feed(document: &Document<'_>, step: &Step<'_>) -> Option<Fix> {
    const SERVED: [&str; 5] = [
        "npmAuthenticate",
        "NuGetAuthenticate",
        "PipAuthenticate",
        "MavenAuthenticate",
        "CargoAuthenticate",
    ];
    let task = step.task()?;
    let name = task.split('@').next().unwrap_or_default();
    let is_served = SERVED.iter().any(|known| known.eq_ignore_ascii_case(name));
    let inputs = vec![format!("azureDevOpsServiceConnection: {CONNECTION}")];
    let new = || rewritten(document, step, "FeedAuthenticate@1", inputs, Safety::Review);
    is_served.then(new).flatten()
}

/// Replaces AzureCLI@2 that gets an Azure DevOps token with EntraToken@1 or RunWithToken@1.
pub(super) fn azure_cli(document: &Document<'_>, step: &Step<'_>) -> Option<Fix> {
    let inputs = step.below("inputs");
    let input = |name: &str| {
        let entry = inputs
            .iter()
            .find(|entry| entry.name.eq_ignore_ascii_case(name));
        entry.map(|entry| entry.value.as_str())
    };
    let is_known = |entry: &Entry<'_>| {
        let mut known = CLI_INPUTS.iter();
        known.any(|known| known.eq_ignore_ascii_case(entry.name))
    };
    let connection = input("azureSubscription").or(input("connectedServiceNameARM"))?;
    let script = input("inlineScript")?;
    if !inputs.iter().all(is_known) {
        return None;
    }
    let lines: Vec<&str> = script.lines().collect();
    if let Some(variable) = only_sets(&lines) {
        let new = vec![
            format!("azureSubscription: {connection}"),
            format!("tokens: {variable} = azureDevOps"),
        ];
        return rewritten(document, step, "EntraToken@1", new, Safety::Safe);
    }
    let shell = match input("scriptType")?.to_ascii_lowercase().as_str() {
        "bash" => "bash",
        "pscore" => "pwsh",
        "ps" => "powershell",
        _ => return None,
    };
    let value = if shell == "bash" {
        "$AZURE_DEVOPS_TOKEN"
    } else {
        "$env:AZURE_DEVOPS_TOKEN"
    };
    let script: Option<Vec<String>> = lines.iter().map(|line| without_az(line, value)).collect();
    let mut new = vec![
        format!("azureSubscription: {connection}"),
        format!("shell: {shell}"),
    ];
    for (old, name) in [
        ("workingDirectory", "workingDirectory"),
        ("cwd", "workingDirectory"),
        ("failOnStandardError", "failOnStandardError"),
    ] {
        new.extend(input(old).map(|value| format!("{name}: {value}")));
    }
    let script = script?;
    new.extend(block("script", script.iter().map(String::as_str)));
    rewritten(document, step, "RunWithToken@1", new, Safety::Safe)
}

/// The variable that a script sets to a token, if it does nothing else.
fn only_sets(lines: &[&str]) -> Option<String> {
    let is_of_use = |line: &&&str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && !line.starts_with("set -")
    };
    let mut lines = lines.iter().filter(is_of_use);
    let (first, second) = (lines.next()?, lines.next()?);
    let is_rest = lines.next().is_some();
    if is_rest || !first.contains("get-access-token") || first.trim_end().ends_with('\\') {
        return None;
    }
    let name = second.split("##vso[task.setvariable variable=").nth(1)?;
    let end = name.find([';', ']'])?;
    let is_output = second.to_ascii_lowercase().contains("isoutput=true");
    (!is_output).then(|| name[..end].to_owned())
}

/// A line with the token's variable instead of the az command; `None` if it needs az for something else.
pub(super) fn without_az(line: &str, value: &str) -> Option<String> {
    const COMMAND: &str = "az account get-access-token";
    let Some(at) = line.find(COMMAND) else {
        let calls_az = line
            .split_whitespace()
            .any(|word| word.trim_start_matches("$(") == "az");
        return (!calls_az).then(|| line.to_owned());
    };
    let rest = &line[at + COMMAND.len()..];
    let is_text = rest.contains("accessToken") && rest.contains("tsv");
    if !is_text || rest.contains('|') {
        return None;
    }
    if line[..at].ends_with("$(") {
        let end = rest.find(')')?;
        return Some(format!("{}{value}{}", &line[..at - 2], &rest[end + 1..]));
    }
    let is_assignment = line[..at].trim_end().ends_with('=') && line.trim_start().starts_with('$');
    (is_assignment && !rest.contains(';')).then(|| format!("{}{value}", &line[..at]))
}

/// The step with another task and other inputs; its other keys stay.
fn rewritten(
    document: &Document<'_>,
    step: &Step<'_>,
    task: &str,
    inputs: Vec<String>,
    safety: Safety,
) -> Option<Fix> {
    let blanks = " ".repeat(step.indent);
    let mut new = vec![format!("{blanks}- task: {task}")];
    for key in step.keys().iter().skip(1) {
        if key.name == "inputs" {
            new.push(format!("{blanks}  inputs:"));
            new.extend(inputs.iter().map(|input| {
                let line = format!("{blanks}    {input}");
                line.trim_end().to_owned()
            }));
        } else {
            let lines = &document.lines[key.first..=key.last];
            new.extend(lines.iter().map(|line| (*line).to_owned()));
        }
    }
    replace::lines(document, step.first, step.last, new, safety)
}

fn block<'a>(name: &str, lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    std::iter::once(format!("{name}: |"))
        .chain(lines.map(|line| format!("  {line}")))
        .collect()
}

/// A value as written, with its quotes.
fn raw<'a>(document: &Document<'a>, entry: &Entry<'_>) -> &'a str {
    let line = document.lines[entry.first];
    line.split_once(':').map_or("", |(_, value)| value.trim())
}
