//! The job's variables, and what becomes of them in a step's environment (`Variables.cs`, `VarUtil.cs`).
//!
//! It never forgets that a variable was secret.

use std::collections::BTreeMap;

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name as it was first written.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether scripts see it only where they map it.
    pub secret: bool,
}

/// Variables by the name that counts: letter case does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    by_name: BTreeMap<String, Variable>,
}

impl Variables {
    /// Sets one. Once secret, it stays secret.
    pub(crate) fn set(&mut self, name: &str, value: &str, secret: bool) {
        let key = name.to_lowercase();
        let was_secret = self.by_name.get(&key).is_some_and(|known| known.secret);
        let variable = Variable {
            name: name.to_owned(),
            value: value.to_owned(),
            secret: secret || was_secret,
        };
        self.by_name.insert(key, variable);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Variable> {
        self.by_name.get(&name.to_lowercase())
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.by_name.remove(&name.to_lowercase());
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.by_name.values()
    }

    /// `$(name)` replaced once, unknown names left as they stand.
    pub(crate) fn expand(&self, text: &str) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("$(") {
            expanded.push_str(&rest[..start]);
            let inside = &rest[start + 2..];
            let found = inside
                .find(')')
                .and_then(|end| Some((end, self.get(&inside[..end])?)));
            match found {
                Some((end, variable)) => {
                    expanded.push_str(&variable.value);
                    rest = &inside[end + 1..];
                }
                None => {
                    expanded.push_str("$(");
                    rest = inside;
                }
            }
        }
        expanded.push_str(rest);
        expanded
    }
}

/// A name as the environment has it.
pub(crate) fn formatted(name: &str) -> String {
    name.replace(['.', ' '], "_").to_uppercase()
}
