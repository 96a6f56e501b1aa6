//! An HTTP proxy that connects to the emulated services by the real services' names.
//!
//! It only connects to this machine: a name that it does not map is refused, or connects to the emulated other hosts.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::http;
use crate::shared_state::SharedState;

/// The proxy's rules for clients.
#[derive(Debug, Default)]
pub(crate) struct ProxyRules {
    /// User and password; `None` allows everyone.
    pub(crate) credentials: Option<(String, String)>,
    /// The challenge for a refused client: `Basic realm="proxy"`, `NTLM`, `Negotiate`.
    pub(crate) challenge: String,
    /// Host and port as requested, and the port on this machine that answers for it.
    pub(crate) routes: BTreeMap<String, u16>,
    /// The ports for all other hosts, if any.
    pub(crate) others: Option<FallbackPorts>,
}

/// The ports that answer for hosts that are not mapped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FallbackPorts {
    pub(crate) tls: u16,
    pub(crate) plain: u16,
}

/// A running proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requested hosts, in order, including refused ones.
    #[must_use]
    pub fn contacted_hosts(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Serves a proxy until the runtime ends.
pub(crate) fn start(runtime: &Runtime, rules: ProxyRules, shared: &Arc<SharedState>) -> Proxy {
    let (listener, port) = runtime.block_on(http::listen());
    let asked = Arc::default();
    let (rules, shared) = (Arc::new(rules), Arc::clone(shared));
    runtime.spawn(serve(listener, rules, Arc::clone(&asked), shared));
    Proxy { port, asked }
}

/// Serves until the runtime ends.
async fn serve(
    listener: TcpListener,
    rules: Arc<ProxyRules>,
    asked: Arc<Mutex<Vec<String>>>,
    shared: Arc<SharedState>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (rules, asked, shared) = (rules.clone(), asked.clone(), shared.clone());
        tokio::spawn(async move {
            let _ = tunnel(stream, &rules, &asked, &shared).await;
        });
    }
}

/// Records every secret that was sent unencrypted: a proxy may receive the password that the pipeline has for it,
/// right or wrong, but no other secret.
fn inspect(head: &str, shared: &SharedState) {
    let mut directory = shared.directory();
    for line in head.lines() {
        let is_for_proxy = line
            .to_ascii_lowercase()
            .starts_with("proxy-authorization:");
        for kind in directory.ledger.found_in(line.as_bytes()) {
            if !(is_for_proxy && matches!(kind, "proxy password" | "secret variable")) {
                directory.violation(format!("the proxy was sent a secret: {kind}"));
            }
        }
    }
}

async fn tunnel(
    mut client: TcpStream,
    rules: &ProxyRules,
    asked: &Mutex<Vec<String>>,
    shared: &SharedState,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    inspect(&head, shared);
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(target.to_owned());
    let authorization = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization")
            .then(|| value.trim().to_owned())
    });
    let expected = rules
        .credentials
        .as_ref()
        .map(|(user, password)| format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
    if expected.is_some() && authorization != expected {
        let answer = format!(
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: \
             {}\r\nContent-Length: 0\r\n\r\n",
            rules.challenge
        );
        return client.write_all(answer.as_bytes()).await;
    }
    let is_tunnel = method == "CONNECT";
    if let (false, Some(others)) = (is_tunnel, rules.others) {
        let mut server = TcpStream::connect(("127.0.0.1", others.plain)).await?;
        server.write_all(head.as_bytes()).await?;
        copy_bidirectional(&mut client, &mut server).await?;
        return Ok(());
    }
    let others = rules.others.map(|others| others.tls);
    let route = rules.routes.get(target).copied().or(others);
    let Some(port) = route.filter(|_| is_tunnel) else {
        return client
            .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            .await;
    };
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
