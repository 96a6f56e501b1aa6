//! The environment in which the agent starts a task, as one value.
//!
//! It never looks at the process again once it is read, so that nothing depends on when it is asked.

use std::collections::BTreeMap;
use std::fmt;

/// Names and values that the agent gave. There is no `Debug` of the values: some are secret.
pub struct Environment {
    values: BTreeMap<String, String>,
}

impl Environment {
    /// The environment of this process. Names and values that are not Unicode are passed over: the
    /// agent writes none.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// A pipeline variable such as `System.CollectionUri`, secret ones too. An empty one is none.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let name = formatted(name);
        self.get(&format!("SECRET_{name}"))
            .or_else(|| self.get(&name))
    }

    /// The value of exactly this name, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .or_else(|| self.get_in_any_case(name))
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Connection ids and keys keep the letter case of whoever wrote them (`Handler.cs`), and Windows
    /// has no letter case at all.
    fn get_in_any_case(&self, name: &str) -> Option<&String> {
        self.values
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(values: I) -> Self {
        Self {
            values: values.into_iter().collect(),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.values.keys()).finish()
    }
}

/// A name as the agent writes it into the environment: dots and spaces become underscores, letters
/// upper case, nothing else changes (`VarUtil.cs`).
pub(crate) fn formatted(name: &str) -> String {
    name.replace(['.', ' '], "_").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_variables_by_the_agents_names() {
        let environment: Environment = [
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"),
            ("MY-VAR", "dash"),
            ("SECRET_A_B", "secret"),
            ("A_B", "public"),
            ("EMPTY", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .collect();
        assert_eq!(
            environment.variable("System.CollectionUri"),
            Some("https://dev.azure.com/contoso/")
        );
        assert_eq!(environment.variable("my-var"), Some("dash"));
        assert_eq!(environment.variable("a b"), Some("secret"));
        assert_eq!(environment.variable("empty"), None);
        assert_eq!(environment.variable("absent"), None);
    }
}
