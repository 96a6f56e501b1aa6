//! `tasks.schema.json` of microsoft/azure-pipelines-task-lib as tables, and what in a task is against them.
//!
//! It never judges what the schema does not say; the server's and the agent's own rules stand beside it.

use super::wrong_type;
use crate::document::{Node, Value};
use crate::finding::{Finding, Problem};

/// What a value has to be.
pub(super) enum Shape {
    Any,
    Text,
    Switch,
    TextOrSwitch,
    Object,
    /// A string for which the function holds; the words say when it does.
    Like(fn(&str) -> bool, &'static str),
    /// One of these strings; servers read them without letter case.
    OneOf(&'static [&'static str]),
    List(&'static Shape),
    Record(&'static Record),
}

/// An object with known keys.
pub(super) struct Record {
    /// `a task`, `an input`, …
    what: &'static str,
    keys: &'static [(&'static str, Shape)],
    needs: &'static [&'static str],
    /// Whether other keys are allowed.
    is_open: bool,
}

/// The whole document. The schema needs no key of it; `task_check` says what servers need.
pub(super) static TASK: Record = Record {
    what: "a task",
    keys: &[
        ("$schema", Shape::Text),
        ("id", Shape::Text),
        ("name", Shape::Text),
        ("friendlyName", Shape::Text),
        ("description", Shape::Text),
        ("helpUrl", Shape::Text),
        ("helpMarkDown", Shape::Text),
        ("author", Shape::Text),
        ("preview", Shape::Switch),
        ("deprecated", Shape::Switch),
        ("deprecationMessage", Shape::Text),
        (
            "removalDate",
            Shape::Like(is_date, "a date such as 2026-11-25"),
        ),
        ("runsOn", Shape::List(&Shape::OneOf(&RUNS_ON))),
        (
            "visibility",
            Shape::List(&Shape::OneOf(&["Build", "Release"])),
        ),
        ("category", Shape::OneOf(&CATEGORIES)),
        ("groups", Shape::List(&Shape::Record(&GROUP))),
        ("demands", Shape::List(&Shape::Text)),
        (
            "minimumAgentVersion",
            Shape::Like(is_agent_version, "two or three numbers"),
        ),
        ("version", Shape::Object),
        ("instanceNameFormat", Shape::Text),
        ("releaseNotes", Shape::Text),
        ("showEnvironmentVariables", Shape::Switch),
        ("inputs", Shape::List(&Shape::Record(&INPUT))),
        (
            "dataSourceBindings",
            Shape::List(&Shape::Record(&DATA_SOURCE_BINDING)),
        ),
        (
            "sourceDefinitions",
            Shape::List(&Shape::Record(&SOURCE_DEFINITION)),
        ),
        ("prejobexecution", Shape::Record(&SECTION)),
        ("execution", Shape::Record(&SECTION)),
        ("postjobexecution", Shape::Record(&SECTION)),
        (
            "outputVariables",
            Shape::List(&Shape::Record(&OUTPUT_VARIABLE)),
        ),
        ("restrictions", Shape::Record(&RESTRICTIONS)),
        ("messages", Shape::Object),
    ],
    needs: &[],
    is_open: false,
};

const RUNS_ON: [&str; 5] = [
    "Agent",
    "MachineGroup",
    "Server",
    "ServerGate",
    "DeploymentGroup",
];

const CATEGORIES: [&str; 10] = [
    "Build",
    "Utility",
    "Test",
    "Package",
    "Deploy",
    "Azure Repos",
    "Azure Boards",
    "Azure Pipelines",
    "Azure Test Plans",
    "Azure Artifacts",
];

/// `tags` is of the server, not of the schema.
static GROUP: Record = Record {
    what: "a group",
    keys: &[
        ("name", Shape::Text),
        ("displayName", Shape::Text),
        ("isExpanded", Shape::Switch),
        ("visibleRule", Shape::Text),
        ("tags", Shape::List(&Shape::Text)),
    ],
    needs: &["name", "displayName"],
    is_open: false,
};

/// What an input must have, and what its type may be, `inputs` checks; `validation` and `deprecated` are of the
/// server, not of the schema.
static INPUT: Record = Record {
    what: "an input",
    keys: &[
        (
            "name",
            Shape::Like(is_name, "a letter, then letters and digits"),
        ),
        ("type", Shape::Text),
        ("label", Shape::Text),
        ("aliases", Shape::List(&Shape::Text)),
        ("defaultValue", Shape::TextOrSwitch),
        ("required", Shape::Switch),
        ("helpMarkDown", Shape::Text),
        ("groupName", Shape::Text),
        ("visibleRule", Shape::Text),
        ("properties", Shape::Record(&PROPERTIES)),
        ("options", Shape::Object),
        ("validation", Shape::Object),
        ("deprecated", Shape::Switch),
    ],
    needs: &[],
    is_open: false,
};

const BOTH: Shape = Shape::OneOf(&["True", "False"]);
const DIGITS: Shape = Shape::Like(is_digits, "digits in quotes");

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
        ("resizable", Shape::Switch),
        ("rows", DIGITS),
        ("maxLength", DIGITS),
        ("editorExtension", Shape::Text),
        ("EndpointFilterRule", Shape::Text),
    ],
    needs: &[],
    is_open: true,
};

static DATA_SOURCE_BINDING: Record = Record {
    what: "a data source binding",
    keys: &[
        ("target", Shape::Text),
        ("endpointId", Shape::Text),
        ("dataSourceName", Shape::Text),
        ("parameters", Shape::Object),
        ("resultTemplate", Shape::Text),
        ("endpointUrl", Shape::Text),
        ("resultSelector", Shape::Text),
        (
            "RequestVerb",
            Shape::OneOf(&[
                "GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "TRACE", "PATCH",
            ]),
        ),
        ("requestContent", Shape::Text),
        ("callbackContextTemplate", Shape::Text),
        ("callbackRequiredTemplate", Shape::Text),
        ("initialContextTemplate", Shape::Text),
    ],
    needs: &[],
    is_open: false,
};

static SOURCE_DEFINITION: Record = Record {
    what: "a source definition",
    keys: &[
        ("target", Shape::Text),
        ("endpoint", Shape::Text),
        ("selector", Shape::Text),
        ("keySelector", Shape::Text),
        ("authKey", Shape::Text),
    ],
    needs: &[],
    is_open: false,
};

/// The schema's handlers, and below them those that only agents and servers know.
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
        ("Node6", Shape::Any),
        ("Process", Shape::Any),
        ("AzurePowerShell", Shape::Any),
        ("PowerShellExe", Shape::Any),
        ("HttpRequest", Shape::Any),
        ("ServiceBus", Shape::Any),
    ],
    needs: &[],
    is_open: false,
};

static HANDLER: Record = Record {
    what: "a handler",
    keys: &[
        ("target", Shape::Text),
        ("platforms", Shape::List(&Shape::OneOf(&["windows"]))),
        ("argumentFormat", Shape::Text),
        ("workingDirectory", Shape::Text),
    ],
    needs: &[],
    is_open: true,
};

static OUTPUT_VARIABLE: Record = Record {
    what: "an output variable",
    keys: &[
        (
            "name",
            Shape::Like(is_name, "a letter, then letters and digits"),
        ),
        ("description", Shape::Text),
    ],
    needs: &["name"],
    is_open: false,
};

static RESTRICTIONS: Record = Record {
    what: "restrictions",
    keys: &[
        ("commands", Shape::Record(&COMMANDS)),
        ("settableVariables", Shape::Record(&SETTABLE_VARIABLES)),
    ],
    needs: &[],
    is_open: false,
};

static COMMANDS: Record = Record {
    what: "restricted commands",
    keys: &[("mode", Shape::OneOf(&["any", "restricted"]))],
    needs: &[],
    is_open: false,
};

static SETTABLE_VARIABLES: Record = Record {
    what: "settable variables",
    keys: &[("allowed", Shape::List(&Shape::Text))],
    needs: &[],
    is_open: false,
};

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_agent_version(version: &str) -> bool {
    (2..=3).contains(&version.split('.').count()) && version.split('.').all(is_digits)
}

fn is_date(date: &str) -> bool {
    date.split('-').map(str::len).eq([4, 2, 2]) && date.split('-').all(is_digits)
}

/// Checks an object and everything below it; `path` leads to it.
pub(super) fn check(node: &Node, record: &Record, path: &str, findings: &mut Vec<Finding>) {
    let below = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    for (key, value) in node.members().unwrap_or_default() {
        match record.keys.iter().find(|(known, _)| known == key) {
            Some((_, shape)) => check_value(value, shape, &below(key), findings),
            None if record.is_open => {}
            None => {
                let (key, what) = (key.clone(), record.what);
                findings.push(Finding::new(
                    &value.place,
                    Problem::UnknownKey { key, what },
                ));
            }
        }
    }
    for key in record.needs.iter().filter(|key| node.get(key).is_none()) {
        let key = below(key);
        findings.push(Finding::new(&node.place, Problem::SchemaMissing { key }));
    }
}

fn check_value(value: &Node, shape: &Shape, key: &str, findings: &mut Vec<Finding>) {
    let rule = match (shape, &value.value) {
        (Shape::Any, _)
        | (Shape::Text, Value::Text(_))
        | (Shape::Switch, Value::Bool(_))
        | (Shape::TextOrSwitch, Value::Text(_) | Value::Bool(_))
        | (Shape::Object, Value::Object(_)) => return,
        (Shape::Like(is_good, _), Value::Text(text)) if is_good(text) => return,
        (Shape::OneOf(allowed), Value::Text(text)) => {
            if !allowed.iter().any(|known| known.eq_ignore_ascii_case(text)) {
                let problem = Problem::NotOneOf {
                    key: key.to_owned(),
                    value: text.clone(),
                    allowed: allowed.join(", "),
                };
                findings.push(Finding::new(&value.place, problem));
            }
            return;
        }
        (Shape::List(shape), Value::List(items)) => {
            for (index, item) in items.iter().enumerate() {
                check_value(item, shape, &format!("{key}[{index}]"), findings);
            }
            return;
        }
        (Shape::Record(record), Value::Object(_)) => return check(value, record, key, findings),
        (Shape::List(_), _) => return findings.push(wrong_type(value, key, "an array")),
        (Shape::Object | Shape::Record(_), _) => {
            return findings.push(wrong_type(value, key, "an object"));
        }
        // The agent and the server read "true" and 5 where they need true and "5".
        (Shape::Like(_, rule), _) => rule,
        (Shape::Text | Shape::OneOf(_), _) => "a string",
        (Shape::Switch, _) => "true or false",
        (Shape::TextOrSwitch, _) => "a string, true or false",
    };
    let problem = Problem::AgainstSchema {
        key: key.to_owned(),
        value: value.scalar().unwrap_or_else(|| value.kind().to_owned()),
        rule,
    };
    findings.push(Finding::new(&value.place, problem));
}
