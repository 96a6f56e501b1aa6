//! The text of a logging command, escaped as the agent unescapes it.
//!
//! It writes nothing; the log does.

use std::sync::atomic::{AtomicBool, Ordering};

/// How a step ends, in the agent's own spelling: `Cancelled`, which task-lib writes, is refused by
/// the agent (`TaskCommandExtension.cs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskResult {
    /// All done.
    Succeeded,
    /// Done, with a warning.
    SucceededWithIssues,
    /// Not done.
    Failed,
    /// Stopped by a person or by a time limit.
    Canceled,
}

impl TaskResult {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::SucceededWithIssues => "SucceededWithIssues",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }
}

/// Whether the agent turns `%AZP25` back into `%`.
static DECODES_PERCENTS: AtomicBool = AtomicBool::new(true);

/// Takes over the agent's knob `DECODE_PERCENTS` (`AgentKnobs.cs`), which is on by default.
pub(crate) fn take_knob(value: Option<&str>) {
    // As the agent reads a knob (`StringUtil.ConvertToBoolean`): what is neither true nor false is false.
    let is_on = value.is_none_or(|value| {
        ["true", "1", "$true"]
            .iter()
            .any(|on| value.eq_ignore_ascii_case(on))
    });
    DECODES_PERCENTS.store(is_on, Ordering::Relaxed);
}

/// Formats one command as one line. `name` and the keys are constants and need no escaping.
pub(crate) fn line(name: &str, properties: &[(&str, &str)], data: &str) -> String {
    let decodes_percents = DECODES_PERCENTS.load(Ordering::Relaxed);
    escaped(name, properties, data, decodes_percents)
}

fn escaped(name: &str, properties: &[(&str, &str)], data: &str, decodes_percents: bool) -> String {
    let values = properties
        .iter()
        .map(|(key, value)| key.len() + value.len());
    let shown = name.len() + values.sum::<usize>() + data.len();
    // Reserve room for the escaped form of any secret: a buffer that grows leaves copies behind.
    let mut line = String::with_capacity(64 + 2 * shown);
    line.push_str("##vso[");
    line.push_str(name);
    for (index, (key, value)) in properties.iter().enumerate() {
        line.push(if index == 0 { ' ' } else { ';' });
        line.push_str(key);
        line.push('=');
        escape(value, true, decodes_percents, &mut line);
    }
    line.push(']');
    escape(data, false, decodes_percents, &mut line);
    line
}

/// Escapes as `CommandStringConvertor.cs` unescapes.
fn escape(text: &str, is_property: bool, decodes_percents: bool, line: &mut String) {
    for character in text.chars() {
        match character {
            '%' if decodes_percents => line.push_str("%AZP25"),
            '\r' => line.push_str("%0D"),
            '\n' => line.push_str("%0A"),
            ']' if is_property => line.push_str("%5D"),
            ';' if is_property => line.push_str("%3B"),
            character => line.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_the_agent_unescapes() {
        for (properties, data, expected) in [
            (&[][..], "", "##vso[a.b]"),
            (
                &[],
                "plain ] ; = ##vso[c.d]x",
                "##vso[a.b]plain ] ; = ##vso[c.d]x",
            ),
            (&[], "100%\r\n%0A", "##vso[a.b]100%AZP25%0D%0A%AZP250A"),
            (
                &[("one", "a]b;c%d\ne"), ("two", "2")],
                "x",
                "##vso[a.b one=a%5Db%3Bc%AZP25d%0Ae;two=2]x",
            ),
        ] {
            assert_eq!(escaped("a.b", properties, data, true), expected);
        }
        let line = escaped("a.b", &[("one", "5%;")], "100%\n", false);
        assert_eq!(line, "##vso[a.b one=5%%3B]100%%0A");
    }
}
