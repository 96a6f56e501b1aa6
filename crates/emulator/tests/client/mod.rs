//! A client that knows nothing but HTTP: it tests the emulator without our own code.

#![allow(dead_code, reason = "each test program uses its own part of it")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use adieu_emulator::World;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// The header of a client that cannot show a sign-in page.
pub(crate) const SUPPRESS: (&str, &str) = ("X-TFS-FedAuthRedirect", "Suppress");

/// A byte order mark, decoded.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: String,
    /// The body as it came.
    pub(crate) text: String,
    /// The body's JSON, or null.
    pub(crate) body: Value,
}

impl Answer {
    /// Values of all headers of a name.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    /// The first header of a name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    /// Whether the body starts with a byte order mark.
    pub(crate) fn has_mark(&self) -> bool {
        self.text.starts_with(BYTE_ORDER_MARK)
    }
}

/// Sends a request over HTTPS, on its own connection.
pub(crate) fn ask(
    world: &World,
    port: u16,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Answer {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(world.ca_file()).expect("a certificate");
    roots.add(authority).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has every version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a sound configuration");
    let socket = TcpStream::connect(("127.0.0.1", port)).expect("a listening port");
    let stream = StreamOwned::new(connection, socket);
    let host = format!("localhost:{port}");
    exchange(stream, &host, method, target, headers, body)
}

/// Sends a request over plain HTTP, on its own connection.
pub(crate) fn ask_plain(
    port: u16,
    host: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Answer {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("a listening port");
    exchange(stream, host, method, target, headers, body)
}

fn exchange(
    mut stream: impl Read + Write,
    host: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Answer {
    let mut request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    request.push_str(body.unwrap_or_default());
    stream
        .write_all(request.as_bytes())
        .expect("a request is sent");
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(answer) = whole(&bytes) {
            return answer;
        }
        let count = stream.read(&mut chunk).expect("an answer");
        assert_ne!(count, 0, "the answer was cut off");
        bytes.extend_from_slice(&chunk[..count]);
    }
}

/// The answer, if it is complete.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let length: usize = length?.parse().expect("a length");
    let body = &bytes[end + 4..];
    if body.len() < length {
        return None;
    }
    let text = String::from_utf8_lossy(body).into_owned();
    let status = head.split(' ').nth(1)?.parse().expect("a status");
    let json = text.trim_start_matches(BYTE_ORDER_MARK);
    Some(Answer {
        status,
        body: serde_json::from_str(json).unwrap_or_default(),
        head,
        text,
    })
}

/// `name=value&…`, encoded.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}
