//! The functions that pipelines here use.
//!
//! It has no `counter`, which would need the state of earlier runs, and no rare functions: they fail.

use super::{Context, Expression, Status};
use crate::pipeline::value::Value;

/// Evaluates a call.
pub(super) fn call(
    context: &Context,
    name: &str,
    arguments: &[Expression],
) -> Result<Value, String> {
    let folded = name.to_lowercase();
    // These two do not evaluate arguments that no longer matter.
    if matches!(folded.as_str(), "and" | "or") {
        let ends_at = folded == "or";
        for argument in arguments {
            if context.value(argument)?.is_true() == ends_at {
                return Ok(Value::Boolean(ends_at));
            }
        }
        return Ok(Value::Boolean(!ends_at));
    }
    let values = arguments
        .iter()
        .map(|argument| context.value(argument))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(known) = status(context, &folded) {
        return match values.as_slice() {
            [] => Ok(Value::Boolean(known)),
            _ => Err(format!(
                "'{name}' with names of jobs is not known to this emulator"
            )),
        };
    }
    let texts: Vec<String> = values.iter().filter_map(Value::to_text).collect();
    let text = |at: usize| {
        texts
            .get(at)
            .map(|text| text.to_lowercase())
            .unwrap_or_default()
    };
    Ok(match (folded.as_str(), values.as_slice()) {
        ("not", [value]) => Value::Boolean(!value.is_true()),
        ("eq", [left, right]) => Value::Boolean(left.equals(right)),
        ("ne", [left, right]) => Value::Boolean(!left.equals(right)),
        ("in", [value, others @ ..]) => {
            Value::Boolean(others.iter().any(|other| value.equals(other)))
        }
        ("notin", [value, others @ ..]) => {
            Value::Boolean(!others.iter().any(|other| value.equals(other)))
        }
        ("contains", [_, _]) => Value::Boolean(text(0).contains(&text(1))),
        ("startswith", [_, _]) => Value::Boolean(text(0).starts_with(&text(1))),
        ("endswith", [_, _]) => Value::Boolean(text(0).ends_with(&text(1))),
        ("coalesce", values) => {
            let mut known = values.iter();
            let is_something = |value: &&Value| value.to_text().is_none_or(|text| !text.is_empty());
            known.find(is_something).cloned().unwrap_or(Value::Null)
        }
        ("length", [Value::List(items)]) => Value::Number(items.len() as f64),
        ("length", [value]) => {
            let text = value.to_text().unwrap_or_default();
            Value::Number(text.chars().count() as f64)
        }
        ("join", [separator, Value::List(items)]) => {
            let separator = separator.to_text().unwrap_or_default();
            let items: Vec<String> = items.iter().filter_map(Value::to_text).collect();
            Value::Text(items.join(&separator))
        }
        ("replace", [text, from, to]) => {
            let [text, from, to] =
                [text, from, to].map(|value| value.to_text().unwrap_or_default());
            Value::Text(text.replace(&from, &to))
        }
        ("lower", [value]) => Value::Text(value.to_text().unwrap_or_default().to_lowercase()),
        ("format", [format, parts @ ..]) => {
            let mut formatted = format.to_text().unwrap_or_default();
            for (index, part) in parts.iter().enumerate() {
                let part = part.to_text().unwrap_or_default();
                formatted = formatted.replace(&format!("{{{index}}}"), &part);
            }
            Value::Text(formatted)
        }
        _ => {
            return Err(format!(
                "Unrecognized value: '{name}' with {} arguments",
                values.len()
            ));
        }
    })
}

/// The functions for the job's status (learn.microsoft.com, "Expressions": "Job status check functions").
fn status(context: &Context, name: &str) -> Option<bool> {
    let status = context.status?;
    Some(match name {
        "always" | "succeededorfailed" => true,
        "succeeded" => status != Status::Failed,
        "failed" => status == Status::Failed,
        "canceled" => false,
        _ => return None,
    })
}
