//! A task's inputs, as the agent passes them.
//!
//! It never supplies a default: the agent has already applied those of `task.json`.

use crate::endpoint::EndpointId;
use crate::environment::{Environment, formatted};
use crate::variable::undefined_variable;

/// What is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A required input is empty.
    #[error("{input} is missing")]
    Missing {
        /// Name of the input.
        input: &'static str,
    },
    /// The value still contains `$(name)`: the pipeline has no such variable.
    #[error("{input} names {variable}, which is not defined")]
    UndefinedVariable {
        /// Name of the input.
        input: &'static str,
        /// Name between the parentheses.
        variable: String,
    },
    /// The value is not one of the input's options.
    #[error("{input} is '{value}'")]
    NotAChoice {
        /// Name of the input.
        input: &'static str,
        /// The value.
        value: String,
        /// The options.
        choices: &'static [&'static str],
    },
}

impl Environment {
    /// The text of an input, which may have several lines.
    pub fn text(&self, input: &'static str) -> Option<String> {
        self.get(&format!("INPUT_{}", formatted(input)))
            .map(str::to_owned)
    }

    /// The value of a single-line input.
    ///
    /// # Errors
    /// The value names a variable that is not defined.
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

    /// A boolean input. Empty means false, as in the agent's own tasks.
    ///
    /// # Errors
    /// The value is not a boolean, or it names a variable that is not defined.
    pub fn boolean(&self, input: &'static str) -> Result<bool, InputError> {
        let value = self.choice(input, &["true", "false"], &[true, false])?;
        Ok(value.unwrap_or_default())
    }

    /// The input's value as one of `choices` (case-insensitive), mapped to the item of `values` at the same index.
    ///
    /// # Errors
    /// The value is not one of them, or it names a variable that is not defined.
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

    /// The ID of a service connection.
    ///
    /// # Errors
    /// The value names a variable that is not defined.
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
