//! Values of expressions, and conversions between their kinds (learn.microsoft.com, Azure Pipelines, "Expressions":
//! "Type casting").
//!
//! It has no version numbers: no pipeline here compares any.

use super::yaml::{Content, Key, Node, Position};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `True` or `False`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Items in order.
    List(Vec<Value>),
    /// Values by name, in order; look-ups ignore letter case.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A text.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Boolean(value) => *value,
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::List(_) | Self::Map(_) => true,
        }
    }

    /// The value as text; `None` for lists and mappings.
    pub(crate) fn to_text(&self) -> Option<String> {
        Some(match self {
            Self::Null => String::new(),
            Self::Boolean(true) => "True".to_owned(),
            Self::Boolean(false) => "False".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::List(_) | Self::Map(_) => return None,
        })
    }

    fn to_number(&self) -> Option<f64> {
        match self {
            Self::Null => Some(0.0),
            Self::Boolean(value) => Some(f64::from(u8::from(*value))),
            Self::Number(number) => Some(*number),
            Self::Text(text) if text.is_empty() => Some(0.0),
            Self::Text(text) => text.trim().parse().ok(),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    /// `eq`: converts the right value to the left one's kind; texts are compared in any letter case.
    pub(crate) fn equals(&self, right: &Self) -> bool {
        match self {
            Self::Null => {
                matches!(right, Self::Null) || right.to_text().is_some_and(|text| text.is_empty())
            }
            Self::Boolean(left) => {
                !matches!(right, Self::List(_) | Self::Map(_)) && *left == right.is_true()
            }
            Self::Number(left) => right.to_number() == Some(*left),
            Self::Text(left) => right
                .to_text()
                .is_some_and(|right| left.to_lowercase() == right.to_lowercase()),
            Self::List(_) | Self::Map(_) => self == right,
        }
    }

    /// A value of a mapping by name, or of a list by number; null if there is none.
    pub(crate) fn at(&self, index: &Self) -> Self {
        match (self, index) {
            (Self::Map(pairs), index) => {
                let Some(name) = index.to_text() else {
                    return Self::Null;
                };
                let found = pairs
                    .iter()
                    .find(|(key, _)| key.to_lowercase() == name.to_lowercase());
                found.map_or(Self::Null, |(_, value)| value.clone())
            }
            (Self::List(items), index) => index
                .to_number()
                .and_then(|number| {
                    items
                        .iter()
                        .enumerate()
                        .find(|(index, _)| *index as f64 == number)
                })
                .map_or(Self::Null, |(_, value)| value.clone()),
            _ => Self::Null,
        }
    }
}

impl From<&Node> for Value {
    fn from(node: &Node) -> Self {
        match &node.content {
            Content::Text(text) => Self::Text(text.clone()),
            Content::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Content::Map(pairs) => Self::Map(
                pairs
                    .iter()
                    .map(|(key, value)| (key.text.clone(), Self::from(value)))
                    .collect(),
            ),
        }
    }
}

impl Node {
    /// The value as a part of a document.
    pub(crate) fn of_value(value: &Value, position: Position) -> Self {
        let content = match value {
            Value::List(items) => Content::List(
                items
                    .iter()
                    .map(|item| Self::of_value(item, position))
                    .collect(),
            ),
            Value::Map(pairs) => {
                let key = |text: &String| Key {
                    text: text.clone(),
                    position,
                };
                Content::Map(
                    pairs
                        .iter()
                        .map(|(name, value)| (key(name), Self::of_value(value, position)))
                        .collect(),
                )
            }
            scalar => Content::Text(scalar.to_text().unwrap_or_default()),
        };
        Self { content, position }
    }
}
