//! Authorization: a request must come from a process on this machine that has the key, with a path of a protocol.
//!
//! It never reads what is requested, and refuses before anything else happens.

use std::io;

use adieu_secret::EndpointSecret;
use hyper::Method;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName};
use hyper::http::request::Parts;
use ring::rand::{SecureRandom as _, SystemRandom};
use subtle::ConstantTimeEq as _;

/// Path of App Service's endpoint, as in [`Address`](crate::Address).
pub(crate) const APP_SERVICE: &str = "/msi/token";
/// azd appends its own `/token`.
pub(crate) const AZD: &str = "/azd";
/// Path that stops the broker.
pub(crate) const STOP: &str = "/stop";
/// Path of a virtual machine's endpoint, after the key.
pub(crate) const VIRTUAL_MACHINE: &str = "/metadata/identity/oauth2/token";

/// Prefix of every key: a process that finds one in its environment can tell that the endpoint is a broker, not the
/// platform's own.
const MARK: &str = "adieu-";

/// Whether a value of `IDENTITY_HEADER` is a broker's key, of this one or another.
pub fn is_key(text: &str) -> bool {
    text.starts_with(MARK)
}

/// A new key of 256 bits, in hexadecimal digits behind a mark.
///
/// # Errors
/// The system has no random numbers.
pub fn new_key(mark: &str) -> io::Result<EndpointSecret> {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    let filled = SystemRandom::new().fill(bytes.as_mut());
    filled.map_err(|_| io::Error::other("there are no random numbers"))?;
    let mut key = String::with_capacity(mark.len() + 2 * bytes.len());
    key.push_str(mark);
    for byte in bytes.iter() {
        for half in [byte >> 4, byte & 15] {
            key.extend(char::from_digit(half.into(), 16));
        }
    }
    Ok(EndpointSecret::new(key))
}

/// The clients' key, and the one that stops the broker.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) ask: EndpointSecret,
    pub(crate) stop: EndpointSecret,
}

/// The purpose of an authorized request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// App Service's managed identity; or a virtual machine's, with the key in the path.
    ManagedIdentity,
    /// azd's external authentication.
    Azd,
    /// Stopping the broker.
    Stop,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// It names another host: a page in a browser, through a name that resolves to this machine.
    Host,
    /// A browser or a proxy sent it.
    Relayed,
    /// No protocol has this path.
    Path,
    /// The protocol uses another method.
    Method,
    /// The key is missing or wrong.
    Key,
}

impl Keys {
    /// One of each.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn random() -> io::Result<Self> {
        Ok(Self {
            ask: new_key(MARK)?,
            stop: new_key(MARK)?,
        })
    }
}

impl Rejection {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Host | Self::Relayed => 403,
            Self::Path => 404,
            Self::Method => 405,
            // Azure's SDKs retry none of these except 404, which no configured client gets.
            Self::Key => 401,
        }
    }

    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Host => "The request names another host than this endpoint.",
            Self::Relayed => "The request comes from a browser or through a proxy.",
            Self::Path => "There is nothing at this path.",
            Self::Method => "The method is not one of this protocol.",
            Self::Key => "The secret is missing or wrong.",
        }
    }
}

/// The route of a request, or why it is refused.
pub(crate) fn authorize(head: &Parts, port: u16, keys: &Keys) -> Result<Route, Rejection> {
    let headers = &head.headers;
    if !is_for_us(headers, port) || head.uri.authority().is_some() {
        return Err(Rejection::Host);
    }
    if headers.keys().any(is_of_a_relay) {
        return Err(Rejection::Relayed);
    }
    let path = head.uri.path();
    let (route, method, shown, key) = if path == APP_SERVICE {
        let shown = only(headers, "x-identity-header");
        (Route::ManagedIdentity, Method::GET, shown, &keys.ask)
    } else if path.strip_prefix(AZD) == Some("/token") {
        let shown =
            only(headers, AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
        (Route::Azd, Method::POST, shown, &keys.ask)
    } else if path == STOP {
        let shown = only(headers, "x-identity-header");
        (Route::Stop, Method::POST, shown, &keys.stop)
    } else {
        // Clients that only support a virtual machine's endpoint cannot send our header.
        let bare = path.trim_end_matches('/');
        let below = bare.strip_suffix(VIRTUAL_MACHINE).ok_or(Rejection::Path)?;
        // Like the real endpoint: a request that a page could make a server send lacks this header.
        let shown = only(headers, "metadata")
            .filter(|value| value.eq_ignore_ascii_case("true"))
            .and_then(|_| below.strip_prefix('/'));
        (Route::ManagedIdentity, Method::GET, shown, &keys.ask)
    };
    if !shown.is_some_and(|shown| is_same(shown, key)) {
        return Err(Rejection::Key);
    }
    if head.method != method {
        return Err(Rejection::Method);
    }
    Ok(route)
}

/// Whether only a browser or a proxy sends this header. Browsers send `Sec-Fetch-Site` with every request to this
/// machine; `Sec-Fetch-Mode` alone comes from Node's `fetch`, which is a client like any other.
fn is_of_a_relay(name: &HeaderName) -> bool {
    let name = name.as_str();
    matches!(name, "origin" | "forwarded" | "via" | "sec-fetch-site")
        || name.starts_with("x-forwarded-")
}

/// The only value of a header; `None` if there are several.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn is_for_us(headers: &HeaderMap, port: u16) -> bool {
    only(headers, HOST.as_str()).is_some_and(|host| {
        let name = host.strip_suffix(&format!(":{port}"));
        name.is_some_and(|name| name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
    })
}

/// Compares in constant time for keys of the right length.
fn is_same(shown: &str, key: &EndpointSecret) -> bool {
    shown.as_bytes().ct_eq(key.reveal().as_bytes()).into()
}
