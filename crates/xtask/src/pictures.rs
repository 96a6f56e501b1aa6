//! `cargo xtask pictures`: the PNGs that the Marketplace and Azure DevOps show, drawn from their sources.
//!
//! It draws nothing by itself: SVG is what people edit, and the browser makes pixels of it.

use std::fs;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

use crate::browser::{self, Size};
use crate::command::tell;
use crate::{root, target};

/// A picture that ships, and what it is drawn from.
pub(crate) struct Picture {
    /// The SVG, relative to the root.
    pub(crate) source: &'static str,
    /// The PNG, relative to the root.
    pub(crate) to: &'static str,
    size: Size,
}

/// All of them.
pub(crate) const DRAWN: &[Picture] = &[
    icon("docs/pictures/icon.svg", "icon.png", 128),
    icon("docs/pictures/icon-token.svg", "task/token/icon.png", 32),
    icon("docs/pictures/icon-run.svg", "task/run/icon.png", 32),
    Picture {
        source: "docs/pictures/flow.svg",
        to: "docs/pictures/flow.png",
        size: Size {
            width: 860,
            height: 330,
            scale: 2,
        },
    },
    icon(
        "docs/pictures/icon-extension.svg",
        "task/extension/icon.png",
        32,
    ),
];

const fn icon(source: &'static str, to: &'static str, side: u32) -> Picture {
    let size = Size {
        width: side,
        height: side,
        scale: 1,
    };
    Picture { source, to, size }
}

/// Screenshots that the tests take of a log and of a page of a run (tests/pages.rs), and where they ship.
const TAKEN: [(&str, &str); 2] = [
    ("overview-log-dark.png", "docs/pictures/log.png"),
    (
        "overview-published-light.png",
        "docs/pictures/published.png",
    ),
];

/// Draws them all, and takes over the screenshots of the last test run, where there was one.
pub(crate) fn run() -> Result<(), String> {
    for (from, to) in TAKEN {
        let from = target().join("pictures").join(from);
        if from.is_file() {
            let to = root().join(to);
            fs::copy(&from, &to)
                .map_err(|error| format!("{} cannot be written: {error}.", to.display()))?;
            tell(&format!("{}", to.display()));
        }
    }
    for picture in DRAWN {
        let source = root().join(picture.source);
        let to = root().join(picture.to);
        browser::draw(&source, picture.size, &to)?;
        stamp(&to, &source_of(&source)?)?;
        tell(&format!("{}", to.display()));
    }
    Ok(())
}

/// The name of a source's text, for the stamp.
pub(crate) fn source_of(source: &Path) -> Result<String, String> {
    let text = fs::read_to_string(source)
        .map_err(|error| format!("{} cannot be read: {error}.", source.display()))?;
    // Git may have written the lines with other ends.
    let hash = digest(&SHA256, text.replace("\r\n", "\n").as_bytes());
    Ok(hash
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Notes in a PNG what it was drawn from (a `tEXt` chunk), so that a test can tell an old one. Two
/// browsers never draw the same bytes, so bytes cannot tell.
fn stamp(png: &PathBuf, source: &str) -> Result<(), String> {
    let bytes =
        fs::read(png).map_err(|error| format!("{} cannot be read: {error}.", png.display()))?;
    // IEND, the last chunk, is twelve bytes.
    let (start, end) = bytes.split_at(bytes.len().saturating_sub(12));
    let text = [KEYWORD, source.as_bytes()].concat();
    let mut checksum = flate2::Crc::new();
    checksum.update(b"tEXt");
    checksum.update(&text);
    let length = u32::try_from(text.len()).unwrap_or_default();
    let stamped = [
        start,
        &length.to_be_bytes(),
        b"tEXt",
        &text,
        &checksum.sum().to_be_bytes(),
        end,
    ]
    .concat();
    fs::write(png, stamped)
        .map_err(|error| format!("{} cannot be written: {error}.", png.display()))
}

/// What a PNG says that it was drawn from.
#[cfg(test)]
pub(crate) fn stamp_of(png: &[u8]) -> Option<String> {
    let place = png
        .windows(KEYWORD.len())
        .position(|bytes| bytes == KEYWORD)?;
    let text = png.get(place + KEYWORD.len()..place + KEYWORD.len() + 64)?;
    String::from_utf8(text.to_vec()).ok()
}

const KEYWORD: &[u8] = b"Source\0";
