//! The checksums in a package: `SHA256SUMS`, in the format of `sha256sum`.
//!
//! They are only as trustworthy as the package itself; compare them with those that were published elsewhere.

use std::collections::HashSet;

use adieu_order::Map;

use crate::digest::Digest;

/// Name of the part.
pub(crate) const CHECKSUMS: &str = "SHA256SUMS";

/// The result for one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The entry has this digest.
    Ok,
    /// The entry has a different digest.
    Differs,
    /// The package has no such entry.
    Missing,
}

/// The result of comparing a package with its `SHA256SUMS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksums {
    /// Each listed entry, in the order of the list.
    pub listed: Vec<(String, Outcome)>,
    /// Entries that are not in the list, except the list itself.
    pub unlisted: Vec<String>,
}

impl Checksums {
    /// Whether every listed entry exists and has its digest.
    pub fn is_ok(&self) -> bool {
        self.listed
            .iter()
            .all(|(_, outcome)| *outcome == Outcome::Ok)
    }
}

/// Compares a list with the digests. The error is the number of a line that cannot be parsed.
pub(crate) fn compare(text: &str, digests: &Map<String, Digest>) -> Result<Checksums, u32> {
    let mut expected = HashSet::new();
    let mut listed = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.is_empty() {
            continue;
        }
        // A star means that the file was read as binary, which makes no difference on current systems.
        let (digest, name) = line
            .split_once(" *")
            .or_else(|| line.split_once("  "))
            .ok_or(number)?;
        let digest = Digest::from_hex(digest).ok_or(number)?;
        let name = name.strip_prefix("./").unwrap_or(name).to_owned();
        if name.is_empty() || !expected.insert(name.clone()) {
            return Err(number);
        }
        let outcome = match digests.get(&name) {
            None => Outcome::Missing,
            Some(found) if *found == digest => Outcome::Ok,
            Some(_) => Outcome::Differs,
        };
        listed.push((name, outcome));
    }
    if listed.is_empty() {
        return Err(1);
    }
    let unlisted = digests
        .keys()
        .filter(|name| !expected.contains(*name) && *name != CHECKSUMS)
        .cloned()
        .collect();
    Ok(Checksums { listed, unlisted })
}

#[cfg(test)]
mod tests {
    use super::{Outcome, compare};
    use crate::Digest;

    #[test]
    fn each_line_is_compared_with_its_entry() {
        let digests = [("a", "1"), ("b/c", "2"), ("d", "3"), ("SHA256SUMS", "x")]
            .map(|(name, text)| (name.to_owned(), Digest::of(text.as_bytes())));
        let digests = digests.into_iter().collect();
        let sum = |text: &str| Digest::of(text.as_bytes());
        let text = format!(
            "{}  a\n{} *./b/c\n\n{}  gone\n",
            sum("1"),
            sum("wrong"),
            sum("4")
        );
        let found = compare(&text, &digests).expect("it can be read");
        assert_eq!(
            found.listed,
            [
                ("a".to_owned(), Outcome::Ok),
                ("b/c".to_owned(), Outcome::Differs),
                ("gone".to_owned(), Outcome::Missing)
            ]
        );
        assert_eq!(found.unlisted, ["d"]);
        assert!(!found.is_ok());
        let bad = [
            String::new(),
            "nonsense".to_owned(),
            format!("{}", sum("1")),
            format!("{}  a\n{}  a\n", sum("1"), sum("1")),
        ];
        assert_eq!(
            bad.map(|text| compare(&text, &digests)),
            [Err(1), Err(1), Err(1), Err(2)]
        );
    }
}
