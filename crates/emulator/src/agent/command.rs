//! Parses logging commands as the agent does (`Command.cs`, `CommandStringConvertor.cs`).
//!
//! It never runs a command; the step's log does.

/// A command found in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) area: String,
    pub(crate) event: String,
    /// Names as written; look-ups ignore letter case.
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) data: String,
}

impl Command {
    /// The command in a line, if the agent would find one. `decodes_percents` is the agent's knob `DECODE_PERCENTS`.
    pub(crate) fn find(line: &str, decodes_percents: bool) -> Option<Self> {
        const PREFIX: &str = "##vso[";
        let start = line.find(PREFIX)?;
        let end = start + line[start..].find(']')?;
        let info = &line[start + PREFIX.len()..end];
        let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
        let mut parts = name.split('.').filter(|part| !part.is_empty());
        let (area, event) = (parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let properties = properties
            .split(';')
            .filter_map(|property| {
                // `Split('=', 2, RemoveEmptyEntries)` drops every `=` before a part.
                let (key, value) = property.trim_start_matches('=').split_once('=')?;
                let value = value.trim_start_matches('=');
                (!key.is_empty() && !value.is_empty())
                    .then(|| (key.to_owned(), unescape(value, decodes_percents)))
            })
            .collect();
        Some(Self {
            area: area.to_owned(),
            event: event.to_owned(),
            properties,
            data: unescape(&line[end + 1..], decodes_percents),
        })
    }

    /// The value of a property; the last one with that name counts.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        let mut found = self.properties.iter().rev();
        found
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// A property that is a .NET boolean: `true`, in any letter case, with spaces around it.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.property(name)
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    }

    /// Area and event, in lowercase.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.area, self.event).to_lowercase()
    }
}

/// Unescapes a value from a command.
pub(crate) fn unescape(text: &str, decodes_percents: bool) -> String {
    let text = text
        .replace("%3B", ";")
        .replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%5D", "]");
    match decodes_percents {
        true => text.replace("%AZP25", "%"),
        false => text,
    }
}

/// Escapes a value for a command; the agent masks this form, too.
pub(crate) fn escape(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace(';', "%3B")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_same_commands_as_the_agent() {
        let found = |line: &str| {
            Command::find(line, true)
                .map(|command| (command.name(), command.properties, command.data))
        };
        let property = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            found("text ##vso[task.setvariable variable=x;issecret=true]a%3Bb%AZP25]"),
            Some((
                "task.setvariable".to_owned(),
                vec![property("variable", "x"), property("issecret", "true")],
                "a;b%]".to_owned()
            ))
        );
        assert_eq!(
            found("##vso[task.setvariable variable=x; issecret=true]v").map(|found| found.1),
            Some(vec![
                property("variable", "x"),
                property(" issecret", "true")
            ])
        );
        assert_eq!(
            found("##vso[task..debug]x").map(|found| found.0),
            Some("task.debug".to_owned())
        );
        // From the agent's LoggingCommandL0.cs.
        assert_eq!(
            found(">>>   ##vso[area.event k1=%3B=%0D=%0A=%5D%AZP25;]%3B-%0D-%0A-%5D%AZP253B"),
            Some((
                "area.event".to_owned(),
                vec![property("k1", ";=\r=\n=]%")],
                ";-\r-\n-]%3B".to_owned()
            ))
        );
        assert_eq!(
            found("##vso[area.event k1=;k2=;]").map(|found| found.1),
            Some(Vec::new())
        );
        assert_eq!(
            found("##vso[task.debug]##vso[task.complete]").map(|found| found.2),
            Some("##vso[task.complete]".to_owned())
        );
        for line in [
            "##vso[a.b.c]",
            "##vso[task]",
            "##vso[task.debug",
            "##VSO[task.debug]",
            "#vso[task.debug]",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }
}
