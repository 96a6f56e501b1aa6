//! The events of an extension as JSON Lines and CSV, and its daily statistics.
//!
//! It keeps no state itself: the next run continues from a date, or from a file (`state.rs`).

use std::path::{Path, PathBuf};

use adieu_devops::{Caller, DailyStatistics, Event, ExtensionName};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::caller::client;
use crate::failure::{Action, OperationFailure, Problem};
use crate::outcome::Outcome;
use crate::state::{self, LastRun, State};
use crate::target::{self, ExtensionReference};

/// Reads the events of an extension.
#[derive(Debug, Clone)]
pub struct Events {
    /// The extension.
    pub extension: ExtensionReference,
    /// A date or time, as the user wrote it; only later events count.
    pub after: Option<String>,
    /// The file with the position where the last run ended.
    pub state: Option<PathBuf>,
    /// A file, or a folder for it.
    pub output: Option<PathBuf>,
    /// Formats a document as one line that is safe to print: a review can contain any text.
    pub line: fn(&Value) -> String,
}

/// Runs the operation.
pub(crate) async fn run<C: Caller>(
    asked: &Events,
    caller: &C,
) -> Result<Outcome, OperationFailure<C::Error>> {
    let since = asked.after.as_deref().map(moment).transpose()?;
    let name = target::find(&asked.extension)?.release.name;
    let last = match asked.state.as_deref() {
        Some(file) => Some((file, state::read(file, &name, since.clone())?)),
        None => None,
    };
    let after = match &last {
        Some((_, last)) => last.position.after().map(str::to_owned),
        None => since,
    };
    let client = client(caller).await?;
    let reading = async {
        let events = client.events(&name, after.as_deref()).await?;
        // Statistics are per day and have no position to continue from, so only a run without a state gets them.
        let days = match last {
            Some(_) => None,
            None => Some(client.statistics(&name, after.as_deref()).await?),
        };
        Ok((events, days))
    };
    let (events, days) = reading
        .await
        .map_err(|error| Action::ReadEvents(name.clone()).refused(error))?;
    if let Some((state, last)) = &last {
        return Ok(continued(asked, state, last, name, events)?);
    }
    let days = days.unwrap_or_default();
    let file = match &asked.output {
        Some(output) => Some(write(
            output,
            &name,
            &text(asked, &name, &events),
            &events,
            &days,
        )?),
        None => None,
    };
    Ok(Outcome::Events {
        name,
        events,
        days: Some(days),
        file,
        state: None,
    })
}

/// Appends the events since the last run to its files.
fn continued(
    asked: &Events,
    state: &Path,
    last: &LastRun,
    name: ExtensionName,
    events: Vec<Event>,
) -> Result<Outcome, Problem> {
    let (events, position) = last.position.clone().take(events);
    let mut outputs = Vec::new();
    let file = asked.output.as_deref();
    let file = file.map(|output| events_file(output, &name));
    if let Some(file) = &file {
        for (path, opening, text) in [
            (file.clone(), "", text(asked, &name, &events)),
            (file.with_extension("csv"), CSV_HEAD, rows(&events)),
        ] {
            let length = last.append(&path, opening, &text);
            let length = length.map_err(|error| not_written(&path, error))?;
            outputs.push((path, length));
        }
    }
    Ok(Outcome::Events {
        name,
        events,
        days: None,
        file,
        state: Some(State::new(state, &position, &outputs)),
    })
}

/// Formats events as JSON Lines.
fn text(asked: &Events, name: &ExtensionName, events: &[Event]) -> String {
    let lines = events.iter().map(|event| (asked.line)(&json(name, event)));
    lines.map(|line| line + "\n").collect()
}

/// Converts a date or time to the service's format.
fn moment(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let full = if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    };
    match OffsetDateTime::parse(&full, &Rfc3339) {
        Ok(_) => Ok(full),
        Err(_) => Err(Problem::NotADate(text.to_owned())),
    }
}

/// Writes the files: `<publisher>.<extension>-events.jsonl`, the same as CSV, and the statistics as CSV.
fn write(
    output: &Path,
    name: &ExtensionName,
    text: &str,
    events: &[Event],
    days: &[DailyStatistics],
) -> Result<PathBuf, Problem> {
    let file = events_file(output, name);
    let statistics = file.with_file_name(format!("{name}-statistics.csv"));
    for (path, text) in [
        (file.clone(), text.to_owned()),
        (
            file.with_extension("csv"),
            CSV_HEAD.to_owned() + &rows(events),
        ),
        (statistics, statistics_csv(days)),
    ] {
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = folder.and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| not_written(&path, error))?;
    }
    Ok(file)
}

/// Path of the JSON Lines file: the output itself if it is a file, otherwise a name in that folder.
fn events_file(output: &Path, name: &ExtensionName) -> PathBuf {
    if output.extension().is_some() && !output.is_dir() {
        output.to_path_buf()
    } else {
        output.join(format!("{name}-events.jsonl"))
    }
}

fn not_written(path: &Path, cause: std::io::Error) -> Problem {
    let path = path.to_path_buf();
    Problem::NotWritten { path, cause }
}

/// An event as a JSON document.
pub fn json(name: &ExtensionName, event: &Event) -> Value {
    json!({
        "publisher": name.publisher,
        "extension": name.extension,
        "event": event.kind,
        "id": event.id,
        "date": event.date,
        "version": event.version,
        "properties": event.properties,
    })
}

const CSV_HEAD: &str = "date,event,id,version,properties\n";

fn rows(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        let properties = match &event.properties {
            Value::Null => String::new(),
            properties => properties.to_string(),
        };
        let row = [
            &event.date,
            &event.kind,
            &event.id.to_string(),
            &event.version,
            &properties,
        ];
        text.push_str(&line(row));
    }
    text
}

fn statistics_csv(days: &[DailyStatistics]) -> String {
    let mut text = "date,version,count,value\n".to_owned();
    for day in days {
        for (count, value) in day.counts.as_object().into_iter().flatten() {
            let row = [&day.date, &day.version, count, &value.to_string()];
            text.push_str(&line(row));
        }
    }
    text
}

/// A record of RFC 4180, with a line break as text files have it.
fn line<const N: usize>(values: [&String; N]) -> String {
    values.map(|value| field(value)).join(",") + "\n"
}

/// A field of RFC 4180. A field that a spreadsheet would take for a formula gets an apostrophe: reviews can contain
/// any text.
fn field(value: &str) -> String {
    let value = if value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{value}")
    } else {
        value.to_owned()
    };
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_text_becomes_neither_a_formula_nor_a_new_row() {
        for (value, written) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("a,b", "\"a,b\""),
            ("a\"b\nc", "\"a\"\"b\nc\""),
            ("@SUM(A1),x", "\"'@SUM(A1),x\""),
        ] {
            assert_eq!(field(value), written);
        }
    }

    #[test]
    fn accepts_a_date_or_a_time() {
        for (text, read) in [
            ("2026-11-01", Some("2026-11-01T00:00:00Z")),
            (" 2026-11-01T10:00:00Z ", Some("2026-11-01T10:00:00Z")),
            (
                "2026-11-01T10:00:00+01:00",
                Some("2026-11-01T10:00:00+01:00"),
            ),
            ("yesterday", None),
            ("2026-13-01", None),
        ] {
            assert_eq!(moment(text).ok().as_deref(), read, "{text}");
        }
    }
}
