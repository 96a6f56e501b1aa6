//! `cargo xtask pictures`: the PNGs that the Marketplace and Azure DevOps show, drawn from the SVGs that people edit.
//!
//! Its tests draw every picture again and look at the pixels of the PNG that ships.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// A picture that ships, and what it is drawn from.
struct Picture {
    /// The SVG, relative to the root.
    source: &'static str,
    /// The PNG, relative to the root.
    target: &'static str,
    /// Width and height of the PNG in pixels.
    size: (u32, u32),
}

/// Icons have the sizes that the Marketplace (128) and the task picker (32) ask for. The diagram has two pixels for each
/// of the SVG's units, for dense screens.
const PICTURES: &[Picture] = &[
    icon("docs/pictures/icon.svg", "icon.png", 128),
    icon(
        "docs/pictures/icon-extension.svg",
        "task/extension/icon.png",
        32,
    ),
    icon("docs/pictures/icon-feeds.svg", "task/feeds/icon.png", 32),
    icon("docs/pictures/icon-run.svg", "task/run/icon.png", 32),
    icon("docs/pictures/icon-token.svg", "task/token/icon.png", 32),
    Picture {
        source: "docs/pictures/flow.svg",
        target: "docs/pictures/flow.png",
        size: (1720, 660),
    },
];

const fn icon(source: &'static str, target: &'static str, side: u32) -> Picture {
    Picture {
        source,
        target,
        size: (side, side),
    }
}

/// Screenshots of a log and of a page of a run, which `tests/pages.rs` takes, and where they ship.
const SCREENSHOTS: [(&str, &str); 2] = [
    ("overview-log-dark.png", "docs/pictures/log.png"),
    (
        "overview-published-light.png",
        "docs/pictures/published.png",
    ),
];

#[expect(clippy::print_stderr, reason = "where a chore reports a failure")]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Draws every picture, and copies the screenshots of the last test run, where there was one.
#[expect(clippy::print_stdout, reason = "it lists the files that it wrote")]
fn run() -> Result<(), String> {
    let taken = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), PathBuf::from)
        .join("pictures");
    for (from, to) in SCREENSHOTS {
        if taken.join(from).is_file() {
            fs::copy(taken.join(from), root().join(to))
                .map_err(|error| format!("{to} cannot be written: {error}"))?;
            println!("{to}");
        }
    }
    for picture in PICTURES {
        draw(picture)?
            .save_png(root().join(picture.target))
            .map_err(|error| format!("{} cannot be written: {error}", picture.target))?;
        println!("{}", picture.target);
    }
    Ok(())
}

/// Draws a picture in memory.
fn draw(picture: &Picture) -> Result<Pixmap, String> {
    let source = root().join(picture.source);
    let failed = |reason: &dyn std::fmt::Display| format!("{}: {reason}", source.display());
    let text = fs::read_to_string(&source).map_err(|error| failed(&error))?;
    let tree = Tree::from_str(&text, &options()).map_err(|error| failed(&error))?;
    let (width, height) = picture.size;
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| failed(&"an empty picture"))?;
    let scale = Transform::from_scale(
        width as f32 / tree.size().width(),
        height as f32 / tree.size().height(),
    );
    resvg::render(&tree, scale, &mut pixels.as_mut());
    Ok(pixels)
}

/// One family of fonts, out of a crate: a machine's own fonts would draw something else on each.
fn options() -> Options<'static> {
    let mut fonts = fontdb::Database::new();
    for font in [
        dejavu::sans_condensed::regular(),
        dejavu::sans_condensed::bold(),
    ] {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(font)));
    }
    Options {
        fontdb: Arc::new(fonts),
        font_family: "DejaVu Sans".to_owned(),
        ..Options::default()
    }
}

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far apart two channels may be: processors round differently.
    const TOLERANCE: u8 = 2;

    fn shipped(picture: &Picture) -> Pixmap {
        let path = root().join(picture.target);
        Pixmap::load_png(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn pictures_show_what_their_sources_draw() {
        for picture in PICTURES {
            let drawn = draw(picture).unwrap_or_else(|error| panic!("{error}"));
            let shipped = shipped(picture);
            assert_eq!(
                (shipped.width(), shipped.height()),
                picture.size,
                "{}",
                picture.target
            );
            let differs = drawn
                .data()
                .iter()
                .zip(shipped.data())
                .any(|(drawn, shipped)| drawn.abs_diff(*shipped) > TOLERANCE);
            assert!(
                !differs,
                "{} is not what {} draws: run `cargo xtask pictures`",
                picture.target, picture.source
            );
        }
    }

    #[test]
    fn pictures_reach_all_four_edges() {
        for picture in PICTURES {
            let pixels = shipped(picture);
            let (right, bottom) = (pixels.width() - 1, pixels.height() - 1);
            for (x, y) in [
                (right / 2, 0),
                (right, bottom / 2),
                (right / 2, bottom),
                (0, bottom / 2),
            ] {
                let alpha = pixels.pixel(x, y).map(|pixel| pixel.alpha());
                assert_eq!(
                    alpha,
                    Some(255),
                    "{} is cut off at {x}, {y}",
                    picture.target
                );
            }
        }
    }

    /// A glyph that the font lacks would be left out without a word.
    #[test]
    fn text_of_the_diagram_is_drawn() {
        let flow = &PICTURES[PICTURES.len() - 1];
        let pixels = shipped(flow);
        // The middle line of "Azure DevOps", between its ends.
        let dark = (1300..1500)
            .filter_map(|x| pixels.pixel(x, 102))
            .filter(|pixel| pixel.red() < 0x60)
            .count();
        assert!(dark > 20, "{dark}");
    }
}
