//! TLS handshakes that can never succeed: reported after the first attempt, with what the other side does not
//! support.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use adieu_emulator::Connection;

use super::{fails, world};

/// A host that answers anything with these bytes. Its thread ends with the tests.
fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(bytes);
            // The client closes first, so that it has read the answer.
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    address
}

#[test]
fn names_what_the_other_side_of_a_handshake_lacks() {
    for (bytes, reason) in [
        // RFC 8446, section 6: a fatal alert (2) with its number.
        (
            &b"\x15\x03\x01\x00\x02\x02\x46"[..],
            "it supports neither TLS 1.2 nor TLS 1.3, and adieu no older version",
        ),
        (
            b"\x15\x03\x03\x00\x02\x02\x28",
            "it supports none of the cipher suites, key exchanges and signatures that adieu supports (TLS 1.2 and 1.3 with AES-GCM, P-256 and P-384, RSA and ECDSA)",
        ),
        (
            b"\x15\x03\x03\x00\x02\x02\x70",
            "it does not know this host name",
        ),
        (b"HTTP/1.0 400 Bad Request\r\n\r\n", "its answer is not TLS"),
    ] {
        let world = world();
        let address = answering(bytes);
        let host = address.trim_start_matches("https://").trim_end_matches('/');
        world.add_connection(Connection::workload_identity("no-tls").authority(&address));
        let mut job = world.job();
        fails(
            &world,
            &mut job,
            "no-tls",
            &format!(
                "\
##[error]Microsoft Entra ({host}) did not answer at the first attempt: no TLS connection is possible: {reason}.
  tokens: AZURE_DEVOPS_TOKEN
  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
What to do: Have the owner of the proxy that inspects TLS, or else of the service, use supported TLS settings and certificates.
More: adieu explain certificates"
            ),
        );
    }
}
