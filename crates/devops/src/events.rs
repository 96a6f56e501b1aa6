//! What happened to an extension: installs, uninstalls, reviews, purchases, and the daily statistics.
//!
//! It never keeps anything; who wants to go on later remembers the last date.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::client::Client;
use crate::error::Error;
use crate::gallery::ExtensionName;

/// `GalleryClient.ts` of microsoft/azure-devops-extension-api.
const API_VERSION: &str = "7.2-preview.1";

/// What is asked for, from the same place.
const KINDS: &str = "install,uninstall,review,acquisition,sales,other";

/// Pages that are read at most: the service gives a page from a date on, and each must bring news.
const PAGES: usize = 10_000;

/// The kind of an event, as the service spells it: `install`, `uninstall`, `review` …
pub type EventKind = String;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `install`, `uninstall`, `review`, `acquisition`, `sales`, `other`.
    pub kind: EventKind,
    /// Number of the event.
    pub id: u64,
    /// When, as the service writes it (UTC).
    pub date: String,
    /// Version of the extension.
    pub version: String,
    /// What else the service says of it.
    pub properties: Value,
}

/// One day of an extension's statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyStatistics {
    /// Day, as the service writes it (UTC).
    pub date: String,
    /// Version of the extension.
    pub version: String,
    /// Counts by name: `installCount`, `webPageViews` …
    pub counts: Value,
}

impl Client<'_> {
    /// All events after a date (RFC 3339), oldest first.
    ///
    /// # Errors
    /// No answer, or a no.
    pub async fn events(
        &self,
        name: &ExtensionName,
        after: Option<&str>,
    ) -> Result<Vec<Event>, Error> {
        let mut events: Vec<Event> = Vec::new();
        let mut known = BTreeSet::new();
        let mut after = after.map(str::to_owned);
        for _ in 0..PAGES {
            let mut url = self
                .hosts
                .gallery(&[&Self::path(name)[..], &["events"]].concat());
            if let Some(after) = &after {
                url.query_pairs_mut().append_pair("afterDate", after);
            }
            url.query_pairs_mut().append_pair("include", KINDS);
            let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
            let mut ends: BTreeMap<EventKind, String> = BTreeMap::new();
            let page = read(&answer);
            let page_is_empty = page.is_empty();
            for event in page {
                if known.insert((event.kind.clone(), event.id)) {
                    let end = ends.entry(event.kind.clone()).or_default();
                    *end = event.date.clone().max(std::mem::take(end));
                    events.push(event);
                }
            }
            // The next page begins where this one ended: the service takes a date and gives no other
            // place to go on from. A page is full for each kind by itself, so that the kind which came
            // least far says where. Events of that very moment come twice and count once.
            // A page with nothing new ends at a moment that fills it: the next one begins behind it.
            after = match (ends.into_values().min(), page_is_empty) {
                (Some(end), _) => Some(end),
                (None, false) => match after.as_deref().and_then(behind) {
                    Some(behind) => Some(behind),
                    None => break,
                },
                (None, true) => break,
            };
        }
        events.sort_by(|one, other| (&one.date, one.id).cmp(&(&other.date, other.id)));
        Ok(events)
    }

    /// The statistics of the last days.
    ///
    /// # Errors
    /// No answer, or a no.
    pub async fn statistics(
        &self,
        name: &ExtensionName,
        after: Option<&str>,
    ) -> Result<Vec<DailyStatistics>, Error> {
        let mut url = self
            .hosts
            .gallery(&[&Self::path(name)[..], &["stats"]].concat());
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("afterDate", after);
        }
        let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
        let days = answer.get("dailyStats").and_then(Value::as_array);
        Ok(days
            .map(|days| days.iter().map(day).collect())
            .unwrap_or_default())
    }
}

/// A millisecond later.
fn behind(moment: &str) -> Option<String> {
    let moment = OffsetDateTime::parse(moment, &Rfc3339).ok()?;
    (moment + Duration::milliseconds(1)).format(&Rfc3339).ok()
}

fn read(answer: &Value) -> Vec<Event> {
    let Some(kinds) = answer.get("events").and_then(Value::as_object) else {
        return Vec::new();
    };
    let mut events = Vec::new();
    for (kind, list) in kinds {
        for event in list.as_array().into_iter().flatten() {
            events.push(Event {
                kind: kind.to_ascii_lowercase(),
                id: event.get("id").and_then(Value::as_u64).unwrap_or_default(),
                date: text(event, "statisticDate"),
                version: text(event, "version"),
                properties: event.get("properties").cloned().unwrap_or_default(),
            });
        }
    }
    events
}

fn day(day: &Value) -> DailyStatistics {
    DailyStatistics {
        date: text(day, "statisticDate"),
        version: text(day, "version"),
        counts: day.get("counts").cloned().unwrap_or_default(),
    }
}

fn text(value: &Value, field: &str) -> String {
    let value = value.get(field).and_then(Value::as_str);
    value.unwrap_or_default().to_owned()
}
