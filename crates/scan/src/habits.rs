//! Habits: uses of a personal access token that hold none, each with the page and the lines that replace it.
//!
//! The table has them all; `find` recognizes them, `replace` and `tasks` write the new lines.

mod document;
mod find;
mod replace;
mod shown;
mod steps;
mod tasks;
mod variables;
mod words;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use self::document::{Document, Kind as FileKind, LONGEST_LINE, Source};
use self::find::{Hit, Spot};
use self::words::Words;
use crate::finding::{Certainty, Fix};
use crate::rules::{Kind, Rule};

/// A rule for a habit.
struct Habit {
    rule: Rule,
    /// In lowercase; a line without one of them is not looked at.
    words: &'static [&'static str],
    find: fn(&Spot<'_>) -> Option<Hit>,
}

const fn rule(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    page: &'static str,
) -> Rule {
    Rule {
        id,
        kind: Kind::Habit,
        title,
        help,
        page,
    }
}

static HABITS: [Habit; 18] = [
    Habit {
        rule: rule(
            "url-userinfo",
            "Token in the address of a repository or a service",
            "Let git ask for a token.",
            "docs/migrate/git.md",
        ),
        words: &["dev.azure.com", ".visualstudio.com"],
        find: find::address,
    },
    Habit {
        rule: rule(
            "feed-userinfo",
            "Token in the address of a feed",
            "Give the package client a token of a service connection.",
            "docs/migrate/feeds.md",
        ),
        words: &["dev.azure.com", ".visualstudio.com"],
        find: find::feed_address,
    },
    Habit {
        rule: rule(
            "basic-header",
            "Basic authentication with a personal access token",
            "Send a Bearer header, or keep the variable and let a step fill it with a token.",
            "docs/migrate/scripts.md#a-pat-in-a-variable",
        ),
        words: &[
            "-u \":$",
            "-u ':$",
            " -u :$",
            "--user \":$",
            "--user :$",
            "tobase64string",
            "btoa(`:",
            "buffer.from(",
            "b64encode(",
            "| base64",
            "basic $",
            "basic {",
        ],
        find: find::basic_header,
    },
    Habit {
        rule: rule(
            "ext-pat",
            "Azure DevOps CLI with a personal access token",
            "Fill the variable with a token of a service connection.",
            "docs/migrate/scripts.md#a-pat-in-a-variable",
        ),
        words: &["azure_devops_ext_pat", "az devops login"],
        find: find::extension_pat,
    },
    Habit {
        rule: rule(
            "extraheader",
            "git with a credential in a header",
            "Let git ask for a token (`configure: git`).",
            "docs/migrate/git.md",
        ),
        words: &["extraheader"],
        find: find::extra_header,
    },
    Habit {
        rule: rule(
            "persist-credentials",
            "Checkout that leaves its credential in .git/config",
            "Let git ask for a token (`configure: git`).",
            "docs/migrate/git.md",
        ),
        words: &["persistcredentials"],
        find: find::persisted_credentials,
    },
    Habit {
        rule: rule(
            "az-token",
            "Azure CLI as the source of an Azure DevOps token",
            "Use EntraToken@1 or RunWithToken@1, which mask the token and need no az.",
            "docs/migrate/scripts.md#azurecli2-with-az-account-get-access-token",
        ),
        words: &["get-access-token"],
        find: find::az_token,
    },
    Habit {
        rule: rule(
            "publish",
            "Marketplace task that signs in with a personal access token",
            "Use MarketplaceExtension@1.",
            "docs/migrate/publishing.md#task-by-task",
        ),
        words: &[
            "publishazuredevopsextension@",
            "shareazuredevopsextension@",
            "installazuredevopsextension@",
            "unpublishazuredevopsextension@",
            "queryazuredevopsextensionversion@",
            "isazuredevopsextensionvalid@",
        ],
        find: find::marketplace_task,
    },
    Habit {
        rule: rule(
            "publish-tool",
            "tfx or vsce with a personal access token",
            "Use `adieu extension`, or give the tool a token of a service connection.",
            "docs/migrate/publishing.md#with-tfx",
        ),
        words: &[
            "tfx extension",
            "tfx-cli extension",
            "tfx build tasks",
            "vsce publish",
            "vsce_pat",
        ],
        find: find::publishing_tool,
    },
    Habit {
        rule: rule(
            "feed-npmrc",
            "npm with a personal access token",
            "Let a step put a token into AZURE_DEVOPS_TOKEN.",
            "docs/migrate/feeds.md",
        ),
        words: &["_authtoken", ":_password"],
        find: find::npm_key,
    },
    Habit {
        rule: rule(
            "feed-password",
            "NuGet or Maven with a personal access token",
            "Let a step put a token into AZURE_DEVOPS_TOKEN.",
            "docs/migrate/feeds.md",
        ),
        words: &["cleartextpassword", "<password>${env."],
        find: find::configured_password,
    },
    Habit {
        rule: rule(
            "feed-variable",
            "Package client with a personal access token in a variable",
            "Fill the variable with a token of a service connection.",
            "docs/migrate/feeds.md",
        ),
        words: &[
            "vss_nuget_external_feed_endpoints",
            "vss_nuget_accesstoken",
            "twine_password",
            "poetry_http_basic_",
            "artifacts_credentialprovider_",
        ],
        find: find::mapped_variable,
    },
    Habit {
        rule: rule(
            "feed-connection",
            "Feed task with a service connection that holds a token",
            "Use a token of an Azure Resource Manager connection.",
            "docs/migrate/feeds.md",
        ),
        words: &[
            "customendpoint:",
            "nugetserviceconnections:",
            "pythondownloadserviceconnections:",
            "pythonuploadserviceconnection:",
            "mavenserviceconnections:",
        ],
        find: find::connection_input,
    },
    Habit {
        rule: rule(
            "renovate",
            "Renovate with a personal access token",
            "Fill RENOVATE_TOKEN with a token of a service connection.",
            "docs/migrate/renovate.md",
        ),
        words: &["renovate_token"],
        find: find::mapped_variable,
    },
    Habit {
        rule: rule(
            "terraform",
            "Azure DevOps provider for Terraform with a personal access token",
            "Let the provider sign in with the service connection (`configure: terraform`).",
            "docs/migrate/scripts.md",
        ),
        words: &["personal_access_token", "azdo_personal_access_token"],
        find: find::terraform,
    },
    Habit {
        rule: rule(
            "agent",
            "Agent registration with a personal access token",
            "Register the agent with a Microsoft Entra token or a service principal.",
            "docs/scan.md#agents",
        ),
        words: &["--auth pat", "azp_token", "personalaccesstokenfromenv"],
        find: find::agent,
    },
    Habit {
        rule: rule(
            "docker-argument",
            "Personal access token as a build argument, which stays in the image",
            "Mount the token as a secret of the build.",
            "docs/migrate/feeds.md",
        ),
        words: &["--build-arg"],
        find: find::build_argument,
    },
    Habit {
        rule: rule(
            "events",
            "Events of the Marketplace with a personal access token",
            "Use `adieu events`.",
            "docs/migrate/events.md",
        ),
        words: &["/_apis/gallery/publishers"],
        find: find::events,
    },
];

/// Variables of a pipeline whose name says that they hold a personal access token.
static VARIABLE: Rule = rule(
    "pat-variable",
    "Pipeline variable with a personal access token",
    "Let a step fill the variable with a token of a service connection.",
    "docs/migrate/scripts.md#a-pat-in-a-variable",
);

/// Variable groups of that name.
static GROUP: Rule = rule(
    "pat-group",
    "Variable group whose name is about a personal access token",
    "Delete the group once nothing uses its variables.",
    "docs/migrate/scripts.md#a-pat-in-a-variable",
);

/// A habit in a file.
pub(crate) struct Found {
    pub(crate) rule: &'static Rule,
    pub(crate) certainty: Certainty,
    /// The line from 1, and columns from 1 in code points.
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) end_column: u64,
    pub(crate) fingerprint: String,
    pub(crate) fix: Option<Fix>,
    /// The line itself, for `adieu:allow`.
    pub(crate) byte: usize,
}

/// All rules for habits.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    HABITS
        .iter()
        .map(|habit| &habit.rule)
        .chain([&VARIABLE, &GROUP])
}

/// The words of all habits, and which habit each belongs to.
fn words() -> &'static (Words, Vec<usize>) {
    static WORDS: OnceLock<(Words, Vec<usize>)> = OnceLock::new();
    WORDS.get_or_init(|| {
        let pairs = HABITS
            .iter()
            .enumerate()
            .flat_map(|(index, habit)| habit.words.iter().map(move |word| (*word, index)));
        let (words, habits): (Vec<&str>, Vec<usize>) = pairs.unzip();
        (Words::new(words), habits)
    })
}

/// The habits of a file, in the order of their places.
pub(crate) fn find(path: &str, bytes: &[u8]) -> Vec<Found> {
    let Some(kind) = document::kind(path) else {
        return Vec::new();
    };
    let (words, habits) = words();
    let mut places = Vec::new();
    words.find(bytes, |at, word| places.push((at, word)));
    let has_variables = match kind {
        FileKind::Yaml => {
            memchr::memmem::find(bytes, b"$(").is_some()
                || memchr::memmem::find(bytes, b"group:").is_some()
        }
        FileKind::Docker => true,
        _ => false,
    };
    if places.is_empty() && !has_variables {
        return Vec::new();
    }
    // A file in another encoding is not read by the tools that habits are about.
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Vec::new();
    };
    let document = Document::new(kind, text);
    let starts = line_starts(&document);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (at, word) in places {
        let line = starts.partition_point(|start| *start <= at) - 1;
        let habit = &HABITS[habits[word]];
        let start = at - starts[line];
        let end = start + words.length(word);
        if end > document.lines[line].len()
            || document.lines[line].len() > LONGEST_LINE
            || document.is_comment(line)
            || !seen.insert((line, habit.rule.id))
        {
            continue;
        }
        let spot = Spot {
            document: &document,
            line,
            start,
            end,
        };
        match (habit.find)(&spot) {
            Some(hit) => found.push(result(&document, &starts, line, &habit.rule, hit)),
            // Another word of the line can be one.
            None => {
                seen.remove(&(line, habit.rule.id));
            }
        }
    }
    of_variables(&document, &starts, &mut found);
    let place = |found: &Found| (found.line, found.column, found.rule.id);
    adieu_order::sort_by(&mut found, |one, other| place(one).cmp(&place(other)));
    found
}

/// Names alone: variables of a pipeline, groups, arguments of a Dockerfile.
fn of_variables(document: &Document<'_>, starts: &[usize], found: &mut Vec<Found>) {
    let mut steps_with_habits = BTreeSet::new();
    for one in found.iter() {
        let step = document.step(one.line as usize - 1);
        steps_with_habits.extend(step.map(|step| step.first));
    }
    let mut steps_named = BTreeSet::new();
    for (line, text) in document.lines.iter().enumerate() {
        if document.is_comment(line) || text.len() > LONGEST_LINE {
            continue;
        }
        let whole = |start: usize, end: usize, certainty, fix| Hit {
            start,
            end,
            certainty,
            fix,
        };
        match document.kind {
            FileKind::Yaml => {
                let about = variables::all(text).into_iter().find(|variable| {
                    variable.is_macro
                        && variables::is_pat(variable.name)
                        && !document.is_supplied(variable.name)
                });
                if let (Some(variable), Some(step)) = (about, document.step(line)) {
                    let is_new =
                        !steps_with_habits.contains(&step.first) && steps_named.insert(step.first);
                    if is_new && document.source(line) == Source::Variable(variable.name.to_owned())
                    {
                        let fix = replace::token_step(document, line);
                        let hit = whole(variable.start, variable.end, Certainty::Certain, fix);
                        found.push(result(document, starts, line, &VARIABLE, hit));
                    }
                }
                if let Some(name) = text.trim_start().strip_prefix("- group:")
                    && variables::is_pat(name.trim())
                {
                    let hit = whole(
                        text.len() - name.trim_start().len(),
                        text.len(),
                        Certainty::Possible,
                        None,
                    );
                    found.push(result(document, starts, line, &GROUP, hit));
                }
            }
            FileKind::Docker => {
                let trimmed = text.trim_start();
                let argument = ["ARG ", "ENV "]
                    .iter()
                    .find_map(|word| trimmed.strip_prefix(word));
                let name = argument.and_then(|rest| rest.split(['=', ' ']).next());
                if let Some(name) = name.filter(|name| variables::is_pat(name)) {
                    let start = text.len() - argument.map_or(0, str::len);
                    let fix = replace::build_secret(document, line, name);
                    let hit = whole(start, start + name.len(), Certainty::Certain, fix);
                    let habit = HABITS
                        .iter()
                        .find(|habit| habit.rule.id == "docker-argument");
                    found.extend(
                        habit.map(|habit| result(document, starts, line, &habit.rule, hit)),
                    );
                }
            }
            _ => {}
        }
    }
}

fn result(
    document: &Document<'_>,
    starts: &[usize],
    line: usize,
    rule: &'static Rule,
    hit: Hit,
) -> Found {
    let text = document.lines[line];
    let column = |byte: usize| text[..byte].chars().count() as u64 + 1;
    Found {
        rule,
        certainty: hit.certainty,
        line: line as u64 + 1,
        column: column(hit.start),
        end_column: column(hit.end),
        fingerprint: fingerprint(rule.id, text),
        fix: hit.fix,
        byte: starts[line] + hit.start,
    }
}

fn line_starts(document: &Document<'_>) -> Vec<usize> {
    let base = document
        .lines
        .first()
        .map_or(0, |line| line.as_ptr() as usize);
    document
        .lines
        .iter()
        .map(|line| line.as_ptr() as usize - base)
        .collect()
}

/// A hash of the line without blanks, so that a baseline survives edits around it. A line that could hold a value is
/// not part of it: what is short can be guessed from its hash.
fn fingerprint(rule: &str, line: &str) -> String {
    let mut text = format!("{rule}:");
    if shown::is_harmless(line) {
        text.extend(line.chars().filter(|letter| !letter.is_whitespace()));
    }
    STANDARD.encode(&Sha256::digest(text)[..15])
}
