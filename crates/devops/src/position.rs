//! How far an extension's events have been read, so that the next run continues there without losing or repeating
//! any.
//!
//! It is a value; its caller stores it.

use adieu_order::Set;
use serde_json::{Value, json};
use time::Duration;
use time::format_description::well_known::Rfc3339;

use crate::events::Event;
use crate::gallery::ExtensionName;
use crate::values::moment;

/// Events within this time before the last one are requested again, because the service records some of them late.
/// Kind and number identify those that were read.
const OVERLAP: Duration = Duration::hours(24);

/// Version of the document's format.
const VERSION: u64 = 1;

/// How far one extension's events have been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    extension: String,
    /// All events before this time have been read (RFC 3339, UTC); `None` means from the beginning.
    after: Option<String>,
    /// Date, kind and number of the later events that were read.
    seen: Set<(String, String, u64)>,
}

/// Why a text is not a position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPosition {
    /// It does not have this format.
    #[error("it is not a position of events")]
    Form,
    /// It belongs to another extension.
    #[error("it is the position of {0}")]
    Another(String),
}

impl Position {
    /// The position before the first run. `after` is the time (RFC 3339) from which events are wanted.
    pub fn start(name: &ExtensionName, after: Option<String>) -> Self {
        Self {
            extension: name.to_string(),
            after,
            seen: Set::new(),
        }
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// It is something else, or belongs to another extension.
    pub fn read(name: &ExtensionName, json: &Value) -> Result<Self, NotAPosition> {
        let text = |field: &str| json.get(field).and_then(Value::as_str).map(str::to_owned);
        if json.get("version").and_then(Value::as_u64) != Some(VERSION) {
            return Err(NotAPosition::Form);
        }
        let extension = text("extension").ok_or(NotAPosition::Form)?;
        if extension != name.to_string() {
            return Err(NotAPosition::Another(extension));
        }
        let seen = json.get("seen").and_then(Value::as_array);
        let mut known = Vec::new();
        for value in seen.ok_or(NotAPosition::Form)? {
            known.push(one(value).ok_or(NotAPosition::Form)?);
        }
        let after = text("after");
        if after
            .as_deref()
            .is_some_and(|after| moment(after).is_none())
        {
            return Err(NotAPosition::Form);
        }
        Ok(Self {
            extension,
            after,
            seen: known.into_iter().collect(),
        })
    }

    /// The document in which it is stored.
    pub fn to_json(&self) -> Value {
        let seen: Vec<Value> = self
            .seen
            .iter()
            .map(|(date, kind, id)| json!([date, kind, id]))
            .collect();
        json!({ "version": VERSION, "extension": self.extension, "after": self.after, "seen": seen })
    }

    /// The date after which to request events.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// The events that were not read before, and the position after them.
    #[must_use]
    pub fn take(mut self, events: Vec<Event>) -> (Vec<Event>, Self) {
        let key = |event: &Event| (event.date.clone(), event.kind.clone(), event.id);
        let news: Vec<Event> = events
            .into_iter()
            .filter(|event| !self.seen.contains(&key(event)))
            .collect();
        self.seen.extend(news.iter().map(key));
        let last = self.seen.iter().filter_map(|(date, ..)| moment(date)).max();
        let settled = last.map(|last| last - OVERLAP);
        // A position never moves back, not even to events that `--since` left out.
        if let Some(settled) = settled
            && self
                .after
                .as_deref()
                .and_then(moment)
                .is_none_or(|after| settled > after)
            && let Ok(text) = settled.to_offset(time::UtcOffset::UTC).format(&Rfc3339)
        {
            self.after = Some(text);
            self.seen
                .retain(|(date, ..)| moment(date).is_none_or(|date| date >= settled));
        }
        (news, self)
    }
}

fn one(value: &Value) -> Option<(String, String, u64)> {
    let [date, kind, id] = value.as_array()?.as_slice() else {
        return None;
    };
    Some((
        date.as_str()?.to_owned(),
        kind.as_str()?.to_owned(),
        id.as_u64()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> ExtensionName {
        ExtensionName {
            publisher: "pub".to_owned(),
            extension: "hello".to_owned(),
        }
    }

    fn event(kind: &str, id: u64, date: &str) -> Event {
        Event {
            kind: kind.to_owned(),
            id,
            date: date.to_owned(),
            version: String::new(),
            properties: Value::Null,
        }
    }

    /// Numbers of the new events, after the position was stored and read.
    fn take(position: Position, events: &[Event]) -> (Vec<u64>, Position) {
        let asked = position.after().map(str::to_owned);
        let answered = events
            .iter()
            .filter(|event| asked.as_ref().is_none_or(|after| event.date >= *after))
            .cloned()
            .collect();
        let (news, position) = position.take(answered);
        let json = position.to_json();
        let read = Position::read(&name(), &json).expect("a position");
        assert_eq!(read, position);
        (news.iter().map(|event| event.id).collect(), read)
    }

    #[test]
    fn returns_each_event_once_even_if_it_is_late() {
        let mut events = vec![
            event("install", 1, "2026-11-01T00:00:00Z"),
            event("install", 2, "2026-11-03T10:00:00Z"),
            event("review", 2, "2026-11-03T10:00:00Z"),
        ];
        let (news, position) = take(Position::start(&name(), None), &events);
        assert_eq!(news, [1, 2, 2]);
        assert_eq!(position.after(), Some("2026-11-02T10:00:00Z"));
        let (news, position) = take(position, &events);
        assert!(news.is_empty());
        // At exactly the time of the last one, and before it.
        events.push(event("install", 3, "2026-11-03T10:00:00Z"));
        events.push(event("install", 4, "2026-11-02T23:00:00Z"));
        let (news, position) = take(position, &events);
        assert_eq!(news, [3, 4]);
        events.push(event("install", 5, "2026-12-01T00:00:00Z"));
        let (news, position) = take(position, &events);
        assert_eq!(news, [5]);
        assert_eq!(position.seen.len(), 1, "what is settled is forgotten");
    }

    #[test]
    fn the_overlap_does_not_reach_before_the_start() {
        let since = Some("2026-11-03T00:00:00Z".to_owned());
        let events = [event("install", 1, "2026-11-03T01:00:00Z")];
        let (_, position) = take(Position::start(&name(), since), &events);
        assert_eq!(position.after(), Some("2026-11-03T00:00:00Z"));
    }

    #[test]
    fn refuses_other_documents_as_a_position() {
        let good = Position::start(&name(), None).to_json();
        for (field, value) in [
            ("version", json!(2)),
            ("seen", json!([["x"]])),
            ("seen", json!(null)),
            ("after", json!("yesterday")),
            ("extension", json!(1)),
        ] {
            let mut json = good.clone();
            json[field] = value;
            assert_eq!(
                Position::read(&name(), &json),
                Err(NotAPosition::Form),
                "{field}"
            );
        }
        let mut json = good;
        json["extension"] = json!("pub.other");
        assert_eq!(
            Position::read(&name(), &json),
            Err(NotAPosition::Another("pub.other".to_owned()))
        );
    }
}
