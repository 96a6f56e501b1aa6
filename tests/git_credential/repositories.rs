//! What git does with the helper: every version clones, fetches and pushes, whatever checkout left behind.
//!
//! Refusals are in refusals.rs.

use std::process::Command;
use std::time::Duration;

use expect_test::expect;

use super::{HELLO, OLD_HELLO, RestOfJob, WITH_SCHEMES, gits, plain_environment, run, world};

#[test]
fn every_git_clones_fetches_and_pushes_by_every_protocol() {
    for (git, version) in gits() {
        let world = world();
        let rest = RestOfJob::of(&world, world.job(), &git);
        let requests = rest.requests(&["clone", "--quiet", HELLO, "first"]);
        if version >= WITH_SCHEMES {
            expect![[r#"
                GET hello/info/refs?service=git-upload-pack version=2 anonymous 401
                GET hello/info/refs?service=git-upload-pack version=2 Bearer 200
                POST hello/git-upload-pack version=2 Bearer 200
                POST hello/git-upload-pack version=2 Bearer 200"#]]
            .assert_eq(&requests);
        } else {
            expect![[r#"
                GET hello/info/refs?service=git-upload-pack version=2 anonymous 401
                GET hello/info/refs?service=git-upload-pack version=2 anonymous 401
                GET hello/info/refs?service=git-upload-pack version=2 Basic 200
                POST hello/git-upload-pack version=2 Basic 200
                POST hello/git-upload-pack version=2 Basic 200"#]]
            .assert_eq(&requests);
        }
        for (protocol, url) in [
            ("0", HELLO),
            ("1", OLD_HELLO),
            (
                "2",
                "https://contoso@dev.azure.com/contoso/fabrikam/_git/hello",
            ),
        ] {
            let version = format!("protocol.version={protocol}");
            rest.git(&["-c", &version, "clone", "--quiet", url, protocol]);
            std::fs::write(rest.folder().join(protocol).join(protocol), "new").expect("a file");
            rest.git(&["-C", protocol, "add", "."]);
            rest.git(&["-C", protocol, "commit", "--quiet", "-m", protocol]);
            rest.git(&["-C", protocol, "-c", &version, "push", "--quiet"]);
            rest.git(&["-C", "first", "-c", &version, "pull", "--quiet"]);
            assert!(rest.folder().join("first").join(protocol).is_file());
        }
        // The machine's own credential helper was not used.
        assert!(!rest.job.work_folder().join(".git-credentials").exists());
        rest.end();
    }
}

#[test]
fn every_git_brings_submodules_and_large_files() {
    for (git, _) in gits() {
        let world = world();
        let parts =
            world
                .git()
                .add_repository("contoso", "fabrikam", "parts", &[("p.txt", "a part")]);
        let commit = Command::new("git")
            .arg("-C")
            .arg(parts)
            .args(["rev-parse", "main"])
            .output()
            .expect("git starts");
        let link = format!(
            "submodule {}",
            String::from_utf8_lossy(&commit.stdout).trim()
        );
        let modules = "[submodule \"a\"]\n path = a\n url = ../parts\n[submodule \"b\"]\n path = b\n url = https://contoso.visualstudio.com/fabrikam/_git/parts\n";
        let files = [(".gitmodules", modules), ("a", &link), ("b", &link)];
        world
            .git()
            .add_repository("contoso", "fabrikam", "whole", &files);
        let rest = RestOfJob::of(&world, world.job(), &git);
        let whole = HELLO.replace("hello", "whole");
        rest.git(&["clone", "--quiet", "--recurse-submodules", &whole, "whole"]);
        for part in ["a", "b"] {
            assert!(
                rest.folder()
                    .join("whole")
                    .join(part)
                    .join("p.txt")
                    .is_file()
            );
        }
        rest.git(&["clone", "--quiet", HELLO, "here"]);
        rest.git(&["-C", "here", "lfs", "install", "--local"]);
        rest.git(&["-C", "here", "lfs", "track", "*.bin"]);
        let large = "large\n".repeat(100_000);
        std::fs::write(rest.folder().join("here/x.bin"), &large).expect("a file");
        rest.git(&["-C", "here", "add", "."]);
        rest.git(&["-C", "here", "commit", "--quiet", "-m", "a large file"]);
        rest.git(&["-C", "here", "push", "--quiet"]);
        rest.git(&["clone", "--quiet", HELLO, "there"]);
        rest.git(&["-C", "there", "lfs", "install", "--local"]);
        rest.git(&["-C", "there", "lfs", "pull"]);
        let there = std::fs::read_to_string(rest.folder().join("there/x.bin")).expect("a file");
        assert!(there == large);
        rest.end();
    }
}

#[test]
fn overrides_the_header_of_checkout_for_git_and_large_files() {
    for (git, _) in gits() {
        let world = world();
        let before = RestOfJob::of(&world, world.job(), &git);
        before.git(&["clone", "--quiet", HELLO, "."]);
        before.git(&["lfs", "install", "--local"]);
        before.git(&["lfs", "track", "*.bin"]);
        std::fs::write(before.folder().join("x.bin"), "large").expect("a file");
        before.git(&["add", "."]);
        before.git(&["commit", "--quiet", "-m", "a large file"]);
        before.git(&["push", "--quiet"]);
        before.end();

        let job = world.job();
        let sources = job.work_folder().join("s");
        let other = "https://contoso@dev.azure.com/contoso/fabrikam/_git/hello";
        let environment = plain_environment(&world, job.work_folder());
        for (folder, address) in [(".", HELLO), ("other", other)] {
            let folder = sources.join(folder);
            std::fs::create_dir_all(&folder).expect("a folder");
            for arguments in [
                &["init", "--quiet", "--initial-branch=main"][..],
                &["remote", "add", "origin", address],
                &[
                    "config",
                    &format!("http.{address}.extraheader"),
                    "AUTHORIZATION: bearer stale",
                ],
            ] {
                assert!(run(&git, &folder, &environment, arguments).status.success());
            }
        }
        let every = sources.join("every");
        std::fs::create_dir_all(&every).expect("a folder");
        for arguments in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["remote", "add", "origin", OLD_HELLO],
            &["config", "http.extraheader", "AUTHORIZATION: bearer stale"],
        ] {
            assert!(run(&git, &every, &environment, arguments).status.success());
        }
        let rest = RestOfJob::of(&world, job, &git);
        for protocol in ["0", "1", "2"] {
            let protocol = format!("protocol.version={protocol}");
            for folder in [".", "other", "every"] {
                rest.git(&["-C", folder, "-c", &protocol, "fetch", "--quiet", "origin"]);
            }
        }
        for folder in [".", "other", "every"] {
            rest.git(&["-C", folder, "lfs", "install", "--local"]);
            rest.git(&["-C", folder, "checkout", "--quiet", "main"]);
            let large = std::fs::read_to_string(rest.folder().join(folder).join("x.bin"));
            assert_eq!(large.expect("a file"), "large");
        }
        // The environment overrides it; what is in the repositories stays.
        let header = rest.git(&[
            "config",
            "--file",
            ".git/config",
            "--get-regexp",
            "extraheader",
        ]);
        assert!(header.ends_with("AUTHORIZATION: bearer stale\n"));
        let mut without = RestOfJob {
            environment: environment.clone(),
            ..rest
        };
        for (name, value) in without.job.environment_of_next_script() {
            let is_header = value.is_empty() && name.starts_with("GIT_CONFIG_VALUE_");
            let stays = if is_header {
                "x-nothing: 1".to_owned()
            } else {
                value
            };
            without.environment.insert(name, stays);
        }
        assert!(
            without
                .git_fails(&["fetch"])
                .contains("Authentication failed")
        );
        without.end();
    }
}

#[test]
fn replaces_a_token_that_expired_between_two_fetches() {
    for (git, _) in gits() {
        let world = world();
        let rest = RestOfJob::without_broker(&world, &git);
        rest.git(&["clone", "--quiet", HELLO, "a"]);
        world.clock().advance(Duration::from_secs(2 * 60 * 60));
        rest.git(&["-C", "a", "fetch", "--quiet"]);
        world.clock().advance(Duration::from_secs(2 * 60 * 60));
        rest.git(&[
            "-C",
            "a",
            "push",
            "--quiet",
            "origin",
            "HEAD:refs/heads/another",
        ]);
        assert_eq!(world.managed_identity().requests().len(), 3);
        rest.end();
    }
}
