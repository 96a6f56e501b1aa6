//! A service's error message, in each of the formats that Azure DevOps and related services use.
//!
//! It never interprets the message.

use serde_json::Value;

use crate::answer::{Answer, Body, first_line};

/// A longer text is not a message.
const LONGEST: usize = 1000;

/// A service's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceMessage {
    /// The first line.
    pub text: String,
    /// The short name of its type, such as `AccessCheckException`; empty if it has none.
    pub type_key: String,
}

impl ServiceMessage {
    /// The message in an answer: in its JSON (the three formats of Azure DevOps and the one of Microsoft Graph), or
    /// else in `X-TFS-ServiceError`, which the front door sends with bodies that are empty, cut off or HTML, or else
    /// in a text for people.
    pub fn read(answer: &Answer, body: &Body) -> Option<Self> {
        let in_json = match body {
            Body::Json(json) => in_json(json),
            Body::Cut | Body::Other(_) => None,
        };
        in_json.or_else(|| {
            let text = in_header(answer).or_else(|| in_text(answer))?;
            Some(Self {
                text,
                type_key: String::new(),
            })
        })
    }

    /// TF24668: the organization is stopped. It comes with 503, until an owner starts it again.
    pub fn is_of_a_stopped_organization(&self) -> bool {
        self.text.contains("TF24668")
    }
}

fn in_json(json: &Value) -> Option<ServiceMessage> {
    let text = |value: &Value, field: &str| Some(value.get(field)?.as_str()?.to_owned());
    let message = text(json, "message")
        .or_else(|| text(json, "Message"))
        .or_else(|| text(json, "value"))
        .or_else(|| text(json.get("value")?, "Message"))
        .or_else(|| text(json.get("value")?, "message"))
        .or_else(|| text(json.get("error")?, "message"))?;
    let text_line = non_empty(first_line(&message))?;
    let type_key = text(json, "typeKey").unwrap_or_default();
    Some(ServiceMessage {
        text: text_line,
        type_key,
    })
}

/// Percent-encoded, with a space as `%20` or `+`.
fn in_header(answer: &Answer) -> Option<String> {
    let text = answer.header("x-tfs-serviceerror")?;
    let text = if text.contains(' ') {
        text.to_owned()
    } else {
        text.replace('+', " ")
    };
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
    non_empty(first_line(&decoded))
}

/// A refusal as plain text, or the title of a page that contains a message's number.
fn in_text(answer: &Answer) -> Option<String> {
    if answer.status < 400 || answer.too_long {
        return None;
    }
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let text = String::from_utf8_lossy(answer.content());
    if kind.starts_with("text/plain") && !text.trim_start().starts_with('<') {
        return non_empty(first_line(text.trim_start())).filter(|text| text.len() <= LONGEST);
    }
    if kind.contains("html") {
        let (_, rest) = text.split_once("<title>")?;
        let title = rest.split("</title>").next()?;
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        let at = ["TF4", "TF2", "VS8", "VS4"]
            .iter()
            .find_map(|number| title.find(number))?;
        return non_empty(title[at..].replace("&#39;", "'")).filter(|text| text.len() <= LONGEST);
    }
    None
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use zeroize::Zeroizing;

    use super::*;

    fn message(
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: &str,
    ) -> Option<String> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        let answer = Answer {
            status,
            headers,
            body: Zeroizing::new(body.as_bytes().to_vec()),
            too_long: false,
        };
        ServiceMessage::read(&answer, &answer.read()).map(|message| message.text)
    }

    #[test]
    fn reads_a_message_wherever_a_service_writes_it() {
        let json = ("content-type", "application/json");
        let text = ("content-type", "text/plain; charset=utf-8");
        let html = ("content-type", "text/html");
        let header = ("x-tfs-serviceerror", "TF24668%3a+It+is+inactive.");
        for (status, headers, body, expected) in [
            (
                401,
                &[json][..],
                "\u{feff}{\"message\":\"TF400813: no\"}",
                Some("TF400813: no"),
            ),
            (
                200,
                &[],
                "{\"count\":1,\"value\":\"no explicit reference\"}",
                Some("no explicit reference"),
            ),
            (
                500,
                &[json],
                "{\"count\":1,\"value\":{\"Message\":\"It failed.\"}}",
                Some("It failed."),
            ),
            (
                403,
                &[json],
                "{\"error\":{\"code\":\"x\",\"message\":\"Not yours.\"}}",
                Some("Not yours."),
            ),
            (503, &[header], "", Some("TF24668: It is inactive.")),
            (
                503,
                &[header, json],
                "{\"a\":",
                Some("TF24668: It is inactive."),
            ),
            (
                404,
                &[text],
                "The controller was not found.\nmore",
                Some("The controller was not found."),
            ),
            (200, &[text], "A text.", None),
            (
                401,
                &[html],
                "<html><title>Access Denied: TF400813: The user &#39;x&#39; may not</title>",
                Some("TF400813: The user 'x' may not"),
            ),
            (401, &[html], "<html><title>Sign in</title>", None),
            (404, &[json], "{}", None),
        ] {
            assert_eq!(
                message(status, headers, body).as_deref(),
                expected,
                "{body}"
            );
        }
    }
}
