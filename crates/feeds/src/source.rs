//! The text of a file, and the positions of its parts.
//!
//! It opens no file.

use crate::address::{Userinfo, nearly, with_userinfo};
use crate::declaration::{Declaration, Edit, Reading, StaleCredential, Tool};

/// A file, or a variable, whose text cannot be edited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    /// The file, relative to the folder that is read, or the variable.
    pub(crate) place: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> Source<'a> {
    /// The lines, trimmed, with their numbers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        (1..).zip(text.lines().map(str::trim))
    }

    /// The line of a byte offset, starting at 1.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    /// An edit that replaces a part with a text; `None` if the part does not belong to this file.
    pub(crate) fn edit(&self, part: &str, text: &'static str) -> Option<Edit> {
        let start = part.as_ptr().addr();
        let start = start.checked_sub(self.text.as_ptr().addr())?;
        let end = start + part.len();
        (end <= self.text.len()).then_some(Edit { start, end, text })
    }

    /// Records every feed in a part of the file. Returns whether there is one.
    pub(crate) fn take(&self, line: usize, tool: Tool, part: &str, reading: &mut Reading) -> bool {
        let before = reading.declarations.len();
        for text in addresses(part) {
            let declare = |address| Declaration {
                place: self.place.to_owned(),
                line,
                tool,
                address,
                name: None,
            };
            match with_userinfo(text) {
                Ok((address, userinfo)) => {
                    reading.declarations.push(declare(address));
                    if userinfo == Userinfo::Password {
                        let edit = self.without_password(text, tool);
                        self.stale(line, tool, edit, reading);
                    }
                }
                Err(_) => reading.nearly.extend(nearly(text).map(declare)),
            }
        }
        reading.declarations.len() > before
    }

    /// Clients that use `keyring` need a user in the address.
    pub(crate) fn without_password(&self, address: &str, tool: Tool) -> Option<Edit> {
        let (start, end) = (address.find("://")? + 3, address.find('@')? + 1);
        let user = match tool {
            Tool::Pip | Tool::Uv | Tool::Pdm => "adieu@",
            _ => "",
        };
        self.edit(address.get(start..end)?, user)
    }

    /// Records an existing credential.
    pub(crate) fn stale(&self, line: usize, tool: Tool, edit: Option<Edit>, reading: &mut Reading) {
        self.stale_of(None, (line, edit), tool, reading);
    }

    /// Records an existing credential for a source that is declared elsewhere.
    pub(crate) fn stale_of(
        &self,
        source: Option<String>,
        (line, edit): (usize, Option<Edit>),
        tool: Tool,
        reading: &mut Reading,
    ) {
        reading.stale.push(StaleCredential {
            place: self.place.to_owned(),
            line,
            tool,
            source,
            edit,
        });
    }
}

/// The addresses in a line: from `https://` or `http://` to the first character that an address cannot contain.
pub(crate) fn addresses(line: &str) -> impl Iterator<Item = &str> {
    let mut starts = Vec::new();
    for (at, _) in line.match_indices("://") {
        let start_of = |scheme: &str| {
            let start = at.checked_sub(scheme.len())?;
            let is_there = line.get(start..at)?.eq_ignore_ascii_case(scheme);
            is_there.then_some(start)
        };
        starts.extend(start_of("https").or_else(|| start_of("http")));
    }
    starts.into_iter().map(move |start| {
        let rest = &line[start..];
        let is_end = |character: char| {
            character.is_whitespace()
                || matches!(character, '"' | '\'' | '<' | '>' | ',' | ';' | '`' | ']')
        };
        rest.split(is_end).next().unwrap_or_default()
    })
}
