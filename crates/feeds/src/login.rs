//! A login of a shell: which of its variables are set, and how to undo them.
//!
//! It keeps their earlier values in the private folder, and only reads the environment.

use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::folder::Folder;
use crate::plan::Variables;
use crate::variables::PATH;

/// File in the private folder with the variables' earlier values.
const UNDO: &str = "undo.json";

/// A variable and its new value; `None` removes it.
pub type Change = (String, Option<String>);

/// An earlier login of this shell.
pub struct EarlierLogin<'a> {
    /// The shell's variables.
    now: Variables<'a>,
    /// Its private folder.
    folder: Option<Folder>,
    /// Its variables: the value that it set, and the one before.
    set: Vec<(String, String, Option<String>)>,
}

impl<'a> EarlierLogin<'a> {
    /// The login whose private folder is given, if it is one. `now` reads a variable, and `all` are those
    /// that may refer to it.
    pub fn find(
        folder: Option<&str>,
        now: Variables<'a>,
        all: &mut dyn Iterator<Item = (String, String)>,
    ) -> Self {
        let mut set = Vec::new();
        let folder = folder.and_then(|folder| Folder::existing(Path::new(folder)));
        if let Some(folder) = &folder {
            let text = std::fs::read_to_string(folder.file(UNDO)).unwrap_or_default();
            let undo: Value = serde_json::from_str(&text).unwrap_or_default();
            for (name, change) in undo.as_object().into_iter().flatten() {
                let text = |field: &str| change[field].as_str().map(str::to_owned);
                let ours = text("set").unwrap_or_default();
                set.push((name.clone(), ours, text("before")));
            }
            if set.is_empty() {
                // The folder may be gone, because it is a temporary one: then references to it are invalid.
                let path = folder.path().display().to_string();
                let all = all.filter(|(name, value)| name != PATH && value.contains(&path));
                set.extend(all.map(|(name, value)| (name, value, None)));
            }
        }
        Self { now, folder, set }
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.folder.is_some()
    }

    /// The value of a variable before the login; one that was changed since then stays.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        let now = (self.now)(name);
        if name == PATH {
            return now.map(|path| self.without_programs(&path));
        }
        let mut set = self.set.iter();
        match set.find(|(set, ..)| set == name) {
            Some((_, ours, before)) if now.as_ref() == Some(ours) => before.clone(),
            _ => now,
        }
    }

    fn without_programs(&self, path: &str) -> String {
        let programs = self.folder.as_ref().map(Folder::programs);
        let others = std::env::split_paths(path).filter(|one| Some(one) != programs.as_ref());
        let joined = std::env::join_paths(others).unwrap_or_default();
        joined.to_string_lossy().into_owned()
    }

    /// The changes that restore the variables.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (name, ours, before) in &self.set {
            if (self.now)(name).as_ref() == Some(ours) {
                changes.push((name.clone(), before.clone()));
            }
        }
        let path = self.variable(PATH);
        if path != (self.now)(PATH) {
            changes.push((PATH.to_owned(), path));
        }
        changes
    }

    /// The changes from this login to another one with these variables.
    #[must_use]
    pub fn changes_to(&self, set: Vec<(String, String)>) -> Vec<Change> {
        let mut changes = self.changes();
        changes.retain(|(name, _)| set.iter().all(|(new, _)| new != name));
        changes.extend(set.into_iter().map(|(name, value)| (name, Some(value))));
        changes
    }

    /// Writes how to undo the other one to its private folder.
    ///
    /// # Errors
    /// The system's.
    pub fn write_undo(&self, folder: &Folder, set: &[(String, String)]) -> io::Result<()> {
        let mut undo = Map::new();
        for (name, value) in set.iter().filter(|(name, _)| name != PATH) {
            let change = json!({ "set": value, "before": self.variable(name) });
            undo.insert(name.clone(), change);
        }
        folder.write(UNDO, &Value::Object(undo).to_string())
    }

    /// Removes its private folder.
    pub fn remove(&self) {
        if let Some(folder) = &self.folder {
            folder.remove();
        }
    }
}
