//! Known answers of the real services, row by row, compared with the emulator's.
//!
//! Each row names its source: a recording, a measurement, a Microsoft page, or a public issue.

mod azure_devops;
#[path = "../client/mod.rs"]
mod client;
mod entra;
mod managed_identity;
mod marketplace;

use adieu_emulator::World;
use serde_json::Value;

use client::Answer;

/// One fact.
struct Row {
    fact: &'static str,
    evidence: &'static str,
    /// Sends the request, in its own world.
    answer: fn(&mut World) -> Answer,
    /// Status, content type, mark, challenges, other relevant headers, and the main text of the body.
    shape: &'static str,
}

/// The relevant parts of an answer, on one line.
fn shape(answer: &Answer) -> String {
    let mut parts = vec![answer.status.to_string()];
    parts.push(
        answer
            .header("content-type")
            .unwrap_or("no type")
            .to_owned(),
    );
    if answer.has_mark() {
        parts.push("mark".to_owned());
    }
    for challenge in answer.headers("www-authenticate") {
        // The realm's host and the file's name depend on the deployment.
        let challenge = challenge
            .split_once('=')
            .map_or(challenge, |(name, _)| name);
        parts.push(format!("[{challenge}]"));
    }
    for name in [
        "X-TFS-ServiceError",
        "X-TFS-FedAuthRealm",
        "X-TFS-FedAuthIssuer",
        "X-TFS-SoapException",
        "X-VSS-AuthorizationEndpoint",
        "ActivityId",
        "X-VSS-E2EID",
        "X-MSEdge-Ref",
        "X-VSS-UserData",
        "X-VSS-ResourceTenant",
        "Retry-After",
        "Location",
    ] {
        if answer.header(name).is_some() {
            parts.push(name.to_owned());
        }
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let body = &answer.body;
    parts.extend(text(&body["typeKey"]));
    parts.extend(text(&body["error"]));
    let message = text(&body["message"]).or_else(|| text(&body["error_description"]));
    parts.extend(message.map(|message| {
        let first = message.split([':', '.', ',']).next().unwrap_or_default();
        // IDs differ between worlds.
        let is_id = |word: &&str| word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
        let words = first.split(' ').map(|word| match is_id(&word) {
            true => "[id]",
            false => word,
        });
        format!("'{}'", words.collect::<Vec<_>>().join(" "))
    }));
    if answer.text.is_empty() {
        parts.push("empty".to_owned());
    } else if answer.body.is_null() {
        parts.push(
            if answer.text.starts_with("<!DOCTYPE") || answer.text.starts_with("<html") {
                "page".to_owned()
            } else {
                "text".to_owned()
            },
        );
    }
    parts.join(" ")
}

#[test]
fn answers_have_the_recorded_shapes() {
    let mut wrong = Vec::new();
    let rows = azure_devops::ROWS.iter().chain(&marketplace::ROWS);
    for row in rows.chain(&entra::ROWS).chain(&managed_identity::ROWS) {
        let mut world = World::start();
        let answer = (row.answer)(&mut world);
        let seen = shape(&answer);
        if seen != row.shape {
            wrong.push(format!(
                "{} ({})\n  was seen as  {}\n  is emulated  {seen}\n  {}",
                row.fact, row.evidence, row.shape, answer.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
