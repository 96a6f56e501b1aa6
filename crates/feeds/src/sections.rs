//! Files with sections: TOML of uv, poetry, pdm, bun, Cargo and hatch, and `.pypirc`.
//!
//! A section shows the client of an index and the index of a credential; values are not parsed further.

use crate::declaration::{Edit, Reading, Tool};
use crate::source::Source;

/// Keys of credentials.
const KEYS: [&str; 3] = ["password", "token", "_authToken"];

/// The credentials of a poetry project (python-poetry.org, "Configuration"), by the name of the source.
const OF_POETRY: &str = "http-basic.";

/// The part of a section read so far.
#[derive(Default)]
struct Section {
    tool: Option<Tool>,
    name: Option<String>,
    /// The source that its credentials belong to, if its name shows that.
    of: Option<String>,
    /// The number of declarations before it.
    first: usize,
    /// Lines of credentials, and the edits that remove them.
    credentials: Vec<(usize, Option<Edit>)>,
}

/// Reads a file whose sections belong to clients.
pub(crate) fn read(
    source: &Source<'_>,
    tool_of: &dyn Fn(&str) -> Option<Tool>,
    reading: &mut Reading,
) {
    let mut section = Section {
        tool: tool_of(""),
        first: reading.declarations.len(),
        ..Section::default()
    };
    for (number, line) in source.lines() {
        if line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') {
            section.end(source, reading);
            let title = line.trim_matches(['[', ']', ' ']);
            section = Section {
                tool: tool_of(title),
                // In twine's and hatch's files, a section is an index; others have its `name` as a key.
                name: title
                    .rsplit('.')
                    .next()
                    .map(str::to_owned)
                    .filter(|_| tool_of(title) == Some(Tool::Twine)),
                of: title.strip_prefix(OF_POETRY).map(str::to_owned),
                first: reading.declarations.len(),
                credentials: Vec::new(),
            };
            continue;
        }
        let Some(tool) = section.tool else {
            continue;
        };
        match line.split_once('=') {
            Some((key, value)) if key.trim() == "name" => {
                section.name = Some(unquoted(value).to_owned());
                continue;
            }
            _ => {}
        }
        let names_a_feed = source.take(number, tool, line, reading);
        if let Some(part) = credential(line) {
            let edit = source.edit(part, "");
            // A credential next to an address belongs to that address.
            match (names_a_feed, line.contains("://")) {
                (true, _) => source.stale(number, tool, edit, reading),
                (false, true) => {}
                (false, false) => section.credentials.push((number, edit)),
            }
        }
    }
    section.end(source, reading);
}

impl Section {
    fn end(self, source: &Source<'_>, reading: &mut Reading) {
        let Some(tool) = self.tool else {
            return;
        };
        let declared = &mut reading.declarations[self.first..];
        let is_for_a_feed = !declared.is_empty() || self.of.is_some();
        for one in declared {
            one.name.clone_from(&self.name);
        }
        for credential in self.credentials.into_iter().filter(|_| is_for_a_feed) {
            source.stale_of(self.of.clone(), credential, tool, reading);
        }
    }
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}

/// The part of a line that is a credential: the whole line, or an entry between braces with its comma.
fn credential(line: &str) -> Option<&str> {
    let is_key = |entry: &str| {
        let Some((key, value)) = entry.split_once(['=', ':']) else {
            return false;
        };
        let key = key.trim().rsplit('.').next().unwrap_or_default();
        KEYS.contains(&unquoted(key)) && !unquoted(value).is_empty()
    };
    if is_key(line) {
        return Some(line);
    }
    let open = line.find('{')? + 1;
    let close = line.rfind('}').filter(|close| *close > open)?;
    let mut start = open;
    for entry in line[open..close].split(',') {
        let end = start + entry.len();
        if is_key(entry) {
            // The comma after it, or else the one before it.
            return match (end < close, start > open) {
                (true, _) => Some(&line[start..=end]),
                (false, true) => Some(&line[start - 1..end]),
                (false, false) => Some(&line[start..end]),
            };
        }
        start = end + 1;
    }
    None
}

#[test]
fn finds_the_part_that_is_a_credential() {
    for (line, part) in [
        ("token = \"x\"", Some("token = \"x\"")),
        ("password: x", Some("password: x")),
        ("registries.a.token = 'x'", Some("registries.a.token = 'x'")),
        (
            "a = { index = \"b\", token = \"x\" }",
            Some(", token = \"x\" "),
        ),
        (
            "a = { token = \"x\", index = \"b\" }",
            Some(" token = \"x\","),
        ),
        ("a = { token = \"x\" }", Some(" token = \"x\" ")),
        ("token = \"\"", None),
        ("tokens = [\"x\"]", None),
        ("a = { index = \"token=\" }", None),
        ("a = }{", None),
    ] {
        assert_eq!(credential(line), part, "{line}");
    }
}
