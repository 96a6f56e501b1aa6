//! Platform variables (`System.…`, `Agent.…`), which count only as the agent itself sets them.
//!
//! In a task's environment, dots become underscores (`VarUtil.cs`): a pipeline variable `SYSTEM_COLLECTIONURI`, or a
//! step's `env:`, can replace the agent's `System.CollectionUri`, which decides where the job token goes. The agent's
//! lists of the original names show which variable a value comes from.

use std::path::PathBuf;

use serde_json::Value;

use crate::environment::{Environment, formatted};

/// Variables that list the original names of the non-secret and of the secret variables (`Handler.cs`).
const PUBLIC_NAMES: &str = "VSTS_PUBLIC_VARIABLES";
const SECRET_NAMES: &str = "VSTS_SECRET_VARIABLES";

/// Why a platform variable cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlatformVariableError {
    /// Every agent sets it, and it is missing.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A pipeline variable has the same name in the environment.
    #[error("the pipeline's variable {by} shadows {variable}")]
    Shadowed {
        /// The platform's name, with dots.
        variable: &'static str,
        /// The name of the pipeline variable.
        by: String,
    },
}

impl Environment {
    /// A platform variable by its own name, such as `System.CollectionUri`; `None` if the agent does not set it, even
    /// if another variable has the same name in the environment.
    ///
    /// # Errors
    /// A pipeline variable shadows it.
    pub fn platform_variable(
        &self,
        name: &'static str,
    ) -> Result<Option<&str>, PlatformVariableError> {
        let own_name = formatted(name);
        self.given(name, &own_name, PUBLIC_NAMES)
    }

    /// The folder that the agent empties when the job ends.
    ///
    /// # Errors
    /// A pipeline variable shadows its name.
    pub fn temporary_folder(&self) -> Result<PathBuf, PlatformVariableError> {
        let folder = self.platform_variable("Agent.TempDirectory")?;
        Ok(folder.map_or_else(std::env::temp_dir, PathBuf::from))
    }

    /// A platform variable that is secret; `Agent.ProxyPassword` is the only one.
    pub(crate) fn secret_platform_variable(
        &self,
        name: &'static str,
    ) -> Result<Option<&str>, PlatformVariableError> {
        let own_name = format!("SECRET_{}", formatted(name));
        self.given(name, &own_name, SECRET_NAMES)
    }

    /// A platform variable that every job has.
    ///
    /// # Errors
    /// It is missing or shadowed.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, PlatformVariableError> {
        self.platform_variable(name)?
            .ok_or(PlatformVariableError::Missing(name))
    }

    /// Whether a pipeline variable, not one of the agent's machine, has this name in the environment.
    pub fn is_of_the_pipeline(&self, name: &str) -> bool {
        let names = self.names(PUBLIC_NAMES).unwrap_or_default();
        names
            .iter()
            .any(|known| formatted(known) == formatted(name))
    }

    /// Whether a secret pipeline variable has this name; such variables have another name in a task's environment.
    pub fn is_a_secret_of_the_pipeline(&self, name: &str) -> bool {
        let names = self.names(SECRET_NAMES).unwrap_or_default();
        names
            .iter()
            .any(|known| formatted(known) == formatted(name))
    }

    /// A variable of the agent's machine; `None` if a pipeline variable replaces it. The agent writes those in
    /// uppercase (`VarUtil.cs`), which differs from lowercase except on Windows.
    pub fn machine_variable(&self, name: &str) -> Option<&str> {
        let can_be_replaced = cfg!(windows) || formatted(name) == name;
        if can_be_replaced && self.is_of_the_pipeline(name) {
            return None;
        }
        self.get_own(name)
    }

    fn given(
        &self,
        name: &'static str,
        own_name: &str,
        list: &str,
    ) -> Result<Option<&str>, PlatformVariableError> {
        // Every agent sets the list. Without it, as when a task is started by hand, the owner is unknown.
        if let Some(names) = self.names(list) {
            let is_own = |known: &&String| known.eq_ignore_ascii_case(name);
            let same = names
                .iter()
                .filter(|known| formatted(known) == formatted(name));
            if let Some(by) = same.clone().find(|known| !is_own(known)) {
                return Err(PlatformVariableError::Shadowed {
                    variable: name,
                    by: by.clone(),
                });
            }
            if same.count() == 0 {
                return Ok(None);
            }
        }
        Ok(self.get_own(own_name))
    }

    /// A list of names; an empty list if the variable holds something else.
    fn names(&self, list: &str) -> Option<Vec<String>> {
        let text = self.get_own(list)?;
        let names: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
        let names = names.iter().filter_map(Value::as_str).map(str::to_owned);
        Some(names.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(values: &[(&str, &str)]) -> Environment {
        values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    const NAME: &str = "System.CollectionUri";

    #[test]
    fn ignores_platform_variables_that_the_agent_did_not_set() {
        let shadowed = |by: &str| {
            Err(PlatformVariableError::Shadowed {
                variable: NAME,
                by: by.to_owned(),
            })
        };
        for (values, expected) in [
            (
                &[
                    ("SYSTEM_COLLECTIONURI", "a"),
                    (PUBLIC_NAMES, r#"["system.collectionUri"]"#),
                ][..],
                Ok(Some("a")),
            ),
            (&[("SYSTEM_COLLECTIONURI", "a")], Ok(Some("a"))),
            // From a step's `env:` or the agent's own process.
            (
                &[("SYSTEM_COLLECTIONURI", "a"), (PUBLIC_NAMES, "[]")],
                Ok(None),
            ),
            (
                &[("SYSTEM_COLLECTIONURI", "a"), (PUBLIC_NAMES, "?")],
                Ok(None),
            ),
            (
                &[
                    ("SECRET_SYSTEM_COLLECTIONURI", "a"),
                    (PUBLIC_NAMES, r#"["system.collectionUri"]"#),
                ],
                Ok(None),
            ),
            (&[("System_CollectionUri", "a")], Ok(None)),
            (
                &[
                    ("SYSTEM_COLLECTIONURI", "a"),
                    (PUBLIC_NAMES, r#"["System_CollectionUri"]"#),
                ],
                shadowed("System_CollectionUri"),
            ),
            (
                &[
                    ("SYSTEM_COLLECTIONURI", "a"),
                    (
                        PUBLIC_NAMES,
                        r#"["system.collectionUri","system collectionuri"]"#,
                    ),
                ],
                shadowed("system collectionuri"),
            ),
            (
                &[
                    ("SYSTEM_COLLECTIONURI", "a"),
                    (
                        PUBLIC_NAMES,
                        r#"["SYSTEM_COLLECTIONURI","system.collectionuri"]"#,
                    ),
                ],
                shadowed("SYSTEM_COLLECTIONURI"),
            ),
            (&[(PUBLIC_NAMES, r#"["system.collectionUri"]"#)], Ok(None)),
        ] {
            // On Windows, variable names are case-insensitive.
            if cfg!(windows) && values[0].0 == "System_CollectionUri" {
                continue;
            }
            assert_eq!(
                environment(values).platform_variable(NAME),
                expected,
                "{values:?}"
            );
        }
    }

    #[test]
    fn accepts_a_secret_only_for_the_proxy() {
        let name = "Agent.ProxyPassword";
        let secrets = r#"["agent.proxypassword"]"#;
        for (values, expected) in [
            (
                &[("SECRET_AGENT_PROXYPASSWORD", "p"), (SECRET_NAMES, secrets)][..],
                Ok(Some("p")),
            ),
            (
                &[("AGENT_PROXYPASSWORD", "p"), (SECRET_NAMES, secrets)],
                Ok(None),
            ),
            (
                &[("SECRET_AGENT_PROXYPASSWORD", "p"), (SECRET_NAMES, "[]")],
                Ok(None),
            ),
            (
                &[
                    ("SECRET_AGENT_PROXYPASSWORD", "p"),
                    (SECRET_NAMES, r#"["AGENT_PROXYPASSWORD"]"#),
                ],
                Err(PlatformVariableError::Shadowed {
                    variable: name,
                    by: "AGENT_PROXYPASSWORD".to_owned(),
                }),
            ),
        ] {
            assert_eq!(
                environment(values).secret_platform_variable(name),
                expected,
                "{values:?}"
            );
        }
    }

    #[test]
    fn distinguishes_pipeline_variables_from_the_agents() {
        let environment = environment(&[
            ("SSL_CERT_FILE", "x"),
            (PUBLIC_NAMES, r#"["ssl.cert_file"]"#),
        ]);
        assert!(environment.is_of_the_pipeline("SSL_CERT_FILE"));
        assert!(!environment.is_of_the_pipeline("SSL_CERT_DIR"));
    }
}
