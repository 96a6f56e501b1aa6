//! `adieu pats`: the owners of an organization's personal access tokens, and when tokens stop working.
//!
//! No output contains a token, and nothing is revoked: the emulated service has no route for that.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use adieu_emulator::{Connection, Fault, Pat, World};
use expect_test::expect;
use serde_json::Value;

use crate::harness::stable;
use crate::shell::{CommandOutput, Shell};

mod hostile;
mod refusals;
mod resume;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A synthetic token, and its public fingerprint.
const TOKEN: [&str; 3] = [
    "u8jzPde0IgxLd6GncfBAepfJBd0K",
    "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
    "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
];
const FINGERPRINT: &str = "HuS9xjXqY9HOx/7ZozZv";

/// A world in which `app` administers contoso.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add_administrator("contoso", "app");
    world
}

/// A world with two people and four tokens, of which the first was used three days ago.
fn small_world() -> (World, String) {
    let world = world();
    let organizations = world.organizations();
    organizations.add_user("contoso", "ada@contoso.example", "Ada Lovelace");
    organizations.add_user("contoso", "grace@contoso.example", "Grace Hopper");
    organizations.add_user("contoso", "no-token@contoso.example", "No Token");
    let release = Pat {
        name: "release",
        scope: "app_token",
        organizations: 0,
        fingerprint: FINGERPRINT,
        ..Pat::default()
    };
    let used = organizations.add_pat("contoso", "grace@contoso.example", &release);
    for (account, name, organizations, expires, is_valid) in [
        (
            "ada@contoso.example",
            "feeds",
            1,
            "2034-01-02T00:00:00Z",
            true,
        ),
        (
            "ada@contoso.example",
            "old",
            1,
            "2026-01-03T00:00:00Z",
            true,
        ),
        (
            "ada@contoso.example",
            "gone",
            2,
            "2035-01-04T00:00:00Z",
            false,
        ),
    ] {
        let pat = Pat {
            name,
            organizations,
            expires,
            is_valid,
            ..Pat::default()
        };
        world.organizations().add_pat("contoso", account, &pat);
    }
    let organizations = world.organizations();
    organizations.log_action("contoso", "AAD_Cookie", DAY);
    organizations.use_pat("contoso", &used, 30 * DAY);
    let last = organizations.use_pat("contoso", &used, 3 * DAY);
    (world, last[..10].to_owned())
}

fn pats(world: &World, arguments: &[&str]) -> CommandOutput {
    let all = [&["pats", "--organization", "contoso"], arguments].concat();
    let output = Shell::machine(world).adieu(&all);
    let leaked = world.secrets_in(&output.stdout);
    assert!(leaked.is_empty(), "{leaked:?} in {}", output.stdout);
    output
}

fn shown(world: &World, output: &CommandOutput) -> String {
    let text = format!("{}{}exit {}\n", output.stdout, output.stderr, output.status);
    let text = text.replace(&world.entra().object_id("app"), "[OBJECT]");
    let descriptor = regex_lite::Regex::new("aad\\.[A-Za-z0-9_-]+").expect("a pattern");
    stable(world, &descriptor.replace_all(&text, "[DESCRIPTOR]"))
}

fn json(output: &CommandOutput) -> Value {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.stderr))
}

/// The number of PATs in a document, and of their owners.
fn counts(document: &Value) -> (usize, usize) {
    let pats = document["pats"].as_array().expect("a list");
    let owners: BTreeMap<&str, ()> = pats
        .iter()
        .filter_map(|pat| Some((pat["owner"]["principalName"].as_str()?, ())))
        .collect();
    (pats.len(), owners.len())
}

#[test]
fn lists_tokens_by_expiry_with_owner_use_and_id() {
    let (world, last) = small_world();
    let output = pats(&world, &[]);
    expect![[r##"
        #  STOPS       GLOBAL  ACCESS  LAST USE    LEAKS  OWNER                  NAME
        1  2026-12-01  yes     full    [DAY]  -      grace@contoso.example  release
        2  2034-01-02  no      scoped  unknown     -      ada@contoso.example    feeds
        3  expired     no      scoped  unknown     -      ada@contoso.example    old
        4  revoked     yes     scoped  unknown     -      ada@contoso.example    gone
        #  AUTHORIZATION ID                      CREATED     EXPIRES     SCOPE
        1  [GUID]  2026-01-02  2035-01-02  app_token
        2  [GUID]  2026-01-02  2034-01-02  vso.code
        3  [GUID]  2026-01-02  2026-01-03  vso.code
        4  [GUID]  2026-01-02  2035-01-04  vso.code
        Nothing was revoked. To revoke, an administrator sends:
          POST https://vssps.dev.azure.com/contoso/_apis/tokenadmin/revocations?api-version=7.2-preview.1 [{"authorizationId":"<authorization id>"}]
        4 personal access tokens of 3 users, 1 active and global (stop on 2026-12-01), 1 active with full access.
        exit 0
    "##]].assert_eq(&shown(&world, &output).replace(&last, "[DAY]"));
}

#[test]
fn prints_the_same_as_json() {
    let (world, last) = small_world();
    let output = pats(&world, &["--global", "--output", "json"]);
    let text = shown(&world, &output).replace(&last, "[DAY]");
    expect![[r#"
        {
          "auditLog": {
            "isRead": true,
            "reason": null,
            "since": "[TIME]"
          },
          "leaksWithoutOwner": [],
          "leftOut": 2,
          "notRead": [],
          "organization": "contoso",
          "pats": [
            {
              "authorizationId": "[GUID]",
              "created": "[TIME]",
              "expires": "[TIME]",
              "fingerprint": "HuS9xjXqY9HOx/7ZozZv",
              "isFullAccess": true,
              "isGlobal": true,
              "lastUse": "[TIME]",
              "leaks": [],
              "name": "release",
              "owner": {
                "descriptor": "[DESCRIPTOR]",
                "displayName": "Grace Hopper",
                "principalName": "grace@contoso.example"
              },
              "scope": "app_token",
              "state": "active",
              "stops": "2026-12-01"
            },
            {
              "authorizationId": "[GUID]",
              "created": "[TIME]",
              "expires": "[TIME]",
              "fingerprint": "AAAAAAAAAAAAAAAAAAAA",
              "isFullAccess": false,
              "isGlobal": true,
              "lastUse": null,
              "leaks": [],
              "name": "gone",
              "owner": {
                "descriptor": "[DESCRIPTOR]",
                "displayName": "Ada Lovelace",
                "principalName": "ada@contoso.example"
              },
              "scope": "vso.code",
              "state": "revoked",
              "stops": null
            }
          ],
          "revocation": {
            "body": [
              {
                "authorizationId": "<authorization id>"
              }
            ],
            "method": "POST",
            "url": "https://vssps.dev.azure.com/contoso/_apis/tokenadmin/revocations?api-version=7.2-preview.1"
          },
          "schema": "adieu.pats/1",
          "taken": "[TIME]",
          "users": 3
        }
        exit 0
    "#]].assert_eq(&text);
}

#[test]
fn filters_by_reach_and_by_expiry() {
    let (world, _) = small_world();
    for (arguments, expected) in [
        (&[][..], &["release", "feeds", "old", "gone"][..]),
        (&["--global"], &["release", "gone"]),
        (&["--expires-before", "2035-01-01"], &["feeds", "old"]),
        (&["--expires-before", "2026-01-03T00:00:00Z"], &[]),
        (
            &["--global", "--expires-before", "2035-01-03"],
            &["release"],
        ),
    ] {
        let document = json(&pats(&world, &[&["--output", "json"], arguments].concat()));
        let pats = document["pats"].as_array().expect("a list");
        let names: Vec<&str> = pats.iter().filter_map(|pat| pat["name"].as_str()).collect();
        assert_eq!(names, expected, "{arguments:?}");
        assert_eq!(document["leftOut"], 4 - expected.len());
    }
}

#[test]
fn joins_tokens_in_files_with_their_owners() {
    let (world, _) = small_world();
    let token = TOKEN.concat();
    world.record_secret("PAT", &token);
    let folder = world.folder().join("site");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("a.env"), format!("PAT={token}\n")).expect("a file");
    // Also synthetic, and not owned by any user.
    let other = [
        "LKOmxgJTeKdNnFRIBXuDL7DxtpYl",
        "SXpfKtHF4vUCsMehGAkWvj7FJQQJ",
    ];
    let other = format!("\n  {}99CKACAAAAAAc9QeAAASAZDO138C", other.concat());
    fs::write(folder.join("##vso[task.x]"), &other).expect("a file");
    let scanned = Shell::machine(&world).adieu(&[
        "scan",
        "--output",
        "json",
        folder.to_str().expect("a path"),
    ]);
    let report = world.folder().join("scan.json");
    fs::write(&report, scanned.stdout).expect("a file");
    let output = pats(&world, &["--leaks", report.to_str().expect("a path")]);
    let place = folder.display().to_string();
    let lines: Vec<&str> = output.stdout.lines().collect();
    let lines = lines[10..].join("\n").replace(&place, "[FOLDER]");
    expect![[r##"
        #1 is in [FOLDER]/a.env:1:5
        no owner was found for [FOLDER]/**vso[task.x]:2:3 (pzrwCAT8CGhukjbg4KkJ)
        Nothing was revoked. To revoke, an administrator sends:
          POST https://vssps.dev.azure.com/contoso/_apis/tokenadmin/revocations?api-version=7.2-preview.1 [{"authorizationId":"<authorization id>"}]"##]].assert_eq(&lines);
    assert!(output.stderr.contains("1 in files"), "{}", output.stderr);
}

#[test]
fn reads_two_hundred_users_through_pages_and_a_429() {
    let world = world();
    let organizations = world.organizations();
    organizations.page_of_users(37);
    organizations.page_of_audit_log(10);
    for user in 0..200 {
        let account = format!("user-{user}@contoso.example");
        organizations.add_user("contoso", &account, "A User");
        // The first user has more than a page.
        for token in 0..(if user == 0 { 45 } else { 1 }) {
            let name = format!("token-{token}");
            let pat = Pat {
                name: &name,
                ..Pat::default()
            };
            let id = organizations.add_pat("contoso", &account, &pat);
            if user < 30 && token == 0 {
                organizations.use_pat("contoso", &id, DAY);
            }
        }
    }
    for _ in 0..60 {
        world.marketplace().fault(Fault::Delay(Duration::ZERO));
    }
    for _ in 0..2 {
        world.marketplace().fault(Fault::too_many_requests(1));
    }
    let output = pats(&world, &["--output", "json"]);
    let document = json(&output);
    assert_eq!((output.status, counts(&document)), (0, (244, 200)));
    assert_eq!(document["users"], 200);
    assert_eq!(document["notRead"], Value::Array(Vec::new()));
    let pats = document["pats"].as_array().expect("a list");
    let used = pats.iter().filter(|pat| pat["lastUse"].is_string()).count();
    assert_eq!(used, 30);
}

/// All requests in an interval are answered at its end, so no more can arrive than are sent concurrently.
#[test]
fn sends_at_most_four_requests_at_once() {
    const BEAT: Duration = Duration::from_millis(200);
    let world = world();
    for user in 0..12 {
        let account = format!("user-{user}@contoso.example");
        world
            .organizations()
            .add_user("contoso", &account, "A User");
    }
    world.marketplace().always(Fault::OnTheBeat(BEAT));
    assert_eq!(pats(&world, &[]).status, 0);
    let mut beats: BTreeMap<u128, usize> = BTreeMap::new();
    for arrival in world.marketplace().arrivals() {
        *beats
            .entry(arrival.at.as_millis() / BEAT.as_millis())
            .or_default() += 1;
    }
    let most = beats.values().max().copied();
    assert_eq!(most, Some(4), "{beats:?}");
}

#[test]
fn a_repeated_page_is_the_last_one() {
    let world = world();
    let organizations = world.organizations();
    for account in [
        "a@contoso.example",
        "b@contoso.example",
        "c@contoso.example",
    ] {
        organizations.add_user("contoso", account, "A User");
    }
    organizations.page_of_users(2);
    organizations.repeat_the_first_page_of_users();
    let document = json(&pats(&world, &["--output", "json"]));
    assert_eq!(document["users"], 2);
}
