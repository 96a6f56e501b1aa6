//! The emulator's floors: modules do not depend on each other in circles, and no service knows the world.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every module at the crate's root, with the modules that its files name after `crate::`.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(module) = module_of(&path, &source) {
                let text = fs::read_to_string(&path).expect("a source file");
                arrows.entry(module).or_default().extend(used(&text));
            }
        }
    }
    let known: BTreeSet<String> = arrows.keys().cloned().collect();
    for (module, used) in &mut arrows {
        used.retain(|other| other != module && known.contains(other));
    }
    arrows
}

/// The module at the crate's root that a file belongs to; the roots themselves may use all modules.
fn module_of(path: &Path, source: &Path) -> Option<String> {
    let relative: PathBuf = path.strip_prefix(source).ok()?.with_extension("");
    let first = relative.components().next()?;
    let name = first.as_os_str().to_str()?.to_owned();
    (name != "lib" && name != "main").then_some(name)
}

/// Modules after `crate::`, one by one or in braces.
fn used(text: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (position, _) in text.match_indices("crate::") {
        let rest = &text[position + "crate::".len()..];
        let list = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => rest,
        };
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        for item in list.split(',') {
            let item = item.trim_start();
            let end = item.find(|letter| !is_part(letter));
            used.insert(item[..end.unwrap_or(item.len())].to_owned());
            if !rest.starts_with('{') {
                break;
            }
        }
    }
    used
}

#[test]
fn modules_do_not_depend_on_each_other_in_circles() {
    let arrows = arrows();
    assert!(arrows.len() > 20, "{arrows:?}");
    let mut left = arrows.clone();
    // A module that uses none of the remaining ones is a floor; what is left in the end are circles.
    while let Some(floor) = left
        .iter()
        .find(|(_, used)| !used.iter().any(|other| left.contains_key(other)))
        .map(|(module, _)| module.clone())
    {
        left.remove(&floor);
    }
    assert!(left.is_empty(), "circles: {left:#?}");
}

#[test]
fn only_pipelines_know_the_world() {
    let who: Vec<String> = arrows()
        .into_iter()
        .filter(|(_, used)| used.contains("world"))
        .map(|(module, _)| module)
        .collect();
    assert_eq!(who, ["pipeline"]);
}
