//! One client: which host it wants, and whether that host's traffic is a tunnel or is read here.
//!
//! It never opens a tunnel for a client without the key. On the way to Azure DevOps a stand-in is the key: clients of
//! azure-devops-node-api read none from `HTTPS_PROXY` (typed-rest-client's `_getProxy`).

use std::io;
use std::time::Duration;

use adieu_transport::Duplex;
use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional, sink};
use tokio::time::timeout;

use crate::head::{self, Head};
use crate::proxy::Serving;

/// A client says within this what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// For so long a refused client may go on sending, so that it reads the answer before its connection breaks.
const LINGER: Duration = Duration::from_secs(2);

/// An answer of the proxy's own.
pub(crate) struct Answer {
    pub(crate) status: &'static str,
    /// More headers, each with its end.
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

    /// Writes it as the last one of a connection. As plain text git shows it to its user.
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

    /// Sends it, and waits until the client has read it.
    pub(crate) async fn end(&self, mut client: Duplex) {
        let sending = async {
            client.write_all(&self.bytes()).await?;
            client.shutdown().await?;
            tokio::io::copy(&mut client, &mut sink()).await
        };
        let _ = timeout(LINGER, sending).await;
    }
}

impl Serving {
    /// Serves a client until one of the two sides ends.
    pub(crate) async fn connection(&self, mut client: Duplex) {
        let asked = timeout(PATIENCE, asked(&mut client)).await;
        let Ok(Ok(head)) = asked else {
            return;
        };
        let target = match target(&head) {
            Ok(target) => target,
            Err(answer) => return answer.end(client).await,
        };
        let Target { host, port, .. } = &target;
        const READY: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
        if let Some(whose) = self.shared.allowed.host(host).filter(|_| *port == 443) {
            if client.write_all(READY).await.is_err() {
                return;
            }
            let greeting = timeout(PATIENCE, self.shared.server.accept(client)).await;
            if let Ok(Ok(client)) = greeting {
                self.requests(whose, host, client).await;
            }
            return;
        }
        if !self.is_opened_by(&target.shown) {
            let sentence = "the key is missing or wrong; use HTTPS_PROXY as it is set.";
            let answer = Answer::new("407 Proxy Authentication Required", sentence.to_owned());
            let answer = Answer {
                headers: "Proxy-Authenticate: Basic realm=\"adieu\"\r\n",
                ..answer
            };
            return answer.end(client).await;
        }
        match self.transport.tunnel(host, *port).await {
            Ok(mut server) => {
                if client.write_all(READY).await.is_ok() {
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            }
            Err(cause) => {
                let sentence = format!("cannot reach {host}:{port}: {cause}.");
                Answer::new("502 Bad Gateway", sentence).end(client).await;
            }
        }
    }

    /// Whether this is the value of `Proxy-Authorization` that opens the proxy.
    fn is_opened_by(&self, shown: &str) -> bool {
        let key = self.shared.authorization.reveal().as_bytes();
        shown.as_bytes().ct_eq(key).into()
    }
}

/// What a client wants, and what it shows.
struct Target {
    host: String,
    port: u16,
    shown: String,
}

fn target(head: &[u8]) -> Result<Target, Answer> {
    let bad = |reason: &str| {
        let sentence = format!("the request is refused: {reason}.");
        Answer::new("400 Bad Request", sentence)
    };
    let head = Head::read(head).map_err(bad)?;
    if head.method != "CONNECT" {
        let sentence = "this proxy takes CONNECT only, which clients use for https addresses.";
        let answer = Answer::new("405 Method Not Allowed", sentence.to_owned());
        return Err(Answer {
            headers: "Allow: CONNECT\r\n",
            ..answer
        });
    }
    let (host, port) = head.target.rsplit_once(':').unwrap_or_default();
    match port.parse() {
        Ok(port) if !host.is_empty() => Ok(Target {
            host: host.to_ascii_lowercase(),
            port,
            shown: head.proxy_authorization.unwrap_or_default(),
        }),
        _ => Err(bad("it names no host and port")),
    }
}

/// The head of a client's first request, and not a byte more: what follows may be the host's.
async fn asked(client: &mut Duplex) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while head::length(&bytes[bytes.len().saturating_sub(4)..]).is_none() {
        if bytes.len() >= head::LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        bytes.push(client.read_u8().await?);
    }
    Ok(bytes)
}
