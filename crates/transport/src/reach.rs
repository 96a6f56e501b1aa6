//! Whether a host answers at all, and what its clock says: for a check of what is in the way.
//!
//! It never sends a credential.

use std::time::Duration;

use reqwest::{Method, Url};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::outcome::NoAnswer;
use crate::transport::Transport;

/// The longest that one host may take.
const TIME: Duration = Duration::from_secs(10);

impl Transport {
    /// Asks a host once. Any answer will do; returns its `Date` in seconds since 1970, where it has one.
    ///
    /// # Errors
    /// What is in the way: names, proxies, certificates.
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
