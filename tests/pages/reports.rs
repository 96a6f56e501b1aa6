//! The pages of `adieu scan` and `adieu pats` with five thousand rows, in a real browser: they work offline, are
//! readable in light and dark mode, and no row is missing or too wide.

use std::fs;

use adieu_emulator::{Connection, Pat, Resource, World};
use serde_json::{Value, json};

use super::{THEMES, photograph_file, seen};
use crate::shell::Shell;

/// A world in which `app` administers contoso.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add_administrator("contoso", "app");
    world
}

/// The browser's findings in a page of a verb, in both modes.
fn seen_of(world: &World, name: &str, arguments: &[&str]) -> Value {
    let output = Shell::machine(world).adieu(&[arguments, &["--output", "html"]].concat());
    crate::scan::shows_no_token(&output.stdout);
    let file = tempfile::Builder::new().suffix(".html").tempfile();
    let file = file.expect("a file");
    fs::write(file.path(), &output.stdout).expect("a page");
    let [light, dark] = THEMES.map(|theme| {
        photograph_file(name, file.path(), theme, (1280, 900));
        let mut seen = seen(name, &output.stdout, "document", theme);
        let contrast = seen["contrast"].take();
        // WCAG 2.2, 1.4.3: at least 4.5 to 1.
        assert!(contrast.as_f64() >= Some(4.5), "{theme}: {contrast}");
        assert_eq!(seen["overflows"], false, "{theme}");
        seen
    });
    assert_eq!(light, dark);
    light
}

#[test]
fn the_page_of_an_organization_has_five_thousand_findings() {
    let world = world();
    let organizations = world.organizations();
    for number in 0..50 {
        let project = organizations.add_project("contoso", &format!("Project {number:02}"));
        let add = |resource, document| {
            organizations.add_resource("contoso", Some(&project), resource, document)
        };
        let mut variables = serde_json::Map::new();
        for number in 0..99 {
            variables.insert(
                format!("RELEASE_{number:02}_PAT"),
                json!({ "isSecret": true }),
            );
        }
        variables.insert(
            "plain".to_owned(),
            json!({ "value": crate::scan::new_token() }),
        );
        add(
            Resource::VariableGroup,
            json!({ "name": "secrets of the release", "variables": variables }),
        );
    }
    let project = organizations.add_project("contoso", "Refused");
    organizations.close_resources(Some(&project), Resource::TaskGroup);
    let seen = seen_of(
        &world,
        "scan-organization",
        &["scan", "--organization", "contoso"],
    );
    let rows = seen["tables"][0].as_array().expect("a table");
    assert_eq!(rows.len(), 5_001);
    assert_eq!(rows[0], json!(["Path", "Place", "Certainty", "Finding"]));
    assert_eq!(seen["links"].as_array().map(Vec::len), Some(5_000));
}

#[test]
fn the_page_of_personal_access_tokens_has_five_thousand_rows() {
    let world = world();
    let organizations = world.organizations();
    for user in 0..100 {
        let account = format!("user-{user:02}@contoso.example");
        organizations.add_user("contoso", &account, "A User");
        for token in 0..50 {
            let name = format!("release of the extension, token {token}");
            let pat = Pat {
                name: &name,
                scope: if token % 7 == 0 {
                    "app_token"
                } else {
                    "vso.code vso.packaging_write"
                },
                organizations: token % 3,
                is_valid: token % 11 != 0,
                ..Pat::default()
            };
            organizations.add_pat("contoso", &account, &pat);
        }
    }
    let seen = seen_of(&world, "pats", &["pats", "--organization", "contoso"]);
    let rows = seen["tables"][0].as_array().expect("a table");
    assert_eq!(rows.len(), 5_001);
}
