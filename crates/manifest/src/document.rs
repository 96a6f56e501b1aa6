//! A JSON document with positions: keys in file order, a line for each value.
//!
//! It knows no schema and opens no file. `serde_json` keeps neither lines nor order, and an error without a line
//! costs the reader more than this module costs us.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use jsonc_parser::{CollectOptions, ParseOptions, ast, common::Ranged, parse_to_ast};

use crate::words::decimal;

/// A position: a file as the user named it, and a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePosition {
    /// Path, as the user would type it.
    pub file: Arc<str>,
    /// Line, counted from 1; 0 for a file as a whole.
    pub line: u32,
}

/// A value and its position.
#[derive(Debug, Clone, PartialEq)]
pub struct WithPosition<T> {
    /// The value.
    pub value: T,
    /// Where it is.
    pub position: FilePosition,
}

impl FilePosition {
    /// A whole file, if no line is to blame.
    pub fn file(file: &str) -> Self {
        Self {
            file: file.into(),
            line: 0,
        }
    }
}

impl fmt::Display for FilePosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if self.line > 0 {
            write!(formatter, ":{}", self.line)?;
        }
        Ok(())
    }
}

/// The syntax that the reader accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 8259.
    Json,
    /// JSON5: comments, trailing commas, unquoted keys, single quotes, hexadecimal numbers.
    Json5,
}

/// A text is not a document of its dialect.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("{detail}")]
pub struct SyntaxError {
    /// Where reading stopped.
    pub position: FilePosition,
    /// The parser's message.
    pub detail: String,
}

/// A value and its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// File and line of the value's first character.
    pub position: FilePosition,
    /// Byte range of the value in the text; an edit replaces exactly these bytes.
    pub span: Range<usize>,
    /// The value.
    pub value: Value,
}

/// A JSON value; objects keep the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number in JSON's spelling.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object. If a key occurs twice, its last value is at the position of the first one, as in JavaScript.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Parses a document. A byte order mark, which some editors write, is skipped.
    ///
    /// # Errors
    /// The text is empty or not a document of the dialect; the error has the line.
    pub fn read(text: &str, file: &str, dialect: Dialect) -> Result<Self, SyntaxError> {
        let file: Arc<str> = file.into();
        let lines = Lines::of(text);
        // The mark becomes a space, so that spans still count the bytes of the original text.
        let without_mark = text
            .strip_prefix('\u{feff}')
            .map(|rest| format!("   {rest}"));
        let source = without_mark.as_deref().unwrap_or(text);
        let parsed = parse_to_ast(source, &CollectOptions::default(), &options(dialect)).map_err(
            |error| SyntaxError {
                position: FilePosition {
                    file: file.clone(),
                    line: lines.line(error.range().start),
                },
                detail: error.kind().to_string(),
            },
        )?;
        let Some(value) = parsed.value else {
            return Err(SyntaxError {
                position: FilePosition { file, line: 1 },
                detail: "The file is empty".to_owned(),
            });
        };
        convert(value, &file, &lines)
    }

    /// Creates a value that is in no file, with the position of what required it.
    pub fn made(position: FilePosition, value: Value) -> Self {
        Self {
            position,
            span: 0..0,
            value,
        }
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of an array.
    pub fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The members of an object, in order.
    pub fn members(&self) -> Option<&[(String, Node)]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The member with that name, in the same letter case.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.members()?
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Value::Object(members) = &mut self.value else {
            return None;
        };
        let found = members.iter_mut().find(|(key, _)| key == name);
        found.map(|(_, value)| value)
    }

    /// The items of an array, to change them.
    pub fn list_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The member with that name or, without one, the member whose name differs only by letter case, which Azure
    /// DevOps reads as well.
    pub fn get_any_case(&self, name: &str) -> Option<&Node> {
        self.get(name).or_else(|| {
            self.members()?
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        })
    }

    /// Whether the value is true in JavaScript: tfx decides with `if (value)`.
    pub fn is_truthy(&self) -> bool {
        match &self.value {
            Value::Null => false,
            Value::Bool(value) => *value,
            Value::Number(number) => decimal(number) != Some(0.0),
            Value::Text(text) => !text.is_empty(),
            Value::List(_) | Value::Object(_) => true,
        }
    }

    /// A scalar as text for an XML attribute.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Bool(value) => Some(value.to_string()),
            Value::Number(number) => Some(number.clone()),
            Value::Text(text) => Some(text.clone()),
            Value::Null | Value::List(_) | Value::Object(_) => None,
        }
    }

    /// The noun for the value's type, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    /// Formats the document as JSON, indented by four spaces, without a final newline.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out, 0);
        out
    }

    fn write_json(&self, out: &mut String, depth: usize) {
        match &self.value {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => out.push_str(number),
            Value::Text(text) => write_json_text(out, text),
            Value::List(list) if list.is_empty() => out.push_str("[]"),
            Value::Object(members) if members.is_empty() => out.push_str("{}"),
            Value::List(list) => {
                out.push('[');
                for (index, node) in list.iter().enumerate() {
                    next_line(out, index, depth + 1);
                    node.write_json(out, depth + 1);
                }
                next_line(out, 0, depth);
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (index, (key, node)) in members.iter().enumerate() {
                    next_line(out, index, depth + 1);
                    write_json_text(out, key);
                    out.push_str(": ");
                    node.write_json(out, depth + 1);
                }
                next_line(out, 0, depth);
                out.push('}');
            }
        }
    }
}

fn next_line(out: &mut String, index: usize, depth: usize) {
    if index > 0 {
        out.push(',');
    }
    out.push('\n');
    for _ in 0..depth {
        out.push_str("    ");
    }
}

/// Writes a JSON string. `serde_json` uses the same escapes as `JSON.stringify`.
fn write_json_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn options(dialect: Dialect) -> ParseOptions {
    let lenient = dialect == Dialect::Json5;
    ParseOptions {
        allow_comments: lenient,
        allow_loose_object_property_names: lenient,
        allow_trailing_commas: lenient,
        allow_missing_commas: false,
        allow_single_quoted_strings: lenient,
        allow_hexadecimal_numbers: lenient,
        allow_unary_plus_numbers: lenient,
        allow_bare_decimal_point_numbers: lenient,
        // JSON cannot express them, and the manifest in the package is JSON.
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: lenient,
    }
}

fn convert(value: ast::Value<'_>, file: &Arc<str>, lines: &Lines) -> Result<Node, SyntaxError> {
    let range = value.range();
    let position = FilePosition {
        file: file.clone(),
        line: lines.line(range.start),
    };
    let value = match value {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
        ast::Value::NumberLit(literal) => match json_number(literal.value) {
            Some(number) => Value::Number(number),
            None => {
                let detail = format!("The number {} is too large", literal.value);
                return Err(SyntaxError { position, detail });
            }
        },
        ast::Value::StringLit(literal) => Value::Text(literal.value.into_owned()),
        ast::Value::Array(array) => Value::List(
            array
                .elements
                .into_iter()
                .map(|element| convert(element, file, lines))
                .collect::<Result<_, _>>()?,
        ),
        ast::Value::Object(object) => {
            let mut members: Vec<(String, Node)> = Vec::with_capacity(object.properties.len());
            let mut indices: HashMap<String, usize> = HashMap::new();
            for property in object.properties {
                let key = property.name.into_string();
                let node = convert(property.value, file, lines)?;
                match indices.get(&key).and_then(|at| members.get_mut(*at)) {
                    Some((_, existing)) => *existing = node,
                    None => {
                        indices.insert(key.clone(), members.len());
                        members.push((key, node));
                    }
                }
            }
            Value::Object(members)
        }
    };
    Ok(Node {
        position,
        span: range.start..range.end,
        value,
    })
}

/// Converts a JSON5 number to JSON; `None` for a hexadecimal number of more than 128 bits.
fn json_number(written: &str) -> Option<String> {
    let (sign, digits) = match written.as_bytes().first() {
        Some(b'-') => ("-", &written[1..]),
        Some(b'+') => ("", &written[1..]),
        _ => ("", written),
    };
    if let Some(hexadecimal) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        return u128::from_str_radix(hexadecimal, 16)
            .ok()
            .map(|value| format!("{sign}{value}"));
    }
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let mantissa = match (mantissa.strip_prefix('.'), mantissa.strip_suffix('.')) {
        (Some(fraction), _) => format!("0.{fraction}"),
        (None, Some(whole)) => whole.to_owned(),
        (None, None) => mantissa.to_owned(),
    };
    Some(format!("{sign}{mantissa}{exponent}"))
}

/// The offset at which each line of a text starts.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(
            std::iter::once(0)
                .chain(
                    text.bytes()
                        .enumerate()
                        .filter(|(_, byte)| *byte == b'\n')
                        .map(|(at, _)| at + 1),
                )
                .collect(),
        )
    }

    fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Node};

    #[test]
    fn a_hexadecimal_number_keeps_its_value_or_is_refused() {
        let read = |number: &str| {
            let text = format!("[\n{number}]");
            match Node::read(&text, "a.json", Dialect::Json5) {
                Ok(list) => list.list().and_then(|list| list[0].scalar()),
                Err(error) => Some(format!("{}: {error}", error.position)),
            }
        };
        let numbers = ["0x10", "-0Xff", "0xffffffffffffffffff", "+.5", "5."];
        let expected = ["16", "-255", "4722366482869645213695", "0.5", "5"];
        assert_eq!(
            numbers.map(|number| read(number).expect("it is a number")),
            expected
        );
        let large = format!("0x{}", "f".repeat(33));
        assert_eq!(
            read(&large).as_deref(),
            Some(&*format!("a.json:2: The number {large} is too large"))
        );
    }

    #[test]
    fn reads_an_object_with_very_many_keys() {
        let members: Vec<String> = (0..200_000).map(|key| format!("\"{key}\": 0")).collect();
        let text = format!("{{{}, \"7\": 1}}", members.join(", "));
        let node = Node::read(&text, "a.json", Dialect::Json).expect("it is JSON");
        assert_eq!(node.members().map(<[_]>::len), Some(200_000));
        assert_eq!(node.get("7").and_then(Node::scalar).as_deref(), Some("1"));
    }
}
