//! One client connection: tunnels other hosts unchanged, and reads the requests to Azure DevOps.
//!
//! It never opens a tunnel to another host without the key. Azure DevOps can be reached without it, because clients built
//! on azure-devops-node-api ignore the password in `HTTPS_PROXY` (typed-rest-client's `_getProxy`); a request then needs a
//! stand-in to get a token.

use std::io;
use std::time::Duration;

use adieu_broker::SlotGuard;
use adieu_transport::Duplex;
use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional, sink};
use tokio::time::timeout;

use crate::head::{self, Head};
use crate::proxy::Serving;

/// The time limit for a client's `CONNECT` request, and for its TLS handshake.
const SETUP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a refused client may continue to send: it reads the answer only if the connection is still open.
const LINGER: Duration = Duration::from_secs(2);

/// An answer of the proxy itself, which ends the connection.
pub(crate) struct Answer {
    pub(crate) status: &'static str,
    /// Additional headers, each with its line ending.
    pub(crate) headers: &'static str,
    pub(crate) sentence: String,
}

impl Answer {
    pub(crate) fn new(status: &'static str, sentence: String) -> Self {
        Self {
            status,
            headers: "",
            sentence,
        }
    }

    /// The answer as sent. git shows plain text to its user.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let sentence = format!("adieu: {}\n", self.sentence);
        let head = format!(
            "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n",
            self.status,
            sentence.len(),
            self.headers,
        );
        [head.into_bytes(), sentence.into_bytes()].concat()
    }

    /// Sends the answer, and waits until the client has read it.
    pub(crate) async fn finish(&self, mut client: Duplex) {
        let sending = async {
            client.write_all(&self.bytes()).await?;
            client.shutdown().await?;
            tokio::io::copy(&mut client, &mut sink()).await
        };
        let _ = timeout(LINGER, sending).await;
    }
}

impl Serving {
    /// Serves a client until one of the two sides closes the connection.
    pub(crate) async fn connection(&self, mut client: Duplex, slot: &SlotGuard) {
        let reading = timeout(SETUP_TIMEOUT, read_head(&mut client)).await;
        let Ok(Ok(head)) = reading else {
            return;
        };
        let target = match connect_target(&head) {
            Ok(target) => target,
            Err(answer) => return answer.finish(client).await,
        };
        let ConnectTarget { host, port, .. } = &target;
        const READY: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
        if let Some(kind) = self.settings.allowed.host(host).filter(|_| *port == 443) {
            if client.write_all(READY).await.is_err() {
                return;
            }
            let handshake = timeout(SETUP_TIMEOUT, self.settings.server.accept(client)).await;
            if let Ok(Ok(client)) = handshake {
                self.requests(kind, host, client, slot).await;
            }
            return;
        }
        if !self.is_authorized(&target.authorization) {
            let sentence = "the proxy's key is missing or wrong; use HTTPS_PROXY unchanged.";
            let answer = Answer::new("407 Proxy Authentication Required", sentence.to_owned());
            let answer = Answer {
                headers: "Proxy-Authenticate: Basic realm=\"adieu\"\r\n",
                ..answer
            };
            return answer.finish(client).await;
        }
        slot.mark_authenticated();
        match self.transport.tunnel(host, *port).await {
            Ok(mut server) => {
                if client.write_all(READY).await.is_ok() {
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            }
            Err(cause) => {
                let sentence = format!("cannot reach {host}:{port}: {cause}.");
                Answer::new("502 Bad Gateway", sentence)
                    .finish(client)
                    .await;
            }
        }
    }

    /// Whether this value of `Proxy-Authorization` contains the proxy's key.
    fn is_authorized(&self, authorization: &str) -> bool {
        let key = self.settings.authorization.reveal().as_bytes();
        authorization.as_bytes().ct_eq(key).into()
    }
}

/// What a `CONNECT` request asks for.
struct ConnectTarget {
    host: String,
    port: u16,
    /// The value of `Proxy-Authorization`; empty if there is none.
    authorization: String,
}

fn connect_target(head: &[u8]) -> Result<ConnectTarget, Answer> {
    let bad = |reason: &str| {
        let sentence = format!("the request is refused: {reason}.");
        Answer::new("400 Bad Request", sentence)
    };
    let head = Head::read(head).map_err(bad)?;
    if head.method != "CONNECT" {
        let sentence = "this proxy accepts only CONNECT, which clients send for https addresses.";
        let answer = Answer::new("405 Method Not Allowed", sentence.to_owned());
        return Err(Answer {
            headers: "Allow: CONNECT\r\n",
            ..answer
        });
    }
    let (host, port) = head.target.rsplit_once(':').unwrap_or_default();
    match port.parse() {
        Ok(port) if !host.is_empty() => Ok(ConnectTarget {
            host: host.to_ascii_lowercase(),
            port,
            authorization: head.proxy_authorization.unwrap_or_default(),
        }),
        _ => Err(bad("it names no host and port")),
    }
}

/// Reads the head of a client's first request, and no byte beyond it: what follows can belong to the tunnel.
async fn read_head(client: &mut Duplex) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while head::length(&bytes[bytes.len().saturating_sub(4)..]).is_none() {
        if bytes.len() >= head::LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        bytes.push(client.read_u8().await?);
    }
    Ok(bytes)
}
