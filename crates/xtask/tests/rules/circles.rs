//! Files must not depend on each other in a circle: neither those of a crate nor those of a folder in it.
//!
//! A file and the folder with its name count as one: a module and its submodules may use each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{code_lines, files, read};

/// Circles that are allowed, each with its reason. A file is named by its crate and module.
const ARGUED: &[(&[&str], &str)] = &[];

#[test]
fn files_do_not_depend_on_each_other_in_a_circle() {
    let mut found = Vec::new();
    for root in roots() {
        for (folder, module_path) in folders(&root) {
            found.extend(circles(&arrows(&folder, &module_path)));
        }
    }
    let argued: Vec<Vec<String>> = ARGUED
        .iter()
        .map(|(circle, _)| circle.iter().map(|name| (*name).to_owned()).collect())
        .collect();
    let open: Vec<String> = found
        .iter()
        .filter(|circle| !argued.contains(circle))
        .map(|circle| circle.join(" ↔ "))
        .collect();
    assert!(open.is_empty(), "circles:\n{}", open.join("\n"));
    for circle in argued {
        assert!(found.contains(&circle), "{circle:?} is open: strike it");
    }
}

#[test]
fn a_circle_is_found_and_a_chain_is_not() {
    let arrows = |pairs: &[(&str, &str)]| {
        let mut arrows: Arrows = BTreeMap::new();
        for (from, to) in pairs {
            arrows
                .entry((*from).to_owned())
                .or_default()
                .insert((*to).to_owned());
        }
        arrows
    };
    let chain = arrows(&[("a", "b"), ("b", "c"), ("a", "c")]);
    assert_eq!(circles(&chain), Vec::<Vec<String>>::new());
    let circle = arrows(&[("a", "b"), ("b", "c"), ("c", "b")]);
    assert_eq!(circles(&circle), [["b", "c"]]);
    assert_eq!(
        modules_in(
            "use crate::{a, b::{C, d}};\nlet x = crate::e::f();\nuse crate::g;",
            "crate::"
        ),
        BTreeSet::from(["a", "b", "e", "g"].map(str::to_owned))
    );
}

/// Which module of a crate uses which.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The folders that hold a crate's sources.
fn roots() -> Vec<String> {
    let manifests = files("crates/").into_iter();
    let mut roots: Vec<String> = manifests
        .filter_map(|path| Some(format!("{}/src", path.strip_suffix("/Cargo.toml")?)))
        .collect();
    roots.push("crates/cli".to_owned());
    roots
}

/// The folders of a crate, and the path of the module whose submodules each one has.
fn folders(root: &str) -> BTreeMap<String, String> {
    let mut folders = BTreeMap::from([(root.to_owned(), "crate::".to_owned())]);
    for path in files(root) {
        let below = path.strip_prefix(root).unwrap_or_default();
        for (index, _) in below.match_indices('/').skip(1) {
            let module = below[1..index].replace('/', "::");
            let folder = format!("{root}{}", &below[..index]);
            folders.insert(folder, format!("crate::{module}::"));
        }
    }
    folders
}

/// Which of a folder's modules uses which.
fn arrows(folder: &str, module_path: &str) -> Arrows {
    let mut arrows = Arrows::new();
    let below = format!("{folder}/");
    let sources = files(&below).into_iter();
    let sources: Vec<(String, String)> = sources
        .filter(|path| path.ends_with(".rs"))
        .filter_map(|path| {
            let module = path.strip_prefix(&below)?.split(['/', '.']).next()?;
            Some((module.to_owned(), path.clone()))
        })
        .filter(|(module, path)| !path.contains("/tests") && module != "lib" && module != "main")
        .collect();
    let known: BTreeSet<&String> = sources.iter().map(|(module, _)| module).collect();
    for (module, path) in &sources {
        let text = read(path);
        let code: String = code_lines(&text).flat_map(|line| [line, "\n"]).collect();
        let depth = path.matches('/').count() - below.matches('/').count();
        let to_folder = "super::".repeat(depth + 1);
        let code = code
            .replace(&format!("super::{to_folder}"), "above::")
            .replace(&to_folder, module_path);
        let used = modules_in(&code, module_path).into_iter();
        let used = used.filter(|used| used != module && known.contains(used));
        arrows
            .entry(format!("{below}{module}"))
            .or_default()
            .extend(used.map(|used| format!("{below}{used}")));
    }
    arrows
}

/// The modules below a path that a source names: `crate::name` and `crate::{name, …}`.
fn modules_in(code: &str, module_path: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split(module_path).skip(1) {
        let mut add = |text: &str| {
            let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
            let end = text.find(|letter| !is_letter(letter)).unwrap_or(text.len());
            found.insert(text[..end].to_owned());
        };
        let Some(group) = rest.strip_prefix('{') else {
            add(rest);
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (index, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    add(group[start..index].trim_start());
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    add(group[start..index].trim_start());
                    start = index + 1;
                }
                _ => {}
            }
        }
    }
    found.remove("");
    found
}

/// Groups of modules in which each leads to every other one.
fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = arrows
        .keys()
        .map(|module| (module, reached(module, arrows)))
        .collect();
    let mut circles = BTreeSet::new();
    for (module, all) in &reached {
        if all.contains(module) {
            let together = all.iter().filter(|other| {
                reached
                    .get(*other)
                    .is_some_and(|back| back.contains(module))
            });
            circles.insert(together.map(|other| (*other).clone()).collect::<Vec<_>>());
        }
    }
    circles.into_iter().collect()
}

fn reached<'a>(module: &String, arrows: &'a Arrows) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&String> = arrows.get(module).into_iter().flatten().collect();
    while let Some(one) = next.pop() {
        if reached.insert(one) {
            next.extend(arrows.get(one).into_iter().flatten());
        }
    }
    reached
}
