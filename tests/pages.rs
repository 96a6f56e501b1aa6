//! The pages that tasks add to a run, in a real browser: what a person sees, in light and dark mode.
//!
//! Nothing is sanitized on the way: the renderers accept raw HTML, so the task itself must make text from servers and
//! users harmless. Screenshots for people are in `target/pictures/`.

mod reports;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use adieu_emulator::{Fault, Job, TaskResult};
use expect_test::expect;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::extension::{job, run, world};
use crate::harness::{client, root};

/// marked is the renderer in the components of Azure DevOps (`azure-devops-ui`); markdown-it is stricter in some
/// respects and laxer in others.
const RENDERERS: [&str; 2] = ["marked", "markdown-it"];
const THEMES: [&str; 2] = ["light", "dark"];

/// The same list as in crates/xtask/clients.md.
const PROGRAMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const QUIET: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

#[test]
fn the_whoami_page_is_a_readable_table() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let outcome = run(&mut job, "whoAmI", &[("publisherId", "pub")]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let seen = seen_everywhere("who-am-i", &page(&job));
    let id = world
        .organizations()
        .profile_id(adieu_emulator::MY_CONNECTION);
    assert_eq!(
        seen["tables"][0][0],
        serde_json::json!(["Azure DevOps id", id])
    );
    let facts: Vec<&Value> = rows(&seen).iter().map(|row| &row[0]).collect();
    assert_eq!(
        facts,
        [
            "Azure DevOps id",
            "name",
            "tenant",
            "object id",
            "client id"
        ]
    );
    assert!(rows(&seen).iter().all(|row| row[1] != ""), "{seen}");
    assert_eq!(
        seen["links"],
        serde_json::json!(["https://marketplace.visualstudio.com/manage/publishers/pub"])
    );
}

#[test]
fn published_is_a_table_that_people_can_read() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let outcome = run(
        &mut job,
        "publish",
        &[("organizations", "fabrikam\nnorthwind")],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let seen = seen_everywhere("published", &page(&job));
    // The Marketplace page uses this screenshot.
    photograph("overview-published", &page(&job), "light", 300);
    expect![[r#"
        extension: pub.hello
        version: 3.2.1
        validation: done: it can be installed
        shared with: fabrikam, northwind
    "#]]
    .assert_eq(&lines(&seen));
}

#[test]
fn deactivates_commands_in_server_text() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let hostile = concat!(
        "<script>hit()</script><img src=x onerror=hit()> [click](javascript:hit()) ![see](https://x.example/x.png) ",
        "` <svg onload=hit()> `` <b> | cell | </td></tr></table> \n\n# heading\n\n- list\n<!-- \u{202e} **bold** https://x.example"
    );
    let answer = serde_json::json!({ "id": hostile, "displayName": hostile });
    world.marketplace().fault(Fault::Status(
        200,
        vec![("Content-Type".into(), "application/json".into())],
        answer.to_string(),
    ));
    let publisher = "a)<script>hit()</script>|`b";
    let outcome = run(&mut job, "whoAmI", &[("publisherId", publisher)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let seen = seen_everywhere("hostile", &page(&job));
    assert_eq!(rows(&seen).len(), 5, "{seen}");
    assert!(
        rows(&seen)
            .iter()
            .all(|row| row.as_array().map(Vec::len) == Some(2))
    );
    assert_eq!(seen["headings"].as_array().map(Vec::len), Some(1), "{seen}");
    assert_eq!(
        seen["links"],
        serde_json::json!([
            "https://marketplace.visualstudio.com/manage/publishers/a%29%3Cscript%3Ehit%28%29%3C%2Fscript%3E%7C%60b"
        ])
    );
}

#[test]
fn the_browser_detects_markup_that_is_not_escaped() {
    for renderer in RENDERERS {
        let seen = seen(
            "control",
            "# <b>x</b>\n\n<img src=x onerror=\"hit()\">\n\n| a |\n|---|\n",
            renderer,
            "light",
        );
        assert_eq!(seen["ran"], true, "{renderer}");
        assert!(tags(&seen).contains(&"img"), "{renderer}: {seen}");
    }
}

/// The browser's findings with every renderer and in both modes; they must be the same, harmless and readable.
pub(crate) fn seen_everywhere(name: &str, page: &str) -> Value {
    let mut first: Option<Value> = None;
    for theme in THEMES {
        for renderer in RENDERERS {
            let mut seen = seen(name, page, renderer, theme);
            let place = format!("{name}, {renderer}, {theme}");
            assert_eq!(seen["ran"], false, "{place}: {seen}");
            assert_eq!(seen["overflows"], false, "{place}: {seen}");
            for tag in tags(&seen) {
                let ours = "a code h3 p strong table tbody td th thead tr";
                assert!(
                    ours.split(' ').any(|one| one == tag),
                    "{place}: {tag} in {seen}"
                );
            }
            for attribute in seen["attributes"].as_array().expect("attributes") {
                // marked adds an ID to a heading.
                let is_ours = attribute == "a href" || attribute == "h3 id";
                assert!(is_ours, "{place}: {attribute}");
            }
            // WCAG 2.2, 1.4.3: at least 4.5 to 1.
            let contrast = seen["contrast"].as_f64().expect("a number");
            assert!(contrast >= 4.5, "{place}: {contrast}");
            seen["contrast"].take();
            seen["attributes"].take();
            let first = first.get_or_insert_with(|| seen.clone());
            assert_eq!(*first, seen, "{place}");
        }
        photograph(name, page, theme, 420);
    }
    first.expect("a page")
}

/// The browser's findings in a page.
fn seen(name: &str, page: &str, renderer: &str, theme: &str) -> Value {
    let file = rendered(page, renderer, theme);
    let output = browser(&[
        prefers(theme),
        "--window-size=1280,900".to_owned(),
        "--dump-dom".to_owned(),
        address(file.path()),
    ]);
    let dom = String::from_utf8(output).expect("UTF-8");
    let report = dom
        .rsplit("<pre id=\"report\" hidden=\"\">")
        .next()
        .and_then(|rest| rest.split("</pre>").next())
        .expect("a report");
    let report = report
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&");
    serde_json::from_str(&report).unwrap_or_else(|error| panic!("{name}: {error}: {report}"))
}

/// A screenshot in `target/pictures/`.
pub(crate) fn photograph(name: &str, page: &str, theme: &str, height: u32) {
    let file = rendered(page, "marked", theme);
    photograph_file(name, file.path(), theme, (900, height));
}

fn photograph_file(name: &str, file: &Path, theme: &str, (width, height): (u32, u32)) {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = target.join("pictures");
    fs::create_dir_all(&folder).expect("a folder");
    let picture = folder.join(format!("{name}-{theme}.png"));
    let _ = browser(&[
        format!("--screenshot={}", picture.display()),
        format!("--window-size={width},{height}"),
        "--force-device-scale-factor=2".to_owned(),
        // Drawn when the layout is complete, not earlier.
        "--virtual-time-budget=2000".to_owned(),
        prefers(theme),
        address(file),
    ]);
    assert!(picture.is_file(), "{} was not drawn", picture.display());
}

/// The page as a file for the browser.
fn rendered(page: &str, renderer: &str, theme: &str) -> NamedTempFile {
    let file = tempfile::Builder::new().suffix(".html").tempfile();
    let file = file.expect("a file");
    let mut node = Command::new("node")
        .arg(root().join("tests/pages/render.js"))
        .arg(client("pages"))
        .args([renderer, theme])
        .stdin(Stdio::piped())
        .stdout(file.reopen().expect("a file"))
        .spawn()
        .expect("node starts");
    let mut input = node.stdin.take().expect("a pipe");
    input.write_all(page.as_bytes()).expect("node reads");
    drop(input);
    assert!(node.wait().expect("node ends").success(), "{renderer}");
    file
}

/// The output of the browser, which has its own temporary profile.
fn browser(arguments: &[String]) -> Vec<u8> {
    let profile = tempfile::tempdir().expect("a folder");
    for program in PROGRAMS {
        let output = Command::new(program)
            .args(QUIET)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .stderr(Stdio::null())
            .output();
        if let Ok(output) = output {
            assert!(
                output.status.success(),
                "{program} failed: {}",
                output.status
            );
            return output.stdout;
        }
    }
    panic!("there is no Chromium: run `cargo xtask test`");
}

/// The flag for a browser whose user prefers this mode.
fn prefers(theme: &str) -> String {
    let number = if theme == "dark" { 0 } else { 1 };
    format!("--blink-settings=preferredColorScheme={number}")
}

fn address(file: &Path) -> String {
    format!("file://{}", file.display())
}

fn page(job: &Job<'_>) -> String {
    fs::read_to_string(job.temp_folder().join("Marketplace extension 1.md")).expect("a page")
}

fn rows(seen: &Value) -> &Vec<Value> {
    assert_eq!(seen["tables"].as_array().map(Vec::len), Some(1), "{seen}");
    seen["tables"][0].as_array().expect("rows")
}

fn lines(seen: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows(seen)
        .iter()
        .map(|row| format!("{}: {}\n", text(&row[0]), text(&row[1])))
        .collect()
}

fn tags(seen: &Value) -> Vec<&str> {
    let tags = seen["tags"].as_array().expect("tags");
    tags.iter().filter_map(Value::as_str).collect()
}
