//! The files that are read in repositories, folders and hostile trees; and that the order never changes.

use std::fs;

use super::{git, new_token, scan, tree};

#[test]
fn scans_files_that_git_tracks_or_does_not_ignore() {
    let new = new_token();
    let token = new.as_bytes();
    let folder = tree(&[
        ("tracked/a.txt", token),
        ("ignored/b.txt", token),
        ("untracked.txt", token),
        ("tracked/deleted.txt", token),
        (".gitignore", b"ignored/\n"),
        ("nested/c.txt", token),
        ("nested/ignored.txt", token),
        ("nested/.gitignore", b"ignored.txt\n"),
    ]);
    let path = folder.path();
    git(path, &["init", "--quiet"]);
    git(&path.join("nested"), &["init", "--quiet"]);
    git(path, &["add", "tracked", ".gitignore"]);
    git(path, &["commit", "--quiet", "--message", "x"]);
    fs::remove_file(path.join("tracked/deleted.txt")).expect("a file");
    let address = format!("https://me:{new}@dev.azure.com/contoso/_git/x");
    git(path, &["config", "remote.origin.url", &address]);
    let scanned = scan(path, &["--output", "json", "--habits", "no"]);
    let paths: Vec<String> = scanned
        .places()
        .iter()
        .map(|place| place.split(':').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            ".git/config",
            "nested/c.txt",
            "tracked/a.txt",
            "untracked.txt"
        ]
    );
    // A named file is read, ignored or not.
    let folder_named = scan(path, &["--output", "json", "ignored"]);
    assert_eq!(
        folder_named.places(),
        ["ignored/b.txt:1:1 azure-devops-pat certain"]
    );
    let named = scan(path, &["--output", "json", "ignored/b.txt"]);
    assert_eq!(
        named.places(),
        ["ignored/b.txt:1:1 azure-devops-pat certain"]
    );
}

#[test]
fn a_repository_cannot_make_it_run_a_program() {
    let folder = tree(&[
        ("a.txt", b"x"),
        ("hook.sh", b"#!/bin/sh\ntouch \"$0.ran\"\n"),
    ]);
    let path = folder.path();
    git(path, &["init", "--quiet"]);
    let hook = path.join("hook.sh");
    crate::harness::set_mode(&hook, 0o755);
    let hook = hook.to_str().expect("UTF-8");
    for name in [
        "core.fsmonitor",
        "core.pager",
        "gpg.program",
        "diff.external",
    ] {
        git(path, &["config", name, hook]);
    }
    git(path, &["config", "log.showSignature", "true"]);
    git(path, &["config", "core.hooksPath", "."]);
    assert_eq!(scan(path, &[]).status, 0);
    assert!(!path.join("hook.sh.ran").exists());
}

#[test]
fn two_runs_show_the_same() {
    let new = new_token();
    let files: Vec<(String, String)> = (0..300)
        .map(|number| {
            (
                format!("{}/{number}.txt", number % 7),
                format!("\n {new}\n{new}\n"),
            )
        })
        .collect();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_bytes()))
        .collect();
    let folder = tree(&files);
    let first = scan(folder.path(), &["--output", "json"]);
    assert_eq!(first.places().len(), 600);
    for _ in 0..5 {
        let again = scan(folder.path(), &["--output", "json", "."]);
        assert_eq!(again.stdout, first.stdout);
    }
}

#[test]
fn a_path_that_does_not_exist_is_a_usage_error() {
    let folder = tree(&[]);
    let scanned = scan(folder.path(), &["missing"]);
    assert_eq!(scanned.status, 2);
    let (error, remedy) = scanned.stderr.split_once('\n').expect("two lines");
    assert!(error.starts_with("error: Cannot scan 'missing': "));
    expect_test::expect![[r#"
        What to do: Name a file or a folder that exists and that you may read.
        More: adieu explain scan
    "#]]
    .assert_eq(remedy);
}

#[cfg(unix)]
#[test]
fn a_hostile_tree_is_scanned_to_its_end() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    let new = new_token();
    let folder = tree(&[("z.txt", new.as_bytes()), ("sub/x", b"")]);
    let path = folder.path();
    symlink("..", path.join("sub/loop")).expect("a link");
    symlink("loop-b", path.join("loop-a")).expect("a link");
    symlink("loop-a", path.join("loop-b")).expect("a link");
    symlink("/etc/passwd", path.join("passwd")).expect("a link");
    symlink("z.txt", path.join("link-to-z")).expect("a link");
    let made = std::process::Command::new("mkfifo")
        .arg(path.join("pipe"))
        .status();
    assert!(made.expect("mkfifo starts").success());
    // Only root can create a device; this one never ends.
    let _ = std::process::Command::new("mknod")
        .arg(path.join("device"))
        .args(["c", "1", "5"])
        .output();
    let _socket = UnixListener::bind(path.join("socket")).expect("a socket");
    let sparse = fs::File::create(path.join("sparse")).expect("a file");
    sparse.set_len(10 << 30).expect("a length");
    let name = OsStr::from_bytes(b"\xff\xfe##vso[task.complete result=Failed]\n##[error]x");
    fs::write(path.join(name), &new).expect("a file");
    fs::write(path.join("##vso[task.setvariable variable=a]b"), &new).expect("a file");
    let scanned = scan(path, &[]);
    assert_eq!(scanned.status, 1);
    for output in [&scanned.stdout, &scanned.stderr] {
        assert!(!output.contains("##vso["), "{output}");
        assert!(!output.contains("##["), "{output}");
    }
    assert_eq!(scanned.stdout.lines().count(), 6, "{}", scanned.stdout);
    assert!(
        scanned
            .stderr
            .contains("sparse was not scanned: 10737418240 bytes"),
        "{}",
        scanned.stderr
    );
    let json = scan(path, &["--output", "json"]);
    assert!(!json.stdout.contains("##vso["), "{}", json.stdout);
    assert!(
        json.places()
            .iter()
            .any(|place| place.starts_with("\\xFF\\xFE##vso[task.complete")),
        "{}",
        json.stdout
    );
}

/// git may list something that a walk skips because it is not a file.
#[cfg(unix)]
#[test]
fn skips_what_git_lists_but_is_not_a_file() {
    use std::os::unix::fs::symlink;
    let new = new_token();
    let folder = tree(&[
        ("becomes-a-pipe", b"x"),
        ("becomes-a-link", b"x"),
        ("becomes-a-folder", b"x"),
        ("z.txt", new.as_bytes()),
    ]);
    let path = folder.path();
    git(path, &["init", "--quiet"]);
    git(path, &["add", "--all"]);
    git(path, &["commit", "--quiet", "--message", "x"]);
    for name in ["becomes-a-pipe", "becomes-a-link", "becomes-a-folder"] {
        fs::remove_file(path.join(name)).expect("a file");
    }
    let made = std::process::Command::new("mkfifo")
        .arg(path.join("becomes-a-pipe"))
        .status();
    assert!(made.expect("mkfifo starts").success());
    symlink("/dev/zero", path.join("becomes-a-link")).expect("a link");
    fs::create_dir(path.join("becomes-a-folder")).expect("a folder");
    fs::write(path.join("becomes-a-folder/a.txt"), &new).expect("a file");
    let scanned = scan(path, &["--output", "json"]);
    assert_eq!(
        scanned.places(),
        [
            "becomes-a-folder/a.txt:1:1 azure-devops-pat certain",
            "z.txt:1:1 azure-devops-pat certain"
        ]
    );
    let named = scan(path, &["becomes-a-pipe"]);
    assert_eq!(named.status, 2, "{}", named.stderr);
    assert!(
        named.stderr.contains("it is not a file or a folder"),
        "{}",
        named.stderr
    );
}

/// A million were scanned by hand; these take a second.
#[test]
fn many_small_files_are_all_scanned() {
    const FILES: usize = 10_000;
    let folder = tree(&[]);
    for number in 0..FILES {
        let inner = folder.path().join((number % 100).to_string());
        fs::create_dir_all(&inner).expect("a folder");
        let text = match number {
            9_999 => new_token(),
            _ => number.to_string(),
        };
        fs::write(inner.join(number.to_string()), text).expect("a file");
    }
    let scanned = scan(folder.path(), &["--output", "json"]);
    assert_eq!(scanned.json()["files"], FILES);
    assert_eq!(scanned.places(), ["99/9999:1:1 azure-devops-pat certain"]);
}

#[cfg(unix)]
#[test]
fn reports_unreadable_files_and_fails_unless_allowed() {
    let folder = tree(&[("locked/a.txt", b"x"), ("b.txt", b"x")]);
    let locked = folder.path().join("locked");
    crate::harness::set_mode(&locked, 0);
    // Root can read everything.
    let is_refused = fs::read_dir(&locked).is_err();
    let scanned = scan(folder.path(), &[]);
    let allowed = scan(folder.path(), &["--allow-unreadable"]);
    crate::harness::set_mode(&locked, 0o755);
    if is_refused {
        assert_eq!(scanned.status, 2);
        assert!(
            scanned.stderr.contains("locked was not scanned: "),
            "{}",
            scanned.stderr
        );
    }
    assert_eq!(allowed.status, 0);
}

#[test]
fn reports_a_git_lfs_pointer() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let folder = tree(&[("big.bin", pointer)]);
    let scanned = scan(folder.path(), &[]);
    assert_eq!(
        scanned.stderr,
        "warning: big.bin was not scanned: Git LFS keeps its content elsewhere.\n\
         No findings in 1 file.\n"
    );
    assert_eq!(scanned.status, 0);
}
