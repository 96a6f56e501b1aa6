//! The helpers as clients start them: their answers for feeds, and for other hosts.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use adieu_emulator::World;
use expect_test::expect;

use super::job::{FEED, Feeds, world};
use crate::harness::set_mode;

/// A job after the step, with all helpers.
fn served(world: &World) -> Feeds<'_> {
    let mut feeds = Feeds::of(world);
    feeds.succeed(&[("feeds", "contoso/packages")]);
    feeds
}

impl Feeds<'_> {
    fn helper(&self, name: &str) -> PathBuf {
        self.folder().join("bin").join(name)
    }

    /// Starts a helper with lines on its standard input.
    fn ask(&self, name: &str, arguments: &[&str], input: &str) -> Output {
        let mut process = Command::new(self.helper(name))
            .args(arguments)
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the helper starts");
        let mut stream = process.stdin.take().expect("a pipe");
        let _ = stream.write_all(input.as_bytes());
        drop(stream);
        process.wait_with_output().expect("it ends")
    }

    /// Its output, with placeholders for tokens, and its exit code.
    fn answer(&self, name: &str, arguments: &[&str], input: &str) -> String {
        let output = self.ask(name, arguments, input);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let npmrc = fs::read_to_string(self.folder().join("npmrc")).expect("a file");
        let token = npmrc
            .split("_authToken=")
            .nth(1)
            .and_then(|rest| rest.lines().next());
        let text = text.replace(token.expect("a token"), "[TOKEN]");
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("{text}{errors}exit {}", output.status.code().unwrap_or(-1))
    }
}

/// Hosts without a credential, for every client.
const OTHERS: [&str; 9] = [
    "https://pypi.org/simple/",
    "https://pkgs.dev.azure.com.evil.example/contoso/_packaging/packages/pypi/simple/",
    "https://pkgs.dev.azure.com:8443/contoso/_packaging/packages/pypi/simple/",
    "https://pkgs.dev.azure.com@evil.example/contoso/_packaging/packages/pypi/simple/",
    "https://evil.example\\@pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/",
    "http://pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/",
    "https://pkgs.dev.azure.com/fabrikam/_packaging/packages/pypi/simple/",
    "https://pkgs.dev.azure.com/../contoso/_packaging/packages/pypi/simple/",
    "https://contoso.visualstudio.com/_packaging/packages/pypi/simple/",
];

#[test]
fn keyring_speaks_each_clients_dialect() {
    let world = world();
    let mut feeds = served(&world);
    let index = format!("{FEED}/pypi/simple/");
    let answer = |arguments: &[&str]| feeds.answer("keyring", arguments, "");
    expect![[r#"
        [TOKEN]
        exit 0"#]]
    .assert_eq(&answer(&["get", &index, "adieu"]));
    expect![[r#"
        {"password":"[TOKEN]","username":"adieu"}
        exit 0"#]]
    .assert_eq(&answer(&["--mode=creds", "--output=json", "get", &index]));
    expect![[r#"
        adieu
        [TOKEN]
        exit 0"#]]
    .assert_eq(&answer(&["--mode=creds", "get", &index, ""]));
    let host = answer(&["get", "pkgs.dev.azure.com", "adieu"]);
    assert_eq!(host, "[TOKEN]\nexit 0");
    let own = "https://adieu@contoso.pkgs.visualstudio.com/_packaging/packages@Local/pypi/simple/";
    assert_eq!(answer(&["get", own, "adieu"]), "[TOKEN]\nexit 0");
    for other in OTHERS {
        assert_eq!(answer(&["get", other, "adieu"]), "exit 1", "{other}");
    }
    feeds.end();
}

#[test]
fn keyring_passes_other_requests_to_the_real_one() {
    let world = world();
    let mut feeds = served(&world);
    let folder = feeds.home().join("bin");
    fs::create_dir(&folder).expect("a folder");
    fs::write(
        folder.join("keyring"),
        "#!/bin/sh\necho \"real: $*\"\nexit 7\n",
    )
    .expect("a file");
    set_mode(&folder.join("keyring"), 0o755);
    let path = std::env::join_paths([feeds.folder().join("bin"), folder, "/bin".into()]);
    let path = path.expect("a PATH");
    let output = Command::new(feeds.helper("keyring"))
        .args(["set", "https://pypi.org/simple/", "me"])
        .env_clear()
        .env("PATH", path)
        .output()
        .expect("it starts");
    assert_eq!(
        (
            String::from_utf8_lossy(&output.stdout).trim(),
            output.status.code()
        ),
        ("real: set https://pypi.org/simple/ me", Some(7))
    );
    feeds.end();
}

#[test]
fn nuget_gets_a_credential_by_both_protocols() {
    let world = world();
    let mut feeds = served(&world);
    let index = format!("{FEED}/nuget/v3/index.json");
    let question = |uri: &str| {
        let uri = serde_json::Value::from(uri);
        [
            r#"{"RequestId":"1","Type":"Request","Method":"Handshake","Payload":{"ProtocolVersion":"2.0.0","MinimumProtocolVersion":"1.0.0"}}"#.to_owned(),
            r#"{"RequestId":"adieu-handshake","Type":"Response","Method":"Handshake","Payload":{"ResponseCode":"Success","ProtocolVersion":"2.0.0"}}"#.to_owned(),
            r#"{"RequestId":"2","Type":"Request","Method":"Initialize","Payload":{"ClientVersion":"5.8.0","Culture":"en-US","RequestTimeout":"00:00:05"}}"#.to_owned(),
            r#"{"RequestId":"3","Type":"Request","Method":"GetOperationClaims","Payload":{}}"#.to_owned(),
            format!(r#"{{"RequestId":"4","Type":"Request","Method":"GetAuthenticationCredentials","Payload":{{"Uri":{uri},"IsRetry":false,"IsNonInteractive":true,"CanShowDialog":false}}}}"#),
            String::new(),
        ]
        .join("\n")
    };
    expect![[r#"
        {"Method":"Handshake","Payload":{"MinimumProtocolVersion":"1.0.0","ProtocolVersion":"2.0.0"},"RequestId":"adieu-handshake","Type":"Request"}
        {"Method":"Handshake","Payload":{"ProtocolVersion":"2.0.0","ResponseCode":"Success"},"RequestId":"1","Type":"Response"}
        {"Method":"Initialize","Payload":{"ResponseCode":"Success"},"RequestId":"2","Type":"Response"}
        {"Method":"GetOperationClaims","Payload":{"Claims":["Authentication"]},"RequestId":"3","Type":"Response"}
        {"Method":"GetAuthenticationCredentials","Payload":{"AuthenticationTypes":["Basic"],"Message":null,"Password":"[TOKEN]","ResponseCode":"Success","Username":"adieu"},"RequestId":"4","Type":"Response"}
        exit 0"#]].assert_eq(&feeds.answer("nuget-plugin-adieu", &["-Plugin"], &question(&index)));
    let provider = "CredentialProvider.Adieu.exe";
    expect![[r#"
        {"AuthTypes":["basic"],"Message":"","Password":"[TOKEN]","Username":"adieu"}
        exit 0"#]]
    .assert_eq(&feeds.answer(provider, &["-uri", &index, "-nonInteractive"], ""));
    for other in OTHERS {
        let answer = feeds.answer("nuget-plugin-adieu", &["-Plugin"], &question(other));
        assert!(
            answer.contains(r#"{"ResponseCode":"NotFound"}"#),
            "{answer}"
        );
        assert!(!answer.contains("[TOKEN]"), "{other}");
        assert_eq!(
            feeds.answer(provider, &["-uri", other], ""),
            "exit 1",
            "{other}"
        );
    }
    feeds.end();
}

#[test]
fn cargo_gets_a_token_for_feeds_alone() {
    let world = world();
    let mut feeds = served(&world);
    let question = |index: &str| {
        let index = serde_json::Value::from(index);
        format!(
            "{{\"v\":1,\"registry\":{{\"index-url\":{index},\"name\":\"packages\",\"headers\":[]}},\"kind\":\"get\",\"operation\":\"read\",\"args\":[]}}\n"
        )
    };
    let ask = |index: &str| {
        feeds.answer(
            "cargo-credential-adieu",
            &["--cargo-plugin"],
            &question(index),
        )
    };
    let answer = ask(&format!("sparse+{FEED}/Cargo/index/"));
    assert!(answer.contains(r#""token":"Bearer [TOKEN]""#), "{answer}");
    for other in OTHERS {
        assert_eq!(
            ask(&format!("sparse+{other}")),
            "{\"v\":[1]}\n{\"Err\":{\"kind\":\"url-not-supported\"}}\nexit 0",
            "{other}"
        );
    }
    feeds.end();
}

/// A package's script can start a helper by its path after the job.
#[test]
fn a_helper_without_its_folder_returns_nothing() {
    let world = world();
    let mut feeds = served(&world);
    let copy = feeds.home().join("bin/keyring");
    fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
    fs::copy(feeds.helper("keyring"), &copy).expect("a copy");
    feeds.end();
    let index = format!("{FEED}/pypi/simple/");
    let output = Command::new(copy)
        .args(["get", &index, "adieu"])
        .env_clear()
        .output();
    let output = output.expect("it starts");
    assert_eq!(
        (output.stdout.as_slice(), output.status.code()),
        (&b""[..], Some(1))
    );
}
