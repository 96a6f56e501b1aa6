//! Real clients, each by its usual command and from an empty home, at once and when the first token has expired.
//!
//! The emulated feeds lead every download to a store of blobs, which must not see a credential.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use adieu_emulator::World;

use super::{Feeds, world, write};
use crate::emulated_time::Time;
use crate::harness::client;

const MINUTE: Duration = Duration::from_secs(60);

/// A job after the step, with a checkout that declares the feed for each client.
fn served<'w>(world: &'w World, time: &Time<'w>) -> Feeds<'w> {
    let mut feeds = Feeds::in_job(world, time.job())
        .file("npm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("npm/package.json", "{\"private\":true}\n")
        .file("pip/requirements.txt", "--index-url FEED/pypi/simple/\nhello-feed\n")
        .file(
            "cargo/.cargo/config.toml",
            "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n",
        )
        .file(
            "cargo/Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\nhello-feed = { version = \"1\", registry = \"packages\" }\n[workspace]\n",
        )
        .file("cargo/src/main.rs", "fn main() { println!(\"{}\", hello_feed::GREETING); }\n")
        .file(
            "maven/pom.xml",
            "<project><modelVersion>4.0.0</modelVersion><parent><groupId>com.contoso</groupId><artifactId>hello-parent</artifactId><version>1.0.0</version><relativePath/></parent><artifactId>app</artifactId><packaging>pom</packaging>\n<repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n",
        );
    trust(&feeds);
    feeds.succeed(&[]);
    feeds
}

/// Maven reads its proxy from the user's settings, which ours start as, and certificates from a file of Java's.
fn trust(feeds: &Feeds<'_>) {
    let address = feeds.proxy.url();
    let port = address.rsplit(':').next().expect("a port");
    let settings = format!(
        "<settings>\n  <proxies><proxy><active>true</active><protocol>https</protocol><host>127.0.0.1</host><port>{port}</port></proxy></proxies>\n</settings>\n"
    );
    write(&feeds.home().join(".m2/settings.xml"), &settings);
    let store = feeds.world.folder().join("trust.jks");
    let status = Command::new("keytool")
        .args([
            "-importcert",
            "-noprompt",
            "-alias",
            "emulator",
            "-storepass",
            "changeit",
            "-file",
        ])
        .arg(feeds.world.ca_file())
        .arg("-keystore")
        .arg(&store)
        .output()
        .expect("keytool starts");
    assert!(status.status.success(), "{status:?}");
}

impl Feeds<'_> {
    /// npm, with an empty cache.
    fn npm(&self) {
        let folder = self.sources().join("npm");
        let _ = fs::remove_dir_all(folder.join("node_modules"));
        let _ = fs::remove_dir_all(self.home().join(".npm"));
        let folder = folder.display().to_string();
        self.restores(
            "npm",
            &[
                "install",
                "--prefix",
                &folder,
                "--no-audit",
                "--no-fund",
                "--fetch-retries",
                "0",
                "hello-feed",
            ],
        );
        assert!(
            Path::new(&folder)
                .join("node_modules/hello-feed/index.js")
                .is_file()
        );
    }

    fn pip(&self) {
        let python = client("python").join("bin/python");
        let target = self.home().join("packages");
        let _ = fs::remove_dir_all(&target);
        let target = target.display().to_string();
        self.restores(
            python,
            &[
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-cache-dir",
                "--target",
                &target,
                "--requirement",
                "pip/requirements.txt",
            ],
        );
        assert!(Path::new(&target).join("hello_feed/__init__.py").is_file());
    }

    fn cargo(&self) {
        let folder = self.sources().join("cargo");
        let _ = fs::remove_dir_all(self.home().join(".cargo/registry"));
        let _ = fs::remove_file(folder.join("Cargo.lock"));
        let output = self.client_in(&folder, "cargo", &["fetch"]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{text}");
        assert!(self.world.secrets_in(&text).is_empty(), "{text}");
    }

    /// Maven 3.8 does not read `MAVEN_ARGS`, which 3.9 does.
    fn maven(&self) {
        let settings = self
            .job
            .value("ADIEU_MAVEN_SETTINGS")
            .expect("a variable")
            .to_owned();
        let _ = fs::remove_dir_all(self.home().join(".m2/repository"));
        let store = self.world.folder().join("trust.jks");
        let trust = format!("-Djavax.net.ssl.trustStore={}", store.display());
        let password = "-Djavax.net.ssl.trustStorePassword=changeit";
        let local = format!(
            "-Dmaven.repo.local={}",
            self.home().join(".m2/repository").display()
        );
        self.restores(
            "mvn",
            &[
                "--batch-mode",
                "--settings",
                &settings,
                &trust,
                password,
                &local,
                "--file",
                "maven/pom.xml",
                "validate",
            ],
        );
    }

    fn all(&self) {
        self.npm();
        self.pip();
        self.cargo();
        self.maven();
    }

    /// Lets time pass, and waits until the files have another token.
    fn pass(&self, time: &Time<'_>, by: Duration) {
        let file = self.folder().join("npmrc");
        let before = fs::read_to_string(&file).expect("a file");
        time.advance(by);
        // It sleeps by the system's clock; a stranger wakes it.
        let broker = fs::read_to_string(self.folder().join("broker.json")).expect("a file");
        let port = broker
            .split("127.0.0.1:")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let port: u16 = port.and_then(|port| port.parse().ok()).expect("a port");
        let begun = Instant::now();
        while fs::read_to_string(&file).expect("a file") == before {
            let _ = TcpStream::connect(("127.0.0.1", port));
            assert!(begun.elapsed() < 2 * MINUTE, "the files are not renewed");
            std::thread::yield_now();
        }
    }
}

#[test]
fn restore_at_once_and_after_an_hour() {
    let world = world();
    let time = Time::of(&world);
    let mut feeds = served(&world, &time);
    feeds.all();
    feeds.pass(&time, 61 * MINUTE);
    let exchanges = world.entra().requests().len();
    feeds.all();
    // The helpers' answers are the files' token.
    assert_eq!(world.entra().requests().len(), exchanges);
    feeds.pass(&time, 239 * MINUTE);
    feeds.all();
    feeds.end();
}
