//! The requests of one connection to Azure DevOps: reads each head, checks it, and forwards it with a fresh token.
//!
//! Only the bytes of the credential are replaced; answers are forwarded unchanged. A request that is malformed or not
//! allowed ends the connection.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use adieu_broker::{RefusalScope, SlotGuard};
use adieu_identity::Token;
use adieu_secret::EndpointSecret;
use adieu_transport::Duplex;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::connection::Answer;
use crate::head::{self, Body, Head, Reason};
use crate::policy::Host;
use crate::proxy::Serving;
use crate::watch::ReceiveBuffer;

/// The size of a read, in bytes.
const READ_SIZE: usize = 16 * 1024;

/// The longest line that gives a chunk's size, in bytes.
const LONGEST_LINE: usize = 8 * 1024;

/// How long a refusal waits for the answers to earlier requests to begin.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// After this time without a byte, an answer counts as complete. Clients send their next request only then; if one
/// that pipelines requests is refused, its connection is cut, because it would read the refusal as part of an answer.
const QUIET: Duration = Duration::from_millis(200);

/// The requests of a client, with the bytes that were read ahead.
struct Input<'s> {
    client: ReadHalf<Duplex>,
    buffer: Vec<u8>,
    slot: &'s SlotGuard,
}

/// Why the requests of a connection end.
enum End {
    /// The client has closed the connection, or it broke.
    Closed,
    Refused(Answer),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

impl Serving {
    /// Forwards requests until the client closes the connection or one is refused.
    pub(crate) async fn requests(&self, kind: Host, host: &str, client: Duplex, slot: &SlotGuard) {
        let (from_client, mut to_client) = split(client);
        let mut input = Input {
            client: from_client,
            buffer: Vec::new(),
            slot,
        };
        let first = match self.next_request(&mut input, kind, host).await {
            Ok(first) => first,
            Err(End::Closed) => return,
            Err(End::Refused(answer)) => {
                return answer.finish(input.client.unsplit(to_client)).await;
            }
        };
        let server = match self.transport.tls_tunnel(host).await {
            Ok(server) => server,
            Err(cause) => {
                let sentence = format!("cannot reach {host}: {cause}.");
                let answer = Answer::new("502 Bad Gateway", sentence);
                return answer.finish(input.client.unsplit(to_client)).await;
            }
        };
        let (from_server, mut to_server) = split(server);
        let progress = AnswerProgress::default();
        let end = {
            let answers = self.forward_answers(from_server, &mut to_client, host, &progress);
            let mut answers = std::pin::pin!(answers);
            let requests = async {
                let mut next = first;
                loop {
                    progress.is_awaited.set(true);
                    to_server.write_all(&next.0).await?;
                    forward_body(&mut input, &mut to_server, next.1.body).await?;
                    to_server.flush().await?;
                    next = self.next_request(&mut input, kind, host).await?;
                }
            };
            let end = tokio::select! {
                biased;
                answered = &mut answers => Ok(answered),
                end = requests => end,
            };
            match end {
                Ok(answered) => (answered, None),
                Err(End::Closed) => {
                    let _ = to_server.shutdown().await;
                    (answers.await, None)
                }
                Err(End::Refused(answer)) => {
                    let before = progress.bytes.get();
                    let answered = tokio::select! {
                        biased;
                        answered = answers => answered,
                        () = progress.settled() => Ok(()),
                    };
                    match before == progress.bytes.get() {
                        true => (answered, Some(answer)),
                        false => (Err(io::ErrorKind::InvalidData.into()), None),
                    }
                }
            }
        };
        // An answer that was cut off must not look complete.
        match end {
            (Ok(()), Some(answer)) => answer.finish(input.client.unsplit(to_client)).await,
            (Ok(()), None) => drop(to_client.shutdown().await),
            (Err(_), _) => {}
        }
    }

    /// Reads the next request's head; returns the bytes to forward, and the head.
    async fn next_request(
        &self,
        input: &mut Input<'_>,
        kind: Host,
        host: &str,
    ) -> Result<(Zeroizing<Vec<u8>>, Head), End> {
        let bytes = input.head().await?;
        let head = Head::read(&bytes).map_err(malformed)?;
        if !is_host(&head.host, host) || !(head.target.starts_with('/') || head.target == "*") {
            return Err(malformed("its host is not that of its connection"));
        }
        let Some((variable, range)) = self.stand_in(&head) else {
            return Ok((Zeroizing::new(bytes), head));
        };
        input.slot.mark_authenticated();
        let journal = &self.settings.journal;
        let record =
            |outcome: &str| journal.add(variable, &head.method, host, head.path(), outcome);
        if let Err(reason) = self
            .settings
            .allowed
            .permits(kind, &head.method, head.path())
        {
            record("refused");
            let sentence = format!("the stand-in of {variable} {reason}.");
            return Err(End::Refused(Answer::new("403 Forbidden", sentence)));
        }
        let token = match self.tokens.get(&self.scope, None).await {
            Ok(token) => token,
            Err(refusal) => {
                record("no token");
                let sentence = format!("there is no token for {variable}: {}", refusal.reason);
                let sentence = adieu_secret::redacted(&sentence);
                return Err(End::Refused(match refusal.scope {
                    RefusalScope::Transient => Answer {
                        headers: "Retry-After: 10\r\n",
                        ..Answer::new("503 Service Unavailable", sentence)
                    },
                    _ => Answer::new("403 Forbidden", sentence),
                }));
            }
        };
        record("fresh token");
        self.watch.add(&token);
        Ok((with_token(&head.bytes, range, &token), head))
    }

    /// The variable whose stand-in is the request's credential, and where the credential is.
    fn stand_in(&self, head: &Head) -> Option<(&str, std::ops::Range<usize>)> {
        let value = head.credential()?;
        let space = value.iter().position(|byte| *byte == b' ')?;
        let (scheme, shown) = (&value[..space], value[space..].trim_ascii());
        let decoded;
        let candidates = if scheme.eq_ignore_ascii_case(b"bearer") {
            [shown, b""]
        } else if scheme.eq_ignore_ascii_case(b"basic") {
            decoded = Zeroizing::new(STANDARD.decode(shown).ok()?);
            let colon = decoded.iter().position(|byte| *byte == b':')?;
            // Some clients send a PAT as the user, others as the password.
            [&decoded[..colon], &decoded[colon + 1..]]
        } else {
            return None;
        };
        let is_sent = |known: &EndpointSecret| {
            let known = known.reveal().as_bytes();
            let is_equal = |shown: &&[u8]| bool::from(shown.ct_eq(known));
            candidates.iter().any(is_equal)
        };
        let found = self
            .settings
            .stand_ins
            .iter()
            .find(|(_, known)| is_sent(known));
        Some((found?.0.as_str(), head.authorization.clone()?))
    }

    /// Forwards answers as they arrive, until the server closes the connection or an answer contains a token.
    async fn forward_answers(
        &self,
        mut server: ReadHalf<Duplex>,
        client: &mut WriteHalf<Duplex>,
        host: &str,
        progress: &AnswerProgress,
    ) -> io::Result<()> {
        let mut received = ReceiveBuffer::default();
        loop {
            received.bytes.reserve(READ_SIZE);
            let is_end = server.read_buf(&mut *received.bytes).await? == 0;
            progress
                .bytes
                .set(received.bytes.len() as u64 + progress.bytes.get());
            progress.is_awaited.set(false);
            let Some(next) = self.watch.release(&mut received, is_end) else {
                let line = format!("{host}: an answer contained a token and was cut off");
                self.settings.journal.line(line);
                return Err(io::ErrorKind::InvalidData.into());
            };
            client.write_all(next).await?;
            client.flush().await?;
            if is_end {
                return Ok(());
            }
        }
    }
}

/// How much of the answers has arrived.
#[derive(Default)]
struct AnswerProgress {
    /// A number that grows with each byte.
    bytes: Cell<u64>,
    /// Nothing has arrived since the last request.
    is_awaited: Cell<bool>,
}

impl AnswerProgress {
    /// Waits until the answers to all requests have arrived.
    async fn settled(&self) {
        let mut waited = Duration::ZERO;
        while waited < ANSWER_TIMEOUT {
            let before = self.bytes.get();
            sleep(QUIET).await;
            waited += QUIET;
            if self.bytes.get() != before {
                waited = Duration::ZERO;
            } else if !self.is_awaited.get() {
                return;
            }
        }
    }
}

impl Input<'_> {
    /// Reads more bytes; false if the client has closed the connection.
    async fn read_more(&mut self) -> io::Result<bool> {
        self.buffer.reserve(READ_SIZE);
        Ok(self.client.read_buf(&mut self.buffer).await? > 0)
    }

    async fn head(&mut self) -> Result<Vec<u8>, End> {
        loop {
            let length = head::length(&self.buffer);
            if length.unwrap_or(self.buffer.len()) > head::LONGEST {
                return Err(malformed("its head is longer than 64 KiB"));
            }
            if let Some(length) = length {
                return Ok(self.buffer.drain(..length).collect());
            }
            if !self.read_more().await? {
                return Err(End::Closed);
            }
        }
    }

    /// A line with its line ending.
    async fn line(&mut self) -> Result<Vec<u8>, End> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                return Ok(self.buffer.drain(..=end).collect());
            }
            if self.buffer.len() > LONGEST_LINE {
                return Err(malformed("the size of a chunk is missing"));
            }
            if !self.read_more().await? {
                return Err(End::Closed);
            }
        }
    }
}

/// Forwards a request's body.
async fn forward_body(
    input: &mut Input<'_>,
    server: &mut WriteHalf<Duplex>,
    body: Body,
) -> Result<(), End> {
    if let Body::Length(length) = body {
        return Ok(forward(input, server, length).await?);
    }
    loop {
        let line = input.line().await?;
        let size = head::chunk_size(&line[..line.len() - 1]).map_err(malformed)?;
        server.write_all(&line).await?;
        if size == 0 {
            break;
        }
        forward(input, server, size).await?;
        let end = input.line().await?;
        if end != b"\r\n" {
            return Err(malformed("a chunk does not have its size"));
        }
        server.write_all(&end).await?;
    }
    // Some servers read trailers as headers.
    if input.line().await? != b"\r\n" {
        return Err(malformed("it has headers after its last chunk"));
    }
    Ok(server.write_all(b"\r\n").await?)
}

/// Forwards this many bytes.
async fn forward(
    input: &mut Input<'_>,
    server: &mut WriteHalf<Duplex>,
    count: u64,
) -> io::Result<()> {
    let mut left = count;
    while left > 0 {
        if input.buffer.is_empty() {
            server.flush().await?;
            if !input.read_more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let size = usize::try_from(left).unwrap_or(usize::MAX);
        let size = size.min(input.buffer.len());
        server.write_all(&input.buffer[..size]).await?;
        input.buffer.drain(..size);
        left -= size as u64;
    }
    Ok(())
}

/// The head with the token in place of the stand-in.
fn with_token(head: &[u8], range: std::ops::Range<usize>, token: &Rc<Token>) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(head.len() + 4096));
    bytes.extend_from_slice(&head[..range.start]);
    bytes.extend_from_slice(b"Bearer ");
    bytes.extend_from_slice(token.value.reveal_to_wire().as_bytes());
    bytes.extend_from_slice(&head[range.end..]);
    bytes
}

/// Whether the header `Host` names the host of the connection. The front end of Azure DevOps could route a request with
/// another name to another service.
fn is_host(named: &str, host: &str) -> bool {
    let named = named.strip_suffix(":443").unwrap_or(named);
    named.eq_ignore_ascii_case(host)
}

fn malformed(reason: Reason) -> End {
    let sentence = format!("the request is refused: {reason}.");
    End::Refused(Answer::new("400 Bad Request", sentence))
}
