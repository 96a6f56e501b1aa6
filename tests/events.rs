//! `adieu events`: each event of an extension once, even if runs are repeated or interrupted.
//!
//! The operation `events` of the task is in extension.rs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use adieu_emulator::{Connection, Fault, World};
use expect_test::expect;
use serde_json::Value;
use tempfile::TempDir;

use crate::shell::{CommandOutput, Shell};
use crate::whoami::shown;

/// A world in which an identity reads the events of `pub.hello`.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.marketplace().set_role("pub", "app", Some("Reader"));
    world.marketplace().add_extension("pub.hello");
    for (id, date) in [(1, "2026-11-01T00:00:00Z"), (2, "2026-11-02T00:00:00Z")] {
        world
            .marketplace()
            .add_event("pub.hello", "install", id, date);
    }
    world
}

fn events(world: &World, arguments: &[&str]) -> CommandOutput {
    let fixed = [
        "events",
        "--credential",
        "managed-identity",
        "--publisher",
        "pub",
        "--extension-id",
        "hello",
    ];
    Shell::machine(world).adieu(&[&fixed, arguments].concat())
}

/// Kind and number in each line.
fn numbers(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).expect("JSON");
            format!("{} {}", event["event"], event["id"]).replace('"', "")
        })
        .collect()
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// Reviews can contain any text, and the agent reads what a step prints.
#[test]
fn deactivates_commands_in_reviews() {
    let world = world();
    let text = "##vso[task.setvariable variable=PATH]/tmp ###[error] #\u{200b}#VSO[a.b] #1";
    let page = serde_json::json!({ "events": { "review": [{
        "id": 7, "statisticDate": "2026-11-03T00:00:00Z", "version": "1.0.0",
        "properties": { "reviewText": text },
    }]}});
    for form in [&[][..], &["--json"]] {
        let page = Fault::Status(200, Vec::new(), page.to_string());
        world.marketplace().fault(page);
        let output = events(&world, form);
        let visible = output.stdout.replace('\u{200b}', "");
        assert!(!visible.contains("##"), "{visible}");
        let read: Value = match form {
            [] => serde_json::from_str(output.stdout.lines().last().expect("a line")),
            _ => serde_json::from_str(&output.stdout),
        }
        .expect("JSON");
        let event = read.pointer("/events/0").unwrap_or(&read);
        assert_eq!(event["properties"]["reviewText"], text, "{read}");
    }
}

#[test]
fn each_run_prints_only_new_events() {
    let world = world();
    let folder = tempfile::tempdir().expect("a folder");
    let state = path(&folder, "state.json");
    let run = || events(&world, &["--state", &state]);
    assert_eq!(numbers(&run().stdout), ["install 1", "install 2"]);
    let output = run();
    assert_eq!((output.stdout.as_str(), output.status), ("", 0));
    // At the time of the last one, late, and of another kind with an existing number.
    world
        .marketplace()
        .add_event("pub.hello", "install", 3, "2026-11-02T00:00:00Z");
    world
        .marketplace()
        .add_event("pub.hello", "install", 4, "2026-11-01T12:00:00Z");
    world
        .marketplace()
        .add_event("pub.hello", "review", 1, "2026-11-02T00:00:00Z");
    assert_eq!(
        numbers(&run().stdout),
        ["install 4", "review 1", "install 3"]
    );
    expect![[r#"
        pub.hello: 0 new events.
        exit 0
    "#]]
    .assert_eq(&shown(&world, &run()));
}

/// A concurrent reader, or an interrupted run, finds the complete old state.
#[test]
fn replaces_a_state_atomically() {
    let world = world();
    let folder = tempfile::tempdir().expect("a folder");
    let (state, old) = (path(&folder, "state.json"), path(&folder, "old.json"));
    assert_eq!(events(&world, &["--state", &state]).status, 0);
    let before = fs::read(&state).expect("a state");
    fs::hard_link(&state, &old).expect("a link");
    world
        .marketplace()
        .add_event("pub.hello", "install", 3, "2026-11-03T00:00:00Z");
    assert_eq!(events(&world, &["--state", &state]).status, 0);
    assert_ne!(fs::read(&state).expect("a state"), before);
    assert_eq!(fs::read(&old).expect("a file"), before);
}

/// A state can name private extensions, and another user may have put a link there.
#[test]
fn a_state_is_private_and_links_are_not_followed() {
    use std::os::unix::fs::{MetadataExt as _, symlink};
    let world = world();
    let folder = tempfile::tempdir().expect("a folder");
    let (state, other) = (path(&folder, "state.json"), path(&folder, "other"));
    assert_eq!(events(&world, &["--state", &state]).status, 0);
    let mode = |path: &str| fs::metadata(path).expect("a file").mode() & 0o777;
    assert_eq!(mode(&state), 0o600);
    // A state that everyone could read becomes private.
    crate::harness::set_mode(Path::new(&state), 0o666);
    assert_eq!(events(&world, &["--state", &state]).status, 0);
    assert_eq!(mode(&state), 0o600);
    for content in [Some("not a state"), None] {
        fs::remove_file(&state).expect("a file");
        let _ = fs::remove_file(&other);
        if let Some(content) = content {
            fs::write(&other, content).expect("a file");
        }
        symlink(&other, &state).expect("a link");
        let output = events(&world, &["--state", &state]);
        let left = fs::read_to_string(&other).ok();
        assert_eq!(left.as_deref(), content, "{}", output.stderr);
    }
    // The state has replaced a dangling link.
    let metadata = fs::symlink_metadata(&state).expect("a file");
    assert!(metadata.is_file(), "{metadata:?}");
}

/// learn.microsoft.com, "Rate and usage limits": a successful answer can ask for a pause.
#[test]
fn waits_as_long_as_a_successful_answer_asks() {
    let world = world();
    world.marketplace().page_of_events(1);
    world.marketplace().fault(Fault::SlowedDown(2));
    let output = events(&world, &[]);
    assert_eq!(numbers(&output.stdout), ["install 1", "install 2"]);
    let arrivals = world.marketplace().arrivals();
    let [first, second, ..] = arrivals.as_slice() else {
        panic!("{arrivals:?}");
    };
    assert!(
        second.at - first.at >= Duration::from_secs(2),
        "{arrivals:?}"
    );
}

#[test]
fn stops_after_two_requests_if_the_service_ignores_the_date() {
    let world = world();
    world.marketplace().events_ignore_dates();
    let output = events(&world, &["--since", "2026-10-01"]);
    assert_eq!(numbers(&output.stdout), ["install 1", "install 2"]);
    let requests = world.marketplace().requests();
    let pages = requests.iter().filter(|line| line.ends_with("/events"));
    assert_eq!(pages.count(), 2, "{requests:?}");
}

#[test]
fn uses_the_start_until_there_is_a_state() {
    let world = world();
    let folder = tempfile::tempdir().expect("a folder");
    let state = path(&folder, "state.json");
    let output = events(&world, &["--state", &state, "--since", "2026-11-02"]);
    assert_eq!(numbers(&output.stdout), ["install 2"]);
    world
        .marketplace()
        .add_event("pub.hello", "install", 3, "2026-11-02T01:00:00Z");
    let output = events(&world, &["--state", &state, "--since", "2026-11-01"]);
    assert_eq!(numbers(&output.stdout), ["install 3"]);
    // The flag's name before states existed.
    let output = events(&world, &["--after-date", "2026-11-02"]);
    assert_eq!(numbers(&output.stdout), ["install 2", "install 3"]);
}

#[test]
fn an_interrupted_run_neither_loses_nor_repeats_events() {
    let world = world();
    world.marketplace().page_of_events(1);
    let folder = tempfile::tempdir().expect("a folder");
    let (state, output) = (path(&folder, "state.json"), path(&folder, "out"));
    let run = || events(&world, &["--state", &state, "--output-path", &output]);
    let file = Path::new(&output).join("pub.hello-events.jsonl");
    let lines = || numbers(&fs::read_to_string(&file).expect("a file"));
    assert_eq!(run().status, 0);
    assert_eq!(lines(), ["install 1", "install 2"]);
    world
        .marketplace()
        .add_event("pub.hello", "install", 3, "2026-11-03T00:00:00Z");
    let before = fs::read(&state).expect("a state");
    // Interrupted before everything was read: a later answer is a refusal.
    world.marketplace().fault(Fault::Delay(Duration::ZERO));
    let no = "{\"message\":\"no\"}".to_owned();
    world
        .marketplace()
        .fault(Fault::Status(403, Vec::new(), no));
    assert_eq!(run().status, 1);
    assert_eq!(fs::read(&state).expect("a state"), before);
    assert_eq!(lines(), ["install 1", "install 2"]);
    // Interrupted between the files and the state: the next run finds more than the state records.
    assert_eq!(run().status, 0);
    fs::write(&state, &before).expect("a state");
    let torn = fs::read_to_string(&file).expect("a file") + "{\"event\":\"inst";
    fs::write(&file, torn).expect("a file");
    assert_eq!(run().status, 0);
    assert_eq!(lines(), ["install 1", "install 2", "install 3"]);
    let csv = fs::read_to_string(file.with_extension("csv")).expect("a file");
    expect![[r#"
        date,event,id,version,properties
        2026-11-01T00:00:00Z,install,1,1.0.0,"{""hostName"":""contoso""}"
        2026-11-02T00:00:00Z,install,2,1.0.0,"{""hostName"":""contoso""}"
        2026-11-03T00:00:00Z,install,3,1.0.0,"{""hostName"":""contoso""}"
    "#]]
    .assert_eq(&csv);
    assert!(!Path::new(&format!("{state}.new")).exists());
}

#[test]
fn an_unusable_state_ends_the_run_before_any_request() {
    let world = world();
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::new();
    for content in [
        "{",
        "{}",
        r#"{"position":{"version":1,"extension":"pub.other","after":null,"seen":[]}}"#,
    ] {
        let state = path(&folder, "state.json");
        fs::write(&state, content).expect("a file");
        let ended = events(&world, &["--state", &state]);
        text.push_str(
            &shown(&world, &ended).replace(&*folder.path().to_string_lossy(), "[FOLDER]"),
        );
        assert_eq!(fs::read_to_string(&state).expect("a file"), content);
    }
    expect![[r#"
        error: The state in [FOLDER]/state.json cannot be used: it is not JSON.
        What to do: Correct the path, or delete the file to start again, at --since or with all events.
        More: adieu explain events
        exit 1
        error: The state in [FOLDER]/state.json cannot be used: it is not a position of events.
        What to do: Correct the path, or delete the file to start again, at --since or with all events.
        More: adieu explain events
        exit 1
        error: The state in [FOLDER]/state.json cannot be used: it is the position of pub.other.
        What to do: Correct the path, or delete the file to start again, at --since or with all events.
        More: adieu explain events
        exit 1
    "#]]
    .assert_eq(&text);
    assert!(world.marketplace().requests().is_empty());
    // A state that cannot be written is a failure, after the events were printed.
    let state = path(&folder, "no/such/folder/state.json");
    let ended = events(&world, &["--state", &state]);
    assert_eq!(numbers(&ended.stdout).len(), 2);
    assert_eq!(ended.status, 1);
}
