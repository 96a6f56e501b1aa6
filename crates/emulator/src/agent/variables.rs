//! The job's variables, and their form in a step's environment (`Variables.cs`, `VarUtil.cs`).
//!
//! It never forgets that a variable is secret or read-only.

use std::collections::BTreeMap;

use super::masker::Masker;

/// Most levels of nested variables (`RecalculateExpanded`).
const DEEPEST: usize = 50;

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name, as last written.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether scripts see it only with `env:`.
    pub secret: bool,
    /// Whether the agent warns if a step sets it.
    pub read_only: bool,
    /// Whether its name keeps its letter case in the environment.
    pub preserve_case: bool,
}

/// The attributes of a variable.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct VariableFlags {
    pub(crate) secret: bool,
    pub(crate) read_only: bool,
    pub(crate) preserve_case: bool,
}

impl VariableFlags {
    pub(crate) const READ_ONLY: Self = Self {
        secret: false,
        read_only: true,
        preserve_case: false,
    };
    pub(crate) const SECRET: Self = Self {
        secret: true,
        read_only: false,
        preserve_case: false,
    };
}

/// Variables by name, in any letter case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    by_name: BTreeMap<String, Variable>,
}

impl Variables {
    /// Sets a variable. It stays secret or read-only if it was.
    pub(crate) fn set(&mut self, name: &str, value: &str, marks: VariableFlags) {
        let key = name.to_lowercase();
        let known = self.by_name.get(&key);
        let variable = Variable {
            name: name.to_owned(),
            value: value.to_owned(),
            secret: marks.secret || known.is_some_and(|known| known.secret),
            read_only: marks.read_only || known.is_some_and(|known| known.read_only),
            preserve_case: marks.preserve_case,
        };
        self.by_name.insert(key, variable);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Variable> {
        self.by_name.get(&name.to_lowercase())
    }

    /// The agent's knob with this name: whether `%AZP25` in a command means `%` (`AgentKnobs.cs`).
    /// `StringUtil.ConvertToBoolean` parses it: everything except three words is false.
    pub(crate) fn decode_percents(&self) -> bool {
        let set = self.get("DECODE_PERCENTS").map(|knob| &knob.value);
        set.filter(|value| !value.is_empty())
            .is_none_or(|value| matches!(&*value.to_lowercase(), "1" | "true" | "$true"))
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.by_name.remove(&name.to_lowercase());
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.by_name.values()
    }

    /// The variables as a step sees them: references in their values are replaced, and a variable that contains a
    /// secret becomes secret. The second value has the agent's warnings.
    pub(crate) fn expanded(&self, masker: &mut Masker) -> (Self, Vec<String>) {
        let mut warnings = Vec::new();
        let mut expanded = self.clone();
        for variable in expanded.by_name.values_mut() {
            let mut secret = variable.secret;
            match self.nested(variable, &mut Vec::new(), &mut secret) {
                Ok(value) if value != variable.value => {
                    if secret {
                        masker.add(&value);
                    }
                    (variable.value, variable.secret) = (value, secret);
                }
                Ok(_) => {}
                Err(warning) => warnings.push(warning),
            }
        }
        (expanded, warnings)
    }

    fn nested(
        &self,
        variable: &Variable,
        inside: &mut Vec<String>,
        secret: &mut bool,
    ) -> Result<String, String> {
        inside.push(variable.name.to_lowercase());
        let outermost = inside[0].clone();
        let value = replaced(&variable.value, |name| {
            let Some(found) = self.get(name) else {
                return Ok(None);
            };
            if inside.len() == DEEPEST {
                return Err(format!(
                    "Unable to expand variable '{outermost}'. The max expansion depth \
                     ({DEEPEST}) was exceeded."
                ));
            }
            if inside.contains(&name.to_lowercase()) {
                return Err(format!(
                    "Unable to expand variable '{outermost}'. A cyclical reference was detected."
                ));
            }
            *secret |= found.secret;
            self.nested(found, inside, secret).map(Some)
        });
        inside.pop();
        value
    }

    /// Replaces `$(name)` once; unknown names stay.
    pub(crate) fn expand(&self, text: &str) -> String {
        expand(text, |name| {
            self.get(name).map(|variable| variable.value.clone())
        })
    }
}

/// Replaces `$(name)` once with the value of a name (`VarUtil.ExpandValues`).
pub(crate) fn expand(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let replaced = replaced(text, |name| Ok::<_, std::convert::Infallible>(value(name)));
    match replaced {
        Ok(text) => text,
        Err(never) => match never {},
    }
}

fn replaced<E>(
    text: &str,
    mut value: impl FnMut(&str) -> Result<Option<String>, E>,
) -> Result<String, E> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("$(") {
        expanded.push_str(&rest[..start]);
        let inside = &rest[start + 2..];
        let name = inside.find(')').map(|end| &inside[..end]);
        let found = match name.filter(|name| !name.is_empty()) {
            Some(name) => value(name)?.map(|value| (name.len(), value)),
            None => None,
        };
        match found {
            Some((length, value)) => {
                expanded.push_str(&value);
                rest = &inside[length + 1..];
            }
            None => {
                expanded.push_str("$(");
                rest = inside;
            }
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// A name in the form of the environment.
pub(crate) fn formatted(name: &str) -> String {
    name.replace(['.', ' '], "_").to_uppercase()
}

impl Variable {
    /// Its name in the environment.
    pub(crate) fn in_environment(&self) -> String {
        if self.preserve_case {
            self.name.replace(['.', ' '], "_")
        } else {
            formatted(&self.name)
        }
    }
}

/// Whether a variable belongs to the server or the agent.
pub(crate) fn is_of_system(name: &str) -> bool {
    let name = name.to_lowercase();
    ["system.", "agent.", "build.", "release."]
        .iter()
        .any(|start| name.starts_with(start))
        || matches!(
            name.as_str(),
            "git_terminal_prompt" | "vsts_process_lookup_id"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(pairs: &[(&str, &str)]) -> Variables {
        let mut variables = Variables::default();
        for (name, value) in pairs {
            variables.set(name, value, VariableFlags::default());
        }
        variables
    }

    /// In the style of the agent's VariablesL0.cs.
    #[test]
    fn variables_in_variables_are_replaced_all_the_way() {
        let mut variables = plain(&[
            ("a", "1 $(B) $(unknown) $("),
            ("b", "2 $(c)"),
            ("c", "3"),
            ("d", "$(s)!"),
        ]);
        variables.set("s", "secret", VariableFlags::SECRET);
        let mut masker = Masker::default();
        let (expanded, warnings) = variables.expanded(&mut masker);
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(
            expanded.get("a").map(|found| found.value.as_str()),
            Some("1 2 3 $(unknown) $(")
        );
        let with_secret = expanded.get("d").expect("a variable");
        assert_eq!(
            (with_secret.value.as_str(), with_secret.secret),
            ("secret!", true)
        );
        assert_eq!(masker.mask("a secret!"), "a ***");
    }

    #[test]
    fn a_variable_in_itself_stays_as_it_is() {
        let variables = plain(&[("a", "$(b)"), ("b", "$(A)"), ("c", "$(c)")]);
        let (expanded, warnings) = variables.expanded(&mut Masker::default());
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        assert_eq!(
            expanded.get("c").map(|found| found.value.as_str()),
            Some("$(c)")
        );
    }

    #[test]
    fn a_name_is_replaced_once() {
        let variables = plain(&[("a", "$(b)"), ("b", "x")]);
        assert_eq!(variables.expand("$(a)$(b)$()$(c"), "$(b)x$()$(c");
    }
}
