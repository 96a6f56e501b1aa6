//! Tokens in old commits, and in the commit that is about to be made.

use std::fs;
use std::time::Instant;

use super::{git, new_token, old_token, scan, tree};

#[test]
fn history_names_the_oldest_commit_and_whether_head_has_it() {
    let folder = tree(&[("a.txt", b"x\n")]);
    let path = folder.path();
    let commit = |name: &str, text: &str| {
        fs::write(path.join(name), text).expect("a file");
        git(path, &["add", "--all"]);
        git(path, &["commit", "--quiet", "--message", name]);
        git(path, &["rev-parse", "HEAD"])
    };
    git(path, &["init", "--quiet"]);
    let first = commit("gone.env", &format!("A=1\nPAT={}\n", new_token()));
    git(path, &["rm", "--quiet", "gone.env"]);
    let second = commit("still.env", &format!("{}\n", old_token()));
    git(path, &["checkout", "--quiet", "-b", "other"]);
    git(
        path,
        &[
            "commit",
            "--quiet",
            "--allow-empty",
            "--message",
            &format!("use {}", new_token()),
        ],
    );
    let third = git(path, &["rev-parse", "HEAD"]);
    git(path, &["checkout", "--quiet", "main"]);
    let scanned = scan(path, &["--history", "--output", "json"]);
    let message = format!("(commit {third})");
    assert_eq!(
        scanned.places(),
        [
            format!("{message}:6:5 azure-devops-pat certain"),
            "gone.env:2:5 azure-devops-pat certain".to_owned(),
            "still.env:1:1 azure-devops-pat-legacy certain".to_owned(),
        ]
    );
    let json = scanned.json();
    let commits: Vec<(&str, bool)> = json["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            let commit = &finding["commit"];
            let id = commit["id"].as_str().expect("an id");
            (id, commit["isInHead"].as_bool().expect("a boolean"))
        })
        .collect();
    assert_eq!(
        commits,
        [(third.as_str(), false), (&first, false), (&second, true)]
    );
    assert_eq!(
        json["findings"][1]["commit"]["author"],
        "A <a@contoso.example>"
    );
    let text = scan(path, &["--history", "--rule", "azure-devops-pat-legacy"]);
    let line = format!(
        "  commit {second} of 2026-11-01T12:00:00Z by A <a@contoso.example>; HEAD still has it"
    );
    assert!(text.stdout.contains(&line), "{}", text.stdout);
}

#[test]
fn history_includes_stashes_and_unreachable_objects() {
    let folder = tree(&[("a.txt", b"x\n")]);
    let path = folder.path();
    git(path, &["init", "--quiet"]);
    git(path, &["add", "--all"]);
    git(path, &["commit", "--quiet", "--message", "x"]);
    fs::write(path.join("a.txt"), new_token()).expect("a file");
    git(path, &["stash", "--quiet"]);
    fs::write(path.join("b.txt"), old_token()).expect("a file");
    let blob = git(path, &["hash-object", "-w", "b.txt"]);
    fs::remove_file(path.join("b.txt")).expect("a file");
    let scanned = scan(path, &["--history"]);
    assert!(
        scanned.stdout.contains("a.txt:1:1  azure-devops-pat "),
        "{}",
        scanned.stdout
    );
    let line = format!("  blob {blob}, which no commit refers to");
    assert!(scanned.stdout.contains(&line), "{}", scanned.stdout);
}

#[test]
fn history_includes_merges_tags_and_former_branches() {
    let (new, old) = (new_token(), old_token());
    let folder = tree(&[("a.txt", b"x\n")]);
    let path = folder.path();
    let commit = |message: &str| {
        git(path, &["add", "--all"]);
        git(path, &["commit", "--quiet", "--message", message]);
        git(path, &["rev-parse", "HEAD"])
    };
    git(path, &["init", "--quiet"]);
    commit("x");
    git(path, &["checkout", "--quiet", "-b", "side"]);
    fs::write(path.join("b.txt"), "y\n").expect("a file");
    commit("side");
    git(path, &["checkout", "--quiet", "main"]);
    fs::write(path.join("c.txt"), "z\n").expect("a file");
    commit("main");
    // A merge that adds what neither parent has, in a file with a line break in its name.
    git(
        path,
        &["merge", "--quiet", "--no-ff", "--no-commit", "side"],
    );
    fs::write(path.join("of the\nmerge"), &new).expect("a file");
    let merge = commit("merge");
    // A branch that was reset: its commit is only in the reflog.
    fs::write(path.join("reset.txt"), &old).expect("a file");
    let reset = commit("reset");
    git(path, &["reset", "--quiet", "--hard", "HEAD~1"]);
    // A blob with a tag.
    fs::write(path.join("blob"), format!("\n\n{new}")).expect("a file");
    let blob = git(path, &["hash-object", "-w", "blob"]);
    git(path, &["tag", "of-a-blob", &blob]);
    let scanned = scan(path, &["--history", "--output", "json"]);
    assert_eq!(
        scanned.places(),
        [
            &format!("(blob {blob}):3:1 azure-devops-pat certain"),
            "of the\nmerge:1:1 azure-devops-pat certain",
            "reset.txt:1:1 azure-devops-pat-legacy certain",
        ]
    );
    let json = scanned.json();
    let commit_of = |number: usize| &json["findings"][number]["commit"];
    assert_eq!(commit_of(0)["id"], serde_json::Value::Null);
    assert_eq!(commit_of(1)["id"], merge);
    assert_eq!(commit_of(1)["isInHead"], true);
    assert_eq!(commit_of(2)["id"], reset);
    assert_eq!(commit_of(2)["isInHead"], false);
}

/// Five hundred objects with findings exceed one command line.
#[test]
fn history_names_the_commit_of_each_of_many_findings() {
    let folder = tree(&[]);
    let path = folder.path();
    git(path, &["init", "--quiet"]);
    let mut commits = Vec::new();
    for commit in 0..2 {
        for number in 0..250 {
            let text = format!("{commit} {number} {}\n", new_token());
            fs::write(path.join(format!("{commit}-{number}")), text).expect("a file");
        }
        git(path, &["add", "--all"]);
        git(path, &["commit", "--quiet", "--message", "x"]);
        commits.push(git(path, &["rev-parse", "HEAD"]));
    }
    let scanned = scan(path, &["--history", "--output", "json"]);
    let json = scanned.json();
    let findings = json["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 500);
    // Several processes read, but the order does not depend on them.
    let again = scan(path, &["--history", "--output", "json"]);
    assert_eq!(again.stdout, scanned.stdout);
    for finding in findings {
        let name = finding["path"].as_str().expect("a path");
        let (commit, _) = name.split_once('-').expect("a number");
        let commit: usize = commit.parse().expect("a number");
        assert_eq!(finding["commit"]["id"], *commits[commit]);
    }
}

#[test]
fn staged_scans_what_the_next_commit_adds() {
    let new = new_token();
    let folder = tree(&[("old.txt", new.as_bytes()), ("b.yml", b"a\n")]);
    let path = folder.path();
    git(path, &["init", "--quiet"]);
    git(path, &["add", "--all"]);
    git(path, &["commit", "--quiet", "--message", "x"]);
    assert_eq!(scan(path, &["--staged"]).status, 0);
    let yaml = "steps:\n- script: x\n  env:\n    A: $(MY_PAT)\n";
    fs::write(path.join("b.yml"), yaml).expect("a file");
    fs::write(path.join("c d\n.txt"), format!("\n{new}")).expect("a file");
    git(path, &["add", "--all"]);
    // Neither changes that are not staged nor earlier commits count.
    fs::write(path.join("b.yml"), "a\n").expect("a file");
    fs::write(path.join("unstaged.txt"), &new).expect("a file");
    let scanned = scan(path, &["--staged", "--output", "json"]);
    assert_eq!(
        scanned.places(),
        [
            "b.yml:4:8 pat-variable certain",
            "c d\n.txt:2:1 azure-devops-pat certain"
        ]
    );
}

#[test]
fn staged_is_quick_enough_for_a_hook() {
    let files: Vec<(String, String)> = (0..20)
        .map(|number| (format!("{number}.txt"), "text\n".repeat(500)))
        .collect();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    let folder = tree(&files);
    let path = folder.path();
    git(path, &["init", "--quiet"]);
    git(path, &["add", "--all"]);
    let fastest = (0..10)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(scan(path, &["--staged"]).status, 0);
            start.elapsed().as_millis()
        })
        .min();
    // A release takes at most 30 ms; this build is slower, and so is a machine that runs other tests.
    assert!(
        fastest.is_some_and(|fastest| fastest < 300),
        "{fastest:?} ms"
    );
}

#[test]
fn history_and_staged_need_a_repository() {
    let folder = tree(&[]);
    for mode in ["--history", "--staged"] {
        let scanned = scan(folder.path(), &[mode]);
        assert_eq!(scanned.status, 2, "{}", scanned.stderr);
        assert!(
            scanned.stderr.starts_with(
                "error: git could not read the repository.\n  git: not a git repository"
            ),
            "{}",
            scanned.stderr
        );
    }
    assert_eq!(scan(folder.path(), &["--history", "--staged"]).status, 2);
}
