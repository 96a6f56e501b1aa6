//! Parses the head of a request strictly: what two servers could read differently is refused.
//!
//! It does not decide which requests are allowed.

use std::ops::Range;

/// The longest head, in bytes.
pub(crate) const LONGEST: usize = 64 * 1024;

/// Parts of the names of headers that replace the method, path or host for some servers.
const OVERRIDING: [&[u8]; 5] = [
    b"forward",
    b"http-method",
    b"method-override",
    b"original",
    b"rewrite",
];

/// A request's head, and the parts that the proxy uses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// As received, with the empty line.
    pub(crate) bytes: Vec<u8>,
    pub(crate) method: String,
    pub(crate) target: String,
    /// The value of `Host`.
    pub(crate) host: String,
    pub(crate) body: Body,
    /// Where the value of `Authorization` is.
    pub(crate) authorization: Option<Range<usize>>,
    /// The value of `Proxy-Authorization`.
    pub(crate) proxy_authorization: Option<String>,
}

/// How the end of a request's body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Length(u64),
    Chunked,
}

/// Why a request is refused.
pub(crate) type Reason = &'static str;

/// The length of the head at the start of a buffer; nothing if it is incomplete.
pub(crate) fn length(buffer: &[u8]) -> Option<usize> {
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n");
    end.map(|end| end + 4)
}

impl Head {
    /// Parses a complete head.
    ///
    /// # Errors
    /// It is not HTTP/1, or two servers could read it differently.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Reason> {
        let lines = bytes.strip_suffix(b"\r\n\r\n").ok_or("it is incomplete")?;
        let (line, mut at) = line(lines, 0)?;
        let mut words = line.split(|byte| *byte == b' ');
        let mut word = || words.next().ok_or("its first line is incomplete");
        let (method, target, version) = (word()?, word()?, word()?);
        let is_http_1_1 = match version {
            b"HTTP/1.1" => true,
            b"HTTP/1.0" => false,
            _ => return Err("it is not HTTP/1.1"),
        };
        if words.next().is_some() || !is_token(method) {
            return Err("its first line is malformed");
        }
        let is_plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'#';
        if target.is_empty() || !target.iter().all(is_plain) {
            return Err("its target has a character that is not valid in a URL");
        }
        let (mut host, mut length, mut chunked) = (None, None, false);
        let mut head = Self {
            bytes: bytes.to_vec(),
            method: text(method),
            target: text(target),
            host: String::new(),
            body: Body::Length(0),
            authorization: None,
            proxy_authorization: None,
        };
        while at < lines.len() {
            let (field, next) = self::line(lines, at)?;
            let colon = field.iter().position(|byte| *byte == b':');
            let colon = colon.ok_or("it has a line without a colon")?;
            let (name, value) = (&field[..colon], &field[colon + 1..]);
            // For some servers, a line that starts with a space continues the previous one.
            if !is_token(name) {
                return Err("it has an invalid header name");
            }
            let trimmed = value.trim_ascii();
            let once = |is_first: bool| match is_first {
                true => Ok(()),
                false => Err("it repeats a header that is allowed only once"),
            };
            let name = name.to_ascii_lowercase();
            match name.as_slice() {
                b"host" => {
                    once(host.is_none())?;
                    host = Some(text(trimmed));
                }
                b"content-length" => {
                    once(length.is_none())?;
                    length = Some(number(trimmed)?);
                }
                b"transfer-encoding" => {
                    once(!chunked)?;
                    if !is_http_1_1 || !trimmed.eq_ignore_ascii_case(b"chunked") {
                        return Err("its transfer encoding is not only chunked");
                    }
                    chunked = true;
                }
                b"authorization" => {
                    once(head.authorization.is_none())?;
                    let start = at + colon + 1 + (value.len() - value.trim_ascii_start().len());
                    head.authorization = Some(start..start + trimmed.len());
                }
                b"proxy-authorization" => {
                    once(head.proxy_authorization.is_none())?;
                    head.proxy_authorization = Some(text(trimmed));
                }
                // The bytes after it would not be requests.
                b"upgrade" => return Err("it asks for another protocol"),
                // For clients that cannot send PATCH.
                b"x-http-method-override" if trimmed == b"PATCH" => {}
                name if OVERRIDING.iter().any(|part| has(name, part)) => {
                    return Err("it has a header that replaces its method, host or path");
                }
                _ => {}
            }
            at = next;
        }
        head.host = host.unwrap_or_default();
        head.body = match (length, chunked) {
            (Some(_), true) => return Err("it has both a content length and a transfer encoding"),
            (Some(length), false) => Body::Length(length),
            (None, true) => Body::Chunked,
            (None, false) => Body::Length(0),
        };
        Ok(head)
    }

    /// The value of `Authorization`.
    pub(crate) fn credential(&self) -> Option<&[u8]> {
        Some(&self.bytes[self.authorization.clone()?])
    }

    /// The target without its query.
    pub(crate) fn path(&self) -> &str {
        let end = self.target.find('?').unwrap_or(self.target.len());
        &self.target[..end]
    }
}

/// The size of a chunk, from its line without `\n`. Extensions are refused, because servers differ in where they end; no
/// known client sends one. So are sizes of more than 32 bits.
pub(crate) fn chunk_size(line: &[u8]) -> Result<u64, Reason> {
    let bad = "the size of a chunk is missing";
    let size = line.strip_suffix(b"\r").ok_or(bad)?;
    let is_valid = (1..=8).contains(&size.len()) && size.iter().all(u8::is_ascii_hexdigit);
    let size = std::str::from_utf8(size).ok().filter(|_| is_valid);
    size.and_then(|size| u64::from_str_radix(size, 16).ok())
        .ok_or(bad)
}

/// The line that starts at `at`, and the start of the next one.
fn line(lines: &[u8], at: usize) -> Result<(&[u8], usize), Reason> {
    let rest = &lines[at..];
    let end = rest.windows(2).position(|two| two == b"\r\n");
    let end = end.unwrap_or(rest.len());
    let line = &rest[..end];
    if line
        .iter()
        .any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
    {
        return Err("it has control characters");
    }
    Ok((line, (at + end + 2).min(lines.len())))
}

/// A number of digits only: some servers accept a sign or a list.
fn number(text: &[u8]) -> Result<u64, Reason> {
    let is_valid = (1..=18).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| is_valid);
    text.and_then(|text| text.parse().ok())
        .ok_or("its content length is not a number")
}

fn has(name: &[u8], part: &[u8]) -> bool {
    name.windows(part.len()).any(|some| some == part)
}

/// Whether this is a `token` (RFC 9110, 5.6.2).
fn is_token(text: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_allowed)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_two_servers_could_read_differently() {
        for (rest, reason) in [
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1",
                "it repeats a header that is allowed only once",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
                "it has both a content length and a transfer encoding",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "it repeats a header that is allowed only once",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked",
                "its transfer encoding is not only chunked",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{b}chunked",
                "it has control characters",
            ),
            (
                "GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked",
                "its transfer encoding is not only chunked",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1",
                "its content length is not a number",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1",
                "its content length is not a number",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:",
                "its content length is not a number",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 1",
                "it has an invalid header name",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n Content-Length: 1",
                "it has an invalid header name",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2",
                "it has control characters",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2",
                "it has control characters",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX: \0",
                "it has control characters",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX",
                "it has a line without a colon",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b",
                "it repeats a header that is allowed only once",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nauthorization: b",
                "it repeats a header that is allowed only once",
            ),
            ("GET  / HTTP/1.1\r\nHost: a", "it is not HTTP/1.1"),
            ("GET / HTTP/1.1 \r\nHost: a", "its first line is malformed"),
            ("GET / HTTP/2\r\nHost: a", "it is not HTTP/1.1"),
            ("GET /\r\nHost: a", "its first line is incomplete"),
            (
                "GET /#a HTTP/1.1\r\nHost: a",
                "its target has a character that is not valid in a URL",
            ),
            (
                "GET /\u{e9} HTTP/1.1\r\nHost: a",
                "its target has a character that is not valid in a URL",
            ),
            (
                "\r\nGET / HTTP/1.1\r\nHost: a",
                "its first line is incomplete",
            ),
            ("", "its first line is incomplete"),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket",
                "it asks for another protocol",
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: TRACE",
                "it has a header that replaces its method, host or path",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: b",
                "it has a header that replaces its method, host or path",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX-Original-URL: /b",
                "it has a header that replaces its method, host or path",
            ),
        ] {
            let read = Head::read(format!("{rest}\r\n\r\n").as_bytes());
            assert_eq!(read, Err(reason), "{rest:?}");
        }
    }

    #[test]
    fn reads_what_clients_send() {
        let bytes = b"POST /contoso/_apis?x=/y HTTP/1.1\r\nhost:dev.azure.com\r\nAuthorization:  Basic OnB3 \r\n\
                      X-Name: \xc3\xa9\tx\r\nEmpty:\r\ncontent-length: 12\r\n\r\n";
        let head = Head::read(bytes).expect("a head");
        assert_eq!(
            (head.method.as_str(), head.path()),
            ("POST", "/contoso/_apis")
        );
        assert_eq!(head.credential(), Some(&b"Basic OnB3"[..]));
        assert_eq!(
            (head.host.as_str(), head.body),
            ("dev.azure.com", Body::Length(12))
        );
        assert_eq!(length(&[bytes, &b"body"[..]].concat()), Some(bytes.len()));
        assert_eq!(length(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn reads_the_size_of_a_chunk() {
        for (line, expected) in [
            ("0\r", Some(0)),
            ("1a\r", Some(26)),
            ("1a;x=\"y\"\r", None),
            ("100000000\r", None),
            ("1a", None),
            ("\r", None),
            ("0x1\r", None),
            ("+1\r", None),
            (" 1\r", None),
            ("1 \r", None),
            ("1;\0\r", None),
            ("1000000000000000\r", None),
        ] {
            assert_eq!(chunk_size(line.as_bytes()).ok(), expected, "{line:?}");
        }
    }
}
