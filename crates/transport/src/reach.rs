//! Checks whether a host answers at all, and the time by its clock.
//!
//! It never sends a credential.

use std::time::Duration;

use reqwest::{Method, Url};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::outcome::NoAnswer;
use crate::transport::Transport;

/// Time limit for one host.
const TIME: Duration = Duration::from_secs(10);

impl Transport {
    /// Sends one request to a host. Any answer is a success; returns its `Date` in seconds since 1970, if there is
    /// one.
    ///
    /// # Errors
    /// The problem: a name, a proxy, a certificate.
    pub async fn reach(&self, address: &str) -> Result<Option<i64>, NoAnswer> {
        let url = Url::parse(address).map_err(|error| NoAnswer::Connection(error.to_string()))?;
        let method = if url.path() == "/" {
            Method::HEAD
        } else {
            Method::GET
        };
        let request = self
            .request(method, &url)
            .build()
            .map_err(|error| NoAnswer::Connection(error.to_string()))?;
        let answer = self.send(request, TIME).await?;
        let date = answer.header("date").map(str::trim);
        let date = date.and_then(|date| OffsetDateTime::parse(date, &Rfc2822).ok());
        Ok(date.map(OffsetDateTime::unix_timestamp))
    }
}
