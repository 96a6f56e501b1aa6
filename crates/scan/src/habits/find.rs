//! Recognizes each habit, and creates its replacement.
//!
//! A function gets the position of one of its rule's words, and evaluates the line around it.

use super::document::{Kind, Source};
use super::variables;
use super::word_match::{Hit, WordMatch};
use super::{replace, tasks};
use crate::finding::{Fix, Safety};

/// The user in an address whose host ends with this word: its position, and the host's first byte.
fn user_of_address(text: &str, word: usize) -> Option<(usize, usize)> {
    let is_host = |letter: char| letter.is_ascii_alphanumeric() || ".-".contains(letter);
    let host = text[..word].trim_end_matches(is_host);
    let before = host.strip_suffix('@')?;
    let start = before.rfind("://")? + 3;
    let user = &before[start..];
    let is_one = !user.is_empty() && !user.contains(['/', ' ', '"', '\'', '<', '>']);
    let has_password = user
        .split_once(':')
        .is_some_and(|(_, word)| !word.is_empty());
    let has_variable = variables::all(user)
        .iter()
        .any(|found| !variables::is_job_token(found.name));
    let is_job = variables::all(user)
        .iter()
        .any(|found| variables::is_job_token(found.name));
    (is_one && !is_job && (has_password || has_variable)).then_some((start, host.len()))
}

fn is_feed(text: &str, host: usize) -> bool {
    let address = text[host..]
        .split(['"', '\'', ' '])
        .next()
        .unwrap_or_default();
    address.contains("pkgs.") || address.contains("/_packaging/")
}

pub(super) fn address(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    let (start, host) = user_of_address(text, spot.start)?;
    if is_feed(text, host) {
        return None;
    }
    spot.source()?;
    let new = format!("{}{}", &text[..start], &text[host..]);
    let fix = if spot.kind() == Kind::Yaml && text.contains("git ") {
        spot.step_and_line("configure: git", vec![new])
    } else if spot.kind() == Kind::Yaml {
        spot.token_step()
    } else {
        spot.new_line(new)
    };
    let hit = spot.hit(fix)?;
    Some(Hit {
        start,
        end: host - 1,
        ..hit
    })
}

pub(super) fn feed_address(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    let (start, host) = user_of_address(text, spot.start)?;
    if !is_feed(text, host) {
        return None;
    }
    spot.source()?;
    let fix = spot.token_step();
    let hit = spot.hit(fix)?;
    Some(Hit {
        start,
        end: host - 1,
        ..hit
    })
}

pub(super) fn basic_header(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    let word = text[spot.start..spot.end].to_ascii_lowercase();
    let around = spot.document.around(spot.line, 4);
    let is_user = word.starts_with('-') || word.starts_with(" -");
    let names =
        around.split(|letter: char| !(letter.is_ascii_alphanumeric() || "_.".contains(letter)));
    let is_about_a_pat = names.into_iter().any(variables::is_token);
    if !spot.document.is_about_azure_devops()
        || !is_about_a_pat
        || !(is_user || around.contains("basic"))
    {
        return None;
    }
    spot.source()?;
    let fix = match spot.kind() {
        Kind::Yaml => spot.token_step(),
        Kind::Shell if is_user => with_header_of_curl(spot),
        _ => None,
    };
    spot.hit(fix)
}

/// Writes `adieu token --output header | curl -H @- …` instead of `curl -u ":$PAT" …`.
fn with_header_of_curl(spot: &WordMatch<'_>) -> Option<Fix> {
    let text = spot.text();
    let rest = text.trim_start().strip_prefix("curl ")?;
    let flag = ["-u ", "--user "]
        .iter()
        .find_map(|flag| rest.find(flag).map(|at| (at, flag.len())));
    let (at, length) = flag?;
    let value = &rest[at + length..];
    let end = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].find(quote)? + 2,
        _ => value.find(' ').unwrap_or(value.len()),
    };
    let others = format!("{}{}", &rest[..at], value[end..].trim_start());
    spot.new_line(format!(
        "{}adieu token --output header | curl -H @- {others}",
        spot.indent()
    ))
}

pub(super) fn extension_pat(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    if text.contains("adieu token") {
        return None;
    }
    let is_name = text[spot.start..spot.end].contains('_');
    let rest = text[spot.end..].trim_start_matches(['"', '\'', ' ']);
    if is_name && !rest.starts_with(['=', ':']) {
        return None;
    }
    spot.source()?;
    let fix = match spot.kind() {
        Kind::Yaml => spot.token_step(),
        Kind::Shell => spot.new_line(format!(
            "{}export AZURE_DEVOPS_EXT_PAT=\"$(adieu token)\"",
            spot.indent()
        )),
        Kind::PowerShell => spot.new_line(format!(
            "{}$env:AZURE_DEVOPS_EXT_PAT = adieu token",
            spot.indent()
        )),
        _ => None,
    };
    spot.hit(fix)
}

pub(super) fn extra_header(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    let is_credential = ["authorization", "basic", "bearer"]
        .iter()
        .any(|word| text.to_ascii_lowercase().contains(word));
    if !is_credential {
        return None;
    }
    spot.source()?;
    let fix = match spot.kind() {
        Kind::Yaml => {
            let new = without_header(text).map_or_else(Vec::new, |line| vec![line]);
            spot.step_and_line("configure: git", new)
        }
        _ => None,
    };
    spot.hit(fix)
}

/// Converts `git -c http.extraheader="…" clone x` to `git clone x`; `None` for `git config`, which is removed.
fn without_header(text: &str) -> Option<String> {
    let at = text.find("-c http.")?;
    let rest = &text[at..];
    let quote = rest.find(['"', '\''])?;
    let mark = rest[quote..].chars().next()?;
    let end = quote + 1 + rest[quote + 1..].find(mark)? + 1;
    Some(format!("{}{}", &text[..at], rest[end..].trim_start()))
}

pub(super) fn persisted_credentials(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    let value = text[spot.end..].trim_start_matches([':', ' ']);
    if spot.kind() != Kind::Yaml || !value.starts_with("true") {
        return None;
    }
    let step = spot.document.step(spot.line)?;
    let mut new: Vec<String> = (step.first..=step.last)
        .filter(|line| *line != spot.line)
        .map(|line| spot.document.lines[line].to_owned())
        .collect();
    new.extend(replace::entra_token(step.indent, "configure: git"));
    let fix = replace::lines(spot.document, step.first, step.last, new, Safety::Review);
    spot.possible(fix.filter(|_| step.first != spot.line))
}

pub(super) fn az_token(spot: &WordMatch<'_>) -> Option<Hit> {
    const RESOURCE: &str = "499b84ac-1321-427f-aa17-267ca6975798";
    let text = spot.text();
    if !spot.document.around(spot.line, 3).contains(RESOURCE) && !spot.document.mentions(RESOURCE) {
        return None;
    }
    let fix = match spot.document.step(spot.line) {
        Some(step)
            if step
                .task()
                .is_some_and(|task| task.starts_with("AzureCLI@")) =>
        {
            tasks::azure_cli(spot.document, &step)
        }
        _ if spot.kind() == Kind::Shell => {
            tasks::without_az(text, "$(adieu token)").and_then(|new| spot.new_line(new))
        }
        _ => None,
    };
    spot.hit(fix)
}

pub(super) fn marketplace_task(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    let task = text.split_once("task:")?.1.trim().trim_matches(['"', '\'']);
    let operation = tasks::operation(task)?;
    let step = spot.document.step(spot.line)?;
    let fix = tasks::marketplace(spot.document, &step, operation);
    let hit = spot.hit(fix)?;
    let start = text.find(task)?;
    Some(Hit {
        start,
        end: start + task.len(),
        ..hit
    })
}

pub(super) fn publishing_tool(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    let flag = [
        " --token ",
        " -t ",
        " --pat ",
        " -p ",
        " -p$",
        " --auth-type pat",
    ]
    .iter()
    .find_map(|flag| text.find(flag).map(|at| (at, *flag)));
    let is_variable = text[spot.start..spot.end].eq_ignore_ascii_case("vsce_pat");
    if text.contains("adieu token") || (flag.is_none() && !is_variable) {
        return None;
    }
    spot.source()?;
    let fix = match spot.kind() {
        Kind::Yaml => spot.token_step(),
        Kind::Shell => flag.and_then(|(at, flag)| {
            let new = without_argument(text, at, flag);
            if text.contains("tfx") {
                let new = new.replace("npx tfx-cli extension", "adieu extension");
                spot.new_line(new.replace("tfx extension", "adieu extension"))
            } else {
                let command = new.trim_start();
                spot.new_line(format!(
                    "{}VSCE_PAT=\"$(adieu token)\" {command}",
                    spot.indent()
                ))
            }
        }),
        _ => None,
    };
    spot.hit(fix)
}

/// A line without a flag and its value.
fn without_argument(text: &str, at: usize, flag: &str) -> String {
    let value = at + flag.len();
    let rest = &text[value..];
    let end = value + rest.find(' ').unwrap_or(rest.len());
    format!("{}{}", &text[..at], &text[end..])
}

pub(super) fn npm_key(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    let found = variables::all(&text[spot.end..]).into_iter().next();
    let is_password = text[spot.start..spot.end].contains("_password");
    let is_about_feeds =
        text.contains("pkgs.dev.azure.com") || text.contains("pkgs.visualstudio.com");
    let is_old = found
        .as_ref()
        .is_none_or(|found| is_password || variables::is_pat(found.name));
    if !is_about_feeds || !is_old || spot.kind() != Kind::Npmrc {
        return None;
    }
    spot.hit(spot.removed())
}

pub(super) fn configured_password(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    if spot.kind() != Kind::Xml {
        return None;
    }
    let is_nuget = text.to_ascii_lowercase().contains("cleartextpassword");
    let found = variables::all(text)
        .into_iter()
        .find(|found| variables::is_token(found.name));
    let is_feed = spot.document.mentions("pkgs.dev.azure.com")
        || spot.document.mentions("pkgs.visualstudio.com");
    match found {
        Some(found) if variables::is_pat(found.name) => {
            let new = match &text[found.start..found.end] {
                value if value.starts_with('%') => "%AZURE_DEVOPS_TOKEN%",
                value if value.starts_with("${env.") => "${env.AZURE_DEVOPS_TOKEN}",
                _ => return spot.hit(None),
            };
            spot.hit(spot.replaced(found.start, found.end, new))
        }
        Some(_) => None,
        None if is_nuget && is_feed => spot.hit(None),
        None => None,
    }
}

/// A variable with this name in the environment of a step or a shell.
pub(super) fn mapped_variable(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    let rest = text[spot.end..].trim_start_matches(['"', '\'', ' ']);
    let is_whole = !text[..spot.start]
        .ends_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
    if !is_whole || !rest.starts_with([':', '=']) || text.contains("adieu token") {
        return None;
    }
    let Some(Source::Variable(_)) = spot.source() else {
        return None;
    };
    match spot.kind() {
        Kind::Yaml => spot.hit(spot.token_step()),
        _ if spot.is_script() => spot.hit(None),
        _ => None,
    }
}

/// An input that names a connection with a token.
pub(super) fn connection_input(spot: &WordMatch<'_>) -> Option<Hit> {
    let value = spot.text()[spot.end..].trim_start_matches([':', ' ']);
    (!value.is_empty()).then_some(())?;
    let step = spot.document.step(spot.line)?;
    spot.hit(tasks::feed(spot.document, &step))
}

pub(super) fn terraform(spot: &WordMatch<'_>) -> Option<Hit> {
    match spot.kind() {
        Kind::Terraform => {
            let rest = spot.text()[spot.end..].trim_start();
            let is_argument = spot.text()[..spot.start].trim().is_empty() && rest.starts_with('=');
            let fix = spot.removed();
            is_argument.then(|| spot.hit(fix)).flatten()
        }
        Kind::Yaml => {
            spot.source()?;
            let step = spot.document.step(spot.line)?;
            let others = step.below("env").len();
            let new = "configure: terraform";
            let fix = if others > 1 {
                spot.step_and_line(new, Vec::new())
            } else {
                // The step's `env:` is removed with it.
                let mut all = replace::entra_token(step.indent, new);
                let is_gone = |line: &usize| *line == spot.line || *line + 1 == spot.line;
                let lines = (step.first..=step.last).filter(|line| !is_gone(line));
                all.extend(lines.map(|line| spot.document.lines[line].to_owned()));
                let is_below = spot.document.lines[spot.line - 1].trim() == "env:";
                is_below
                    .then(|| {
                        replace::lines(spot.document, step.first, step.last, all, Safety::Review)
                    })
                    .flatten()
            };
            spot.hit(fix)
        }
        _ => None,
    }
}

pub(super) fn agent(spot: &WordMatch<'_>) -> Option<Hit> {
    let text = spot.text();
    if text.contains("adieu token") {
        return None;
    }
    let fix = (spot.kind() == Kind::Shell)
        .then(|| {
            // Uses the agent's own variable: every process on the machine can see an argument.
            let flag = text.find(" --token ")?;
            let others = without_argument(text, flag, " --token ");
            let command = others.trim_start();
            spot.new_line(format!(
                "{}VSTS_AGENT_INPUT_TOKEN=\"$(adieu token)\" {command}",
                spot.indent()
            ))
        })
        .flatten();
    let is_code = spot.kind() != Kind::Code && spot.kind() != Kind::Xml;
    is_code.then(|| spot.hit(fix)).flatten()
}

pub(super) fn build_argument(spot: &WordMatch<'_>) -> Option<Hit> {
    let name = spot.text()[spot.end..].trim_start_matches(['=', ' ']);
    let name = name.split(['=', ' ']).next().unwrap_or_default();
    if !variables::is_pat(name) {
        return None;
    }
    spot.source()?;
    spot.hit(spot.token_step())
}

pub(super) fn events(spot: &WordMatch<'_>) -> Option<Hit> {
    let around = spot.document.around(spot.line, 6);
    if !around.contains("/events") || !around.contains("basic") {
        return None;
    }
    spot.source()?;
    spot.hit(spot.token_step())
}
