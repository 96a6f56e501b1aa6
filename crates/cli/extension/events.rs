//! `events`: what happened to an extension, as JSON Lines and CSV, with the daily statistics.
//!
//! It never keeps a state of its own: `afterDate` is where to go on, or a file that `--state` names
//! (`resume.rs`).

use std::path::{Path, PathBuf};

use adieu_devops::{DailyStatistics, Event, ExtensionName};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::done::Done;
use super::operation::Events;
use super::resume::{Last, State};
use super::{resume, target};
use crate::session::Session;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;

/// Runs the operation.
pub(super) async fn run(
    asked: &Events,
    session: &Session,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let since = asked.after.as_deref().map(moment).transpose()?;
    let name = target::find(&asked.extension)?.name;
    let last = match asked.state.as_deref() {
        Some(file) => Some(resume::read(file, &name, since.clone())?),
        None => None,
    };
    let after = match &last {
        Some(last) => last.position.after().map(str::to_owned),
        None => since,
    };
    let client = session.client().await?;
    let doing = format!("read the events of {name}");
    let events = match client.events(&name, after.as_deref()).await {
        Ok(events) => events,
        Err(error) => {
            return Err(
                super::marketplace_refused(session, error, &doing, Some(&name.publisher)).await,
            );
        }
    };
    if let (Some(file), Some(last)) = (asked.state.as_deref(), last) {
        return go_on(asked, file, last, &name, events, voice);
    }
    let days = match client.statistics(&name, after.as_deref()).await {
        Ok(days) => days,
        Err(error) => {
            return Err(
                super::marketplace_refused(session, error, &doing, Some(&name.publisher)).await,
            );
        }
    };
    let lines = lines(&name, &events);
    let mut variables = variables(&name);
    if let Some(output) = &asked.output {
        let file = write(output, &name, &lines, &events, &days)?;
        voice.say(&format!(
            "{name}: {} events and {} days of statistics in {}.",
            events.len(),
            days.len(),
            file.display()
        ));
        variables.push(("eventsFile", file.display().to_string()));
    } else {
        voice.say(&format!(
            "{name}: {} events and {} days of statistics.",
            events.len(),
            days.len()
        ));
    }
    Ok(Done {
        variables,
        json: json!({
            "events": events.iter().map(|event| json_line(&name, event)).collect::<Vec<_>>(),
            "dailyStatistics": days.iter().map(|day| json!({
                "date": day.date, "version": day.version, "counts": day.counts,
            })).collect::<Vec<_>>(),
        }),
        lines,
        ..Done::default()
    })
}

/// The events since the last run, behind those that its files have. Statistics are days and have no place to
/// go on from; a run without a state gets them.
fn go_on(
    asked: &Events,
    state: &Path,
    last: Last,
    name: &ExtensionName,
    events: Vec<Event>,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let (news, position) = last.position.clone().take(events);
    let lines = lines(name, &news);
    let mut variables = variables(name);
    let mut outputs = Vec::new();
    if let Some(output) = &asked.output {
        let file = events_file(output, name);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        for (path, opening, text) in [
            (file.clone(), "", text),
            (file.with_extension("csv"), CSV_HEAD, rows(&news)),
        ] {
            let length = last.append(&path, opening, &text);
            let length = length.map_err(|error| not_written(&path, &error))?;
            outputs.push((path, length));
        }
        voice.say(&format!(
            "{name}: {} new events in {}.",
            news.len(),
            file.display()
        ));
        variables.push(("eventsFile", file.display().to_string()));
    } else {
        voice.say(&format!("{name}: {} new events.", news.len()));
    }
    Ok(Done {
        variables,
        json: json!({ "events": news.iter().map(|event| json_line(name, event)).collect::<Vec<_>>() }),
        lines,
        state: Some(State::new(state, &position, &outputs)),
        ..Done::default()
    })
}

fn lines(name: &ExtensionName, events: &[Event]) -> Vec<String> {
    // A review is anybody's text, and these lines are printed in pipelines.
    let line = |event| adieu_agent::deactivate_commands_json(&json_line(name, event));
    events.iter().map(line).collect()
}

fn variables(name: &ExtensionName) -> Vec<(&'static str, String)> {
    vec![
        ("extensionId", name.extension.clone()),
        ("publisherId", name.publisher.clone()),
    ]
}

/// A date or a moment as the service reads it.
fn moment(text: &str) -> Result<String, Situation> {
    let text = text.trim();
    let full = if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    };
    match OffsetDateTime::parse(&full, &Rfc3339) {
        Ok(_) => Ok(full),
        Err(_) => Err(Situation::Extension(ExtensionProblem::NotADate(
            text.to_owned(),
        ))),
    }
}

/// The files: `<publisher>.<extension>-events.jsonl`, the same as CSV, and the statistics as CSV.
fn write(
    output: &Path,
    name: &ExtensionName,
    lines: &[String],
    events: &[Event],
    days: &[DailyStatistics],
) -> Result<PathBuf, Situation> {
    let file = events_file(output, name);
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    let statistics = file.with_file_name(format!("{name}-statistics.csv"));
    for (path, text) in [
        (file.clone(), text),
        (
            file.with_extension("csv"),
            CSV_HEAD.to_owned() + &rows(events),
        ),
        (statistics, statistics_csv(days)),
    ] {
        let written = match path.parent() {
            Some(folder) => {
                std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text))
            }
            None => std::fs::write(&path, text),
        };
        written.map_err(|error| not_written(&path, &error))?;
    }
    Ok(file)
}

/// The file of JSON Lines: the output itself where it is one, else a name in that folder.
fn events_file(output: &Path, name: &ExtensionName) -> PathBuf {
    if output.extension().is_some() && !output.is_dir() {
        output.to_path_buf()
    } else {
        output.join(format!("{name}-events.jsonl"))
    }
}

fn not_written(path: &Path, error: &std::io::Error) -> Situation {
    Situation::Extension(ExtensionProblem::Package(format!(
        "{} cannot be written: {error}",
        path.display()
    )))
}

fn json_line(name: &ExtensionName, event: &Event) -> Value {
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
        text.push_str(&row.map(|value| field(value)).join(","));
        text.push('\n');
    }
    text
}

fn statistics_csv(days: &[DailyStatistics]) -> String {
    let mut text = "date,version,count,value\n".to_owned();
    for day in days {
        for (count, value) in day.counts.as_object().into_iter().flatten() {
            let row = [&day.date, &day.version, count, &value.to_string()];
            text.push_str(&row.map(|value| field(value)).join(","));
            text.push('\n');
        }
    }
    text
}

/// A field of RFC 4180. One that a spreadsheet would take for a formula gets an apostrophe: reviews
/// hold strangers' words.
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
    fn a_strangers_words_are_neither_a_formula_nor_a_new_row() {
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
    fn takes_a_day_or_a_moment() {
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
