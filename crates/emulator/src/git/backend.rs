//! git's own `http-backend`, run for one request as a web server runs it (`git help http-backend`).
//!
//! It never checks permissions.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::http::{Answer, Request};

/// Answers one request for a bare repository, with permission to read and to write.
pub(crate) fn answer(folder: &Path, rest: &str, caller: &str, request: &Request) -> Answer {
    let mut command = git();
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{rest}"))
        .env("REQUEST_METHOD", &request.method)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("REMOTE_USER", caller)
        .env("REMOTE_ADDR", "127.0.0.1");
    for (header, variable) in [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ] {
        if let Some(value) = request.header(header) {
            command.env(variable, value);
        }
    }
    let mut backend = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git is on the PATH");
    let mut stdin = backend.stdin.take().expect("a pipe");
    let body = request.body.clone();
    // In parallel with reading: git starts to answer before it has read everything.
    let writer = thread::spawn(move || {
        // It may refuse and exit before it has read everything; its answer has the reason.
        let _ = stdin.write_all(&body);
    });
    let output = backend.wait_with_output().expect("git ends");
    writer.join().expect("a body that was written");
    from_cgi(&output.stdout).unwrap_or_else(|| {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        panic!("git http-backend answered nothing that can be read: {errors}")
    })
}

/// git without the settings of this machine and user.
pub(super) fn git() -> Command {
    let mut command = Command::new("git");
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
        "GIT_PROTOCOL",
    ] {
        command.env_remove(variable);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env(
        "GIT_CONFIG_GLOBAL",
        if cfg!(windows) { "NUL" } else { "/dev/null" },
    );
    command
}

/// Headers, an empty line, a body; the status is a header (RFC 3875, section 6).
fn from_cgi(output: &[u8]) -> Option<Answer> {
    let end = output.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let mut answer = Answer {
        status: 200,
        headers: Vec::new(),
        body: output[end + 4..].to_vec(),
    };
    for line in std::str::from_utf8(&output[..end]).ok()?.split("\r\n") {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            answer.status = value.split(' ').next()?.parse().ok()?;
        } else {
            answer.headers.push((name.to_owned(), value.to_owned()));
        }
    }
    Some(answer)
}
