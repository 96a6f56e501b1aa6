//! The environment in which the agent starts a task, as one value.
//!
//! It is read once, so that nothing depends on when it is used.

use std::fmt;

use adieu_order::Map;
use zeroize::Zeroizing;

/// Names and values that the agent set. `Debug` prints no values, and all of them are wiped when dropped, because
/// some are secret.
pub struct Environment {
    values: Map<String, Zeroizing<String>>,
}

impl Environment {
    /// The environment of this process. Names and values that are not Unicode are skipped: the agent writes none.
    pub fn of_process() -> Self {
        crate::process::process_variables()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// A non-secret variable of the pipeline or of the agent's machine; `None` if it is empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.get(&formatted(name))
    }

    /// A variable that an earlier section of the same step set with [`Log::set_task_variable`]
    /// (`TaskRunner.cs`).
    ///
    /// [`Log::set_task_variable`]: crate::Log::set_task_variable
    pub fn task_variable(&self, name: &str) -> Option<&str> {
        self.get(&format!("VSTS_TASKVARIABLE_{}", formatted(name)))
    }

    /// The whole environment as one block, for another adieu process that serves the same job. It goes through a
    /// pipe, because a process's environment can be read for as long as it runs.
    pub fn to_block(&self) -> Zeroizing<Vec<u8>> {
        let length = |(name, value): (&String, &Zeroizing<String>)| name.len() + value.len() + 2;
        // Allocate everything at once: a buffer that grows leaves copies behind.
        let length = self.values.iter().map(length).sum();
        let mut block = Zeroizing::new(Vec::with_capacity(length));
        for (name, value) in &self.values {
            for part in [name, "=", value, "\0"] {
                block.extend_from_slice(part.as_bytes());
            }
        }
        block
    }

    /// Reads what [`to_block`](Self::to_block) wrote.
    pub fn from_block(block: &[u8]) -> Self {
        let entries = block.split(|byte| *byte == 0);
        entries
            .filter_map(|entry| {
                let (name, value) = std::str::from_utf8(entry).ok()?.split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            })
            .collect()
    }

    /// The value of the variable with exactly this name, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .or_else(|| self.get_in_any_case(name))
            .map(|value| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The value of the variable with exactly this name; on Windows, in any letter case.
    pub(crate) fn get_own(&self, name: &str) -> Option<&str> {
        if cfg!(windows) {
            return self.get(name);
        }
        let value = self.values.get(name).map(|value| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// Looks a name up in any letter case: connection IDs and keys keep the case in which they were written
    /// (`Handler.cs`), and variables on Windows are case-insensitive.
    fn get_in_any_case(&self, name: &str) -> Option<&Zeroizing<String>> {
        self.values
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(values: I) -> Self {
        let mut environment = Map::new();
        for (name, value) in values {
            environment.insert(name, Zeroizing::new(value));
        }
        Self {
            values: environment,
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.values.keys()).finish()
    }
}

/// Whether a variable is meant for the task and not for the programs that it starts: inputs, credentials of
/// connections, tickets of secure files, secrets, and the lists of variable names. task-lib removes the same ones
/// (`internal.ts`), so a script still sees the addresses of connections and what its step's `env:` sets.
pub fn is_for_the_task_alone(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let beginnings = [
        "INPUT_",
        "ENDPOINT_AUTH_",
        "SECRET_",
        "SECUREFILE_TICKET_",
        "VSTS_TASKVARIABLE_",
    ];
    beginnings
        .iter()
        .any(|beginning| name.starts_with(beginning))
        || matches!(
            name.as_str(),
            "VSTS_PUBLIC_VARIABLES" | "VSTS_SECRET_VARIABLES"
        )
}

/// Formats a name as the agent writes it into the environment: dots and spaces become underscores, letters become
/// uppercase (`VarUtil.cs`).
pub(crate) fn formatted(name: &str) -> String {
    name.replace(['.', ' '], "_").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_through_a_block() {
        let environment: Environment = [("A", "1\n=2"), ("B", ""), ("SECRET_X", "s")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let copy = Environment::from_block(&environment.to_block());
        assert_eq!(copy.values, environment.values);
    }

    #[test]
    fn removes_variables_that_are_only_for_the_task() {
        for (name, alone) in [
            ("INPUT_TOKENS", true),
            ("Endpoint_Auth_x", true),
            ("SECRET_PASSWORD", true),
            ("SECUREFILE_TICKET_1", true),
            ("SECUREFILE_PATH_1", false),
            ("ENDPOINT_URL_X", false),
            ("VSTS_TASKVARIABLE_A", true),
            ("VSTS_SECRET_VARIABLES", true),
            ("VSTS_PROCESS_LOOKUP_ID", false),
            ("SYSTEM_COLLECTIONURI", false),
            ("PATH", false),
        ] {
            assert_eq!(is_for_the_task_alone(name), alone, "{name}");
        }
    }

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
        assert_eq!(environment.variable("a b"), Some("public"));
        assert_eq!(environment.variable("empty"), None);
        assert_eq!(environment.variable("absent"), None);
    }
}
