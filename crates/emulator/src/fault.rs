//! Everything that can go wrong with an answer between a service and its client.
//!
//! It never undoes what the service did.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::http::{Answer, Reply, Request};

/// What a service does instead of, or to, its answer.
#[derive(Clone)]
pub enum Fault {
    /// Answers with this status, headers and body, and does nothing else.
    Status(u16, Vec<(String, String)>, String),
    /// Answers later.
    Delay(Duration),
    /// Announces the whole body but sends half of it.
    Truncate,
    /// Does what was requested, and closes the connection in the middle of the answer's first line.
    TruncateHead,
    /// Resets the connection without an answer.
    Reset,
    /// Closes the connection without an answer.
    Close,
    /// Shows the sign-in page, with this status (200 and 203 occur).
    SignInPage(u16),
    /// Redirects to Azure DevOps' sign-in.
    SignInRedirect,
    /// Redirects to any address.
    Redirect(String),
    /// Answers at the next interval of the service's lifetime, so that all clients of the last interval continue at
    /// the same moment.
    OnTheBeat(Duration),
    /// Does what was requested, and asks for a delay in seconds, as a service does that throttles a client
    /// (learn.microsoft.com, "Rate and usage limits").
    SlowedDown(u32),
    /// Bytes that a test supplies.
    Bytes(MakeBytes),
}

/// Creates an answer's bytes for a request.
pub type MakeBytes = Arc<dyn Fn(&Request) -> Vec<u8> + Send + Sync>;

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Status(status, ..) => return write!(formatter, "Status({status})"),
            Self::Delay(time) => return write!(formatter, "Delay({time:?})"),
            Self::Truncate => "Truncate",
            Self::TruncateHead => "TruncateHead",
            Self::Reset => "Reset",
            Self::Close => "Close",
            Self::SignInPage(_) => "SignInPage",
            Self::SignInRedirect => "SignInRedirect",
            Self::Redirect(_) => "Redirect",
            Self::OnTheBeat(_) => "OnTheBeat",
            Self::SlowedDown(_) => "SlowedDown",
            Self::Bytes(_) => "Bytes",
        };
        formatter.write_str(name)
    }
}

impl Fault {
    /// A status with an empty JSON body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new(), "{}".to_owned())
    }

    /// A 429 of Azure DevOps, which asks for a delay in seconds.
    #[must_use]
    pub fn too_many_requests(seconds: u32) -> Self {
        let headers = [
            ("Content-Type", "application/json; charset=utf-8".to_owned()),
            ("Retry-After", seconds.to_string()),
        ];
        Self::Status(
            429,
            headers
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
            r#"{"$id":"1","message":"TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Concurrency' in namespace 'User'."}"#.to_owned(),
        )
    }

    /// The reply, and whether the service itself processes the request.
    pub(crate) fn apply(
        &self,
        request: &Request,
        since_start: Duration,
        service: impl FnOnce(&Request) -> Answer,
    ) -> Reply {
        match self {
            Self::Status(status, headers, body) => Reply::Answer(Answer {
                status: *status,
                headers: headers.clone(),
                body: body.clone().into_bytes(),
            }),
            Self::Delay(time) => Reply::After(*time, Box::new(Reply::Answer(service(request)))),
            Self::OnTheBeat(beat) => {
                let waiting = since_start.as_millis() % beat.as_millis();
                let left = beat.saturating_sub(Duration::from_millis(
                    u64::try_from(waiting).unwrap_or_default(),
                ));
                Reply::After(left, Box::new(Reply::Answer(service(request))))
            }
            Self::Truncate => {
                let answer = service(request);
                let mut bytes = answer.to_bytes();
                bytes.truncate(bytes.len() - answer.body.len().div_ceil(2));
                Reply::Bytes(bytes)
            }
            Self::TruncateHead => {
                let mut bytes = service(request).to_bytes();
                bytes.truncate("HTTP/1.1".len());
                Reply::Bytes(bytes)
            }
            Self::Reset => Reply::Reset,
            Self::Close => Reply::Bytes(Vec::new()),
            Self::SignInPage(status) => Reply::Answer(sign_in_page(*status)),
            Self::SignInRedirect => Reply::Answer(redirect(SIGN_IN)),
            Self::Redirect(to) => Reply::Answer(redirect(to)),
            Self::SlowedDown(seconds) => Reply::Answer(
                service(request)
                    .with("Retry-After", &seconds.to_string())
                    .with("X-RateLimit-Resource", "Concurrency")
                    .with("X-RateLimit-Delay", &format!("{seconds}.000"))
                    .with("X-RateLimit-Remaining", "0"),
            ),
            Self::Bytes(make) => Reply::Bytes(make(request)),
        }
    }
}

/// Where Azure DevOps redirects a browser that is not signed in.
pub(crate) const SIGN_IN: &str = "https://spsprodeus27.vssps.visualstudio.com/_signin?realm=dev.azure.com&reply_to=https%3A%2F%2Fdev.azure.com%2F";

pub(crate) fn redirect(to: &str) -> Answer {
    Answer {
        status: 302,
        headers: vec![
            ("Location".into(), to.to_owned()),
            ("Content-Type".into(), "text/html".into()),
        ],
        body: b"<html><head><title>Object moved</title></head></html>".to_vec(),
    }
}

fn sign_in_page(status: u16) -> Answer {
    Answer {
        status,
        headers: vec![("Content-Type".into(), "text/html; charset=utf-8".into())],
        body: b"<!DOCTYPE html>\r\n<html><head>\
            <title>Azure DevOps Services | Sign In</title></head></html>"
            .to_vec(),
    }
}
