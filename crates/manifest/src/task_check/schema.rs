//! `tasks.schema.json` of microsoft/azure-pipelines-task-lib as tables, and a check of tasks against them.
//!
//! It never checks what the schema does not cover; the rules of servers and agents are elsewhere.

use crate::document::{Node, Value};
use crate::finding::{Finding, Problem};
use crate::words::is_digits;

use Shape::{Any, Like, List, Object, OneOf, Switch, Text, TextOrSwitch};

/// The type or form of a value.
pub(super) enum Shape {
    Any,
    Text,
    Switch,
    TextOrSwitch,
    Object,
    /// A string that the function accepts, and a description of such strings.
    Like(fn(&str) -> bool, &'static str),
    /// One of these strings, in any letter case.
    OneOf(&'static [&'static str]),
    List(&'static Shape),
    Record(&'static Record),
}

/// An object with known keys.
pub(super) struct Record {
    /// The noun for messages: `a task`, `an input`, …
    what: &'static str,
    keys: &'static [(&'static str, Shape)],
    needs: &'static [&'static str],
    /// Whether other keys are allowed.
    is_open: bool,
}

/// An object without required keys, in which other keys are not allowed.
const CLOSED: Record = Record {
    what: "",
    keys: &[],
    needs: &[],
    is_open: false,
};

/// The whole document. The schema requires none of its keys; `task_check` checks what servers require.
pub(super) static TASK: Record = Record {
    what: "a task",
    keys: &[
        ("$schema", Text),
        ("id", Text),
        ("name", Text),
        ("friendlyName", Text),
        ("description", Text),
        ("helpUrl", Text),
        ("helpMarkDown", Text),
        ("author", Text),
        ("preview", Switch),
        ("deprecated", Switch),
        ("deprecationMessage", Text),
        ("removalDate", Like(is_date, "a date such as 2026-11-25")),
        ("runsOn", List(&OneOf(&RUNS_ON))),
        ("visibility", List(&OneOf(&["Build", "Release"]))),
        ("category", OneOf(&CATEGORIES)),
        ("satisfies", List(&Text)),
        ("groups", List(&Shape::Record(&GROUP))),
        ("demands", List(&Text)),
        (
            "minimumAgentVersion",
            Like(is_agent_version, "two or three numbers"),
        ),
        ("version", Shape::Record(&VERSION)),
        ("instanceNameFormat", Text),
        ("releaseNotes", Text),
        ("showEnvironmentVariables", Switch),
        ("inputs", List(&Shape::Record(&INPUT))),
        (
            "dataSourceBindings",
            List(&Shape::Record(&DATA_SOURCE_BINDING)),
        ),
        (
            "sourceDefinitions",
            List(&Shape::Record(&SOURCE_DEFINITION)),
        ),
        ("prejobexecution", Shape::Record(&SECTION)),
        ("execution", Shape::Record(&SECTION)),
        ("postjobexecution", Shape::Record(&SECTION)),
        ("outputVariables", List(&Shape::Record(&OUTPUT_VARIABLE))),
        ("restrictions", Shape::Record(&RESTRICTIONS)),
        ("messages", Object),
        // Servers write these into definitions, and people copy them.
        ("contentsUploaded", Any),
        ("contributionIdentifier", Any),
        ("contributionVersion", Any),
        ("definitionType", Any),
        ("disabled", Any),
        ("ecosystem", Any),
        ("hostType", Any),
        ("iconUrl", Any),
        ("packageLocation", Any),
        ("packageType", Any),
        ("serverOwned", Any),
        ("serviceEndpointType", Any),
        ("sourceLocation", Any),
    ],
    ..CLOSED
};

/// `task_check` checks the numbers.
static VERSION: Record = Record {
    what: "a version",
    keys: &[
        ("Major", Any),
        ("Minor", Any),
        ("Patch", Any),
        ("IsTest", Any),
    ],
    ..CLOSED
};

const RUNS_ON: [&str; 5] = [
    "Agent",
    "MachineGroup",
    "Server",
    "ServerGate",
    "DeploymentGroup",
];

/// The schema's categories, and `Tool`, which the installers in Microsoft's own repository have.
const CATEGORIES: [&str; 11] = [
    "Build",
    "Utility",
    "Tool",
    "Test",
    "Package",
    "Deploy",
    "Azure Repos",
    "Azure Boards",
    "Azure Pipelines",
    "Azure Test Plans",
    "Azure Artifacts",
];

/// `tags` comes from the server, not from the schema.
static GROUP: Record = Record {
    what: "a group",
    keys: &[
        ("name", Text),
        ("displayName", Text),
        ("isExpanded", Switch),
        ("visibleRule", Text),
        ("tags", List(&Text)),
    ],
    needs: &["name", "displayName"],
    is_open: false,
};

/// `inputs` checks what an input requires and its type; `validation` and `deprecated` come from the server, not from
/// the schema.
static INPUT: Record = Record {
    what: "an input",
    keys: &[
        ("name", Like(is_input_name, "letters, digits, `_` and `-`")),
        ("type", Text),
        ("label", Text),
        ("aliases", List(&Text)),
        ("defaultValue", TextOrSwitch),
        ("required", Switch),
        ("helpMarkDown", Text),
        ("groupName", Text),
        ("visibleRule", Text),
        ("properties", Shape::Record(&PROPERTIES)),
        ("options", Object),
        ("validation", Object),
        ("deprecated", Switch),
    ],
    ..CLOSED
};

const BOTH: Shape = OneOf(&["True", "False"]);
const DIGITS: Shape = Like(is_digits, "digits in quotes");

static PROPERTIES: Record = Record {
    what: "an input's properties",
    keys: &[
        ("EditableOptions", BOTH),
        ("MultiSelect", BOTH),
        ("MultiSelectFlatList", BOTH),
        ("DisableManageLink", BOTH),
        ("IsSearchable", BOTH),
        ("PopulateDefaultValue", BOTH),
        ("isVariableOrNonNegativeNumber", BOTH),
        ("resizable", Switch),
        ("rows", DIGITS),
        ("maxLength", DIGITS),
        ("editorExtension", Text),
        ("EndpointFilterRule", Text),
    ],
    needs: &[],
    is_open: true,
};

static DATA_SOURCE_BINDING: Record = Record {
    what: "a data source binding",
    keys: &[
        ("target", Text),
        ("endpointId", Text),
        ("dataSourceName", Text),
        ("parameters", Object),
        ("resultTemplate", Text),
        ("endpointUrl", Text),
        ("resultSelector", Text),
        (
            "RequestVerb",
            OneOf(&[
                "GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "TRACE", "PATCH",
            ]),
        ),
        ("requestContent", Text),
        ("callbackContextTemplate", Text),
        ("callbackRequiredTemplate", Text),
        ("initialContextTemplate", Text),
    ],
    ..CLOSED
};

static SOURCE_DEFINITION: Record = Record {
    what: "a source definition",
    keys: &[
        ("target", Text),
        ("endpoint", Text),
        ("selector", Text),
        ("keySelector", Text),
        ("authKey", Text),
    ],
    ..CLOSED
};

/// The schema's handlers, followed by those that only agents and servers know.
static SECTION: Record = Record {
    what: "a section of handlers",
    keys: &[
        ("Node24", Shape::Record(&HANDLER)),
        ("Node20_1", Shape::Record(&HANDLER)),
        ("Node16", Shape::Record(&HANDLER)),
        ("Node10", Shape::Record(&HANDLER)),
        ("Node", Shape::Record(&HANDLER)),
        ("PowerShell3", Shape::Record(&HANDLER)),
        ("PowerShell", Shape::Record(&HANDLER)),
        ("Node6", Any),
        ("Process", Any),
        ("AzurePowerShell", Any),
        ("PowerShellExe", Any),
        ("AgentPlugin", Any),
        ("HttpRequest", Any),
        ("HttpRequestChain", Any),
        ("ServiceBus", Any),
        ("Delay", Any),
        ("ManualIntervention", Any),
        ("ManualValidation", Any),
    ],
    needs: &[],
    // `handlers` in `task_check` reports the unknown ones.
    is_open: true,
};

static HANDLER: Record = Record {
    what: "a handler",
    keys: &[
        ("target", Text),
        ("platforms", List(&OneOf(&["windows"]))),
        ("argumentFormat", Text),
        ("workingDirectory", Text),
    ],
    needs: &[],
    is_open: true,
};

static OUTPUT_VARIABLE: Record = Record {
    what: "an output variable",
    keys: &[("name", Text), ("description", Text)],
    needs: &["name"],
    is_open: false,
};

static RESTRICTIONS: Record = Record {
    what: "restrictions",
    keys: &[
        ("commands", Shape::Record(&COMMANDS)),
        ("settableVariables", Shape::Record(&SETTABLE_VARIABLES)),
    ],
    ..CLOSED
};

static COMMANDS: Record = Record {
    what: "restricted commands",
    keys: &[("mode", OneOf(&["any", "restricted"]))],
    ..CLOSED
};

static SETTABLE_VARIABLES: Record = Record {
    what: "settable variables",
    keys: &[("allowed", List(&Text))],
    ..CLOSED
};

/// The schema allows only letters and digits; underscores and dashes work everywhere. A dot does not: the agent keeps
/// it in `INPUT_A.B`, but task-lib looks for `INPUT_A_B`.
fn is_input_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn is_agent_version(version: &str) -> bool {
    (2..=3).contains(&version.split('.').count()) && version.split('.').all(is_digits)
}

fn is_date(date: &str) -> bool {
    date.split('-').map(str::len).eq([4, 2, 2]) && date.split('-').all(is_digits)
}

/// The correct spelling of a handler that is probably misspelled.
pub(super) fn meant_handler(handler: &str) -> Option<&'static str> {
    let lower = handler.to_lowercase();
    let digits = lower.strip_prefix("node").map(|rest| {
        let rest = rest.trim_start_matches(|sign: char| !sign.is_ascii_digit());
        let end = rest.find(|sign: char| !sign.is_ascii_digit());
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    });
    match digits.map(str::parse::<u32>) {
        Some(Ok(0..=10)) => Some("Node10"),
        Some(Ok(11..=16)) => Some("Node16"),
        Some(Ok(17..=21)) => Some("Node20_1"),
        Some(Ok(_)) => Some("Node24"),
        _ if lower.starts_with("powershell") || lower == "pwsh" => Some("PowerShell3"),
        Some(Err(_)) => Some("Node24"),
        None => near(handler, SECTION.keys.iter().map(|(known, _)| *known)),
    }
}

/// Whether agents or servers know the handler, in any letter case.
pub(super) fn is_handler(handler: &str) -> bool {
    // Handlers of the release service start with its abbreviation.
    handler.starts_with("RM:")
        || SECTION
            .keys
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(handler))
}

/// The known word that differs from the given one by at most two letters.
fn near(word: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let word = word.to_lowercase();
    let slips = |known: &str| strsim::osa_distance(&word, &known.to_lowercase());
    known
        .filter(|known| slips(known) <= known.len().min(8) / 4)
        .min_by_key(|known| slips(known))
}

/// Checks an object and everything in it; `path` is its path.
pub(super) fn check(node: &Node, record: &Record, path: &str, findings: &mut Vec<Finding>) {
    let below = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    let known = || record.keys.iter().map(|(known, _)| *known);
    for (key, value) in node.members().unwrap_or_default() {
        let exact = record.keys.iter().find(|(known, _)| known == key);
        let found = exact.or_else(|| {
            let any_case = |(known, _): &&(&str, Shape)| known.eq_ignore_ascii_case(key);
            record.keys.iter().find(any_case)
        });
        let mut find = |problem| findings.push(value.position.finding(problem));
        match found {
            Some((known, shape)) => {
                if known != key {
                    find(Problem::KeyCase {
                        key: known,
                        written: key.clone(),
                    });
                }
                check_value(value, shape, &below(key), findings);
            }
            // People write comments this way.
            None if record.is_open || key.starts_with(['_', '$', '/', '#']) => {}
            None => {
                let (key, what) = (key.clone(), record.what);
                find(match near(&key, known()) {
                    Some(meant) => Problem::MisspelledKey { key, what, meant },
                    None => Problem::UnknownKey { key, what },
                });
            }
        }
    }
    for key in record
        .needs
        .iter()
        .filter(|key| node.get_any_case(key).is_none())
    {
        let key = below(key);
        findings.push(node.position.finding(Problem::SchemaMissing { key }));
    }
}

/// Checks a value. Servers read a document with Json.NET, which converts a scalar of another type if it means the
/// same, and refuses an object or array instead of a scalar, or the reverse.
fn check_value(value: &Node, shape: &Shape, key: &str, findings: &mut Vec<Finding>) {
    let mut find = |problem| findings.push(value.position.finding(problem));
    let loose = |rule| Problem::LooseType {
        key: key.to_owned(),
        value: match value.text() {
            Some(text) => format!("\"{text}\""),
            None => value.scalar().unwrap_or_default(),
        },
        rule,
    };
    match (shape, &value.value) {
        (Shape::Any, _) | (_, Value::Null) => {}
        (Shape::Record(record), Value::Object(_)) => check(value, record, key, findings),
        (Shape::Object, Value::Object(_)) => {}
        (Shape::Object | Shape::Record(_), _) => {
            findings.push(Finding::wrong_type(value, key, "an object"));
        }
        (Shape::List(shape), Value::List(items)) => {
            for (index, item) in items.iter().enumerate() {
                check_value(item, shape, &format!("{key}[{index}]"), findings);
            }
        }
        (Shape::List(_), _) => findings.push(Finding::wrong_type(value, key, "an array")),
        (Shape::Switch, Value::Bool(_)) => {}
        (Shape::Switch, Value::Number(_)) => find(loose("true or false")),
        (Shape::Switch, Value::Text(text)) => {
            let is_boolean = ["true", "false"]
                .iter()
                .any(|word| word.eq_ignore_ascii_case(text.trim()));
            find(if is_boolean {
                loose("true or false without quotes")
            } else {
                Problem::NotABoolean {
                    key: key.to_owned(),
                    value: text.clone(),
                }
            });
        }
        (Shape::Switch, _) => findings.push(Finding::wrong_type(value, key, "true or false")),
        (_, Value::List(_) | Value::Object(_)) => {
            findings.push(Finding::wrong_type(value, key, "a string"));
        }
        (Shape::Text | Shape::TextOrSwitch, Value::Text(_))
        | (Shape::TextOrSwitch, Value::Bool(_) | Value::Number(_)) => {}
        (Shape::Text, _) => find(loose("a string")),
        (Shape::Like(is_good, _), Value::Text(text)) if is_good(text) => {}
        (Shape::Like(_, rule), Value::Text(text)) => find(Problem::AgainstSchema {
            key: key.to_owned(),
            value: text.clone(),
            rule,
        }),
        (Shape::Like(..), _) => find(loose("a string")),
        (Shape::OneOf(allowed), _) => {
            let text = value.scalar().unwrap_or_default();
            if !allowed
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&text))
            {
                find(Problem::NotOneOf {
                    key: key.to_owned(),
                    value: text,
                    allowed: allowed.join(", "),
                });
            }
        }
    }
}
