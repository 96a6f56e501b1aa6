//! `NO_PROXY`: the hosts that bypass the environment's proxy.
//!
//! It supports everything that curl, Go and .NET do; syntax of only one of them is parsed as that one does.

use std::net::IpAddr;

use reqwest::Url;

/// Whether one entry of a `NO_PROXY` sends an address past a proxy.
pub fn goes_past_a_proxy(entry: &str, target: &Url) -> bool {
    NoProxy::read(entry).covers(target)
}

/// The entries of `NO_PROXY`.
#[derive(Debug, Default)]
pub(crate) struct NoProxy {
    entries: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    hosts: Hosts,
    /// Only with this port.
    port: Option<u16>,
}

#[derive(Debug, PartialEq, Eq)]
enum Hosts {
    /// `*`
    All,
    /// `contoso.com`, `.contoso.com`, `*.contoso.com`: the domain and everything below it.
    Domain(String),
    /// `10.0.*`: a text in which `*` matches anything.
    Pattern(String),
    /// `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`: an address and the length of its prefix in bits.
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Parses a list with commas, semicolons or spaces. Invalid entries are skipped.
    pub(crate) fn read(text: &str) -> Self {
        let separators = |character: char| character.is_whitespace() || ",;|".contains(character);
        let entries = text.split(separators).filter_map(entry).collect();
        Self { entries }
    }

    /// Whether an address bypasses the proxy.
    pub(crate) fn covers(&self, target: &Url) -> bool {
        let Some(host) = target.host_str() else {
            return false;
        };
        let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
        let port = target.port_or_known_default();
        self.entries
            .iter()
            .any(|entry| entry.port.is_none_or(|only| Some(only) == port) && entry.hosts.has(&host))
    }
}

impl Hosts {
    fn has(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Domain(domain) => {
                let rest = host.strip_suffix(domain.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            Self::Pattern(pattern) => is_like(host, pattern),
            Self::Network(network, bits) => {
                let address = host.parse::<IpAddr>();
                address.is_ok_and(|address| is_in(address, *network, *bits))
            }
        }
    }
}

fn entry(text: &str) -> Option<Entry> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let is_network = text.contains('/') && network(text).is_some();
    let text = if is_network {
        text
    } else {
        text.split('/').next().unwrap_or_default()
    };
    let (host, port) = host_and_port(text);
    let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
    let hosts = if host == "*" {
        Hosts::All
    } else if let Some((address, bits)) = network(&host) {
        Hosts::Network(address, bits)
    } else {
        let domain = host.strip_prefix('*').unwrap_or(&host);
        let domain = domain.trim_start_matches('.');
        match domain {
            "" => return None,
            _ if domain.contains('*') => Hosts::Pattern(host.clone()),
            _ => Hosts::Domain(domain.to_owned()),
        }
    };
    Some(Entry { hosts, port })
}

/// `host:443`, `[::1]:443`; an IPv6 address without brackets has no port.
fn host_and_port(text: &str) -> (&str, Option<u16>) {
    let Some((host, port)) = text.rsplit_once(':') else {
        return (text, None);
    };
    let is_one = !host.contains(':') || host.ends_with(']');
    match port.parse() {
        Ok(port) if is_one => (host, Some(port)),
        _ => (text, None),
    }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = bare(address).parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(all);
    (bits <= all).then_some((address, bits))
}

fn is_in(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let differing = u32::from(one) ^ u32::from(other);
            differing.leading_zeros() >= bits
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            let differing = u128::from(one) ^ u128::from(other);
            differing.leading_zeros() >= bits
        }
        _ => false,
    }
}

fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_of_curl_go_and_dotnet() {
        for (list, target, expected) in [
            ("dev.azure.com", "https://dev.azure.com/contoso", true),
            ("DEV.Azure.com", "https://dev.azure.com/", true),
            ("azure.com", "https://dev.azure.com/", true),
            ("zure.com", "https://dev.azure.com/", false),
            (".azure.com", "https://dev.azure.com/", true),
            (".azure.com", "https://azure.com/", true),
            ("*.azure.com", "https://dev.azure.com/", true),
            ("*.azure.com", "https://dev.azure.com.evil.example/", false),
            ("*", "https://dev.azure.com/", true),
            ("a;dev.azure.com", "https://dev.azure.com/", true),
            ("a, dev.azure.com", "https://dev.azure.com/", true),
            ("a dev.azure.com", "https://dev.azure.com/", true),
            ("dev.azure.com:443", "https://dev.azure.com/", true),
            ("dev.azure.com:8443", "https://dev.azure.com/", false),
            ("*.contoso.com:8443", "https://tfs.contoso.com:8443/", true),
            ("https://dev.azure.com/", "https://dev.azure.com/", true),
            ("dev.azure.com.", "https://dev.azure.com/", true),
            ("10.0.0.0/8", "https://10.1.2.3/", true),
            ("10.0.0.0/8", "https://11.1.2.3/", false),
            ("10.1.2.3", "https://10.1.2.3:8443/", true),
            ("10.1.2.3:443", "https://10.1.2.3:8443/", false),
            ("10.0.*", "https://10.0.2.3/", true),
            ("10.0.*", "https://10.1.2.3/", false),
            ("0.0.0.0/0", "https://10.1.2.3/", true),
            ("10.0.0.0/33", "https://10.1.2.3/", false),
            ("fd00::/8", "https://[fd12::1]/", true),
            ("[fd12::1]:443", "https://[fd12::1]/", true),
            ("fd12::1", "https://[fd12::1]/", true),
            ("", "https://dev.azure.com/", false),
            (" , ;", "https://dev.azure.com/", false),
            (".", "https://dev.azure.com/", false),
        ] {
            let target = Url::parse(target).expect("an address");
            assert_eq!(
                NoProxy::read(list).covers(&target),
                expected,
                "{list} {target}"
            );
        }
    }
}
