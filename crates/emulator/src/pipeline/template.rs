//! Templates: replaces `${{ … }}`, and inserts the files that `template:` names (learn.microsoft.com, Azure
//! Pipelines, "Template expressions" and "Templates").
//!
//! It runs nothing, and does not change `$(…)` and `$[…]`: those are evaluated at run time.

use super::error::Problem;
use super::expression::Context;
use super::parameters;
use super::value::Value;
use super::yaml::{Content, Key, Node, Position};

/// Looks up files: from a path relative to the repository's root to the text.
pub(crate) type Files<'f> = dyn Fn(&str) -> Option<String> + 'f;

/// Lists that templates can be inserted into.
const LISTS: [&str; 4] = ["stages", "jobs", "steps", "variables"];

/// Expands a file of the repository: the result contains no parameters, no `${{` and no `template:`.
pub(crate) fn expand(
    files: &Files<'_>,
    path: &str,
    given: &[(String, Value)],
    context: &Context,
) -> Result<Node, Problem> {
    let text = files(path).ok_or_else(|| {
        Problem::new(Position::default(), &format!("File {path} was not found")).in_file(path)
    })?;
    let in_file = |problem: Problem| problem.in_file(path);
    let document = Node::parse(&text).map_err(in_file)?;
    let bound = parameters::bind(document.get("parameters"), given).map_err(in_file)?;
    let expander = Expander { files, path };
    let context = context.with("parameters", Value::Map(bound));
    let pairs = document.pairs().iter();
    let body = pairs.filter(|(key, _)| key.text != "parameters").cloned();
    let body = Node {
        content: Content::Map(body.collect()),
        position: document.position,
    };
    let body = expander.node(&body, &context).map_err(in_file)?;
    match body.get("extends") {
        None => Ok(body),
        Some(extends) => {
            let extended = expander.included(extends, &context).map_err(in_file)?;
            Ok(merged(&body, &extended))
        }
    }
}

struct Expander<'e> {
    files: &'e Files<'e>,
    path: &'e str,
}

/// The directive in a `${{ … }}` at the start of a pair.
enum Directive<'t> {
    If(&'t str),
    ElseIf(&'t str),
    Else,
    Each(&'t str, &'t str),
    Insert,
}

/// The state of a chain of `if`, `elseif` and `else`.
#[derive(Clone, Copy, PartialEq)]
enum Chain {
    None,
    Open,
    Taken,
}

impl Expander<'_> {
    fn node(&self, node: &Node, context: &Context) -> Result<Node, Problem> {
        let content = match &node.content {
            Content::Text(text) => return self.scalar(text, node.position, context),
            Content::List(items) => Content::List(self.list(items, context)?),
            Content::Map(pairs) => Content::Map(self.pairs(pairs, context)?),
        };
        Ok(Node {
            content,
            position: node.position,
        })
    }

    /// Expands a scalar. A single expression may become a list or a mapping; inside a text it must be a text as well.
    fn scalar(&self, text: &str, position: Position, context: &Context) -> Result<Node, Problem> {
        if let Some(expression) = whole_expression(text) {
            let value = evaluate(expression, position, context)?;
            return Ok(Node::of_value(&value, position));
        }
        Ok(Node::text(&mixed(text, position, context)?, position))
    }

    fn list(&self, items: &[Node], context: &Context) -> Result<Vec<Node>, Problem> {
        let mut expanded = Vec::new();
        let mut chain = Chain::None;
        for item in items {
            let directive = match item.pairs() {
                [(key, value)] => directive(&key.text).map(|directive| (directive, key, value)),
                _ => None,
            };
            let Some((directive, key, value)) = directive else {
                chain = Chain::None;
                let is_list = item.as_text().and_then(whole_expression).is_some();
                let node = self.node(item, context)?;
                match node.content {
                    // `- ${{ parameters.steps }}` inserts the list's items there.
                    Content::List(items) if is_list => expanded.extend(items),
                    _ => expanded.push(node),
                }
                continue;
            };
            for context in taken(&directive, &mut chain, key.position, context)? {
                let value = self.node(value, &context)?;
                let Content::List(items) = value.content else {
                    return Err(Problem::new(key.position, "Expected a sequence"));
                };
                expanded.extend(items);
            }
        }
        Ok(expanded)
    }

    fn pairs(&self, pairs: &[(Key, Node)], context: &Context) -> Result<Vec<(Key, Node)>, Problem> {
        let mut expanded: Vec<(Key, Node)> = Vec::new();
        let mut chain = Chain::None;
        for (key, value) in pairs {
            let Some(directive) = directive(&key.text) else {
                chain = Chain::None;
                let text = mixed(&key.text, key.position, context)?;
                let mut value = self.node(value, context)?;
                if LISTS.contains(&text.as_str())
                    && let Content::List(items) = value.content
                {
                    value.content = Content::List(self.with_templates(&text, items, context)?);
                }
                let position = key.position;
                add(&mut expanded, Key { text, position }, value)?;
                continue;
            };
            for context in taken(&directive, &mut chain, key.position, context)? {
                let value = self.node(value, &context)?;
                let Content::Map(pairs) = value.content else {
                    return Err(Problem::new(key.position, "Expected a mapping"));
                };
                for (key, value) in pairs {
                    add(&mut expanded, key, value)?;
                }
            }
        }
        Ok(expanded)
    }

    /// The list with the items of templates instead of their names.
    fn with_templates(
        &self,
        list: &str,
        items: Vec<Node>,
        context: &Context,
    ) -> Result<Vec<Node>, Problem> {
        let mut whole = Vec::new();
        for item in items {
            if item.get("template").is_none() {
                whole.push(item);
                continue;
            }
            let template = self.included(&item, context)?;
            match template.pairs() {
                [(key, value)] if key.text == list => whole.extend_from_slice(value.items()),
                _ => {
                    let message = format!("the template contains something other than '{list}'");
                    return Err(Problem::new(item.position, &message));
                }
            }
        }
        Ok(whole)
    }

    /// Expands `template:` with its `parameters:`. Paths are relative to the file that names them.
    fn included(&self, reference: &Node, context: &Context) -> Result<Node, Problem> {
        for (key, _) in reference.pairs() {
            if !matches!(key.text.as_str(), "template" | "parameters") {
                return Err(unexpected(key));
            }
        }
        let name = reference.get("template").and_then(Node::as_text);
        let name = name.ok_or_else(|| Problem::new(reference.position, "Expected 'template'"))?;
        let name = name.strip_suffix("@self").unwrap_or(name);
        if name.contains('@') {
            let message = format!("{name} is in another repository, which this emulator has not");
            return Err(Problem::new(reference.position, &message));
        }
        let given: Vec<(String, Value)> = reference
            .get("parameters")
            .map_or(&[][..], Node::pairs)
            .iter()
            .map(|(key, value)| (key.text.clone(), Value::from(value)))
            .collect();
        // The included file does not see the names of the file that includes it.
        let mut outer = context.clone();
        outer.names.retain(|(name, _)| name == "variables");
        // A missing file or parameter is a problem of the file that names it.
        let problem = |problem: Problem| {
            let is_outside = problem.message.starts_with("Unexpected parameter")
                || problem.position == Position::default();
            if is_outside {
                Problem::new(reference.position, &problem.message)
            } else {
                problem
            }
        };
        expand(self.files, &resolved(self.path, name), &given, &outer).map_err(problem)
    }
}

/// The contexts for inserting a directive's body: none, one, or one for each value.
fn taken(
    directive: &Directive<'_>,
    chain: &mut Chain,
    position: Position,
    context: &Context,
) -> Result<Vec<Context>, Problem> {
    let condition = match directive {
        Directive::If(condition) => {
            *chain = Chain::Open;
            Some(*condition)
        }
        Directive::ElseIf(_) | Directive::Else if *chain == Chain::None => {
            return Err(Problem::new(position, "there is no 'if' in front of it"));
        }
        Directive::ElseIf(condition) => Some(*condition),
        Directive::Else | Directive::Insert | Directive::Each(..) => None,
    };
    match directive {
        Directive::If(_) | Directive::ElseIf(_) | Directive::Else => {
            let holds = match (*chain, condition) {
                (Chain::Taken, _) => false,
                (_, Some(condition)) => evaluate(condition, position, context)?.is_true(),
                (_, None) => true,
            };
            if holds {
                *chain = Chain::Taken;
            }
            Ok(if holds {
                vec![context.clone()]
            } else {
                Vec::new()
            })
        }
        Directive::Insert => {
            *chain = Chain::None;
            Ok(vec![context.clone()])
        }
        Directive::Each(name, collection) => {
            *chain = Chain::None;
            let values = match evaluate(collection, position, context)? {
                Value::List(items) => items,
                Value::Map(pairs) => pairs
                    .into_iter()
                    .map(|(key, value)| {
                        Value::Map(vec![
                            ("key".to_owned(), Value::Text(key)),
                            ("value".to_owned(), value),
                        ])
                    })
                    .collect(),
                Value::Null => Vec::new(),
                Value::Text(text) if text.is_empty() => Vec::new(),
                _ => return Err(Problem::new(position, "Expected a sequence or mapping")),
            };
            let values = values.into_iter();
            Ok(values.map(|value| context.with(name, value)).collect())
        }
    }
}

fn directive(key: &str) -> Option<Directive<'_>> {
    let inside = whole_expression(key)?;
    let (word, rest) = inside.split_once(' ').unwrap_or((inside, ""));
    let rest = rest.trim();
    Some(match word {
        "if" => Directive::If(rest),
        "elseif" => Directive::ElseIf(rest),
        "else" if rest.is_empty() => Directive::Else,
        "insert" if rest.is_empty() => Directive::Insert,
        "each" => {
            let (name, collection) = rest.split_once(" in ")?;
            Directive::Each(name.trim(), collection.trim())
        }
        _ => return None,
    })
}

/// The inside of a text that is only one `${{ … }}`.
fn whole_expression(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("${{")?.strip_suffix("}}")?;
    (!inside.contains("}}")).then_some(inside.trim())
}

/// A text with its expressions replaced.
fn mixed(text: &str, position: Position, context: &Context) -> Result<String, Problem> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, behind) = after
            .split_once("}}")
            .ok_or_else(|| Problem::new(position, "'}}' is missing"))?;
        let value = evaluate(expression.trim(), position, context)?;
        whole.push_str(before);
        whole.push_str(&value.to_text().ok_or_else(|| {
            Problem::new(position, "Unable to convert from Array or Object to String")
        })?);
        rest = behind;
    }
    whole.push_str(rest);
    Ok(whole)
}

fn evaluate(expression: &str, position: Position, context: &Context) -> Result<Value, Problem> {
    let value = context.evaluate(expression);
    value.map_err(|message| Problem::new(position, &message))
}

fn add(pairs: &mut Vec<(Key, Node)>, key: Key, value: Node) -> Result<(), Problem> {
    if pairs.iter().any(|(known, _)| known.text == key.text) {
        let message = format!("'{}' is already defined", key.text);
        return Err(Problem::new(key.position, &message));
    }
    pairs.push((key, value));
    Ok(())
}

fn unexpected(key: &Key) -> Problem {
    Problem::new(key.position, &format!("Unexpected value '{}'", key.text))
}

/// The pairs of a pipeline that extends a template, and those of the template.
fn merged(body: &Node, extended: &Node) -> Node {
    let own = body.pairs().iter().filter(|(key, _)| key.text != "extends");
    Node {
        content: Content::Map(own.chain(extended.pairs()).cloned().collect()),
        position: body.position,
    }
}

/// A path relative to the repository's root.
fn resolved(from: &str, path: &str) -> String {
    if let Some(absolute) = path.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
