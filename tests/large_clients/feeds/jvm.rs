//! Gradle 4.4, and Maven 3.9, which reads the step's `MAVEN_ARGS`: immediately and after hours, each with its usual
//! command.
//!
//! Debian's Gradle can only publish to files, so only the credential of a publication is checked.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::MINUTE;
use crate::emulated_time::Time;
use crate::harness::client;
use crate::job::{Feeds, world, write};

/// A library from the feed in the build script's own class path, one in the project, and a publication.
const BUILD: &str = "\
buildscript {
    repositories { maven { url 'FEED/maven/v1' } }
    dependencies { classpath 'com.contoso:hello-feed:1.0.0' }
}
apply plugin: 'maven-publish'
repositories { maven { url 'FEED/maven/v1' } }
configurations { fetched }
dependencies { fetched 'com.contoso:hello-feed:1.0.0' }
task fetch(type: Copy) {
    from configurations.fetched
    into 'libs'
}
publishing {
    publications {
        app(MavenPublication) {
            groupId 'com.contoso'
            artifactId 'team-app'
            version '1.0.0'
            artifact 'team.txt'
        }
    }
    repositories { maven { url 'FEED/maven/v1' } }
}
task checked {
    doLast { publishing.repositories.each { assert it.credentials.username == 'adieu' && it.credentials.password } }
}
";

const POM: &str = "<project><modelVersion>4.0.0</modelVersion><parent><groupId>com.contoso</groupId><artifactId>hello-parent</artifactId><version>1.0.0</version><relativePath/></parent><artifactId>app</artifactId><packaging>pom</packaging>\n<repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n";

impl Feeds<'_> {
    /// Gradle's proxy and certificates are properties of the user. Its caches come from an earlier run.
    pub(super) fn gradle_runs(&self, folder: &Path, tasks: &[&str]) -> Output {
        let home = self.home().join(".gradle");
        for left in ["caches", "daemon", "native"] {
            let _ = fs::remove_dir_all(home.join(left));
        }
        let port = self.proxy.url();
        let port = port.rsplit(':').next().expect("a port");
        let store = self.world.folder().join("trust.jks");
        let properties = format!(
            "systemProp.https.proxyHost=127.0.0.1\nsystemProp.https.proxyPort={port}\nsystemProp.javax.net.ssl.trustStore={}\nsystemProp.javax.net.ssl.trustStorePassword=changeit\n",
            store.display()
        );
        write(&home.join("gradle.properties"), &properties);
        let arguments = [&["--no-daemon", "--quiet"], tasks].concat();
        let user = format!("-Duser.home={}", self.home().display());
        Command::new("gradle")
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(self.environment())
            // Java gets the user's home folder from the system, not from HOME.
            .env("GRADLE_OPTS", user)
            .stdin(Stdio::null())
            .output()
            .expect("gradle starts")
    }

    fn gradle_restores(&self) {
        let folder = self.sources().join("gradle");
        let _ = fs::remove_dir_all(folder.join("libs"));
        let output = self.gradle_runs(&folder, &["fetch", "checked"]);
        let is_success = output.status.success();
        let text = self.printed(output);
        assert!(is_success, "{text}");
        assert!(folder.join("libs/hello-feed-1.0.0.jar").is_file());
    }

    /// `mvn validate`: the step's variable has the path of the settings.
    fn newer_maven(&self) {
        let _ = fs::remove_dir_all(self.home().join(".m2/repository"));
        let arguments = self.maven_arguments();
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.push("validate");
        let program = client("maven").join("apache-maven-3.9.16/bin/mvn");
        self.succeeds_in(&self.sources().join("maven"), program, &arguments);
    }
}

#[test]
fn gradle_and_newer_maven_work_for_hours() {
    let world = world();
    let time = Time::of(&world);
    let mut feeds = Feeds::in_job(&world, time.job())
        .file("npm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("gradle/settings.gradle", "rootProject.name = 'app'\n")
        .file("gradle/build.gradle", BUILD)
        .file("gradle/team.txt", "team\n")
        .file("maven/pom.xml", POM);
    feeds.prepare_java();
    feeds.succeed(&[]);
    for minutes in [0, 61, 239] {
        if minutes > 0 {
            feeds.pass(&time, minutes * MINUTE);
        }
        feeds.newer_maven();
        feeds.gradle_restores();
    }
    let failed = world.feeds().arrivals().into_iter();
    let failed = failed.filter(|arrival| arrival.status.is_none_or(|status| status > 401));
    assert_eq!(failed.count(), 0);
    feeds.end();
}
