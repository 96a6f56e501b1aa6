//! A version: its numbers, which of two is higher, which one comes next, and the sources for one.
//!
//! It looks up none.

use std::fmt;

/// A version with one to four numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(Vec<u32>);

/// A source for a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSource {
    /// The highest one in the Marketplace.
    Marketplace,
    /// The manifests of the extension's folder.
    Manifest,
    /// The package.
    Vsix,
    /// This text.
    Text(String),
}

/// Which number of a version to raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionIncrement {
    /// The first.
    Major,
    /// The second.
    Minor,
    /// The third.
    Patch,
    /// The fourth.
    Revision,
}

impl Version {
    /// A version as it is written: up to four numbers with dots between them.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u32>> = text
            .trim()
            .split('.')
            .map(|part| {
                let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| part.parse().ok())?
            })
            .collect();
        numbers.filter(|numbers| numbers.len() <= 4).map(Self)
    }

    fn number(&self, index: usize) -> u32 {
        self.0.get(index).copied().unwrap_or_default()
    }

    pub(crate) fn is_above(&self, other: &Self) -> bool {
        [0, 1, 2, 3].map(|index| self.number(index)) > [0, 1, 2, 3].map(|index| other.number(index))
    }

    /// Raises a number. The numbers after it become 0, and a version keeps as many numbers as it has.
    pub(crate) fn raised(&self, raise: VersionIncrement) -> Self {
        let index = match raise {
            VersionIncrement::Major => 0,
            VersionIncrement::Minor => 1,
            VersionIncrement::Patch => 2,
            VersionIncrement::Revision => 3,
        };
        let length = self.0.len().max(index + 1).max(3);
        let numbers = (0..length).map(|at| match at.cmp(&index) {
            std::cmp::Ordering::Less => self.number(at),
            std::cmp::Ordering::Equal => self.number(at).saturating_add(1),
            std::cmp::Ordering::Greater => 0,
        });
        Self(numbers.collect())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(u32::to_string).collect();
        formatter.write_str(&numbers.join("."))
    }
}

impl VersionSource {
    /// Parses the name of a source; any other text is a version.
    pub fn read(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "marketplace" => Self::Marketplace,
            "manifest" => Self::Manifest,
            "vsix" => Self::Vsix,
            _ => Self::Text(text.to_owned()),
        }
    }
}

impl fmt::Display for VersionSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Marketplace => "marketplace",
            Self::Manifest => "manifest",
            Self::Vsix => "vsix",
            Self::Text(text) => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn increments_one_number_and_clears_those_after_it() {
        for (version, raise, next) in [
            ("1.2.3", VersionIncrement::Major, "2.0.0"),
            ("1.2.3", VersionIncrement::Minor, "1.3.0"),
            ("1.2.3", VersionIncrement::Patch, "1.2.4"),
            ("1.2.3", VersionIncrement::Revision, "1.2.3.1"),
            ("1.2.3.4", VersionIncrement::Patch, "1.2.4.0"),
            ("1.2.3.4", VersionIncrement::Revision, "1.2.3.5"),
            ("1", VersionIncrement::Minor, "1.1.0"),
        ] {
            let version = Version::parse(version).expect(version);
            assert_eq!(version.raised(raise).to_string(), next);
        }
    }

    #[test]
    fn compares_versions_as_numbers() {
        let version = |text| Version::parse(text).expect("a version");
        assert!(version("1.10.0").is_above(&version("1.9.9")));
        assert!(version("1.2.3.1").is_above(&version("1.2.3")));
        assert!(!version("1.2.0").is_above(&version("1.2")));
        for text in ["", "1.", "a", "1.2.3.4.5", "1.-2", "99999999999"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
