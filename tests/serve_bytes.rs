//! Raw requests to a broker, and the answers.
//!
//! It makes no assertions.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::harness::Endpoint;

/// A request that gets a token; every attempt is a modification of it.
pub(crate) const GOOD: &str = "GET /msi/token?api-version=2019-08-01&resource=499b84ac-1321-427f-aa17-267ca6975798 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-IDENTITY-HEADER: KEY\r\n\r\n";
pub(crate) const GOOD_AZD: &str = "POST /azd/token?api-version=2023-07-12-preview HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: Bearer KEY\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{\"scopes\":[\"499b84ac-1321-427f-aa17-267ca6975798/.default\"]}";

/// Sends one request over its own connection. Returns the answer's status and body, if any.
pub(crate) fn attempt(endpoint: &Endpoint, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", endpoint.port)).expect("a connection");
    // A broker that has read enough closes the connection, and the rest is lost.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    status_and_body(&answer)
}

/// Status and body of all answers, without the token.
pub(crate) fn status_and_body(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return "no answer".to_owned();
    };
    let status = head.split(' ').nth(1).unwrap_or_default();
    let body = match body.split_once("\"access_token\":\"") {
        Some(_) => "{a token}",
        None => body,
    };
    format!("{status} {body}")
}

/// Inserts the broker's own values into the text.
pub(crate) fn fill(text: &str, endpoint: &Endpoint) -> String {
    let key = &endpoint.key;
    text.replace("SHORT", &key[1..])
        .replace("CAPITALS", &key.to_uppercase())
        .replace("KEY", key)
        .replace("PORT", &endpoint.port.to_string())
}

/// The same request, with a header that closes the connection.
pub(crate) fn closing(request: &str) -> String {
    request.replacen("\r\n", "\r\nConnection: close\r\n", 1)
}
