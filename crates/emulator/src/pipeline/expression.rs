//! Expressions: parses and evaluates `${{ … }}`, `$[ … ]` and conditions (learn.microsoft.com, Azure Pipelines,
//! "Expressions").
//!
//! It fails on an unknown function or name, and never takes it for another one.

mod functions;
mod read;

use super::value::Value;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Literal(Value),
    /// A named value, such as `parameters`.
    Name(String),
    /// `a.b` and `a['b']`.
    Index(Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
}

/// The status of what ran before, for `succeeded()` and similar functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Succeeded,
    SucceededWithIssues,
    Failed,
}

/// What an expression can refer to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    /// Named values.
    pub(crate) names: Vec<(String, Value)>,
    /// The status for conditions; `None` if the expression is not a condition.
    pub(crate) status: Option<Status>,
}

impl Context {
    /// Adds a name, which hides an earlier one.
    pub(crate) fn with(&self, name: &str, value: Value) -> Self {
        let mut context = self.clone();
        context.names.push((name.to_owned(), value));
        context
    }

    /// Evaluates an expression.
    ///
    /// # Errors
    /// A message, which is the service's own where it is known.
    pub(crate) fn evaluate(&self, text: &str) -> Result<Value, String> {
        let expression = read::expression(text)?;
        let unknown = |message: String| format!("{message}. Located within expression: {text}.");
        self.value(&expression).map_err(unknown)
    }

    fn value(&self, expression: &Expression) -> Result<Value, String> {
        match expression {
            Expression::Literal(value) => Ok(value.clone()),
            Expression::Name(name) => {
                let mut known = self.names.iter().rev();
                known
                    .find(|(known, _)| known.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| format!("Unrecognized value: '{name}'"))
            }
            Expression::Index(value, index) => Ok(self.value(value)?.at(&self.value(index)?)),
            Expression::Call(name, arguments) => functions::call(self, name, arguments),
        }
    }
}

#[cfg(test)]
mod tests;
