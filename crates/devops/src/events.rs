//! Events of an extension: installs, uninstalls, reviews, purchases, and daily statistics.
//!
//! It keeps no state; callers that continue later store the last date.

use std::collections::HashSet;

use adieu_order::Map;
use reqwest::Method;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::client::Client;
use crate::error::Error;
use crate::gallery::ExtensionName;
use crate::values::{items, moment, text};

/// `GalleryClient.ts` of microsoft/azure-devops-extension-api.
const API_VERSION: &str = "7.2-preview.1";

/// Most pages to read; each has new events.
const PAGES: usize = 10_000;

/// The requested kinds, from the same source.
const KINDS: &str = "install,uninstall,review,acquisition,sales,other";

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `install`, `uninstall`, `review`, `acquisition`, `sales`, `other`.
    pub kind: String,
    /// Number of the event.
    pub id: u64,
    /// Time, as the service writes it (UTC).
    pub date: String,
    /// Version of the extension.
    pub version: String,
    /// The event's other properties.
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
    /// No answer, or a refusal.
    pub async fn events(
        &self,
        name: &ExtensionName,
        after: Option<&str>,
    ) -> Result<Vec<Event>, Error> {
        let mut events: Vec<Event> = Vec::new();
        let mut known = HashSet::new();
        let mut after = after.map(str::to_owned);
        for _ in 0..PAGES {
            let mut url = self.at_extension(name, &["events"]);
            if let Some(after) = &after {
                url.query_pairs_mut().append_pair("afterDate", after);
            }
            url.query_pairs_mut().append_pair("include", KINDS);
            let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
            let page = read(&answer);
            let next = next_page(&page, after.as_deref(), |event| {
                !known.contains(&(event.kind.clone(), event.id))
            });
            for event in page {
                if known.insert((event.kind.clone(), event.id)) {
                    events.push(event);
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        adieu_order::sort_by(&mut events, |one, other| {
            (&one.date, one.id).cmp(&(&other.date, other.id))
        });
        Ok(events)
    }

    /// The statistics of the last days.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn statistics(
        &self,
        name: &ExtensionName,
        after: Option<&str>,
    ) -> Result<Vec<DailyStatistics>, Error> {
        let mut url = self.at_extension(name, &["stats"]);
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("afterDate", after);
        }
        let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
        Ok(items(&answer, "dailyStats").iter().map(day).collect())
    }
}

/// The start date of the next page, if there may be one.
///
/// The service takes a date; it has no other way to continue. A page is limited for each kind separately, so the next
/// one starts at the kind whose last event is the earliest, and events at exactly that time come twice. If all events
/// of a kind have the same time, the same page would come again; the next page then starts a millisecond later. A
/// page without new events that has an event from before its start date is the last one: the service ignores the
/// date, or repeats the page.
fn next_page(
    page: &[Event],
    after: Option<&str>,
    is_news: impl Fn(&Event) -> bool,
) -> Option<String> {
    let start = after.and_then(moment);
    let mut spans: Map<&str, (OffsetDateTime, OffsetDateTime)> = Map::new();
    let mut is_before = false;
    for event in page {
        let date = moment(&event.date)?;
        is_before |= start.is_some_and(|start| date < start);
        let (first, last) = spans.get_or_insert_with(&event.kind, || (date, date));
        *first = date.min(*first);
        *last = date.max(*last);
    }
    if is_before && !page.iter().any(is_news) {
        return None;
    }
    let nexts = spans.into_iter().map(|(_, (first, last))| {
        let next = if first == last {
            last + Duration::milliseconds(1)
        } else {
            last
        };
        // Whatever the page has, the next one starts later than this one.
        start.map_or(next, |start| next.max(start + Duration::milliseconds(1)))
    });
    nexts.min()?.format(&Rfc3339).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_starts_at_the_kind_that_ended_earliest() {
        let event = |kind: &str, second: u8| Event {
            kind: kind.to_owned(),
            id: u64::from(second),
            date: format!("2026-11-01T00:00:{second:02}Z"),
            version: String::new(),
            properties: Value::Null,
        };
        let at = |second: &str| Some(format!("2026-11-01T00:00:{second}Z"));
        let (a, b) = ("install", "review");
        for (page, after, is_news, expected) in [
            (vec![], None, true, None),
            (vec![event(a, 1)], None, true, at("01.001")),
            (vec![event(a, 1), event(a, 2)], None, true, at("02")),
            (
                vec![event(a, 1), event(a, 2), event(b, 5)],
                None,
                true,
                at("02"),
            ),
            (vec![event(a, 2)], at("02"), false, at("02.001")),
            // The date is ignored, or the page comes again.
            (vec![event(a, 1), event(a, 2)], at("02"), false, None),
            (vec![event(a, 1)], at("01.001"), false, None),
            // Full of events at one time.
            (vec![event(a, 1), event(a, 1)], at("01"), true, at("01.001")),
            (
                vec![event(a, 1), event(a, 1), event(b, 5)],
                at("01"),
                false,
                at("01.001"),
            ),
            // The other kind continues from where it is.
            (
                vec![event(b, 5), event(b, 6)],
                at("01.001"),
                false,
                at("06"),
            ),
        ] {
            let next = next_page(&page, after.as_deref(), |_| is_news);
            assert_eq!(next, expected, "{page:?} {after:?}");
        }
    }
}
