//! A backend for Python's `keyring`, from which twine, hatch and poetry request a password: it runs our program.
//!
//! It contains no credential, and returns none for another host.

/// The files of a folder for `PYTHONPATH`: the backend, and the metadata by which `keyring` finds it
/// (keyring.readthedocs.io, "Third-party backends"). `provider` has the interface of NuGet's version 1.
pub(crate) fn keyring_backend(provider: &str) -> [(&'static str, String); 3] {
    const BACKEND: &str = r#""""Asks FeedAuthenticate@1 for the passwords of Azure Artifacts feeds."""
import json
import subprocess
from urllib.parse import urlsplit

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential


class Feeds(KeyringBackend):
    priority = 9.95

    def get_credential(self, service, username):
        try:
            host = urlsplit(service).hostname or ""
        except ValueError:
            return None
        if host != "pkgs.dev.azure.com" and not host.endswith(".pkgs.visualstudio.com"):
            return None
        answer = subprocess.run(
            ["PROVIDER", "-uri", service, "-nonInteractive"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )
        if answer.returncode != 0:
            return None
        answer = json.loads(answer.stdout.decode())
        return SimpleCredential(answer["Username"], answer["Password"])

    def get_password(self, service, username):
        credential = self.get_credential(service, username)
        return credential and credential.password

    def set_password(self, service, username, password):
        raise NotImplementedError

    def delete_password(self, service, username):
        raise NotImplementedError
"#;
    let quoted = provider.replace('\\', "\\\\").replace('"', "\\\"");
    [
        ("adieu_feeds.py", BACKEND.replace("PROVIDER", &quoted)),
        (
            "adieu_feeds-1.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: adieu-feeds\nVersion: 1\n".to_owned(),
        ),
        (
            "adieu_feeds-1.dist-info/entry_points.txt",
            "[keyring.backends]\nadieu = adieu_feeds\n".to_owned(),
        ),
    ]
}

#[test]
fn escapes_a_path_for_python() {
    let [(_, backend), ..] = keyring_backend("C:\\a \"b\".exe");
    assert!(
        backend.contains("[\"C:\\\\a \\\"b\\\".exe\", \"-uri\""),
        "{backend}"
    );
}
