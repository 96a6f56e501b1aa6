//! Expressions: `${{ … }}`, `$[ … ]` and conditions, read and evaluated (learn.microsoft.com, Azure Pipelines,
//! "Expressions").
//!
//! It fails on a function or a name that it does not know; it never takes one for something else.

mod functions;
mod read;

use super::value::Value;

/// An expression that has been read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Literal(Value),
    /// A named value, such as `parameters`.
    Name(String),
    /// `a.b` and `a['b']`.
    Index(Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
}

/// How what came before ended, for `succeeded()` and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Succeeded,
    SucceededWithIssues,
    Failed,
}

/// What an expression can see.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    /// Named values.
    pub(crate) names: Vec<(String, Value)>,
    /// What conditions ask about; nothing where an expression is not a condition.
    pub(crate) status: Option<Status>,
}

impl Context {
    /// The same, with one more name. A later name hides an earlier one.
    pub(crate) fn with(&self, name: &str, value: Value) -> Self {
        let mut context = self.clone();
        context.names.push((name.to_owned(), value));
        context
    }

    /// What an expression comes to.
    ///
    /// # Errors
    /// A sentence in the service's words where it has some.
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
