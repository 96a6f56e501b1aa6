//! The parts of a package: the name of each file, and a check that names are unique.
//!
//! It reads no file's contents. The rules for names are those of the Open Packaging Conventions (ECMA-376 part 2,
//! 9.1), which tfx-cli's `vsix-writer.ts` also checks, and those of the systems on which an agent unpacks a task.

use std::collections::HashMap;
use std::path::PathBuf;

use adieu_manifest::document::FilePosition;
use adieu_manifest::finding::{Finding, Problem};
use adieu_manifest::task_check::Servers;

use crate::archive::{Source, is_device};

/// An asset: a part that the Marketplace or a browser finds by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asset {
    /// Type, such as `Microsoft.VisualStudio.Services.Icons.Default`, or the part's own name.
    pub(crate) kind: String,
    /// Whether browsers can load it.
    pub(crate) addressable: bool,
    /// Language, for a translated asset.
    pub(crate) lang: Option<String>,
}

/// A part of the package.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Name without the leading slash.
    pub(crate) name: String,
    /// The source of its bytes.
    pub(crate) source: Source,
    /// Media type, if the manifest names one.
    pub(crate) content_type: Option<String>,
    /// Its assets.
    pub(crate) assets: Vec<Asset>,
    /// Whether it was found in a declared folder; a declaration of the file itself takes precedence.
    pub(crate) from_folder: bool,
    /// Position of the declaration.
    pub(crate) position: FilePosition,
}

/// Names that the packer itself uses.
pub(crate) const RESERVED: [&str; 3] = [
    "[Content_Types].xml",
    "extension.vsixmanifest",
    "extension.vsomanifest",
];

/// All parts, in the order of declaration.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    list: Vec<Part>,
    by_name: HashMap<String, usize>,
}

impl Parts {
    /// The parts.
    pub(crate) fn list(&self) -> &[Part] {
        &self.list
    }

    /// The part with that name, in any letter case.
    pub(crate) fn find(&self, name: &str) -> Option<&Part> {
        self.by_name
            .get(&name.to_lowercase())
            .and_then(|index| self.list.get(*index))
    }

    /// Adds a part, or merges it with an existing one.
    pub(crate) fn add(&mut self, part: Part, findings: &mut Vec<Finding>) {
        if RESERVED
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&part.name))
        {
            findings.push(
                part.position
                    .finding(Problem::ReservedPart { part: part.name }),
            );
            return;
        }
        if let Some(reason) = broken_rule(&part.name) {
            findings.push(part.position.finding(Problem::BadPartName {
                part: part.name,
                reason,
            }));
            return;
        }
        match self
            .by_name
            .get(&part.name.to_lowercase())
            .and_then(|index| self.list.get_mut(*index))
        {
            None => {
                self.by_name
                    .insert(part.name.to_lowercase(), self.list.len());
                self.list.push(part);
            }
            Some(existing)
                if existing.name == part.name && same_file(&existing.source, &part.source) =>
            {
                existing.join(part);
            }
            Some(existing) => {
                let problem = Problem::PartCollision {
                    part: part.name,
                    other: existing.name.clone(),
                    first: existing.position.clone(),
                };
                findings.push(part.position.finding(problem));
            }
        }
    }

    /// Replaces the contents of a part.
    pub(crate) fn replace(&mut self, name: &str, bytes: Vec<u8>) {
        if let Some(part) = self
            .by_name
            .get(&name.to_lowercase())
            .and_then(|index| self.list.get_mut(*index))
        {
            part.source = Source::Bytes(bytes);
        }
    }

    /// Reports parts that would have to be both a file and a folder.
    pub(crate) fn check_folders(&self, findings: &mut Vec<Finding>) {
        for part in &self.list {
            for (at, _) in part.name.match_indices('/') {
                if let Some(file) = part.name.get(..at).and_then(|folder| self.find(folder)) {
                    let problem = Problem::PartCollision {
                        part: part.name.clone(),
                        other: file.name.clone(),
                        first: file.position.clone(),
                    };
                    findings.push(part.position.finding(problem));
                }
            }
        }
    }

    /// Reports addressable parts that Azure DevOps Server 2019 cannot install: IIS refuses addresses in which these
    /// characters are escaped twice (microsoft/tfs-cli issue 376).
    pub(crate) fn check_names(&self, servers: Servers, findings: &mut Vec<Finding>) {
        if servers == Servers::Cloud {
            return;
        }
        for part in &self.list {
            let is_addressable = part.assets.iter().any(|asset| asset.addressable);
            let character = part.name.chars().find(|sign| "+%&".contains(*sign));
            if let (true, Some(character)) = (is_addressable, character) {
                let problem = Problem::AddressableName {
                    part: part.name.clone(),
                    character,
                };
                findings.push(part.position.finding(problem));
            }
        }
    }

    /// Reports addressable assets with the same type.
    pub(crate) fn check_assets(&self, findings: &mut Vec<Finding>) {
        let mut seen: HashMap<(&str, Option<&str>), &Part> = HashMap::new();
        for part in &self.list {
            for asset in part.assets.iter().filter(|asset| asset.addressable) {
                if let Some(first) = seen.insert((&asset.kind, asset.lang.as_deref()), part) {
                    let problem = Problem::DuplicateAsset {
                        kind: asset.kind.clone(),
                        other: first.name.clone(),
                        first: first.position.clone(),
                    };
                    findings.push(part.position.finding(problem));
                }
            }
        }
    }
}

impl Part {
    /// Merges a second declaration of the same file. A declaration of the file itself takes precedence over its
    /// folder's, in either order.
    fn join(&mut self, other: Part) {
        if self.from_folder && !other.from_folder {
            self.position = other.position.clone();
            self.assets
                .retain(|asset| !other.assets.iter().any(|new| new.kind == asset.kind));
        }
        let takes_over = self.from_folder || !other.from_folder;
        self.from_folder &= other.from_folder;
        if takes_over && other.content_type.is_some() {
            self.content_type = other.content_type;
        }
        for asset in other.assets {
            if !self
                .assets
                .iter()
                .any(|own| own.kind == asset.kind && own.lang == asset.lang)
            {
                self.assets.push(asset);
            }
        }
    }
}

fn same_file(one: &Source, other: &Source) -> bool {
    let path = |source: &Source| source.path().map(PathBuf::from);
    path(one).is_some() && path(one) == path(other)
}

/// The rule that a part name violates.
fn broken_rule(name: &str) -> Option<&'static str> {
    name.split('/').find_map(|segment| {
        let bytes = segment.as_bytes();
        let lower = segment.to_ascii_lowercase();
        if segment.is_empty() {
            return Some("a folder in it has no name");
        }
        if segment.ends_with('.') {
            return Some("a folder or file in it ends with a dot");
        }
        if lower.contains("%2f") || lower.contains("%5c") {
            return Some("it has an encoded slash");
        }
        let percent = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
        let is_encoded = |at: usize| {
            bytes
                .get(at + 1..at + 3)
                .is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
        };
        if !percent.map(|(at, _)| at).all(is_encoded) {
            return Some("two hexadecimal digits must follow a percent sign");
        }
        let is_allowed =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"._~%!$&'()+,;=@-".contains(byte);
        if !bytes.iter().all(is_allowed) {
            return Some(
                "only ASCII letters, digits and ._~%!$&'()+,;=@- are allowed: no \
             space, colon or asterisk",
            );
        }
        is_device(segment).then_some("Windows reserves such names for devices")
    })
}

#[cfg(test)]
mod tests {
    use super::broken_rule;

    #[test]
    fn a_part_name_is_safe_everywhere() {
        let good = [
            "a.txt",
            "dir/b-c_d~e.js",
            "x%20y",
            "a/@scope/p.js",
            "console.js",
            "com10",
        ];
        assert_eq!(good.map(broken_rule), [None; 6]);
        let bad = [
            "", "a//b", "../x", "a/.", "b.", "x%2fy", "50%", "a b", "é", "c:d", "a*", "nul.txt",
            "x/COM1", "a\\b",
        ];
        assert!(
            bad.iter().all(|name| broken_rule(name).is_some()),
            "{bad:?}"
        );
    }
}
