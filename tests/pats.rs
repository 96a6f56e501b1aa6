//! `adieu pats`: whose personal access tokens an organization has, and which stop when.
//!
//! No token is in any output, and nothing is revoked: the emulated service has no route for that.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use adieu_emulator::{Connection, Fault, Pat, World};
use expect_test::expect;
use serde_json::Value;

use crate::desk::{Desk, Said};
use crate::harness::stable;

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

fn pats(world: &World, arguments: &[&str]) -> Said {
    let all = [&["pats", "--organization", "contoso"], arguments].concat();
    let said = Desk::machine(world).adieu(&all);
    let leaked = world.secrets_in(&said.stdout);
    assert!(leaked.is_empty(), "{leaked:?} in {}", said.stdout);
    said
}

fn shown(world: &World, said: &Said) -> String {
    let text = format!("{}{}exit {}\n", said.stdout, said.stderr, said.status);
    let text = text.replace(&world.entra().object_id("app"), "[OBJECT]");
    let descriptor = regex_lite::Regex::new("aad\\.[A-Za-z0-9_-]+").expect("a pattern");
    stable(world, &descriptor.replace_all(&text, "[DESCRIPTOR]"))
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stderr))
}

/// How many PATs a document has, and of how many owners.
fn counts(document: &Value) -> (usize, usize) {
    let pats = document["pats"].as_array().expect("a list");
    let owners: BTreeMap<&str, ()> = pats
        .iter()
        .filter_map(|pat| Some((pat["owner"]["principalName"].as_str()?, ())))
        .collect();
    (pats.len(), owners.len())
}

#[test]
fn lists_what_stops_first_with_owner_use_and_id() {
    let (world, last) = small_world();
    let said = pats(&world, &[]);
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
    "##]].assert_eq(&shown(&world, &said).replace(&last, "[DAY]"));
}

#[test]
fn prints_the_same_as_json() {
    let (world, last) = small_world();
    let said = pats(&world, &["--global", "--output", "json"]);
    let text = shown(&world, &said).replace(&last, "[DAY]");
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
    // Synthetic as well, and of no user.
    let other = [
        "LKOmxgJTeKdNnFRIBXuDL7DxtpYl",
        "SXpfKtHF4vUCsMehGAkWvj7FJQQJ",
    ];
    let other = format!("\n  {}99CKACAAAAAAc9QeAAASAZDO138C", other.concat());
    fs::write(folder.join("##vso[task.x]"), &other).expect("a file");
    let scanned = Desk::machine(&world).adieu(&[
        "scan",
        "--output",
        "json",
        folder.to_str().expect("a path"),
    ]);
    let report = world.folder().join("scan.json");
    fs::write(&report, scanned.stdout).expect("a file");
    let said = pats(&world, &["--leaks", report.to_str().expect("a path")]);
    let place = folder.display().to_string();
    let lines: Vec<&str> = said.stdout.lines().collect();
    let lines = lines[10..].join("\n").replace(&place, "[FOLDER]");
    expect![[r##"
        #1 is in [FOLDER]/a.env:1:5
        no owner was found for [FOLDER]/**vso[task.x]:2:3 (pzrwCAT8CGhukjbg4KkJ)
        Nothing was revoked. To revoke, an administrator sends:
          POST https://vssps.dev.azure.com/contoso/_apis/tokenadmin/revocations?api-version=7.2-preview.1 [{"authorizationId":"<authorization id>"}]"##]].assert_eq(&lines);
    assert!(said.stderr.contains("1 in files"), "{}", said.stderr);
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
        // The first one has more than a page.
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
    let said = pats(&world, &["--output", "json"]);
    let document = json(&said);
    assert_eq!((said.status, counts(&document)), (0, (244, 200)));
    assert_eq!(document["users"], 200);
    assert_eq!(document["notRead"], Value::Array(Vec::new()));
    let pats = document["pats"].as_array().expect("a list");
    let used = pats.iter().filter(|pat| pat["lastUse"].is_string()).count();
    assert_eq!(used, 30);
}

/// All requests between two beats are answered at the next one, so that no more can come than are asked at once.
#[test]
fn asks_for_four_at_once_and_no_more() {
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

#[test]
fn names_the_right_that_a_non_administrator_lacks() {
    for status in [401, 403] {
        let world = World::start();
        world.add_connection(Connection::managed_identity("app", None));
        world.organizations().add_member("contoso", "app");
        for account in ["a@contoso.example", "b@contoso.example"] {
            world.organizations().add_user("contoso", account, "A User");
        }
        world
            .organizations()
            .token_administration_refuses_with(status);
        let said = pats(&world, &[]);
        expect![[r#"
            error: Only members of Project Collection Administrators may list the personal access tokens of other users, and this identity is not one in contoso.
              it said: The requested operation is not allowed.
              x-vss-e2eid: [GUID]
              activityid: [GUID]
              x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
              object id: [OBJECT]
              token's tenant: [TENANT]
              credential: managed-identity
            What to do: Sign in as an administrator of the organization, or let one add this identity: Organization settings → Permissions → Project Collection Administrators → Members.
            More: adieu explain pats
            exit 1
        "#]].assert_eq(&shown(&world, &said));
    }
}

#[test]
fn an_organization_that_has_not_added_the_identity_says_so() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add("contoso");
    let said = pats(&world, &[]);
    assert_eq!(said.status, 1);
    assert!(
        said.stderr.contains("adieu explain tf401444"),
        "{}",
        said.stderr
    );
}

#[test]
fn last_uses_are_unknown_without_the_audit_log() {
    let (world, _) = small_world();
    world.organizations().close_audit_log("contoso");
    let said = pats(&world, &["--global", "--quiet", "--output", "json"]);
    let document = json(&said);
    assert_eq!((said.status, said.stderr.as_str()), (0, ""));
    assert_eq!(document["pats"][0]["lastUse"], Value::Null);
    expect![[r#"{"isRead":false,"reason":"needs the permission View audit log","since":null}"#]]
        .assert_eq(&document["auditLog"].to_string());
    let said = pats(&world, &["--global"]);
    expect!["warning: Last uses are unknown: the audit log of contoso needs the permission View audit log (Organization settings → Permissions)."].assert_eq(said.stderr.lines().next().unwrap_or_default());

    let empty = self::world();
    empty
        .organizations()
        .add_user("contoso", "a@contoso.example", "A");
    let pat = Pat::default();
    empty
        .organizations()
        .add_pat("contoso", "a@contoso.example", &pat);
    let said = pats(&empty, &[]);
    expect!["warning: Last uses are unknown: the audit log of contoso is empty. Organization settings → Policies → Log audit events turns it on."].assert_eq(said.stderr.lines().next().unwrap_or_default());
}

#[test]
fn a_user_who_cannot_be_read_is_listed_and_the_others_are_printed() {
    let (world, _) = small_world();
    // The tenant, the users, and the first one of these.
    for _ in 0..2 {
        world.marketplace().fault(Fault::Delay(Duration::ZERO));
    }
    world.marketplace().fault(Fault::status(404));
    let said = pats(&world, &["--output", "json"]);
    let document = json(&said);
    assert_eq!(said.status, 1);
    let missed = document["notRead"].as_array().expect("a list");
    assert_eq!(missed.len(), 1, "{missed:?}");
    expect![[r#"
        ada@contoso.example was not read: Could not list its personal access tokens: it does not exist, or this identity may not see it (404 of vssps.dev.azure.com).
    "#]].assert_eq(said.stderr.split_once(' ').expect("a note").1);
}

/// Names are their owners' text: no command, no markup, no formula.
#[test]
fn hostile_names_stay_names() {
    let world = world();
    let organizations = world.organizations();
    for (number, name) in [
        "##vso[task.complete result=Failed]",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "=HYPERLINK(\"https://x.example\",\"y\")",
        "@SUM(1)\r\n##vso[task.setvariable variable=a]b",
        "a\",\"b' -->\u{202e}\u{1b}[2J",
        "+1,-1",
    ]
    .iter()
    .enumerate()
    {
        let account = format!("user-{number}@contoso.example");
        organizations.add_user("contoso", &account, name);
        let pat = Pat {
            name,
            scope: name,
            fingerprint: name,
            ..Pat::default()
        };
        organizations.add_pat("contoso", &account, &pat);
    }
    for form in ["text", "json", "csv", "html"] {
        let said = pats(&world, &["--output", form]);
        assert_eq!(said.status, 0, "{}", said.stderr);
        assert!(!said.stdout.contains("##vso["), "{form}: {}", said.stdout);
        assert!(!said.stdout.contains('\u{1b}'), "{form}: {}", said.stdout);
    }
    let csv = pats(&world, &["--output", "csv"]).stdout;
    let records: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(records.len(), 7, "{csv}");
    assert!(!csv.replace("\r\n", "").contains(['\r', '\n']), "{csv}");
    let names: Vec<String> = records
        .iter()
        .map(|record| cells(record)[9].clone())
        .collect();
    expect![[r#"
        name
        **vso[task.complete result=Failed]
        <script>alert(1)</script><img src=x onerror=alert(1)>
        '=HYPERLINK("https://x.example","y")
        '@SUM(1) **vso[task.setvariable variable=a]b
        a","b' --> [2J
        '+1,-1"#]]
    .assert_eq(&names.join("\n"));
    assert!(records.iter().all(|record| cells(record).len() == 14));
    let html = pats(&world, &["--output", "html"]).stdout;
    assert!(html.contains("default-src 'none'"), "{html}");
    assert!(
        !html.contains("<script") && !html.contains("<img"),
        "{html}"
    );
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{html}"
    );
}

/// The cells of a record (RFC 4180), all of which are in quotes.
fn cells(record: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = record;
    while let Some(cell) = rest.strip_prefix('"') {
        let mut text = String::new();
        let mut letters = cell.char_indices().peekable();
        let mut end = cell.len();
        while let Some((at, letter)) = letters.next() {
            let is_quote = letter == '"';
            if is_quote && letters.next_if(|(_, next)| *next == '"').is_none() {
                end = at + 1;
                break;
            }
            text.push(letter);
        }
        cells.push(text);
        rest = cell[end..].strip_prefix(',').unwrap_or(&cell[end..]);
    }
    assert_eq!(rest, "", "{record}");
    cells
}

#[test]
fn usage_errors_are_found_before_anything_is_sent() {
    let world = world();
    let file = world.folder().join("report.json");
    fs::write(&file, "{}").expect("a file");
    let file = file.to_str().expect("a path");
    for (arguments, expected) in [
        (&["pats"][..], "adieu pats needs an organization."),
        (
            &[
                "pats",
                "--organization",
                "contoso",
                "--expires-before",
                "soon",
            ],
            "a date is written 2026-12-31",
        ),
        (
            &[
                "pats",
                "--organization",
                "contoso",
                "--leaks",
                "nowhere.json",
            ],
            "'nowhere.json' is not a report of adieu scan: No such file",
        ),
        (
            &["pats", "--organization", "contoso", "--leaks", file],
            "is not a report of adieu scan: its schema is not adieu.scan/1.",
        ),
    ] {
        let said = Desk::machine(&world).adieu(arguments);
        assert_eq!(said.status, 2, "{}", said.stderr);
        assert!(said.stderr.contains(expected), "{}", said.stderr);
    }
    assert!(world.marketplace().requests().is_empty());
}
