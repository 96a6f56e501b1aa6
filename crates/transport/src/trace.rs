//! The facts about each request, for `--verbose`.
//!
//! It never contains a header, a query or a body: only what a log may show.

use std::time::Duration;

use reqwest::{Method, Url};

use crate::answer::Answer;
use crate::outcome::NoAnswer;

/// One request, and its result.
#[derive(Debug)]
pub struct Exchange {
    /// `GET`
    pub method: Method,
    /// Scheme, host and path.
    pub address: String,
    /// Status, or why there is none.
    pub outcome: Result<u16, String>,
    /// IDs that support asks for, by the header's name.
    pub ids: Vec<(&'static str, String)>,
    /// From sending to the end of the answer.
    pub time: Duration,
}

/// Receives each request when it has ended.
pub type OnExchange = fn(&Exchange);

/// Headers with which Azure DevOps, Microsoft Entra and Microsoft Graph identify a request.
const IDS: [&str; 4] = ["activityid", "x-vss-e2eid", "x-ms-request-id", "request-id"];

impl Exchange {
    pub(crate) fn new(
        method: Method,
        url: &Url,
        outcome: Result<&Answer, &NoAnswer>,
        time: Duration,
    ) -> Self {
        let ids = outcome.map_or_else(
            |_| Vec::new(),
            |answer| {
                let header = |name: &&'static str| {
                    let value = answer.headers.get(*name)?.to_str().ok()?;
                    Some((*name, value.to_owned()))
                };
                IDS.iter().filter_map(header).collect()
            },
        );
        Self {
            method,
            address: address(url),
            outcome: outcome
                .map(|answer| answer.status)
                .map_err(ToString::to_string),
            ids,
            time,
        }
    }
}

/// The address without user, password, query and fragment.
fn address(url: &Url) -> String {
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

#[test]
fn an_address_has_no_credential_in_it() {
    let url = Url::parse("https://u:p@dev.azure.com:8443/contoso/_apis?sig=x#y").expect("a URL");
    assert_eq!(address(&url), "https://dev.azure.com:8443/contoso/_apis");
}
