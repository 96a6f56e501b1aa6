//! The name of an extension or of one of its versions.

use std::fmt;

use adieu_devops::ExtensionName;

/// An extension, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The extension.
    pub name: ExtensionName,
    /// Its version, if it is known.
    pub version: Option<String>,
    /// The platform of VS Code, if the package is for one: a version can have one package for each platform.
    pub platform: Option<String>,
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(formatter)?;
        if let Some(version) = &self.version {
            write!(formatter, " {version}")?;
        }
        match &self.platform {
            Some(platform) => write!(formatter, " ({platform})"),
            None => Ok(()),
        }
    }
}
