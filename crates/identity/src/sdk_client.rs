//! Adieu's HTTP client for clients of the Azure SDK: the agent's proxy and certificates, no redirects, bounded
//! answers.
//!
//! It never adds a credential to a request; the SDK's policies do.

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};
use reqwest::Method;
use std::time::Duration;

use adieu_transport::{Answer, Transport};

/// Timeout of a request, the same as that of the SDK's own client.
const TIME: Duration = Duration::from_secs(60);

/// Longest answer in bytes: the SDK's clients read lists of objects page by page, and each page is held in memory.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// A [`Transport`] as the `transport` of `azure_core::http::ClientOptions`.
#[derive(Debug, Clone)]
pub struct SdkClient(pub Transport);

#[async_trait]
impl HttpClient for SdkClient {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let other = |reason: String| azure_core::Error::with_message(ErrorKind::Other, reason);
        let Body::Bytes(body) = request.body() else {
            return Err(other("bodies that are streams are not sent".to_owned()));
        };
        let method = Method::from_bytes(request.method().as_ref().as_bytes());
        let method = method.map_err(|error| other(error.to_string()))?;
        let mut sent = self.0.request(method, request.url()).body(body.clone());
        for (name, value) in request.headers().iter() {
            sent = sent.header(name.as_str(), value.as_str());
        }
        let sent = sent.build().map_err(|error| other(error.to_string()))?;
        match self.0.send_within(sent, TIME, LONGEST_ANSWER).await {
            Ok(answer) if answer.too_long => Err(other("the answer is too long".to_owned())),
            Ok(answer) => Ok(response(&answer)),
            // The SDK retries errors of this kind.
            Err(cause) if cause.is_transient() => Err(azure_core::Error::with_message(
                ErrorKind::Io,
                cause.to_string(),
            )),
            Err(cause) => Err(other(cause.to_string())),
        }
    }
}

fn response(answer: &Answer) -> AsyncRawResponse {
    let mut headers = Headers::new();
    for (name, value) in &answer.headers {
        if let Ok(value) = value.to_str() {
            let name = HeaderName::from(name.as_str().to_owned());
            headers.insert(name, HeaderValue::from(value.to_owned()));
        }
    }
    AsyncRawResponse::from_bytes(answer.status.into(), headers, answer.body.to_vec())
}
