//! A task's inputs, as the agent passes them.
//!
//! It never gives a default: the agent did that already, from `task.json`.

use crate::endpoint::EndpointId;
use crate::environment::{Environment, formatted};
use crate::variable::undefined_variable;

/// What is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It is required, and there is nothing.
    #[error("{input} is missing")]
    Missing {
        /// Name of the input.
        input: &'static str,
    },
    /// It still says `$(name)`: the pipeline has no such variable.
    #[error("{input} names {variable}, which is not defined")]
    UndefinedVariable {
        /// Name of the input.
        input: &'static str,
        /// Name between the parentheses.
        variable: String,
    },
    /// It is none of the words that the input takes.
    #[error("{input} is '{value}'")]
    NotAChoice {
        /// Name of the input.
        input: &'static str,
        /// What it says.
        value: String,
        /// What it may say.
        choices: &'static [&'static str],
    },
}

impl Environment {
    /// An input as it is, in one or several lines.
    #[must_use]
    pub fn text(&self, input: &'static str) -> Option<String> {
        self.get(&format!("INPUT_{}", formatted(input)))
            .map(str::to_owned)
    }

    /// An input of one line.
    ///
    /// # Errors
    /// It names a variable that is not defined.
    pub fn line(&self, input: &'static str) -> Result<Option<String>, InputError> {
        let Some(text) = self.text(input) else {
            return Ok(None);
        };
        match undefined_variable(&text) {
            Some(variable) => Err(InputError::UndefinedVariable {
                input,
                variable: variable.to_owned(),
            }),
            None => Ok(Some(text.trim().to_owned()).filter(|line| !line.is_empty())),
        }
    }

    /// A yes or no. Nothing means no, as in the agent's own tasks.
    ///
    /// # Errors
    /// It is neither, or names a variable that is not defined.
    pub fn boolean(&self, input: &'static str) -> Result<bool, InputError> {
        let value = self.choice(input, &["true", "false"], &[true, false])?;
        Ok(value.unwrap_or_default())
    }

    /// The value of one of `choices`, letter case ignored; `values` has one for each.
    ///
    /// # Errors
    /// It is none of them, or names a variable that is not defined.
    pub fn choice<T: Copy>(
        &self,
        input: &'static str,
        choices: &'static [&'static str],
        values: &[T],
    ) -> Result<Option<T>, InputError> {
        let Some(value) = self.line(input)? else {
            return Ok(None);
        };
        let mut pairs = choices.iter().zip(values);
        match pairs.find(|(choice, _)| choice.eq_ignore_ascii_case(&value)) {
            Some((_, value)) => Ok(Some(*value)),
            None => Err(InputError::NotAChoice {
                input,
                value,
                choices,
            }),
        }
    }

    /// A service connection's id.
    ///
    /// # Errors
    /// It names a variable that is not defined.
    pub fn connection(&self, input: &'static str) -> Result<Option<EndpointId>, InputError> {
        Ok(self.line(input)?.map(|id| EndpointId::new(&id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(value: &str) -> Environment {
        [("INPUT_SOMEINPUT".to_owned(), value.to_owned())]
            .into_iter()
            .collect()
    }

    #[test]
    fn reads_yes_and_no() {
        for (value, expected) in [
            ("true", true),
            ("True", true),
            ("FALSE", false),
            ("", false),
        ] {
            assert_eq!(
                environment(value).boolean("someInput"),
                Ok(expected),
                "{value}"
            );
        }
        assert_eq!(
            environment("yes").boolean("someInput"),
            Err(InputError::NotAChoice {
                input: "someInput",
                value: "yes".to_owned(),
                choices: &["true", "false"],
            })
        );
        assert_eq!(
            environment("$(flag)").boolean("someInput"),
            Err(InputError::UndefinedVariable {
                input: "someInput",
                variable: "flag".to_owned(),
            })
        );
    }

    #[test]
    fn keeps_the_lines_of_a_text() {
        assert_eq!(
            environment("a\n $(b)\n").text("someInput").as_deref(),
            Some("a\n $(b)\n")
        );
        assert_eq!(environment("  ").line("someInput"), Ok(None));
    }
}
