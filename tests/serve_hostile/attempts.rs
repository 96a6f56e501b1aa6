//! Everything that a process without the key can send to a broker, as a table.
//!
//! It contains no expected answers.

use crate::serve_bytes::{GOOD, GOOD_AZD};

/// Attempts with their descriptions. KEY and PORT stand for the broker's values.
pub(super) fn all() -> Vec<(&'static str, String)> {
    let key = "X-IDENTITY-HEADER: KEY\r\n";
    let host = "Host: 127.0.0.1:PORT\r\n";
    let target = "/msi/token?api-version=2019-08-01&resource=499b84ac-1321-427f-aa17-267ca6975798";
    let with_key = |key: &str| GOOD.replace("X-IDENTITY-HEADER: KEY\r\n", key);
    let with_host = |host: &str| GOOD.replace("Host: 127.0.0.1:PORT\r\n", host);
    let with = |header: &str| GOOD.replace("\r\n\r\n", &format!("\r\n{header}\r\n\r\n"));
    let with_method = |method: &str| GOOD.replacen("GET", method, 1);
    let with_path = |path: &str| GOOD.replacen("/msi/token", path, 1);
    let at = |path: &str| {
        format!(
            "GET {path}?resource=499b84ac-1321-427f-aa17-267ca6975798 HTTP/1.1\r\n{host}Metadata: true\r\n\r\n"
        )
    };
    let machine = "/metadata/identity/oauth2/token";
    let stop =
        |headers: &str| format!("POST /stop HTTP/1.1\r\n{host}{headers}Content-Length: 0\r\n\r\n");
    let without_key = |headers: &str, body: &str| {
        format!("POST /azd/token HTTP/1.1\r\n{host}{headers}\r\n{body}")
    };
    let many: String = (0..100)
        .map(|number| format!("X-{number}: 1\r\n"))
        .collect();
    vec![
        ("no key", with_key("")),
        ("an empty key", with_key("X-IDENTITY-HEADER:\r\n")),
        (
            "a wrong key",
            with_key(&format!("X-IDENTITY-HEADER: {}\r\n", "0".repeat(64))),
        ),
        ("a short key", with_key("X-IDENTITY-HEADER: 0\r\n")),
        (
            "a key and one digit more",
            with_key("X-IDENTITY-HEADER: KEY0\r\n"),
        ),
        (
            "a key and one digit less",
            with_key("X-IDENTITY-HEADER: SHORT\r\n"),
        ),
        (
            "the key in capitals",
            with_key("X-IDENTITY-HEADER: CAPITALS\r\n"),
        ),
        (
            "the key in quotes",
            with_key("X-IDENTITY-HEADER: \"KEY\"\r\n"),
        ),
        (
            "the key twice in a header",
            with_key("X-IDENTITY-HEADER: KEY, KEY\r\n"),
        ),
        ("the key in two headers", with_key(&format!("{key}{key}"))),
        (
            "a wrong key after the right one",
            with_key(&format!("{key}X-IDENTITY-HEADER: 0\r\n")),
        ),
        (
            "a long key",
            with_key(&format!("X-IDENTITY-HEADER: {}\r\n", "a".repeat(4096))),
        ),
        (
            "a key that is not text",
            with_key("X-IDENTITY-HEADER: \u{fffd}\r\n"),
        ),
        (
            "the key in azd's header",
            with_key("Authorization: Bearer KEY\r\n"),
        ),
        (
            "the key in a password",
            with_key("Authorization: Basic KEY\r\n"),
        ),
        ("the key in an old header", with_key("Secret: KEY\r\n")),
        (
            "the key in a cookie",
            with_key("Cookie: X-IDENTITY-HEADER=KEY\r\n"),
        ),
        (
            "the key in the query",
            with_key("").replacen("?", "?X-IDENTITY-HEADER=KEY&", 1),
        ),
        ("the key below the path", at("/msi/token/KEY")),
        ("the key above another path", at("/KEY/msi/token")),
        (
            "a wrong key above the machine's path",
            at(&format!("/{}{machine}", "0".repeat(64))),
        ),
        ("no key above the machine's path", at(machine)),
        (
            "the key in the path, without Metadata",
            at(&format!("/KEY{machine}")).replace("Metadata: true\r\n", ""),
        ),
        (
            "the key in the path, with another Metadata",
            at(&format!("/KEY{machine}")).replace("true", "yes"),
        ),
        (
            "the key in the path's second part",
            at(&format!("/x/KEY{machine}")),
        ),
        ("the key after two slashes", at(&format!("//KEY{machine}"))),
        (
            "the key in the path, as dots lead to it",
            at(&format!("/x/../KEY{machine}")),
        ),
        (
            "azd without a key",
            GOOD_AZD.replace("Authorization: Bearer KEY\r\n", ""),
        ),
        (
            "azd with a wrong key",
            GOOD_AZD.replace("KEY", &"0".repeat(64)),
        ),
        ("azd with a password", GOOD_AZD.replace("Bearer", "Basic")),
        (
            "azd with the other header",
            GOOD_AZD.replace("Authorization: Bearer", "X-IDENTITY-HEADER:"),
        ),
        ("the end without a key", stop("")),
        ("the end with the key for tokens", stop(key)),
        (
            "the end with a wrong key",
            stop(&format!("X-IDENTITY-HEADER: {}\r\n", "0".repeat(64))),
        ),
        ("no Host", with_host("")),
        ("an empty Host", with_host("Host:\r\n")),
        ("two Hosts", with_host(&format!("{host}{host}"))),
        (
            "a foreign Host",
            with_host("Host: attacker.example:PORT\r\n"),
        ),
        (
            "a name that leads to this machine",
            with_host("Host: 127.0.0.1.nip.io:PORT\r\n"),
        ),
        (
            "another address of this machine",
            with_host("Host: 0.0.0.0:PORT\r\n"),
        ),
        ("a Host without the port", with_host("Host: 127.0.0.1\r\n")),
        (
            "a Host with another port",
            with_host("Host: 127.0.0.1:1\r\n"),
        ),
        (
            "a user in the Host",
            with_host("Host: x@127.0.0.1:PORT\r\n"),
        ),
        (
            "a whole address",
            with_path("http://127.0.0.1:PORT/msi/token"),
        ),
        (
            "a whole foreign address",
            with_path("http://attacker.example/msi/token"),
        ),
        ("a page", with("Origin: http://127.0.0.1:PORT")),
        ("a page of a file", with("Origin: null")),
        ("a browser", with("Sec-Fetch-Site: same-origin")),
        ("a browser's address bar", with("Sec-Fetch-Site: none")),
        (
            "a proxy, X-Forwarded-For",
            with("X-Forwarded-For: 127.0.0.1"),
        ),
        (
            "a proxy, X-Forwarded-Host",
            with("X-Forwarded-Host: 127.0.0.1:PORT"),
        ),
        (
            "a proxy, X-Forwarded-Proto",
            with("X-Forwarded-Proto: http"),
        ),
        ("a proxy, Forwarded", with("Forwarded: for=127.0.0.1")),
        ("a proxy, Via", with("Via: 1.1 proxy")),
        ("OPTIONS", with_method("OPTIONS")),
        ("HEAD", with_method("HEAD")),
        ("POST", with_method("POST")),
        ("PUT", with_method("PUT")),
        ("DELETE", with_method("DELETE")),
        ("TRACE", with_method("TRACE")),
        ("its own method", with_method("TOKEN")),
        ("a method in lowercase", with_method("get")),
        (
            "CONNECT",
            format!("CONNECT 127.0.0.1:PORT HTTP/1.1\r\n{host}{key}\r\n"),
        ),
        (
            "OPTIONS of everything",
            format!("OPTIONS * HTTP/1.1\r\n{host}{key}\r\n"),
        ),
        ("azd by GET", GOOD_AZD.replacen("POST", "GET", 1)),
        ("the root", with_path("/")),
        ("a path above", with_path("/msi")),
        ("a path below", with_path("/msi/token/x")),
        ("a path with a slash at its end", with_path("/msi/token/")),
        ("a path in capitals", with_path("/MSI/TOKEN")),
        ("a path with two slashes", with_path("//msi/token")),
        ("a path with dots", with_path("/x/../msi/token")),
        ("an encoded path", with_path("/msi/%74oken")),
        ("a path with an encoded slash", with_path("/msi%2Ftoken")),
        ("a path with a zero", with_path("/msi/token%00")),
        ("a path with a parameter", with_path("/msi/token;x=1")),
        ("azd's own folder", with_path("/azd")),
        ("a file", with_path("/../../../../etc/passwd")),
        (
            "HTTP/1.0 without a Host",
            with_host("").replace("HTTP/1.1", "HTTP/1.0"),
        ),
        (
            "HTTP/1.0 without a key",
            with_key("").replace("HTTP/1.1", "HTTP/1.0"),
        ),
        (
            "HTTP/2 without asking",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        ),
        ("HTTP of another age", GOOD.replace("HTTP/1.1", "HTTP/3.1")),
        ("no HTTP", "\u{1}\u{2}garbage\u{7f}\r\n\r\n".to_owned()),
        (
            "a mail",
            "EHLO attacker.example\r\nMAIL FROM:<a@attacker.example>\r\n\r\n".to_owned(),
        ),
        ("a header without a name", with(": x")),
        ("a header with a space in its name", with("X-A : x")),
        ("a header over two lines", with("X-A: x\r\n y")),
        ("a header with a zero", with("X-A: \0")),
        (
            "lines that end otherwise",
            with_key("").replace("\r\n", "\n"),
        ),
        (
            "a head of 20,000 bytes",
            with_key(&format!("X-A: {}\r\n", "a".repeat(20_000))),
        ),
        (
            "a target of 20,000 bytes",
            with_key("").replacen("api", &"a".repeat(20_000), 1),
        ),
        ("a hundred headers", with_key(&many)),
        (
            "a body of 100 gigabytes",
            without_key("Content-Length: 100000000000\r\n", "x"),
        ),
        (
            "a body of less than nothing",
            without_key("Content-Length: -1\r\n", "x"),
        ),
        (
            "a body of two lengths",
            without_key("Content-Length: 1\r\nContent-Length: 2\r\n", "x"),
        ),
        (
            "a body in pieces without end",
            without_key("Transfer-Encoding: chunked\r\n", &"1000\r\n".repeat(64)),
        ),
        (
            "a body in a piece of 16 exabytes",
            without_key("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n"),
        ),
        (
            "a body that waits to be asked for",
            without_key("Content-Length: 60\r\nExpect: 100-continue\r\n", ""),
        ),
        ("a good request behind a bad one", with_key("") + GOOD),
        (
            "a good request in a bad one's body",
            without_key(&format!("Content-Length: {}\r\n", GOOD.len()), GOOD),
        ),
        (
            "a good request between two ways to end a body",
            without_key(
                "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                &format!("0\r\n\r\n{GOOD}"),
            ),
        ),
        (
            "a request for another one",
            format!(
                "GET {target} HTTP/1.1\r\n{host}X-IDENTITY-HEADER: 0\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
            ),
        ),
    ]
}
