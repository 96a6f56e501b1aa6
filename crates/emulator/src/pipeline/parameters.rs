//! Parameters of a template: checks the given values against the declarations (learn.microsoft.com, Azure Pipelines,
//! "parameters definition").
//!
//! It does not check steps, jobs and stages that are passed as values: they are checked where they run.

use super::error::Problem;
use super::value::Value;
use super::yaml::{Node, Position};

/// Types that accept any structure.
const STRUCTURES: [&str; 8] = [
    "object",
    "step",
    "stepList",
    "job",
    "jobList",
    "deploymentList",
    "stage",
    "stageList",
];

/// Each declared parameter with its given value or its default.
pub(crate) fn bind(
    declared: Option<&Node>,
    given: &[(String, Value)],
) -> Result<Vec<(String, Value)>, Problem> {
    let declarations = declared.map_or(&[][..], Node::items);
    let mut bound = Vec::new();
    for declaration in declarations {
        for (key, _) in declaration.pairs() {
            if !matches!(
                key.text.as_str(),
                "name" | "displayName" | "type" | "default" | "values"
            ) {
                let message = format!("Unexpected value '{}'", key.text);
                return Err(Problem::new(key.position, &message));
            }
        }
        let name = declaration.get("name").and_then(Node::as_text);
        let name = name.ok_or_else(|| Problem::new(declaration.position, "Expected 'name'"))?;
        let (value, position) = value(declaration, name, given)?;
        bound.push((name.to_owned(), typed(declaration, name, value, position)?));
    }
    for (name, _) in given {
        if !bound.iter().any(|(known, _)| known == name) {
            let position = declared.map_or(Position::default(), |declared| declared.position);
            return Err(Problem::new(
                position,
                &format!("Unexpected parameter '{name}'"),
            ));
        }
    }
    Ok(bound)
}

fn value(
    declaration: &Node,
    name: &str,
    given: &[(String, Value)],
) -> Result<(Value, Position), Problem> {
    if let Some((_, value)) = given.iter().find(|(known, _)| known == name) {
        return Ok((value.clone(), declaration.position));
    }
    let default = declaration.get("default").ok_or_else(|| {
        let message = format!("A value for the '{name}' parameter must be provided.");
        Problem::new(declaration.position, &message)
    })?;
    Ok((Value::from(default), default.position))
}

fn typed(
    declaration: &Node,
    name: &str,
    value: Value,
    position: Position,
) -> Result<Value, Problem> {
    let kind = declaration.get("type").and_then(Node::as_text);
    let kind = kind.unwrap_or("string");
    let refuse = |what: &str| {
        let message = format!("The '{name}' parameter value {what}.");
        Err(Problem::new(position, &message))
    };
    let text = value.to_text();
    if let Some(allowed) = declaration.get("values") {
        let is_allowed = |item: &Node| item.as_text() == text.as_deref();
        if !allowed.items().iter().any(is_allowed) {
            let text = text.unwrap_or_default();
            return refuse(&format!("'{text}' is not a valid value"));
        }
    }
    match (kind, text) {
        ("string", Some(text)) => Ok(Value::Text(text)),
        ("boolean", Some(text)) => match text.to_lowercase().as_str() {
            "true" | "yes" | "y" | "on" => Ok(Value::Boolean(true)),
            "false" | "no" | "n" | "off" => Ok(Value::Boolean(false)),
            _ => refuse(&format!("'{text}' is not a valid Boolean")),
        },
        ("number", Some(text)) => match text.parse() {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => refuse(&format!("'{text}' is not a valid Number")),
        },
        (kind, _) if STRUCTURES.contains(&kind) => Ok(value),
        ("string" | "boolean" | "number", None) => refuse("is not a scalar"),
        (kind, _) => refuse(&format!("has the type '{kind}', which does not exist")),
    }
}
