//! The readers of untrusted input: archives, manifests, git's questions, requests to the broker, and files with
//! tokens and feeds.
//!
//! They may refuse any input. They must not panic, hang, return a token without the broker's key, or put a token from
//! a scanned file into a report.

use std::io::{self, Cursor};
use std::time::Duration;

use adieu_broker::git::Question;
use adieu_broker::{Broker, Refusal, RefusalScope, Resources, TokenSource};
use adieu_identity::azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use adieu_identity::azure_core::{self, error::ErrorKind};
use adieu_manifest::document::{Dialect, Node};
use adieu_manifest::task::Task;
use adieu_manifest::task_check::{self, Servers};
use adieu_secret::GitCredential;
use adieu_vsix::archive::{Archive, Bounds};
use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

mod feeds;
mod scan;

pub use feeds::feeds;
pub use scan::scan;

/// Reads a VSIX, and unpacks it if its directory is accepted.
pub fn archive(data: &[u8]) {
    let bounds = Bounds {
        entry_bytes: 1 << 20,
        total_bytes: 4 << 20,
        ..Bounds::DEFAULT
    };
    if let Ok(mut archive) = Archive::read_from(Cursor::new(data), bounds) {
        let _ = archive.verify();
    }
}

/// Reads a manifest as `vss-extension.json` and as `task.json`.
pub fn manifest(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for dialect in [Dialect::Json, Dialect::Json5] {
        if let Ok(node) = Node::read(&text, "manifest", dialect) {
            let _ = task_check::check(&node, Servers::OnPremises);
        }
    }
    let _ = Task::parse(&text);
}

/// Reads what git writes to a credential helper.
pub fn git_question(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let _ = Question::read(&GitCredential::new(text)).organization();
}

/// Sends bytes to a broker. `{key}` in them is replaced with its key; without the key, the answer must never be a
/// success.
pub fn broker_request(data: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let text = String::from_utf8_lossy(data).into_owned();
    let has_key = text.contains("{key}");
    let answer = runtime.block_on(async {
        let broker = Broker::bind().await.expect("a port");
        let address = broker.address();
        let endpoint = address.identity_endpoint();
        let host = endpoint.split('/').nth(2).expect("a host").to_owned();
        let request = text
            .replace("{host}", &host)
            .replace("{key}", address.key().reveal());
        let client = async {
            let mut stream = TcpStream::connect(&host).await.expect("the broker listens");
            // The port is available again immediately.
            stream.set_zero_linger().expect("a socket");
            let mut answer = Vec::new();
            // The broker may already have refused the request and closed the connection.
            let _ = stream.write_all(request.as_bytes()).await;
            let _ = stream.shutdown().await;
            let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer))
                .await
                .expect("the broker closes the connection");
            answer
        };
        tokio::select! {
            answer = client => answer,
            _ = broker.serve(NoTokens, Resources::Any, None) => Vec::new(),
        }
    });
    let is_success = answer.starts_with(b"HTTP/1.1 2");
    assert!(
        has_key || !is_success,
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

/// A credential that refuses, as a service would.
#[derive(Debug)]
struct NoTokens;

#[async_trait]
impl TokenCredential for NoTokens {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let refusal = Refusal {
            reason: "there is no token".to_owned(),
            scope: RefusalScope::Local,
        };
        Err(azure_core::Error::new(ErrorKind::Credential, refusal))
    }
}

impl TokenSource for NoTokens {
    fn client_id(&self) -> Option<&str> {
        None
    }
}

/// Runs a target with the files in the arguments.
///
/// # Errors
/// A file cannot be read.
pub fn replay(target: impl Fn(&[u8])) -> io::Result<()> {
    for path in std::env::args_os().skip(1) {
        target(&std::fs::read(path)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn replay(folder: &str, target: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut seeds = 0;
        for entry in std::fs::read_dir(&folder)
            .expect("the seeds are there")
            .flatten()
        {
            let seed = std::fs::read(entry.path()).expect("a seed");
            // A seed, each of its prefixes, and each prefix with a bit of the last byte flipped.
            for end in (0..=seed.len()).rev().step_by(1 + seed.len() / 64) {
                target(&seed[..end]);
                let mut changed = seed[..end].to_vec();
                if let Some(last) = changed.last_mut() {
                    *last ^= 1;
                }
                target(&changed);
            }
            seeds += 1;
        }
        assert!(seeds > 0, "{} is empty", folder.display());
    }

    #[test]
    fn no_seed_makes_a_reader_panic() {
        replay("../crates/vsix/tests/corpus", super::archive);
        replay("../crates/vsix/tests/corpus", super::manifest);
        replay("seeds/git_question", super::git_question);
        replay("seeds/broker_request", super::broker_request);
        replay("seeds/feeds", super::feeds);
        replay("seeds/scan", super::scan);
    }
}
