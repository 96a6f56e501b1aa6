//! The restrictions of a step's logging commands (`TaskRestrictionsExtension.cs`).
//!
//! It never warns; its callers do.

use adieu_manifest::task::Restrictions;

/// Restrictions from `task.json`, or from a step's `target:` in YAML.
#[derive(Debug, Clone, Default)]
pub(crate) struct Restriction {
    pub(crate) commands_restricted: bool,
    /// Minimatch patterns; `None` allows every variable.
    pub(crate) settable: Option<Vec<String>>,
}

/// Commands with `[CommandRestriction(AllowedInRestrictedMode = true)]`.
const HARMLESS: [&str; 11] = [
    "task.logdetail",
    "task.logissue",
    "task.issue",
    "task.complete",
    "task.setprogress",
    "task.setsecret",
    "task.setvariable",
    "task.debug",
    "task.settaskvariable",
    "task.prependpath",
    "telemetry.publish",
];

impl Restriction {
    /// Reads the restrictions in a task's definition.
    pub(crate) fn of_task(restrictions: &Restrictions) -> Self {
        Self {
            commands_restricted: restrictions
                .commands
                .as_ref()
                .is_some_and(|commands| commands.mode.eq_ignore_ascii_case("restricted")),
            settable: restrictions
                .settable_variables
                .as_ref()
                .map(|settable| settable.allowed.clone()),
        }
    }

    /// Whether a command, `area.event` in lowercase, is allowed.
    pub(crate) fn allows_command(&self, name: &str) -> bool {
        !self.commands_restricted || HARMLESS.contains(&name)
    }

    /// Whether a variable may be set.
    pub(crate) fn allows_variable(&self, name: &str) -> bool {
        self.settable
            .as_ref()
            .is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, name)))
    }
}

/// Matches the part of minimatch that variable names need: `*` and `?`, in any letter case.
fn matches(pattern: &str, name: &str) -> bool {
    fn matches_at(pattern: &[char], name: &[char]) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some('*'), _) => {
                matches_at(&pattern[1..], name)
                    || name
                        .split_first()
                        .is_some_and(|(_, rest)| matches_at(pattern, rest))
            }
            (Some('?'), Some(_)) => matches_at(&pattern[1..], &name[1..]),
            (Some(wanted), Some(letter)) if wanted == letter => {
                matches_at(&pattern[1..], &name[1..])
            }
            _ => false,
        }
    }
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<_>>();
    matches_at(&letters(pattern), &letters(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the style of the agent's SetVariableRestrictionsL0.cs.
    #[test]
    fn variables_are_matched_by_pattern() {
        let settable = |patterns: &[&str]| Restriction {
            settable: Some(
                patterns
                    .iter()
                    .map(|pattern| (*pattern).to_owned())
                    .collect(),
            ),
            ..Restriction::default()
        };
        assert!(Restriction::default().allows_variable("anything"));
        assert!(!settable(&[]).allows_variable("anything"));
        assert!(settable(&["my*", "other"]).allows_variable("MyVariable"));
        assert!(settable(&["my*", "other"]).allows_variable("OTHER"));
        assert!(!settable(&["my*", "other"]).allows_variable("othe"));
        assert!(settable(&["a?c*e"]).allows_variable("abcdde"));
    }

    #[test]
    fn restricted_mode_leaves_the_harmless_commands() {
        let restricted = Restriction {
            commands_restricted: true,
            settable: None,
        };
        assert!(restricted.allows_command("task.setvariable"));
        assert!(restricted.allows_command("telemetry.publish"));
        for name in [
            "task.uploadsummary",
            "task.setendpoint",
            "build.updatebuildnumber",
        ] {
            assert!(!restricted.allows_command(name), "{name}");
            assert!(Restriction::default().allows_command(name));
        }
    }
}
