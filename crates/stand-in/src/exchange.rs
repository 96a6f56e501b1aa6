//! The requests of one connection to Azure DevOps: each is read, judged, and passed on with a fresh token.
//!
//! A request keeps every byte but those of its credential, and an answer all of them. What the connection cannot be sure
//! of ends it.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use adieu_broker::RefusalScope;
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
use crate::watch::Sent;

/// Bytes that are read at once.
const PIECE: usize = 16 * 1024;

/// The longest line between chunks, in bytes.
const LONGEST_LINE: usize = 8 * 1024;

/// The answer to a request before a refused one begins within this, or does not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// An answer is complete when nothing came for so long. Clients send their next request after it; one that sends both at
/// once may find the refusal inside the answer.
const QUIET: Duration = Duration::from_millis(200);

/// What a client sends, and what was read of it before it was needed.
struct Input {
    client: ReadHalf<Duplex>,
    buffer: Vec<u8>,
}

/// Why a client's requests end.
enum End {
    /// It has no more.
    Done,
    Refused(Answer),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Done
    }
}

impl Serving {
    /// Passes requests on until there is no more, or one is refused.
    pub(crate) async fn requests(&self, whose: Host, host: &str, client: Duplex) {
        let (from_client, mut to_client) = split(client);
        let mut input = Input {
            client: from_client,
            buffer: Vec::new(),
        };
        let first = match self.next(&mut input, whose, host).await {
            Ok(first) => first,
            Err(End::Done) => return,
            Err(End::Refused(answer)) => return answer.end(input.client.unsplit(to_client)).await,
        };
        let server = match self.transport.tls_tunnel(host).await {
            Ok(server) => server,
            Err(cause) => {
                let sentence = format!("cannot reach {host}: {cause}.");
                let answer = Answer::new("502 Bad Gateway", sentence);
                return answer.end(input.client.unsplit(to_client)).await;
            }
        };
        let (from_server, mut to_server) = split(server);
        let flow = Flow::default();
        let end = {
            let answers = self.answers(from_server, &mut to_client, host, &flow);
            let mut answers = std::pin::pin!(answers);
            let requests = async {
                let mut next = first;
                loop {
                    flow.is_awaited.set(true);
                    to_server.write_all(&next.0).await?;
                    if next.1.is_upgrade {
                        // Another protocol, in which no credential is replaced.
                        pass(&mut input, &mut to_server, u64::MAX).await?;
                        return Err::<io::Result<()>, End>(End::Done);
                    }
                    body(&mut input, &mut to_server, next.1.body).await?;
                    to_server.flush().await?;
                    next = self.next(&mut input, whose, host).await?;
                }
            };
            let end = tokio::select! {
                biased;
                answered = &mut answers => Ok(answered),
                end = requests => end,
            };
            match end {
                Ok(answered) => (answered, None),
                Err(End::Done) => {
                    let _ = to_server.shutdown().await;
                    (answers.await, None)
                }
                Err(End::Refused(answer)) => tokio::select! {
                    biased;
                    answered = answers => (answered, Some(answer)),
                    () = flow.quiet() => (Ok(()), Some(answer)),
                },
            }
        };
        // An answer that was cut off must not look like a whole one.
        match end {
            (Ok(()), Some(answer)) => answer.end(input.client.unsplit(to_client)).await,
            (Ok(()), None) => drop(to_client.shutdown().await),
            (Err(_), _) => {}
        }
    }

    /// The bytes of the next request's head as they go on, and the head.
    async fn next(
        &self,
        input: &mut Input,
        whose: Host,
        host: &str,
    ) -> Result<(Zeroizing<Vec<u8>>, Head), End> {
        let bytes = input.head().await?;
        let head = Head::read(&bytes).map_err(malformed)?;
        if !is_host(&head.host, host) || !(head.target.starts_with('/') || head.target == "*") {
            return Err(malformed("it names another host than its connection"));
        }
        let Some((variable, place)) = self.stand_in(&head) else {
            return Ok((Zeroizing::new(bytes), head));
        };
        let journal = &self.shared.journal;
        let tell = |outcome: &str| journal.add(variable, &head.method, host, head.path(), outcome);
        if let Err(reason) = self.shared.allowed.admits(whose, &head.method, head.path()) {
            tell("refused");
            let sentence = format!("the stand-in of {variable} {reason}.");
            return Err(End::Refused(Answer::new("403 Forbidden", sentence)));
        }
        let token = match self.tokens.get(&self.scope, None).await {
            Ok(token) => token,
            Err(refusal) => {
                tell("no token");
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
        tell("fresh token");
        self.watch.add(&token);
        Ok((with_token(&head.bytes, place, &token), head))
    }

    /// The variable whose stand-in a request has as its credential, and where the credential is.
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
            // Clients differ in whether a PAT is the user or the password.
            [&decoded[..colon], &decoded[colon + 1..]]
        } else {
            return None;
        };
        let is_one = |known: &EndpointSecret| {
            let known = known.reveal().as_bytes();
            let is = |shown: &&[u8]| bool::from(shown.ct_eq(known));
            candidates.iter().any(is)
        };
        let found = self
            .shared
            .stand_ins
            .iter()
            .find(|(_, known)| is_one(known));
        Some((found?.0.as_str(), head.authorization.clone()?))
    }

    /// Passes answers on as they come, until there is no more or one has a token in it.
    async fn answers(
        &self,
        mut server: ReadHalf<Duplex>,
        client: &mut WriteHalf<Duplex>,
        host: &str,
        flow: &Flow,
    ) -> io::Result<()> {
        let mut sent = Sent::default();
        loop {
            sent.bytes.reserve(PIECE);
            let is_end = server.read_buf(&mut *sent.bytes).await? == 0;
            flow.bytes.set(sent.bytes.len() as u64 + flow.bytes.get());
            flow.is_awaited.set(false);
            let Some(next) = self.watch.next(&mut sent, is_end) else {
                let line = format!("{host}: an answer had a token in it and was cut off");
                self.shared.journal.line(line);
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

/// What comes from a server.
#[derive(Default)]
struct Flow {
    /// A number that grows with it.
    bytes: Cell<u64>,
    /// Nothing came since the last request.
    is_awaited: Cell<bool>,
}

impl Flow {
    /// Waits until the answers to all requests have come.
    async fn quiet(&self) {
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
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

impl Input {
    /// Reads more. False at the end.
    async fn more(&mut self) -> io::Result<bool> {
        self.buffer.reserve(PIECE);
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
            if !self.more().await? {
                return Err(End::Done);
            }
        }
    }

    /// A line with its end.
    async fn line(&mut self) -> Result<Vec<u8>, End> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                return Ok(self.buffer.drain(..=end).collect());
            }
            if self.buffer.len() > LONGEST_LINE {
                return Err(malformed("it has a chunk without a size"));
            }
            if !self.more().await? {
                return Err(End::Done);
            }
        }
    }
}

/// Passes a request's body on.
async fn body(input: &mut Input, server: &mut WriteHalf<Duplex>, body: Body) -> Result<(), End> {
    if let Body::Length(length) = body {
        return Ok(pass(input, server, length).await?);
    }
    loop {
        let line = input.line().await?;
        let size = head::chunk_size(&line[..line.len() - 1]).map_err(malformed)?;
        server.write_all(&line).await?;
        if size == 0 {
            break;
        }
        pass(input, server, size).await?;
        let end = input.line().await?;
        if end != b"\r\n" {
            return Err(malformed("it has a chunk of another size"));
        }
        server.write_all(&end).await?;
    }
    loop {
        let trailer = input.line().await?;
        if !trailer.ends_with(b"\r\n") {
            return Err(malformed("it has control characters"));
        }
        server.write_all(&trailer).await?;
        if trailer == b"\r\n" {
            return Ok(());
        }
    }
}

/// Passes so many bytes on, or all there are.
async fn pass(input: &mut Input, server: &mut WriteHalf<Duplex>, count: u64) -> io::Result<()> {
    let mut left = count;
    while left > 0 {
        if input.buffer.is_empty() {
            server.flush().await?;
            if !input.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let some = usize::try_from(left).unwrap_or(usize::MAX);
        let some = some.min(input.buffer.len());
        server.write_all(&input.buffer[..some]).await?;
        input.buffer.drain(..some);
        left -= some as u64;
    }
    Ok(())
}

/// The head with the token in place of the stand-in.
fn with_token(head: &[u8], place: std::ops::Range<usize>, token: &Rc<Token>) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(head.len() + 4096));
    bytes.extend_from_slice(&head[..place.start]);
    bytes.extend_from_slice(b"Bearer ");
    bytes.extend_from_slice(token.value.reveal_to_wire().as_bytes());
    bytes.extend_from_slice(&head[place.end..]);
    bytes
}

/// Whether `Host` names the host of the connection: Azure DevOps is behind a front door, which could lead a request with
/// another name to another service.
fn is_host(named: &str, host: &str) -> bool {
    let named = named.strip_suffix(":443").unwrap_or(named);
    named.eq_ignore_ascii_case(host)
}

fn malformed(reason: Reason) -> End {
    let sentence = format!("the request is refused: {reason}.");
    End::Refused(Answer::new("400 Bad Request", sentence))
}
