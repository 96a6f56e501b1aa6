//! Parses expressions.
//!
//! It evaluates nothing.

use super::Expression;
use crate::pipeline::value::Value;

/// Parses a whole text as one expression.
pub(super) fn expression(text: &str) -> Result<Expression, String> {
    let mut reader = Reader { text, position: 0 };
    let expression = reader.expression()?;
    reader.skip_spaces();
    if reader.rest().is_empty() {
        Ok(expression)
    } else {
        Err(reader.unexpected())
    }
}

struct Reader<'t> {
    text: &'t str,
    position: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start().len();
    }

    /// Skips a symbol if it is next.
    fn takes(&mut self, symbol: char) -> bool {
        self.skip_spaces();
        let found = self.rest().starts_with(symbol);
        self.position += if found { symbol.len_utf8() } else { 0 };
        found
    }

    fn unexpected(&self) -> String {
        let symbol = self.rest().split_whitespace().next().unwrap_or_default();
        format!(
            "Unexpected symbol: '{symbol}'. Located at position {} within expression: {}.",
            self.position + 1,
            self.text
        )
    }

    fn expression(&mut self) -> Result<Expression, String> {
        let mut expression = self.start()?;
        loop {
            let index = if self.takes('.') {
                Expression::Literal(Value::text(self.name().ok_or_else(|| self.unexpected())?))
            } else if self.takes('[') {
                let index = self.expression()?;
                if !self.takes(']') {
                    return Err(self.unexpected());
                }
                index
            } else {
                return Ok(expression);
            };
            expression = Expression::Index(Box::new(expression), Box::new(index));
        }
    }

    fn start(&mut self) -> Result<Expression, String> {
        self.skip_spaces();
        if self.rest().starts_with('\'') {
            return self.quoted();
        }
        if let Some(number) = self.number() {
            return Ok(Expression::Literal(Value::Number(number)));
        }
        let name = self.name().ok_or_else(|| self.unexpected())?;
        if self.takes('(') {
            return Ok(Expression::Call(name.to_owned(), self.arguments()?));
        }
        Ok(match name.to_lowercase().as_str() {
            "true" => Expression::Literal(Value::Boolean(true)),
            "false" => Expression::Literal(Value::Boolean(false)),
            "null" => Expression::Literal(Value::Null),
            _ => Expression::Name(name.to_owned()),
        })
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, String> {
        let mut arguments = Vec::new();
        if self.takes(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.takes(')') {
                return Ok(arguments);
            }
            if !self.takes(',') {
                return Err(self.unexpected());
            }
        }
    }

    /// `'it''s'`.
    fn quoted(&mut self) -> Result<Expression, String> {
        let mut text = String::new();
        let mut parts = self.rest()[1..].split('\'').peekable();
        let mut length = 1;
        while let Some(part) = parts.next() {
            text.push_str(part);
            length += part.len() + 1;
            if parts.peek().is_none() {
                return Err(self.unexpected());
            }
            if parts.next_if(|next| next.is_empty()).is_none() {
                break;
            }
            // Two quotes in a row are one quote; at the end of the text they are the end of an empty part.
            if parts.peek().is_none() {
                break;
            }
            text.push('\'');
            length += 1;
        }
        self.position += length;
        Ok(Expression::Literal(Value::Text(text)))
    }

    fn number(&mut self) -> Option<f64> {
        let rest = self.rest();
        let is_part = |character: char| character.is_ascii_digit() || "-.".contains(character);
        let end = rest.find(|character| !is_part(character));
        let digits = &rest[..end.unwrap_or(rest.len())];
        let number = digits.parse().ok()?;
        self.position += digits.len();
        Some(number)
    }

    fn name(&mut self) -> Option<&'t str> {
        self.skip_spaces();
        let rest = self.rest();
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
        let end = rest
            .find(|character| !is_part(character))
            .unwrap_or(rest.len());
        let name = &rest[..end];
        let starts_well =
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        self.position += if starts_well { end } else { 0 };
        starts_well.then_some(name)
    }
}
