//! YAML as Azure Pipelines reads it: every scalar is a text, and each node has a position.
//!
//! It supports no anchors, no tags and no second document, which the service also refuses.

use saphyr_parser::{Event, Marker, Parser, Span, StrInput};

use super::error::Problem;

pub use super::error::Position;

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its contents.
    pub content: Content,
    /// Its position.
    pub position: Position,
}

/// The contents of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A scalar; empty if there is no value.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Its position in the text.
    pub position: Position,
}

impl Node {
    /// Parses a text.
    ///
    /// # Errors
    /// The text is not YAML, or contains something that Azure Pipelines does not accept.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut reader = Reader {
            parser: Parser::new_from_str(text),
        };
        let mut document = None;
        loop {
            let (event, span) = reader.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::StreamEnd => break,
                Event::DocumentStart(_) if document.is_some() => {
                    return Err(Problem::new(
                        position(&span),
                        "a second document starts here",
                    ));
                }
                Event::DocumentStart(_) => {
                    let (event, span) = reader.next()?;
                    document = Some(reader.node(event, &span)?);
                }
                _ => return Err(Problem::new(position(&span), "a document was expected")),
            }
        }
        Ok(document.unwrap_or_else(|| Self::text("", Position::default())))
    }

    /// A scalar.
    pub(crate) fn text(text: &str, position: Position) -> Self {
        let content = Content::Text(text.to_owned());
        Self { content, position }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a sequence; empty for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// The pairs of a mapping; empty for anything else.
    #[must_use]
    pub fn pairs(&self) -> &[(Key, Self)] {
        match &self.content {
            Content::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let mut pairs = self.pairs().iter();
        pairs
            .find(|(known, _)| known.text == key)
            .map(|(_, value)| value)
    }

    /// Formats the node as YAML for other parsers: as JSON, whose quoting is unambiguous, in the order of the file.
    /// Booleans and integers are not quoted, for parsers that distinguish them from texts.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        match &self.content {
            Content::Text(text) if matches!(text.to_lowercase().as_str(), "true" | "false") => {
                text.to_lowercase()
            }
            Content::Text(text) if text.parse::<u32>().is_ok() => text.clone(),
            Content::Text(text) => quoted(text),
            Content::List(items) => {
                let items: Vec<String> = items.iter().map(Self::to_yaml).collect();
                format!("[{}]", items.join(", "))
            }
            Content::Map(pairs) => {
                let pairs = pairs.iter();
                let pairs =
                    pairs.map(|(key, value)| format!("{}: {}", quoted(&key.text), value.to_yaml()));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Problem> {
        let event = self.parser.next_event();
        let event = event.expect("a stream ends before its parser does");
        event.map_err(|error| Problem::new(at(error.marker()), error.info()))
    }

    fn node(&mut self, event: Event<'t>, span: &Span) -> Result<Node, Problem> {
        let position = position(span);
        let refuse = |what: &str| Err(Problem::new(position, &format!("{what} are not supported")));
        let content = match event {
            Event::Alias(_) => return refuse("anchors"),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                return refuse("anchors");
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => return refuse("tags"),
            Event::Scalar(text, style, ..) => {
                let is_nothing =
                    matches!(&*text, "~" | "null") && style == saphyr_parser::ScalarStyle::Plain;
                Content::Text(if is_nothing {
                    String::new()
                } else {
                    text.into_owned()
                })
            }
            Event::SequenceStart(..) => Content::List(self.items()?),
            Event::MappingStart(..) => Content::Map(self.pairs()?),
            _ => return Err(Problem::new(position, "a value was expected")),
        };
        Ok(Node { content, position })
    }

    fn items(&mut self) -> Result<Vec<Node>, Problem> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, &span)?),
            }
        }
    }

    fn pairs(&mut self) -> Result<Vec<(Key, Node)>, Problem> {
        let mut pairs: Vec<(Key, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(pairs);
            }
            let key = self.node(event, &span)?;
            let Content::Text(text) = key.content else {
                return Err(Problem::new(key.position, "a key must be a text"));
            };
            // `${{ else }}` may occur twice in one mapping.
            let is_known = pairs.iter().any(|(known, _)| known.text == text);
            if is_known && !text.starts_with("${{") {
                return Err(Problem::new(
                    key.position,
                    &format!("'{text}' is already defined"),
                ));
            }
            let (event, span) = self.next()?;
            let key = Key {
                text,
                position: key.position,
            };
            pairs.push((key, self.node(event, &span)?));
        }
    }
}

fn position(span: &Span) -> Position {
    at(&span.start)
}

fn at(marker: &Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}
