//! A task's folder as an agent unpacks it, and names for text that differs from run to run.
//!
//! It knows no task and asserts nothing.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where `cargo xtask test` puts a client.
pub(crate) fn client(name: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = target.join("clients").join(name);
    assert!(
        folder.is_dir(),
        "the client {name} is not installed: run `cargo xtask test`"
    );
    folder
}

/// Node's name of this machine, as in task/platforms.json.
pub(crate) fn platform() -> &'static str {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        ("windows", _) => "win32-x64",
        (system, processor) => panic!("task/platforms.json has no row for {system} on {processor}"),
    }
}

/// A folder with a task in it, removed when dropped.
pub(crate) struct TaskFolder {
    folder: TempDir,
}

impl TaskFolder {
    /// `task/<name>` with the launcher and the binary under test, the executable bit lost on the way, as
    /// in every VSIX.
    pub(crate) fn unpacked(name: &str) -> Self {
        let folder = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let task = root().join("task");
        for (from, to) in [
            (task.join(name).join("task.json"), "task.json"),
            (task.join("launch.js"), "launch.js"),
            // Under its other name the launcher is the section after the job.
            (task.join("launch.js"), "postjobexecution.js"),
            (task.join("platforms.json"), "platforms.json"),
        ] {
            fs::copy(from, folder.path().join(to)).expect("a copy");
        }
        let binary = folder.binary();
        fs::create_dir_all(binary.parent().expect("a folder")).expect("a folder");
        fs::copy(env!("CARGO_BIN_EXE_adieu"), &binary).expect("a copy");
        set_mode(&binary, 0o644);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary of this machine in it.
    pub(crate) fn binary(&self) -> PathBuf {
        let name = if cfg!(windows) { "adieu.exe" } else { "adieu" };
        self.path().join("bin").join(platform()).join(name)
    }
}

#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_path: &Path, _mode: u32) {}

/// The text with names in place of what differs from run to run.
pub(crate) fn stable(world: &adieu_emulator::World, text: &str) -> String {
    let mut text = text.to_owned();
    let connection = world.connection_id(adieu_emulator::MY_CONNECTION);
    for (value, name) in [
        (
            world.azure_devops().url().trim_end_matches('/').to_owned(),
            "[COLLECTION]",
        ),
        (world.azure_devops().host(), "[AZURE DEVOPS]"),
        (world.entra().host(), "[ENTRA]"),
        (world.tenant(), "[TENANT]"),
        (connection, "[CONNECTION]"),
    ] {
        text = text.replace(&value, name);
    }
    let text = replace_words(&text, is_guid, "[GUID]");
    replace_words(&text, is_time, "[TIME]")
}

/// Replaces each word (letters, digits, `-`, `:`, `.`) that a test accepts.
fn replace_words(text: &str, accepted: fn(&str) -> bool, name: &str) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-:.".contains(character);
    let mut replaced = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .find(|character| !is_part(character))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let bare = word.trim_end_matches(['.', ':']);
        if accepted(bare) {
            replaced.push_str(name);
            replaced.push_str(&word[bare.len()..]);
        } else {
            replaced.push_str(word);
        }
        let next = after.chars().next().map_or(0, char::len_utf8);
        replaced.push_str(&after[..next]);
        rest = &after[next..];
    }
    replaced
}

fn is_guid(word: &str) -> bool {
    word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        // Azure DevOps' own application is a fact, not a chance.
        && word != "499b84ac-1321-427f-aa17-267ca6975798"
}

fn is_time(word: &str) -> bool {
    word.len() >= 20
        && word.ends_with('Z')
        && word.as_bytes()[10] == b'T'
        && word.as_bytes()[4] == b'-'
}

/// Runs EntraToken@1 with these inputs, as the step `tokens`.
pub(crate) fn run(
    job: &mut adieu_emulator::Job<'_>,
    inputs: &[(&str, &str)],
) -> adieu_emulator::Outcome {
    let folder = TaskFolder::unpacked("token");
    let mut step = job.step(folder.path()).name("tokens");
    for (name, value) in inputs {
        step = step.input(name, value);
    }
    step.run()
}

/// A question to a server of this machine, as it stands, and the answer: its status and its body.
pub(crate) fn ask(port: u16, request: &str) -> (u16, String) {
    let answer = answer(port, request);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    (status.unwrap_or(0), body.to_owned())
}

/// The same, and the answer as it came.
pub(crate) fn answer(port: u16, request: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A credential endpoint as clients find it in their environment.
pub(crate) struct Endpoint {
    pub(crate) port: u16,
    pub(crate) key: String,
}

impl Endpoint {
    /// From `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
    pub(crate) fn new(endpoint: &str, key: &str) -> Self {
        let port = endpoint
            .strip_prefix("http://127.0.0.1:")
            .and_then(|rest| rest.strip_suffix("/msi/token"))
            .and_then(|port| port.parse().ok());
        Self {
            port: port.unwrap_or_else(|| panic!("{endpoint} is no endpoint")),
            key: key.to_owned(),
        }
    }

    /// Asks as an SDK does.
    pub(crate) fn token(&self, resource: &str) -> (u16, serde_json::Value) {
        let (status, body) = ask(self.port, &self.question(resource));
        let body = serde_json::from_str(&body).unwrap_or_else(|_| panic!("no JSON: {body}"));
        (status, body)
    }

    /// What an SDK sends.
    pub(crate) fn question(&self, resource: &str) -> String {
        format!(
            "GET /msi/token?api-version=2019-08-01&resource={resource} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nX-IDENTITY-HEADER: {}\r\nConnection: close\r\n\r\n",
            self.port, self.key
        )
    }
}

/// The job's last section: its broker goes.
pub(crate) fn end(job: &mut adieu_emulator::Job<'_>, folder: &TaskFolder) {
    let outcome = job.step(folder.path()).section("postjobexecution").run();
    assert_eq!(
        (outcome.result, outcome.log.as_str()),
        (
            adieu_emulator::TaskResult::Succeeded,
            "The job's credential endpoint is closed."
        )
    );
}

/// How long a token lives by the emulated clock, in seconds.
pub(crate) fn seconds_left(world: &adieu_emulator::World, token: &str) -> i64 {
    use base64::Engine as _;
    let claims = token.split('.').nth(1).unwrap_or_default();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims);
    let claims: serde_json::Value =
        serde_json::from_slice(&claims.unwrap_or_default()).unwrap_or_default();
    let end = claims["exp"].as_i64();
    end.unwrap_or_else(|| panic!("{token} does not say when it ends")) - world.clock().now()
}
