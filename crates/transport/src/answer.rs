//! One HTTP answer of limited size, and what it is if it is not the expected one.
//!
//! It never keeps a body beyond the value that was looked for in it.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use zeroize::Zeroizing;

use crate::address::host;
use crate::outcome::{Correlation, NotTheService};

/// An answer with its whole body.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers as received.
    pub headers: HeaderMap,
    /// The body, wiped when dropped: it can contain a credential.
    pub body: Zeroizing<Vec<u8>>,
    /// Whether the body was longer than this.
    pub too_long: bool,
}

/// The body of an answer, as far as it can be parsed.
#[derive(Debug)]
pub enum Body {
    /// It is JSON.
    Json(Value),
    /// JSON that ends too early: the connection was lost.
    Cut,
    /// It is something else.
    Other(NotTheService),
}

impl Answer {
    /// Whether the status is a transient one.
    pub fn is_busy(&self) -> bool {
        is_busy(self.status)
    }

    /// The value of `Retry-After` in seconds; a date is relative to this machine's clock.
    pub fn retry_after(&self) -> Option<u64> {
        let value = self.header(RETRY_AFTER.as_str())?;
        if let Ok(seconds) = value.trim().parse() {
            return Some(seconds);
        }
        let date = OffsetDateTime::parse(value.trim(), &Rfc2822).ok()?;
        let seconds = (date - OffsetDateTime::now_utc()).whole_seconds();
        Some(u64::try_from(seconds).unwrap_or_default())
    }

    /// The body without a byte order mark, which Azure DevOps' front door writes before its JSON.
    pub(crate) fn content(&self) -> &[u8] {
        let body = self.body.trim_ascii();
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        body.trim_ascii()
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The IDs with which the services' support finds a request.
    pub fn correlation(&self, names: &[&'static str]) -> Correlation {
        let ids = names
            .iter()
            .filter_map(|name| Some((*name, self.header(name)?.to_owned())))
            .collect();
        Correlation { ids }
    }

    /// Whether this is Azure DevOps' answer to clients that are not signed in: it shows a page (203, or 200 with
    /// HTML) or redirects to one. `instead` is what the body is.
    pub fn asks_for_a_sign_in(&self, instead: &NotTheService) -> bool {
        match instead {
            NotTheService::Redirect { to } => {
                let location = self.header(LOCATION.as_str()).unwrap_or_default();
                location.contains("_signin") || to.ends_with(".vssps.visualstudio.com")
            }
            NotTheService::Html => matches!(self.status, 200..=299 | 401),
            _ => matches!(self.status, 203 | 401),
        }
    }

    /// The body's JSON, or what it is instead.
    pub fn read(&self) -> Body {
        if (300..400).contains(&self.status) {
            let to = self
                .header(LOCATION.as_str())
                .and_then(|location| reqwest::Url::parse(location).ok())
                .map(|url| host(&url))
                .unwrap_or_default();
            return Body::Other(NotTheService::Redirect { to });
        }
        if self.too_long {
            return Body::Other(NotTheService::TooLong);
        }
        if let Some(encoding) = self.header(CONTENT_ENCODING.as_str())
            && !encoding.eq_ignore_ascii_case("identity")
        {
            return Body::Other(NotTheService::Encoded(encoding.to_owned()));
        }
        let body = self.content();
        if body.is_empty() {
            return Body::Other(NotTheService::Empty);
        }
        let says_html = self
            .header(CONTENT_TYPE.as_str())
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
        if says_html || body.starts_with(b"<") {
            return Body::Other(NotTheService::Html);
        }
        match serde_json::from_slice(body) {
            Ok(json) => Body::Json(json),
            Err(error) if error.is_eof() => Body::Cut,
            Err(_) => Body::Other(NotTheService::NotJson),
        }
    }
}

/// Whether a service with this status may answer in a minute.
pub fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// The first line of a service's text: the others repeat IDs that have their own fields.
pub fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}
