//! The reports on an extension that its publisher can read: events, installs and page views.
//!
//! It never changes an extension.

use serde_json::json;

use super::{denied, not_found, role};
use crate::http::{Answer, Request};
use crate::ids::guid;
use crate::marketplace::Context;
use crate::vss::version;

/// Events of all kinds after a date, oldest first, at most a page of each kind.
pub(super) fn events(
    request: &Request,
    publisher: &str,
    extension: &str,
    caller: &str,
    context: &mut Context<'_>,
) -> Answer {
    if let Some(refusal) = version(request, &["7.2-preview"]) {
        return refusal;
    }
    let name = format!("{publisher}.{extension}");
    if role(context, publisher, caller).is_none() {
        return denied(publisher, caller, "View reports", context);
    }
    let Some(found) = context.own.extensions.get(&name) else {
        return not_found(&name);
    };
    let after = request.parameter("afterDate").unwrap_or_default();
    let page = context.own.page_of_events.unwrap_or(usize::MAX);
    let mut kinds = serde_json::Map::new();
    for (kind, id, date) in &found.events {
        let list = kinds.entry(kind.clone()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut().filter(|list| list.len() < page)
            && (context.own.ignores_dates || is_at_or_after(date, &after))
        {
            list.push(json!({ "id": id, "statisticDate": date, "version": "1.0.0", "properties": { "hostName": "contoso" } }));
        }
    }
    Answer::json(
        200,
        &json!({
            "extensionId": guid(), "extensionName": extension, "publisherName": publisher, "events": kinds,
        }),
    )
}

/// Whether one UTC time is not before another; a fraction of a second makes it later.
fn is_at_or_after(one: &str, other: &str) -> bool {
    one.trim_end_matches('Z') >= other.trim_end_matches('Z')
}

/// The statistics of one day.
pub(super) fn stats(request: &Request, publisher: &str, extension: &str) -> Answer {
    if let Some(refusal) = version(request, &["7.2-preview"]) {
        return refusal;
    }
    Answer::json(
        200,
        &json!({
            "publisherName": publisher, "extensionName": extension, "statCount": 1,
            "dailyStats": [{
                "statisticDate": "2026-11-02T00:00:00Z", "version": "1.0.0",
                "counts": { "installCount": 3, "webPageViews": 40 },
            }],
        }),
    )
}
