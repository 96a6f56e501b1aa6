//! Every host that is not emulated: each of them answers like a feed, and must not receive a credential.
//!
//! It never has a package, except for files of feeds whose downloads a test redirects to it.

use std::sync::{Arc, Mutex};

use crate::directory::{Directory, ExpectedSecrets};
use crate::feeds;
use crate::http::{Answer, Request};
use crate::proxy::Proxy;
use crate::shared_state::lock;
use crate::vss::Credential;

/// They ask for every secret, but must receive none.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &[],
    body: &[],
};

/// A network with the services and with other hosts.
#[derive(Debug)]
pub struct OtherHosts {
    pub(crate) proxy: Proxy,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl OtherHosts {
    /// The proxy to that network.
    #[must_use]
    pub fn proxy(&self) -> Proxy {
        self.proxy.clone()
    }

    /// The other hosts that clients contacted since the last call, in alphabetical order, each once.
    #[must_use]
    pub fn contacted_hosts(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *lock(&self.asked));
        asked.sort();
        asked.dedup();
        asked
    }
}

/// Answers a request, and records the host.
pub(crate) fn answer(
    request: &Request,
    asked: &Mutex<Vec<String>>,
    files: &feeds::State,
    directory: &mut Directory,
) -> Answer {
    let host = request.header("host").unwrap_or_default();
    lock(asked).push(host.to_owned());
    // A client turns a user name in an address into a credential without a password.
    let is_sent_one = Credential::of(request)
        .token()
        .is_some_and(|token| !token.is_empty());
    let is_other = request.header("authorization").is_some()
        && matches!(Credential::of(request), Credential::None);
    if is_sent_one || is_other {
        directory.violation(format!(
            "{host}, which is not emulated, was sent a credential"
        ));
    }
    if let Some(file) = feeds::file_of_blob(request, files) {
        return file;
    }
    feeds::challenges(&directory.tenants[0])
}
