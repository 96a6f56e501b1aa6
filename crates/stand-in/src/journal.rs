//! A record of the requests with stand-ins: each kind once, with its count.
//!
//! It never contains a query, a header or a body.

use std::cell::{Cell, RefCell};

/// The maximum number of different lines.
const MAX_LINES: usize = 200;

/// Longer paths are cut off here, in bytes.
const LONGEST_PATH: usize = 200;

/// Called with the line of each request as it arrives.
pub type OnRequest = fn(&str);

/// The requests with any stand-in.
#[derive(Debug, Default)]
pub struct Journal {
    lines: RefCell<Vec<(String, u32)>>,
    others: Cell<u32>,
    on_request: Option<OnRequest>,
}

impl Journal {
    /// An empty record that also reports each request as it arrives.
    #[must_use]
    pub fn new(on_request: Option<OnRequest>) -> Self {
        Self {
            on_request,
            ..Self::default()
        }
    }

    pub(crate) fn add(&self, variable: &str, method: &str, host: &str, path: &str, outcome: &str) {
        let end = path.char_indices().map(|(at, _)| at);
        let end = end.take_while(|at| *at <= LONGEST_PATH).last();
        let path = match path.len() > LONGEST_PATH {
            true => &path[..end.unwrap_or_default()],
            false => path,
        };
        self.line(format!("{variable}: {method} {host}{path}: {outcome}"));
    }

    pub(crate) fn line(&self, line: String) {
        if let Some(report) = self.on_request {
            report(&line);
        }
        let mut lines = self.lines.borrow_mut();
        if let Some((_, count)) = lines.iter_mut().find(|(known, _)| *known == line) {
            *count = count.saturating_add(1);
        } else if lines.len() < MAX_LINES {
            lines.push((line, 1));
        } else {
            self.others.set(self.others.get().saturating_add(1));
        }
    }

    /// All lines, in the order of their first requests, and the number of requests that have no line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (line, count) in self.lines.borrow().iter() {
            text.push_str(line);
            if *count > 1 {
                text.push_str(&format!(" ({count} times)"));
            }
            text.push('\n');
        }
        if self.others.get() > 0 {
            text.push_str(&format!("and {} other requests\n", self.others.get()));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded_whatever_is_requested() {
        let journal = Journal::default();
        for _ in 0..2 {
            journal.add("TOKEN", "GET", "dev.azure.com", "/contoso", "fresh token");
        }
        let long = "/é".repeat(1000);
        journal.add("TOKEN", "GET", "dev.azure.com", &long, "refused");
        let text = journal.text();
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("TOKEN: GET dev.azure.com/contoso: fresh token (2 times)")
        );
        assert!(lines.next().is_some_and(|line| line.len() < 300));
        for number in 0..1000 {
            journal.add(
                "TOKEN",
                "GET",
                "dev.azure.com",
                &format!("/{number}"),
                "refused",
            );
        }
        assert!(journal.text().ends_with("and 802 other requests\n"));
    }
}
