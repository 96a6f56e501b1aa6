//! The proxy for requests to services, and the hosts that bypass it.
//!
//! It decides; it never connects.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex_lite::{Regex, RegexBuilder};
use reqwest::Url;
use zeroize::Zeroizing;

use adieu_secret::ProxyPassword;

use crate::address::is_loopback;
use crate::no_proxy::NoProxy;
use crate::unusable_network::UnusableNetwork;

/// A proxy from the settings of a Pipelines agent.
#[derive(Debug)]
pub struct Proxy {
    url: Url,
    user: Option<String>,
    password: Option<ProxyPassword>,
    bypass: Vec<Regex>,
    unreadable: Vec<String>,
}

impl Proxy {
    /// A proxy and the agent's bypass list. Patterns that are not regular expressions are skipped, as in the agent
    /// (`AgentWebProxy.cs` of microsoft/azure-pipelines-agent), and so are those with look-around, which the agent
    /// supports: an engine that has it adds 700 KiB to the binary.
    ///
    /// # Errors
    /// The proxy's address is invalid.
    pub fn new(
        url: &str,
        user: Option<String>,
        password: Option<ProxyPassword>,
        bypass: &[String],
    ) -> Result<Self, NotAProxy> {
        let url = Url::parse(url).map_err(|_| NotAProxy)?;
        if url.host_str().is_none() || !matches!(url.scheme(), "http" | "https") {
            return Err(NotAProxy);
        }
        let mut readable = Vec::new();
        let mut unreadable = Vec::new();
        for pattern in bypass {
            match RegexBuilder::new(pattern).case_insensitive(true).build() {
                Ok(regex) => readable.push(regex),
                Err(_) => unreadable.push(pattern.clone()),
            }
        }
        Ok(Self {
            url,
            user,
            password,
            bypass: readable,
            unreadable,
        })
    }

    /// The patterns that were skipped.
    pub fn unreadable_patterns(&self) -> &[String] {
        &self.unreadable
    }

    /// Whether requests to `target` use the proxy. Like the agent, it matches its patterns against scheme, host and a
    /// nondefault port, and never uses the proxy for this machine.
    fn applies_to(&self, target: &Url) -> bool {
        if is_loopback(target) {
            return false;
        }
        let host = target.host_str().unwrap_or_default();
        let address = match target.port() {
            Some(port) => format!("{}://{host}:{port}", target.scheme()),
            None => format!("{}://{host}", target.scheme()),
        };
        !self.bypass.iter().any(|pattern| pattern.is_match(&address))
    }

    /// Converts it to the decision for each address.
    pub(crate) fn into_route(mut self) -> ProxyRoute {
        let password = self.password.take();
        let credentials = self.user.take().map(|user| {
            let password = password.unwrap_or_else(|| ProxyPassword::new(String::new()));
            (user, Arc::new(password))
        });
        ProxyRoute {
            proxy_of: Arc::new(move |target| self.applies_to(target).then(|| self.url.clone())),
            credentials,
        }
    }
}

/// The proxy for an address, if it is reached through one.
type ProxyOf = dyn Fn(&Url) -> Option<Url> + Send + Sync;

/// Through which proxy an address is reached, and what the proxy is shown.
#[derive(Clone)]
pub(crate) struct ProxyRoute {
    proxy_of: Arc<ProxyOf>,
    credentials: Option<(String, Arc<ProxyPassword>)>,
}

impl ProxyRoute {
    /// The proxy for an address; none where it is reached directly.
    pub(crate) fn proxy_of(&self, target: &Url) -> Option<Url> {
        (self.proxy_of)(target)
    }

    /// The value of `Proxy-Authorization`, where the proxy has a user.
    pub(crate) fn authorization(&self) -> Option<Zeroizing<String>> {
        let (user, password) = self.credentials.as_ref()?;
        let pair = Zeroizing::new(format!("{user}:{}", password.reveal_to_wire()));
        let pair = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        Some(Zeroizing::new(format!("Basic {}", &*pair)))
    }

    /// The same in reqwest's terms.
    pub(crate) fn in_reqwest(&self) -> reqwest::Proxy {
        let proxy_of = Arc::clone(&self.proxy_of);
        let proxy = reqwest::Proxy::custom(move |target| proxy_of(target));
        match &self.credentials {
            Some((user, password)) => proxy.basic_auth(user, password.reveal_to_wire()),
            None => proxy,
        }
    }
}

/// The text is not an address of an HTTP proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the address of an HTTP proxy")]
pub struct NotAProxy;

/// The proxy variables of an environment: the proxy, and the hosts that bypass it.
#[derive(Debug, Clone, Default)]
pub struct ProxyVariables {
    /// The variable that counts, and its value, which may contain a password.
    proxy: Option<(&'static str, String)>,
    /// The value of `NO_PROXY`.
    no_proxy: String,
}

impl ProxyVariables {
    /// Reads the variables: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, each also in lowercase.
    pub fn read(variable: impl Fn(&'static str) -> Option<String>) -> Self {
        let value = |name| variable(name).filter(|value| !value.is_empty());
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let no_proxy = value("NO_PROXY").or_else(|| value("no_proxy"));
        Self {
            proxy: names
                .into_iter()
                .find_map(|name| Some((name, value(name)?))),
            no_proxy: no_proxy.unwrap_or_default(),
        }
    }

    /// Reads those of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "a library's own default, as curl and reqwest have it; Adieu passes the variables"
    )]
    pub fn of_process() -> Self {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Whether they name a proxy.
    pub fn name_a_proxy(&self) -> bool {
        self.proxy.is_some()
    }
}

/// The proxy in the variables. Requests to hosts in `NO_PROXY` and to this machine bypass it: a secret for a loopback
/// address must not reach a proxy.
pub(crate) fn by_variables(
    variables: ProxyVariables,
) -> Result<Option<ProxyRoute>, UnusableNetwork> {
    let Some((variable, text)) = variables.proxy else {
        return Ok(None);
    };
    let url = address(&text).ok_or(UnusableNetwork::Proxy { variable, text })?;
    let direct = NoProxy::read(&variables.no_proxy);
    let decoded = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let (user, password) = (decoded(url.username()), url.password().map(decoded));
    let credentials = (!user.is_empty() || password.is_some()).then(|| {
        let password = ProxyPassword::new(password.unwrap_or_default());
        (user, Arc::new(password))
    });
    let proxy_of = move |target: &Url| {
        let is_proxied =
            target.scheme() == "https" && !is_loopback(target) && !direct.covers(target);
        is_proxied.then(|| url.clone())
    };
    Ok(Some(ProxyRoute {
        proxy_of: Arc::new(proxy_of),
        credentials,
    }))
}

/// Parses an HTTP proxy's address, which may lack `http://`.
fn address(text: &str) -> Option<Url> {
    let url = match text.contains("://") {
        true => Url::parse(text),
        false => Url::parse(&format!("http://{text}")),
    };
    url.ok()
        .filter(|url| url.host_str().is_some() && matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(bypass: &[&str], target: &str) -> bool {
        let bypass: Vec<String> = bypass.iter().map(|pattern| (*pattern).to_owned()).collect();
        let proxy =
            Proxy::new("http://proxy.contoso.com:3128", None, None, &bypass).expect("a proxy");
        proxy.applies_to(&Url::parse(target).expect("an address"))
    }

    #[test]
    fn matches_the_bypass_list_as_the_agent_does() {
        for (bypass, target, expected) in [
            (&[][..], "https://dev.azure.com/contoso", true),
            (
                &["dev\\.azure\\.com"],
                "https://dev.azure.com/contoso",
                false,
            ),
            (
                &["DEV\\.AZURE\\.COM"],
                "https://dev.azure.com/contoso",
                false,
            ),
            (
                &["https://dev.azure.com$"],
                "https://dev.azure.com/contoso",
                false,
            ),
            (
                &["https://dev.azure.com/contoso"],
                "https://dev.azure.com/contoso",
                true,
            ),
            (&["https://tfs:8443$"], "https://tfs:8443/tfs", false),
            (&[":443$"], "https://dev.azure.com:443/contoso", true),
            (&["*.contoso.com", "("], "https://tfs.contoso.com/", true),
            (&["(", "contoso"], "https://tfs.contoso.com/", false),
            (&[], "https://localhost:8443/", false),
            (&[], "http://127.0.0.1:1/", false),
            (&[], "http://[::1]:1/", false),
        ] {
            assert_eq!(proxied(bypass, target), expected, "{bypass:?} {target}");
        }
    }

    #[test]
    fn reads_a_proxys_address_as_people_write_it() {
        for (text, expected) in [
            ("proxy:3128", Some("http://proxy:3128/")),
            ("127.0.0.1:3128", Some("http://127.0.0.1:3128/")),
            ("https://user:word@proxy", Some("https://user:word@proxy/")),
            ("socks5://127.0.0.1:1080", None),
            ("http://", None),
            ("::", None),
        ] {
            let read = address(text).map(String::from);
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_proxy() {
        for url in ["", "proxy:3128", "socks5://proxy:1080", "http://"] {
            assert_eq!(
                Proxy::new(url, None, None, &[]).err(),
                Some(NotAProxy),
                "{url}"
            );
        }
    }
}
