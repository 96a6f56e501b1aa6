//! Connections for what another program sends: bare or in TLS, through the proxy that requests take too.
//!
//! It never reads or changes what travels over them.

use std::io;
use std::sync::Arc;

use reqwest::Url;
use rustls::ServerConfig;
use rustls::crypto::ring::sign;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::crypto;
use crate::outcome::NoAnswer;
use crate::pem::Certificates;
use crate::transport::{CONNECT, Transport, known_io};
use crate::unusable_network::UnusableNetwork;

/// The longest head with which a proxy answers, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// Bytes in both directions.
pub type Duplex = Box<dyn Bytes>;

/// What a [`Duplex`] is. One type for every kind of connection, so that the code over it is in the binary once.
pub trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Bytes for T {}

/// The server's side of TLS.
pub struct TlsServer(TlsAcceptor);

impl Transport {
    /// A connection to a port of a host.
    ///
    /// # Errors
    /// There is none within ten seconds.
    pub async fn tunnel(&self, host: &str, port: u16) -> Result<Duplex, NoAnswer> {
        self.in_time(host, port, false).await
    }

    /// The same in TLS, to a host whose certificate this transport trusts.
    ///
    /// # Errors
    /// There is none within ten seconds, or the host is not trusted.
    pub async fn tls_tunnel(&self, host: &str) -> Result<Duplex, NoAnswer> {
        self.in_time(host, 443, true).await
    }

    async fn in_time(&self, host: &str, port: u16, is_tls: bool) -> Result<Duplex, NoAnswer> {
        let opening = async {
            let stream = self.open(host, port).await?;
            match is_tls {
                true => self.tls(host, stream).await,
                false => Ok(stream),
            }
        };
        let opening = timeout(CONNECT, opening).await;
        opening.unwrap_or(Err(NoAnswer::Time))
    }

    async fn open(&self, host: &str, port: u16) -> Result<Duplex, NoAnswer> {
        let target = Url::parse(&format!("https://{host}:{port}/"));
        let target = target.map_err(|error| NoAnswer::Connection(error.to_string()))?;
        let route = self.proxy_route.as_ref();
        let Some((route, proxy)) = route.and_then(|route| Some((route, route.proxy_of(&target)?)))
        else {
            return connect(host, port).await;
        };
        let at = proxy.host_str().unwrap_or_default();
        let port_of_proxy = proxy.port_or_known_default().unwrap_or(80);
        let unreachable = |error: NoAnswer| NoAnswer::ProxyUnreachable(error.to_string());
        let mut stream = connect(at, port_of_proxy).await.map_err(unreachable)?;
        if proxy.scheme() == "https" {
            stream = self.tls(at, stream).await.map_err(unreachable)?;
        }
        let mut head = zeroize::Zeroizing::new(format!(
            "CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        ));
        if let Some(value) = route.authorization() {
            head.push_str("Proxy-Authorization: ");
            head.push_str(&value);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        let cut = |_| NoAnswer::Cut;
        stream.write_all(head.as_bytes()).await.map_err(cut)?;
        let mut answer = Vec::new();
        // Not a byte more: what follows is the host's.
        while !answer.ends_with(b"\r\n\r\n") && answer.len() < LONGEST_HEAD {
            answer.push(stream.read_u8().await.map_err(cut)?);
        }
        let answer = String::from_utf8_lossy(&answer);
        let line = answer.lines().next().unwrap_or_default();
        let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..));
        match status.and_then(|status| status.get(..3)) {
            Some("407") => Err(NoAnswer::ProxyAuthentication),
            Some(status) if status.starts_with('2') => Ok(stream),
            _ => Err(NoAnswer::Proxy("unsuccessful".to_owned())),
        }
    }

    async fn tls(&self, host: &str, stream: Duplex) -> Result<Duplex, NoAnswer> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        let name = name.map_err(|_| NoAnswer::Name)?;
        let connector = TlsConnector::from(Arc::new(self.tls.clone()));
        match connector.connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(reason(&error)),
        }
    }
}

impl TlsServer {
    /// A server with these certificates, its own first, and its private ECDSA key in PKCS #8.
    ///
    /// # Errors
    /// The key is of another kind.
    pub fn new(certificates: Certificates, key: Vec<u8>) -> Result<Self, UnusableNetwork> {
        let unusable = |error: rustls::Error| UnusableNetwork::Tls(error.to_string());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
        let key = sign::any_ecdsa_type(&key).map_err(unusable)?;
        let shown = SingleCertAndKey::from(CertifiedKey::new(certificates, key));
        let mut config = ServerConfig::builder_with_provider(Arc::new(crypto::provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(shown));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Greets a client.
    ///
    /// # Errors
    /// The client does not trust the certificate, or does not speak TLS.
    pub async fn accept(&self, client: Duplex) -> io::Result<Duplex> {
        Ok(Box::new(self.0.accept(client).await?))
    }
}

async fn connect(host: &str, port: u16) -> Result<Duplex, NoAnswer> {
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await;
    let stream = stream.map_err(|error| reason(&error))?;
    let _ = stream.set_nodelay(true);
    Ok(Box::new(stream))
}

fn reason(error: &io::Error) -> NoAnswer {
    known_io(error).unwrap_or_else(|| NoAnswer::Connection(error.to_string()))
}
