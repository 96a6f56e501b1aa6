//! HTTP/1.1 over TCP or TLS, implemented here so that an answer can also be wrong in every way.
//!
//! It only binds this machine's loopback address and knows no service.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A complete request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method, in uppercase.
    pub method: String,
    /// Path, not decoded.
    pub path: String,
    /// Query, not decoded.
    pub query: String,
    /// Headers as received.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Request {
    /// The only header with this name; `None` if there is none or more than one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value.as_str())
    }

    /// A parameter of the query, decoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    /// A field of a form body, decoded.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(&self.body)
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// Decodes a path segment.
pub(crate) fn decoded(segment: &str) -> String {
    let text = format!("x={}", segment.replace('+', "%2B"));
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// An answer of a service.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers without the length, which is added.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An error in the form of Azure Resource Manager.
    pub(crate) fn azure_error(status: u16, code: &str, message: &str) -> Self {
        let error = json!({ "error": { "code": code, "message": message } });
        Self::json(status, &error)
    }

    /// JSON.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            headers: vec![(
                "Content-Type".into(),
                "application/json; charset=utf-8".into(),
            )],
            body: body.to_string().into_bytes(),
        }
    }

    /// The first header with this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {} Status\r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// The reply on the connection.
pub(crate) enum Reply {
    /// A valid answer; the connection stays open.
    Answer(Answer),
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// A reset without any bytes.
    Reset,
    /// A reply after a delay.
    After(Duration, Box<Reply>),
}

/// More than any test sends, in bytes: a client whose body never ends must not fill the memory.
const LARGEST_BODY: usize = 512 * 1024 * 1024;

/// Answers requests.
pub(crate) type Handler = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// A free port of this machine.
pub(crate) async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .expect("a free port");
    let port = listener
        .local_addr()
        .expect("the port that was bound")
        .port();
    (listener, port)
}

/// Serves until the runtime ends, and counts the connections.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    connections: Arc<AtomicUsize>,
    handler: Handler,
) {
    loop {
        // A connection that its client has already closed is not a reason to stop.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        connections.fetch_add(1, Ordering::SeqCst);
        let tls = tls.clone();
        let handler = handler.clone();
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            // A client that closes the connection, or rejects the certificate, is not an error of the server.
            let _ = connection(stream, tls, handler).await;
        });
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    handler: Handler,
) -> io::Result<()> {
    match tls {
        Some(config) => {
            let accepting = TlsAcceptor::from(config).accept(stream).into_fallible();
            match accepting.await {
                Ok(stream) => requests(stream, handler, |stream| stream.get_ref().0).await,
                Err((error, mut stream)) => {
                    // A reset could arrive before the alert with the reason.
                    stream.shutdown().await?;
                    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
                    Err(error)
                }
            }
        }
        None => requests(stream, handler, |stream| stream).await,
    }
}

async fn requests<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    handler: Handler,
    socket: impl Fn(&S) -> &TcpStream,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer).await? {
        let mut reply = handler(&request);
        while let Reply::After(time, later) = reply {
            tokio::time::sleep(time).await;
            reply = *later;
        }
        match reply {
            Reply::Answer(answer) => {
                stream.write_all(&answer.to_bytes()).await?;
                stream.flush().await?;
            }
            Reply::Bytes(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                return stream.shutdown().await;
            }
            Reply::Reset | Reply::After(..) => {
                #[expect(
                    deprecated,
                    reason = "zero seconds of linger do not block; they are how TCP resets"
                )]
                socket(&stream).set_linger(Some(Duration::ZERO))?;
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The next request; `None` once the client has closed the connection.
async fn read_request<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Request>> {
    loop {
        if let Some((request, head)) = parse(buffer)? {
            buffer.drain(..head);
            let is_chunked = request
                .header("transfer-encoding")
                .is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked"));
            let body = if is_chunked {
                chunked_body(stream, buffer).await?
            } else {
                bytes(stream, buffer, request.body.len()).await?
            };
            return Ok(body.map(|body| Request { body, ..request }));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// The next bytes; `None` if the client closes the connection first.
async fn bytes<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    length: usize,
) -> io::Result<Option<Vec<u8>>> {
    if length > LARGEST_BODY {
        return Err(invalid("a body that is too long"));
    }
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(buffer.drain(..length).collect()))
}

/// A body in chunks (RFC 9112, section 7.1), with which git sends a pack whose length it does not know.
async fn chunked_body<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let size = match httparse::parse_chunk_size(buffer) {
            Ok(httparse::Status::Complete((line, size))) => {
                buffer.drain(..line);
                usize::try_from(size).map_err(|_| invalid("a chunk's size"))?
            }
            Ok(httparse::Status::Partial) => {
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(None);
                }
                continue;
            }
            Err(_) => return Err(invalid("a chunk's size")),
        };
        if body.len() + size > LARGEST_BODY {
            return Err(invalid("a body that is too long"));
        }
        // Each chunk ends with a line break; no client here sends trailers.
        let Some(chunk) = bytes(stream, buffer, size + 2).await? else {
            return Ok(None);
        };
        if !chunk.ends_with(b"\r\n") {
            return Err(invalid("a chunk's end"));
        }
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_owned())
}

/// Parses a request's head, with a body of the right length, and returns the head's length.
fn parse(buffer: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let status = parsed
        .parse(buffer)
        .map_err(|error| invalid(&error.to_string()))?;
    let httparse::Status::Complete(head) = status else {
        return Ok(None);
    };
    let headers: Vec<(String, String)> = parsed
        .headers
        .iter()
        .map(|header| {
            (
                header.name.to_owned(),
                String::from_utf8_lossy(header.value).into_owned(),
            )
        })
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.parse().map_err(|_| invalid("content-length")))
        .transpose()?
        .unwrap_or(0);
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: vec![0; length.min(LARGEST_BODY + 1)],
    };
    Ok(Some((request, head)))
}
