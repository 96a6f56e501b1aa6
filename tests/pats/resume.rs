//! `adieu pats --resume`: a run does not request again what an earlier run has read.

use std::fs;

use adieu_emulator::Pat;

use super::{counts, json, pats, world};
use crate::shell::answers_before_throttling;

#[test]
fn a_later_run_continues_after_throttling() {
    let world = world();
    for user in 0..20 {
        let account = format!("user-{user:02}@contoso.example");
        let organizations = world.organizations();
        organizations.add_user("contoso", &account, "A User");
        organizations.add_pat("contoso", &account, &Pat::default());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("progress");
    let arguments = [
        "--output",
        "json",
        "--resume",
        file.to_str().expect("a path"),
    ];
    // The tenant, the users, ten of them; then it is throttled.
    answers_before_throttling(&world, 12);
    let first = pats(&world, &arguments);
    let (known, _) = counts(&json(&first));
    assert_eq!(first.status, 1, "{}", first.stderr);
    assert!((8..=12).contains(&known), "{known}: {}", first.stderr);
    assert!(first.stderr.contains("--resume FILE"), "{}", first.stderr);
    let kept = fs::read_to_string(&file).expect("the file");
    assert!(world.secrets_in(&kept).is_empty());
    world.marketplace().recover();
    let before = world.marketplace().requests().len();
    let second = pats(&world, &arguments);
    assert_eq!((second.status, counts(&json(&second))), (0, (20, 20)));
    assert!(!file.exists());
    // The tenant, the users, the audit log, and the remaining users.
    let asked = world.marketplace().requests().len() - before;
    assert_eq!(asked, 3 + 20 - known);
    let others = ["--resume", file.to_str().expect("a path")];
    let head = r#"{"schema":"adieu.progress/1","of":"scan contoso"}"#;
    fs::write(&file, format!("{head}\n")).expect("a file");
    let refused = pats(&world, &others);
    assert_eq!(refused.status, 2);
    assert!(
        refused
            .stderr
            .contains("it is for 'scan contoso', not 'pats contoso'")
    );
}
